"""Texts in, vectors out: shapes, options, limits, and the numbers themselves."""

import csv
import json

import amaas
import numpy as np
import pytest
from conftest import PACKAGES, ROOT

ENCODER = ROOT / "tests/fixtures/encoder"
LONG = "so " * 400


@pytest.fixture(scope="module")
def service():
    with amaas.Service() as service:
        yield service


@pytest.fixture(scope="module")
def encoder(service):
    return service.load(ENCODER)


def test_vectors_are_those_of_the_reference(encoder):
    with (PACKAGES / "held-out.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        texts = {row["id"]: row["text"] for row in rows}
    expected = json.loads((ENCODER / "reference.json").read_text())
    assert len(expected) >= 50
    together = encoder.embed([texts[key] for key in expected])
    for row, (key, vector) in zip(together, expected.items(), strict=True):
        assert np.abs(encoder.embed(texts[key]) - vector).max() <= 1e-5
        assert np.abs(row - vector).max() <= 1e-5


def test_a_list_has_rows_and_a_text_has_none(encoder):
    for texts, shape in [("a", (16,)), (["a"], (1, 16)), (["a", "", "c"], (3, 16)), ([], (0, 16))]:
        for vectors in (encoder.embed(texts), encoder(texts)):
            assert (vectors.shape, vectors.dtype) == (shape, np.float32)
            assert vectors.flags.writeable
            assert vectors.flags.c_contiguous


def test_options_are_the_call_s(encoder):
    raw = encoder.embed("a", normalize=False)
    assert np.array_equal(encoder.embed("a", normalize=False, dimensions=3), raw[:3])
    assert np.linalg.norm(encoder.embed("a", dimensions=3)) == pytest.approx(1)
    assert np.array_equal(encoder.embed("a", prompt="query"), encoder.embed("query: a"))
    assert np.array_equal(encoder.embed("a", prompt=""), encoder.embed("a"))
    cut, windows = encoder.embed(LONG), encoder.embed(LONG, overflow="window")
    assert not np.array_equal(cut, windows)
    with pytest.raises(amaas.InputTooLong):
        encoder.embed(LONG, overflow="error")
    with pytest.raises(amaas.InputTooLong):
        encoder(LONG, overflow="error")


@pytest.mark.parametrize("options", [
    {"dimensions": 0}, {"dimensions": -1}, {"dimensions": 17}, {"prompt": "passage"},
    {"overflow": "cut"},
])  # fmt: skip
def test_unknown_options_are_refused(encoder, options):
    (value,) = options.values()
    with pytest.raises(amaas.InvalidArgument, match=f"`{value}`"):
        encoder.embed("a", **options)


def test_what_is_no_text_is_refused(encoder):
    for texts in (b"a", 7, None, ["a", 7]):
        with pytest.raises(TypeError):
            encoder.embed(texts)


@pytest.mark.parametrize("options", [
    {"top_k": 1}, {"top_k": None}, {"function_to_apply": "softmax"},
])  # fmt: skip
def test_labels_are_not_asked_of_vectors(encoder, options):
    (name,) = options
    with pytest.raises(amaas.InvalidArgument, match=f"`{name}`"):
        encoder("a", **options)


def test_a_model_that_classifies_embeds_nothing(service):
    reviews = service.load(PACKAGES / "1.1.0")
    with pytest.raises(amaas.Unsupported, match="text-classification"):
        reviews.embed("a")
