"""Texts in, labels with scores out: nesting, options, limits, and the numbers themselves."""

import csv
import json
import threading
import tomllib

import amaas
import numpy as np
import onnxruntime
import pytest
from conftest import PACKAGES
from tokenizers import Tokenizer

VERSIONS = ["1.0.0", "1.1.0"]
LABELS = ["negative", "positive"]
GOOD, BAD = "A warm, funny and moving film.", "Dull, far too long and lifeless."
LONG = "very " * 300 + "good"


@pytest.fixture(scope="module")
def service(registry):
    with amaas.Service(registry) as service:
        yield service


@pytest.fixture(scope="module", params=VERSIONS)
def reviews(request, service):
    return service.load(f"sentiment@{request.param}")


@pytest.fixture(scope="module")
def newest(service):
    return service.load("sentiment@^1")


@pytest.fixture(scope="module")
def held_out():
    """The texts that no version was trained on, with their labels."""
    with (PACKAGES / "held-out.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row["text"] for row in rows], [row["label"] for row in rows]


def nesting(answer):
    """The shape of an answer: `1` for a dict, a list of shapes for a list."""
    return [nesting(part) for part in answer] if isinstance(answer, list) else 1


# What the text-classification pipeline of transformers 4 answers for a model with two labels.
NESTING = [
    # texts, keywords, shape
    ("a", {}, [1]),
    ("a", {"top_k": 1}, [1]),
    ("a", {"top_k": 2}, [1, 1]),
    ("a", {"top_k": None}, [1, 1]),
    ("a", {"top_k": 9}, [1, 1]),
    (["a"], {}, [1]),
    (["a"], {"top_k": 1}, [[1]]),
    (["a"], {"top_k": None}, [[1, 1]]),
    (["a", "b"], {}, [1, 1]),
    (["a", "b"], {"top_k": 1}, [[1], [1]]),
    (["a", "b"], {"top_k": 2}, [[1, 1], [1, 1]]),
    (["a", "b"], {"top_k": None}, [[1, 1], [1, 1]]),
    ([], {}, []),
    ([], {"top_k": None}, []),
]


@pytest.mark.parametrize(("texts", "options", "shape"), NESTING)
def test_nesting_is_that_of_transformers(reviews, texts, options, shape):
    assert nesting(reviews(texts, **options)) == shape


def test_an_answer(reviews):
    [best] = reviews(GOOD)
    assert list(best) == ["label", "score"]
    assert best["label"] == "positive"
    assert 0.5 < best["score"] <= 1
    first, second = reviews(BAD, top_k=None)
    assert [first["label"], second["label"]] == LABELS
    assert first["score"] >= second["score"]
    assert first["score"] + second["score"] == pytest.approx(1)
    assert reviews.labels == LABELS


@pytest.mark.parametrize("many", [list, tuple, iter, lambda texts: (text for text in texts)])
def test_any_iterable_is_a_list(newest, many):
    assert newest(many([GOOD, BAD])) == newest([GOOD, BAD])
    assert newest(np.array([GOOD, BAD])) == newest([GOOD, BAD])


@pytest.mark.parametrize("texts", [None, 7, b"raw", {"text": "a"}, ["a", None], [b"raw"], [["a"]]])
def test_what_is_no_text(newest, texts):
    with pytest.raises(TypeError, match=r"must be a str|must be two str"):
        newest(texts)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"top_k": 0}, "`top_k` is `0`"),
        ({"top_k": -1}, "`top_k` is `-1`"),
        ({"function_to_apply": "relu"}, "`relu` is not a function"),
        ({"overflow": "ignore"}, "`ignore` is not an overflow"),
    ],
)
def test_options_that_do_not_exist(newest, options, words):
    with pytest.raises(amaas.InvalidArgument, match=words):
        newest(GOOD, **options)
    with pytest.raises(TypeError):
        newest(GOOD, top_k="two")


def test_functions_to_apply(newest):
    def scores(function):
        found = newest(GOOD, top_k=None, function_to_apply=function)
        return np.array([{row["label"]: row["score"] for row in found}[label] for label in LABELS])

    logits = scores("none")
    np.testing.assert_allclose(scores("sigmoid"), 1 / (1 + np.exp(-logits)), rtol=1e-6)
    np.testing.assert_allclose(scores("softmax"), np.exp(logits) / np.exp(logits).sum(), rtol=1e-6)
    np.testing.assert_array_equal(scores(None), scores("softmax"))


def test_softmax_of_a_single_score_is_refused(service):
    reviews = service.load("sentiment@1.0.0")
    with pytest.raises(amaas.InvalidArgument, match="softmax"):
        reviews(GOOD, function_to_apply="softmax")


def test_texts_that_are_too_long(reviews):
    with pytest.raises(amaas.InputTooLong, match="text `1` has"):
        reviews(["short", LONG], overflow="error")
    short, cut = reviews(["short", LONG], overflow="truncate")
    assert "truncated" not in short
    tokens = len(tokenizer(reviews.version).encode(LONG, add_special_tokens=True))
    assert cut["truncated"] == tokens - manifest(reviews.version)["tokenizer"]["max_tokens"]
    assert all(row["truncated"] for row in reviews(LONG, top_k=None, overflow="truncate"))
    [windowed] = reviews(LONG, overflow="window")
    assert "truncated" not in windowed
    assert reviews(LONG) == reviews(LONG, overflow="truncate")  # as the packages say


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "!?",
        "žluťoučký kůň",
        "日本語の映画",
        "🎬🍿",
        "a\u0000b",
        "e\u0301",
        "\ufeffx",
    ],
)
def test_odd_texts(reviews, text):
    first, second = reviews(text, top_k=None)
    assert first["score"] + second["score"] == pytest.approx(1)
    assert reviews([GOOD, text, BAD])[1]["score"] == pytest.approx(first["score"], abs=1e-6)


def test_half_a_surrogate_pair(newest):
    with pytest.raises(amaas.InvalidArgument, match="text `1` is not Unicode"):
        newest(["fine", "\ud83c"])


def test_a_thousand_texts_answer_as_each_alone(reviews, held_out):
    texts = held_out[0][:1000]
    together = reviews(texts)
    assert len(together) == 1000
    for place in range(0, 1000, 50):
        [alone] = reviews(texts[place])
        assert together[place]["label"] == alone["label"]
        assert together[place]["score"] == pytest.approx(alone["score"], abs=1e-6)


def test_many_threads_get_what_one_gets(service, held_out):
    reviews = service.load("sentiment@1.1.0", instances=2, threads=1)
    texts = held_out[0][:64]
    expected = [reviews(text) for text in texts]
    wrong = []

    def work(seed):
        for turn in range(200):
            place = (seed * 7 + turn) % len(texts)
            [found], [alone] = reviews(texts[place]), expected[place]
            # Requests that run together are padded together, which moves the last digits.
            if found["label"] != alone["label"] or abs(found["score"] - alone["score"]) > 1e-6:
                wrong.append((place, found, alone))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def manifest(version):
    return tomllib.loads((PACKAGES / version / "amaas.toml").read_text(encoding="utf-8"))


def tokenizer(version):
    """The package's tokenizer with the padding and truncation of its manifest."""
    settings = manifest(version)["tokenizer"]
    length = settings["max_tokens"]
    found = Tokenizer.from_file(str(PACKAGES / version / settings["file"]))
    found.no_padding()
    found.no_truncation()
    if settings["padding"] == "fixed":
        found.enable_padding(
            direction=settings["padding_side"], pad_id=settings["pad_id"], length=length
        )
    return found


def by_hand(version, texts):
    """The score of `positive` for each text, with `tokenizers` and ONNX Runtime alone."""
    settings = manifest(version)["tokenizer"]
    encoder = tokenizer(version)
    encoder.enable_truncation(settings["max_tokens"], direction=settings["truncation_side"])
    session = onnxruntime.InferenceSession(
        PACKAGES / version / "model.onnx", providers=["CPUExecutionProvider"]
    )
    dtype = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}[session.get_inputs()[0].type]
    scores = []
    for text in texts:
        ids = np.array([encoder.encode(text).ids or [settings["pad_id"]]], dtype)
        inputs = {"input_ids": ids}
        if "attention_mask" in settings["inputs"]:
            inputs["attention_mask"] = np.ones_like(ids)
        [output] = session.run([manifest(version)["task"]["output"]], inputs)
        row = output.astype(np.float64)[0]
        scores.append(row[0] if len(row) == 1 else np.exp(row[1]) / np.exp(row).sum())
    return np.array(scores)


def positive(answers):
    return np.array(
        [{label["label"]: label["score"] for label in answer}["positive"] for answer in answers]
    )


def test_scores_are_those_of_onnxruntime(reviews, held_out):
    texts = held_out[0][:1000]
    difference = positive(reviews(texts, top_k=None)) - by_hand(reviews.version, texts)
    assert np.abs(difference).max() <= 1e-6


def test_accuracy_is_that_of_the_manifest(service, held_out):
    texts, labels = held_out
    accuracy = {}
    for version in VERSIONS:
        answers = service.load(f"sentiment@{version}")(texts)
        right = sum(a["label"] == b for a, b in zip(answers, labels, strict=True))
        accuracy[version] = right / len(labels)
        assert accuracy[version] == pytest.approx(
            manifest(version)["metrics"]["accuracy"], abs=5e-3
        )
    assert 0.72 <= accuracy["1.0.0"] < accuracy["1.1.0"]


def test_ids_are_those_of_keras():
    """The converted tokenizer of 1.0.0 gives what the one it was trained with gave."""
    recorded = json.loads((PACKAGES / "keras-ids.json").read_text(encoding="utf-8"))
    encoder = tokenizer("1.0.0")
    encoder.no_padding()
    for text, ids in zip(recorded["texts"], recorded["ids"], strict=True):
        assert encoder.encode(text).ids[-len(ids) or None :] == ids, text
