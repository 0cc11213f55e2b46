"""`route.map`: order, bounds, errors by row, and how it ends early."""

import itertools
import threading
import weakref

import amaas
import numpy as np
import pytest
from conftest import ROOT

FIXTURES = ROOT / "tests/fixtures"
TEXTS = [f"I loved number {number}" for number in range(300)]


@pytest.fixture(scope="module")
def reviews(registry):
    with amaas.Service(registry) as service:
        yield service.load("sentiment")


@pytest.mark.parametrize("batch", [1, 7, 64, 1000])
def test_answers_come_in_order(reviews, batch):
    answers, expected = list(reviews.map(iter(TEXTS), batch=batch)), reviews(TEXTS)
    assert [one["label"] for one in answers] == [one["label"] for one in expected]
    scores = [one["score"] for one in expected]
    assert [one["score"] for one in answers] == pytest.approx(scores, abs=1e-5)


def test_nothing_in_nothing_out(reviews):
    assert list(reviews.map([])) == list(reviews.map(iter(()))) == []


def test_options_are_those_of_the_call(reviews):
    for answer in reviews.map(TEXTS[:9], batch=2, top_k=None):
        assert [one["label"] for one in answer] == ["positive", "negative"]
    with pytest.raises(TypeError, match="bogus"):
        list(reviews.map(TEXTS, bogus=1))


def test_vectors_come_one_by_one():
    with amaas.Service() as service:
        route = service.load(FIXTURES / "encoder")
        texts = ["a", "b", "c"]
        for rows in (route.map(texts, batch=2), route.map(texts, batch=2, normalize=True)):
            vectors = np.array(list(rows))
            assert vectors.shape == route.embed(texts).shape
        np.testing.assert_allclose(
            list(route.map(texts, dimensions=1)), route.embed(texts, dimensions=1), rtol=1e-5
        )


def test_arrays_are_mapped_too():
    with amaas.Service() as service:
        route = service.load(FIXTURES / "identity_float32.onnx")
        [given], [found] = route.signature.inputs, route.signature.outputs
        rows = ({given.name: np.full(2, number, np.float32)} for number in range(40))
        answers = [answer[found.name][0] for answer in route.map(rows, batch=4)]
        assert answers == list(range(40))


def test_what_is_held_is_bounded(reviews):
    taken = itertools.count()

    def endless():
        for number in taken:
            yield f"I loved number {number}"

    answers = reviews.map(endless(), batch=8)
    for _ in range(100):
        assert next(answers)["label"] == "positive"
    answers.close()
    assert next(taken) <= 100 + 4 * 8


def test_the_first_answer_waits_for_no_more_than_its_batch(reviews):
    asked = threading.Event()

    def slow():
        yield from TEXTS[:16]
        assert asked.wait(60)
        yield "the end"

    answers = reviews.map(slow(), batch=16)
    reader = threading.Thread(target=lambda: list(answers))
    reader.start()
    while reviews.usage.rows == 0:
        threading.Event().wait(0.001)
    asked.set()
    reader.join(60)
    assert not reader.is_alive()


def test_errors_end_it_or_take_the_place_of_a_row(reviews):
    rows = ["I loved it", 3, "Dull", "very " * 500, "A masterpiece"]
    with pytest.raises(TypeError):
        list(reviews.map(rows))
    answers = list(reviews.map(rows, errors="return", overflow="error"))
    kinds = [type(answer) for answer in answers]
    assert kinds == [dict, TypeError, dict, amaas.InputTooLong, dict]
    assert answers[4] == pytest.approx(reviews("A masterpiece")[0])


def test_what_no_row_is_to_blame_for_ends_it(registry):
    service = amaas.Service(registry)
    answers = service.load("sentiment").map(TEXTS, batch=4, errors="return")
    next(answers)
    service.close()
    with pytest.raises(amaas.Closed):
        list(answers)


def test_what_the_rows_themselves_raise_comes_through(reviews):
    def rows():
        yield from TEXTS[:40]
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        list(reviews.map(rows(), batch=8))


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"batch": -3}, {"errors": "ignore"}])
def test_wrong_options_are_said_at_once(reviews, wrong):
    with pytest.raises(amaas.InvalidArgument):
        reviews.map(TEXTS, **wrong)


@pytest.mark.parametrize("one", ["I loved it", b"bytes", {"x": 1}])
def test_one_is_not_many(reviews, one):
    with pytest.raises(TypeError, match="many"):
        reviews.map(one)


def test_progress_is_told(reviews):
    told = []
    list(reviews.map(TEXTS, batch=100, progress=told.append))
    assert told[-1] == amaas.RowProgress(done=300, total=300)
    assert [state.done for state in told] == sorted({state.done for state in told})
    list(reviews.map(iter(TEXTS), progress=told.append))
    assert told[-1] == (300, None)
    assert len(list(reviews.map(TEXTS, progress=True))) == 300  # no terminal, no bar

    def refuse(state):
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        list(reviews.map(TEXTS, progress=refuse))


def test_a_generator_that_is_let_go_of_ends_its_threads(reviews):
    answers = reviews.map(TEXTS, batch=8)
    next(answers)
    gone = weakref.ref(answers)
    del answers
    assert gone() is None
    assert not [one for one in threading.enumerate() if one.name.startswith("amaas-map")]
