"""Calls that are awaited, and what ends them early."""

import asyncio
import threading

import amaas
import numpy as np
import pytest
from conftest import ROOT

FIXTURES = ROOT / "tests/fixtures"


def feed(go):
    return {"go": np.array(go), "x": np.zeros(1, np.float32)}


@pytest.fixture
def route():
    with amaas.Service(instances=1) as service:
        yield service.load(FIXTURES / "endless.onnx")


def test_what_is_awaited_is_what_a_call_answers(registry):
    with amaas.Service(registry) as service:
        reviews = service.load("sentiment")

        async def ask():
            one = await reviews.classify_async("I loved it")
            many = await reviews.classify_async(["I loved it", "dull"], top_k=None)
            found = await reviews.run_async(ids, ["logits"])
            return one, many, found

        ids = {
            port.name: np.ones((1, 4), np.dtype(port.dtype)) for port in reviews.signature.inputs
        }
        one, many, found = asyncio.run(ask())
        assert one == reviews("I loved it")
        assert many == reviews(["I loved it", "dull"], top_k=None)
        np.testing.assert_allclose(found["logits"], reviews.run(ids)["logits"], rtol=1e-6)
        assert reviews.usage.requests == 6


def test_hundreds_are_awaited_at_once_and_the_loop_goes_on(registry):
    with amaas.Service(registry) as service:
        reviews = service.load("sentiment")
        texts = [f"I loved {word}" for word in range(300)]

        async def ask():
            before = threading.active_count()
            calls = [reviews.classify_async(text) for text in texts]
            assert threading.active_count() == before
            return await asyncio.gather(*calls)

        answers = asyncio.run(ask())
        for answer, direct in zip(answers, reviews(texts), strict=True):
            assert answer[0]["label"] == direct["label"]
            assert answer[0]["score"] == pytest.approx(direct["score"], abs=1e-5)


def test_embedding_is_refused_where_there_is_none(registry):
    async def ask(reviews):
        with pytest.raises(amaas.Unsupported):
            await reviews.embed_async("I loved it")
        with pytest.raises(amaas.InvalidArgument, match="top_k"):
            await reviews.classify_async("I loved it", top_k=0)

    with amaas.Service(registry) as service:
        asyncio.run(ask(service.load("sentiment")))


def test_time_that_is_up_raises_in_the_queue_and_in_the_run(route):
    async def ask():
        running = route.run_async(feed(True), timeout=0.3)
        waiting = route.run_async(feed(True), timeout=0.1)
        with pytest.raises(amaas.DeadlineExceeded) as caught:
            await waiting
        assert caught.value.phase == "queue"
        with pytest.raises(amaas.DeadlineExceeded) as caught:
            await running
        assert caught.value.phase == "run"
        assert await route.run_async(feed(False))

    asyncio.run(ask())


def test_a_task_that_is_cancelled_ends_its_run(route):
    async def ask():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(route.run_async(feed(True)), 0.1)
        task = asyncio.ensure_future(route.run_async(feed(True)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The only instance is free: nothing goes on behind our back.
        assert await route.run_async(feed(False), timeout=60)

    asyncio.run(ask())


def test_a_loop_that_ends_first_is_not_missed(route):
    async def leave():
        route.run_async(feed(True), timeout=0.2)

    asyncio.run(leave())
    assert route.run(feed(False))


def test_there_must_be_a_loop(route):
    with pytest.raises(RuntimeError, match="no running event loop"):
        route.run_async(feed(False))
