"""Packages whose inputs a graph prepares, with ONNX's own operators and with those of a library."""

import pickle
from pathlib import Path

import amaas
import numpy as np
import onnxruntime_extensions
import pytest
from conftest import ROOT
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

FIXTURES = ROOT / "tests/fixtures/preprocess"
LIBRARY = onnxruntime_extensions.get_library_path()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PIECES = [*SPECIAL, "good", "great", "bad", "dull", "film", "a", "the", "[MASK]"]
PIECES += ["!", ".", "##s", "##ly", "un", "caf", "##e"]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with amaas.Service(tmp_path_factory.mktemp("registry"), operators=[LIBRARY]) as service:
        yield service


def reference():
    """Return the tokenizer that splits as BERT does, from the same vocabulary."""
    vocabulary = {piece: place for place, piece in enumerate(PIECES)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def test_pixels_go_in_raw():
    with amaas.Service() as service:
        route = service.load(FIXTURES / "pixels")
        photo = np.full((3, 16, 9), 255, np.uint8)
        outputs = route.run({"photo": photo, "threshold": np.array([0.5], np.float32)})
        assert [port.name for port in route.signature.inputs] == ["photo", "threshold"]
    assert outputs["brightness"].tolist() == [1.0, 1.0, 1.0]
    assert outputs["bright"].all()


def test_words_go_in_as_texts():
    with amaas.Service() as service:
        words, vectors = (service.load(FIXTURES / name) for name in ("words", "vectors"))
        assert [answer["label"] for answer in words(["A GOOD film", "dull"])] == [
            "positive",
            "negative",
        ]
        assert words.usage.tokens == 4
        outputs = words.run({"text": np.array(["good", "bad bad"], object)})
        assert outputs["logits"].tolist() == [[0.0, 2.0], [4.0, 0.0]]
        assert vectors.embed(["great film", "good"]).tolist() == [[0.0, 1.5], [0.0, 2.0]]


def test_word_pieces_are_those_of_the_tokenizer(service):
    service.publish(FIXTURES / "bert")
    route = service.load("bert@^1")
    tokenizer = reference()
    for text in ["Good films!", "UNLY cafés.", "the film: a bad, dull film", "", "日本 good"]:
        outputs = route.run({"text": np.array([text], object)})
        assert outputs["pieces"].tolist() == [tokenizer.encode(text).ids], text
    assert [answer["label"] for answer in route(["Great films!", "A dull film."])] == [
        "positive",
        "negative",
    ]


def test_many_threads_of_texts_answer_alike(service):
    route = service.load(FIXTURES / "bert")
    texts = ["great film", "bad film"] * 40
    assert [answer["label"] for answer in route(texts)] == ["positive", "negative"] * 40
    assert route.usage.tokens == 0  # no attention mask is named


def test_a_service_with_operators_travels(service):
    again = pickle.loads(pickle.dumps(service))
    assert again.load(FIXTURES / "bert")("good")[0]["label"] == "positive"


def test_without_the_library_the_operator_is_named():
    with (
        amaas.Service() as service,
        pytest.raises(amaas.LoadFailed, match=r"ai\.onnx\.contrib:BertTokenizer.*operators"),
    ):
        service.load(FIXTURES / "bert")


@pytest.mark.parametrize("path", ["/nowhere/liboperators.so", __file__])
def test_what_is_no_library_is_named(path):
    with pytest.raises(amaas.RuntimeUnavailable, match=path):
        amaas.Service(operators=[path])


def test_a_package_brings_no_library(tmp_path):
    """A library that lies beside the graphs is not looked at."""
    for file in (FIXTURES / "bert").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "libortextensions.so").write_bytes(Path(LIBRARY).read_bytes())
    with amaas.Service() as service, pytest.raises(amaas.LoadFailed, match="BertTokenizer"):
        service.load(tmp_path)
    manifest = tmp_path / "amaas.toml"
    text = manifest.read_text().replace(
        "[preprocess]", '[preprocess]\noperators = "libortextensions.so"'
    )
    manifest.write_text(text)
    with amaas.Service() as service, pytest.raises(amaas.InvalidPackage, match="operators"):
        service.load(tmp_path)
