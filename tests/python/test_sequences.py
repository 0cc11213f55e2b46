"""Spans, pairs, rankings, labels of the call: shapes, options, and the numbers themselves."""

import asyncio
import json
import subprocess
import sys

import amaas
import numpy as np
import pytest
from conftest import ROOT

FIXTURES = ROOT / "tests/fixtures"


@pytest.fixture(scope="module")
def service():
    with amaas.Service() as service:
        yield service


@pytest.fixture(scope="module")
def tagger(service):
    return service.load(FIXTURES / "tagger")


@pytest.fixture(scope="module")
def inference(service):
    return service.load(FIXTURES / "inference")


def cases(name):
    return json.loads((FIXTURES / name / "reference.json").read_text(encoding="utf-8"))


def test_spans_are_those_of_the_pipeline(tagger):
    for case in cases("tagger"):
        strategy, ignored = case["aggregation"], case["ignore"]
        found = tagger.tag(case["text"], aggregation_strategy=strategy, ignore_labels=ignored)
        key = "entity" if strategy == "none" else "entity_group"
        assert [(span[key], span["start"], span["end"], span.get("index")) for span in found] == [
            (span["label"], span["start"], span["end"], span["index"]) for span in case["spans"]
        ]
        for span, expected in zip(found, case["spans"], strict=True):
            assert span["score"] == pytest.approx(expected["score"], abs=2e-6)
            assert case["text"][span["start"] : span["end"]] == span["word"]


def test_a_text_has_spans_and_a_list_has_lists(tagger):
    one = tagger.tag("Ada met Bo.")
    assert tagger.tag(["Ada met Bo.", ""]) == [one, []]
    assert tagger("Ada met Bo.") == one
    assert tagger(["Ada met Bo."]) == [one]
    assert tagger.tag([]) == []
    assert asyncio.run(later(tagger.tag_async, "Ada met Bo.")) == one
    assert tagger.labels[0] == "O"


async def later(call, *arguments, **options):
    return await call(*arguments, **options)


def test_names_are_extracted():
    text = "Marta Kowalska met Peter Jones in Germany.\n\nIt rained."
    program = [sys.executable, ROOT / "examples/names.py"]
    done = subprocess.run(program, input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(label, place, word) for label, _, place, word in lines] == [
        ("PER", "0-14", "Marta Kowalska"),
        ("PER", "19-30", "Peter Jones"),
        ("LOC", "34-41", "Germany"),
    ]


def test_pairs_are_tuples_or_dicts(inference):
    for case in cases("inference"):
        pair = tuple(case["pair"])
        found = inference.classify_pairs(pair, top_k=None, pair_truncation=case["truncation"])
        scores = {label["label"]: label["score"] for label in found}
        expected = dict(
            zip(["contradiction", "neutral", "entailment"], case["scores"], strict=True)
        )
        assert scores == pytest.approx(expected, abs=2e-6)
    pair = {"text": "A cat sleeps.", "text_pair": "An animal rests."}
    best = inference.classify_pairs(pair)
    assert inference(pair) == best == inference([pair]) == inference.classify_pairs([pair])
    second = inference.classify_pairs([pair, pair], top_k=None)[1][0]
    assert second["label"] == best[0]["label"]
    assert second["score"] == pytest.approx(best[0]["score"], abs=2e-6)  # rows run together
    assert asyncio.run(later(inference.classify_pairs_async, pair)) == best
    for wrong in ["text", 7, {"text": "x"}, [("a", "b", "c")], ("a", 1)]:
        with pytest.raises(TypeError):
            inference.classify_pairs(wrong)


def test_documents_are_ranked(service):
    ranker = service.load(FIXTURES / "ranker")
    documents = ["a cat sleeps", "berlin is in germany", ""]
    ranked = ranker.rank("where is berlin?", documents)
    assert [found["index"] for found in ranked] == [0, 1, 2]
    assert [found["score"] for found in ranked] == pytest.approx(
        [0.982229, 0.962116, 0.781391], abs=2e-6
    )
    assert ranker.rank("where is berlin?", documents, top_k=1) == ranked[:1]
    assert asyncio.run(later(ranker.rank_async, "where is berlin?", documents)) == ranked
    for wrong in (0, -1):
        with pytest.raises(amaas.InvalidArgument, match="top_k"):
            ranker.rank("x", documents, top_k=wrong)


def test_labels_of_the_call(service):
    topics = service.load(FIXTURES / "zero_shot")
    found = topics.classify_zero_shot("A match", ["music", "sport"])
    assert found["sequence"] == "A match"
    assert found["labels"] == ["sport", "music"]
    assert found["scores"] == pytest.approx([0.619956, 0.380044], abs=2e-6)
    assert topics.classify_zero_shot(["A match"], ["music", "sport"]) == [found]
    several = topics.classify_zero_shot("A match", ["music", "sport"], multi_label=True)
    assert sum(several["scores"]) != pytest.approx(1)
    assert (
        asyncio.run(later(topics.classify_zero_shot_async, "A match", ["music", "sport"])) == found
    )
    with pytest.raises(amaas.InvalidArgument, match="hypothesis_template"):
        topics.classify_zero_shot("x", ["a"], hypothesis_template="no place")


def test_similarity_is_a_table(service):
    encoder = service.load(FIXTURES / "encoder")
    table = encoder.similarity(["A cat sleeps.", "x"], ["A cat sleeps."])
    assert table.shape == (2, 1)
    assert table.dtype == np.float32
    assert table[0, 0] == pytest.approx(1, abs=1e-5)
    dot = encoder.similarity("A cat sleeps.", ["x", "y"], similarity_fn_name="dot")
    assert dot.shape == (1, 2)
    with pytest.raises(amaas.InvalidArgument, match="nearest"):
        encoder.similarity("x", "y", similarity_fn_name="nearest")


def test_every_call_gives_its_receipt(service, tagger, inference):
    ranker, topics, encoder = map(service.load, map(FIXTURES.joinpath, RECEIPTS))
    pair, of = ("A cat sleeps.", "An animal rests."), {"tenant": "acme"}
    asked = (
        (tagger, ("Ada met Bo.",), {}),
        (tagger.tag, ("Ada met Bo.",), {}),
        (inference, ({"text": pair[0], "text_pair": pair[1]},), {}),
        (inference.classify_pairs, (pair,), {}),
        (ranker.rank, ("where?", ["here", "there"]), {"top_k": 1}),
        (topics.classify_zero_shot, ("A match", ["music", "sport"]), {}),
        (encoder.similarity, ("x", ["y", "z"]), {}),
    )
    tasks = ["token-classification"] * 2 + ["text-classification"] * 2 + list(RECEIPTS.values())
    for (call, arguments, options), task in zip(asked, tasks, strict=True):
        receipts = []
        options |= {**of, "receipt": receipts.append}
        call(*arguments, **options)
        twin = getattr(call, "__name__", None)
        if twin is not None:
            asyncio.run(later(getattr(call.__self__, f"{twin}_async"), *arguments, **options))
        assert len(receipts) == 1 + (twin is not None)
        for receipt in receipts:
            assert (receipt.tenant, receipt.task, receipt.requests) == ("acme", task, 1)
            assert receipt.tokens > 0


RECEIPTS = {
    "ranker": "text-ranking",
    "zero_shot": "zero-shot-classification",
    "encoder": "text-embedding",
}


def test_other_tasks_are_refused(tagger, inference):
    for call in (
        lambda: tagger.rank("x", ["y"]),
        lambda: tagger.classify_zero_shot("x", ["y"]),
        lambda: inference.tag("x"),
        lambda: inference.similarity("x", "y"),
    ):
        with pytest.raises(amaas.Unsupported):
            call()
    with pytest.raises(amaas.InvalidArgument, match="top_k"):
        tagger("x", top_k=2)
