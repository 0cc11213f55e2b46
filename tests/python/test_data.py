"""What other libraries hold: columns through Arrow, tensors through DLPack."""

import amaas
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT
from test_package import succeeds

FIXTURES = ROOT / "tests/fixtures"
LONG = "A masterpiece of slow cinema that I want to see again"
TEXTS = ["I loved it", "Dull from start to end", "", LONG, "schön 🙂"]
WORDS = pa.array(TEXTS).dictionary_encode()

COLUMNS = {
    "pandas": pd.Series(TEXTS),
    "pandas categories": pd.Series(TEXTS, dtype="category"),
    "pandas rows out of order": pd.Series(TEXTS[::-1]).sort_index(ascending=False),
    "polars": pl.Series(TEXTS),
    "polars categories": pl.Series(TEXTS, dtype=pl.Categorical),
    "polars of a frame": pl.DataFrame({"text": TEXTS})["text"],
    "utf8": pa.array(TEXTS),
    "large utf8": pa.array(TEXTS, pa.large_string()),
    "views": pa.array(TEXTS, pa.string_view()),
    "chunks": pa.chunked_array([TEXTS[:2], [], TEXTS[2:]]),
    "a slice": pa.array(["x", *TEXTS, "y"]).slice(1, len(TEXTS)),
    "words": WORDS,
    **{
        f"words by {kind}": pa.DictionaryArray.from_arrays(
            WORDS.indices.cast(kind), WORDS.dictionary
        )
        for kind in ("int8", "uint8", "int16", "uint16", "uint32", "int64")
    },
}


@pytest.fixture(scope="module")
def reviews(registry):
    with amaas.Service(registry) as service:
        yield service.load("sentiment")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_answered_as_a_list_is(reviews, name):
    column = COLUMNS[name]
    expected = reviews(TEXTS, top_k=None)
    assert reviews(column, top_k=None) == expected
    for mapped, answer in zip(reviews.map(column, batch=2, top_k=None), expected, strict=True):
        assert mapped[0]["label"] == answer[0]["label"]
        assert mapped[0]["score"] == pytest.approx(answer[0]["score"], abs=1e-5)


def test_an_empty_column_has_no_answers(reviews):
    for column in (
        pa.array([], pa.string()),
        pa.chunked_array([], pa.string()),
        pl.Series([], dtype=str),
    ):
        assert reviews(column) == []
        assert list(reviews.map(column)) == []


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (pd.Series(["fine", None]), "row `1` of a column is null"),
        (pa.array([None, "fine"]).dictionary_encode(), "row `0` of a column is null"),
        (pd.DataFrame({"text": TEXTS}), "a table"),
        (pl.DataFrame({"text": TEXTS}), "a table"),
        (pl.Series([1, 2]), "no texts"),
        (pa.array([b"bytes"]), "no texts"),
    ],
)
def test_what_is_no_column_of_texts_is_refused(reviews, column, why):
    with pytest.raises(amaas.InvalidArgument, match=why):
        reviews(column)


def test_a_stream_that_fails_says_why(reviews):
    def broken():
        yield pa.record_batch({"text": pa.array(TEXTS)})
        raise RuntimeError("the disk is gone")

    schema = pa.schema({"text": pa.string()})
    reader = pa.RecordBatchReader.from_batches(schema, broken())
    with pytest.raises(amaas.InvalidArgument) as caught:
        reviews(reader)
    assert "the disk is gone" in caught.value.report


def test_what_was_read_before_is_refused(reviews):
    class Twice:
        capsules = pa.array(TEXTS).__arrow_c_array__()

        def __arrow_c_array__(self):
            return self.capsules

    column = Twice()
    assert len(reviews(column)) == len(TEXTS)
    with pytest.raises(amaas.InvalidArgument, match="read before"):
        reviews(column)


def test_a_text_that_is_not_unicode_is_refused(reviews):
    bytes_as_text = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    with pytest.raises(amaas.InvalidArgument, match="UTF-8"):
        reviews(bytes_as_text)


def test_nothing_is_imported_before_it_is_used(registry):
    code = """
        import amaas, sys
        route = amaas.Service().load("sentiment")
        list(route.map(["I loved it"]))
        print({"pandas", "polars", "pyarrow", "numpy", "tqdm", "matplotlib"} & set(sys.modules))
    """
    assert succeeds(code, AMAAS_HOME=str(registry)) == "set()"


class Foreign:
    """A tensor of a library that has nothing but DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_tensors_go_in_and_out_through_dlpack():
    with amaas.Service() as service:
        route = service.load(FIXTURES / "identity_float32.onnx")
        [name], [answer] = route.signature.inputs, route.signature.outputs
        given = np.arange(6, dtype=np.float32)
        found = route.run({name.name: Foreign(given)})[answer.name]
        np.testing.assert_array_equal(np.from_dlpack(found), given)
        assert np.shares_memory(np.from_dlpack(found), found)
        np.testing.assert_array_equal(route.run({name.name: pa.array(given)})[answer.name], given)


def test_a_tensor_elsewhere_is_refused_by_name():
    class Elsewhere(Foreign):
        def __dlpack__(self, **options):
            raise BufferError("it lies on another device")

    with amaas.Service() as service:
        route = service.load(FIXTURES / "identity_float32.onnx")
        [port] = route.signature.inputs
        with pytest.raises(amaas.InvalidArgument, match=f"`{port.name}`") as caught:
            route.run({port.name: Elsewhere(np.zeros(2, np.float32))})
        assert "another device" in caught.value.report
