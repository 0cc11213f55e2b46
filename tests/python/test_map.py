"""`route.map`: order, bounds, errors by row, and how it ends early."""

import asyncio
import itertools
import os
import subprocess
import sys
import textwrap
import threading
import weakref

import amaas
import numpy as np
import pyarrow as pa
import pytest
from amaas import _map
from conftest import PACKAGES, ROOT

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
    assert next(taken) <= 100 + 8


@pytest.mark.parametrize("rows", [16, 48])
def test_answers_do_not_wait_for_rows_that_come_later(registry, rows):
    may_go_on = threading.Event()

    def blocking():
        yield from TEXTS[:rows]
        assert may_go_on.wait(60), "the answers waited for the source"
        yield "the end"

    with amaas.Service(registry) as service:
        reviews = service.load("sentiment")
        answers = reviews.map(blocking(), batch=32)
        found = [next(answers) for _ in range(rows)]  # raises where the source is asked for more
        assert reviews.usage.rows == rows
        may_go_on.set()
        assert len([*found, *answers]) == rows + 1


def test_rows_are_read_where_answers_are(reviews):
    seen = set()

    def rows():
        for text in TEXTS[:50]:
            seen.add(threading.get_ident())
            yield text

    assert len(list(reviews.map(rows()))) == 50
    assert seen == {threading.get_ident()}


def test_a_stream_of_arrow_has_no_end(reviews):
    made = itertools.count()

    def endless():
        for _ in made:
            yield pa.record_batch({"text": pa.array(TEXTS[:100])})

    schema = pa.schema({"text": pa.string()})
    reader = pa.RecordBatchReader.from_batches(schema, endless())
    answers = reviews.map(reader, batch=64)
    assert [next(answers)["label"] for _ in range(1000)] == ["positive"] * 1000
    answers.close()
    assert next(made) <= 12


def test_the_one_column_of_a_stream_is_read_where_it_lies(reviews):
    expected = [one["label"] for one in reviews(["Dull", *TEXTS[:20]])]
    batch = pa.record_batch({"text": pa.array(["x", "Dull", *TEXTS[:20], "y"])}).slice(1, 21)
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch, batch.slice(0, 0), batch])
    assert [one["label"] for one in reviews.map(reader)] == 2 * expected
    two = pa.record_batch({"a": ["x"], "b": ["y"]})
    with pytest.raises(amaas.InvalidArgument, match="a table"):
        list(reviews.map(pa.RecordBatchReader.from_batches(two.schema, [two])))


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


def test_a_generator_that_is_let_go_of_is_gone_and_so_is_its_source(reviews):
    ended = []

    def rows():
        try:
            yield from TEXTS
        finally:
            ended.append(True)

    answers = reviews.map(rows(), batch=8)
    next(answers)
    gone = weakref.ref(answers)
    del answers
    assert gone() is None
    assert ended == [True]


def test_rows_come_from_an_async_source_too(reviews):
    async def messages():
        for text in TEXTS:
            await asyncio.sleep(0)
            yield text

    async def ask(rows, **options):
        return [one async for one in reviews.map_async(rows, **options)]

    expected = [one["score"] for one in reviews(TEXTS)]
    for rows in (messages(), TEXTS, iter(TEXTS), pa.array(TEXTS)):
        answers = asyncio.run(ask(rows, batch=50))
        assert [one["score"] for one in answers] == pytest.approx(expected, abs=1e-5)
    wrong = ["I loved it", 3, "Dull"]
    kinds = [type(one) for one in asyncio.run(ask(wrong, errors="return"))]
    assert kinds == [dict, TypeError, dict]
    with pytest.raises(TypeError):
        asyncio.run(ask(wrong))
    with pytest.raises(amaas.InvalidArgument, match="batch"):
        reviews.map_async(TEXTS, batch=0)


def test_what_is_held_is_bounded_where_it_is_awaited(reviews):
    taken = itertools.count()

    async def some():
        answers = reviews.map_async((f"I loved number {number}" for number in taken), batch=8)
        for _ in range(100):
            assert (await anext(answers))["label"] == "positive"
        await answers.aclose()

    asyncio.run(some())
    assert next(taken) <= 100 + 8


def test_the_loop_goes_on_while_a_batch_is_answered_and_cancelling_ends_it():
    endless = {"go": np.array(True), "x": np.zeros(1, np.float32)}

    async def ask(route):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(route.map_async([endless])), 0.2)
        # The only instance is free: nothing goes on behind our back.
        assert await route.run_async({**endless, "go": np.array(False)}, timeout=60)

    with amaas.Service(instances=1) as service:
        asyncio.run(ask(service.load(FIXTURES / "endless.onnx")))


def test_memory_is_bounded_over_twenty_thousand_texts(registry):
    code = """
        import re, sys
        import amaas

        def resident():
            return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read()).group(1))

        lines = open(sys.argv[1], encoding="utf-8").read().splitlines()[1:]
        texts = [line.split("\\t")[2] for line in lines]
        route = amaas.Service().load("sentiment")
        route(texts[:64])
        rows = (texts[number % len(texts)] for number in range(20_000))
        before, most = resident(), 0
        for number, _ in enumerate(route.map(rows)):
            if number % 1000 == 0:
                most = max(most, resident())
        print(number + 1, most - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(PACKAGES / "held-out.tsv")]
    environment = {**os.environ, "AMAAS_HOME": str(registry)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    answers, kilobytes = map(int, done.stdout.split())
    assert answers == 20_000
    assert kilobytes < 200 * 1024


@pytest.mark.parametrize(
    ("seconds", "sizes"),
    [
        ([0.0, 0.0, 0.0], [16, 256, 1000, 1000]),
        ([0.2, 0.05, 0.0], [16, 64, 1000, 1000]),
        ([1.0, 3.0, 3.0, 1.0], [16, 32, 32, 32, 64]),
    ],
)
def test_batches_grow_while_they_are_answered_soon(monkeypatch, seconds, sizes):
    now, asked, times = [0.0], [], iter([*seconds, 0.0])

    def ask(batch):
        asked.append(len(batch))
        now[0] += next(times)
        return batch

    monkeypatch.setattr(_map, "perf_counter", lambda: now[0])
    monkeypatch.setattr(_map, "_asker", lambda route, options: ask)
    count = sum(sizes)
    assert list(_map.answers(None, map(str, range(count)), 1000, "raise", False, {})) == [
        str(number) for number in range(count)
    ]
    assert asked == sizes


def test_arrays_are_asked_for_few_at_a_time(monkeypatch):
    asked = []

    def ask(batch):
        asked.append(len(batch))
        return batch

    monkeypatch.setattr(_map, "_asker", lambda route, options: ask)
    assert (
        len(list(_map.answers(None, ({"x": 1} for _ in range(40)), 100, "raise", False, {}))) == 40
    )
    assert asked == [16, 16, 8]
