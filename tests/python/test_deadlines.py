"""Calls that end before their answer: by their time, by Ctrl-C."""

import os
import statistics
import subprocess
import sys
import textwrap
import threading

import amaas
import numpy as np
import pytest
from conftest import ROOT

ENDLESS = ROOT / "tests/fixtures/endless.onnx"


def feed(go):
    return {"go": np.array(go), "x": np.zeros(1, np.float32)}


@pytest.fixture(scope="module")
def route():
    with amaas.Service() as service:
        yield service.load(ENDLESS)


def test_a_run_ends_when_its_time_is_up_and_the_route_goes_on(route):
    with pytest.raises(TimeoutError) as caught:
        route.run(feed(True), timeout=0.05)
    error = caught.value
    assert isinstance(error, amaas.DeadlineExceeded)
    assert (error.phase, error.retryable, error.retry_after) == ("run", True, None)
    assert error.context["phase"] == "run"
    assert route.run(feed(False), timeout=60)


def test_the_service_says_how_long_a_call_takes_that_does_not():
    with amaas.Service(timeout=0.05) as service:
        route = service.load(ENDLESS)
        with pytest.raises(amaas.DeadlineExceeded):
            route.run(feed(True))
        patient = service.load(ENDLESS, timeout=60.0)
        assert patient.run(feed(False))


def test_in_the_queue_too(route):
    with amaas.Service(instances=1) as service:
        route = service.load(ENDLESS)
        thread = threading.Thread(target=busy, args=(route, 2.0))
        thread.start()
        with pytest.raises(amaas.DeadlineExceeded) as caught:
            # The thread may not have begun: then this run is the one that ends.
            route.run(feed(True), timeout=0.2)
        assert caught.value.phase in ("queue", "run")
        thread.join()


def busy(route, seconds):
    with pytest.raises(amaas.DeadlineExceeded):
        route.run(feed(True), timeout=seconds)


def test_a_full_queue_says_when_to_try_again():
    with amaas.Service(instances=1, waiting=1, timeout=2.0) as service:
        route = service.load(ENDLESS)
        assert route.run(feed(False))  # so that it knows how long a run takes
        errors = []

        def ask():
            with pytest.raises(amaas.Error) as caught:
                route.run(feed(True))
            errors.append(caught.value)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [refused] = [error for error in errors if isinstance(error, amaas.Overloaded)]
        assert refused.retryable
        assert refused.retry_after > 0
        assert sum(isinstance(error, amaas.DeadlineExceeded) for error in errors) == 2
        assert route.run(feed(False))


def test_texts_take_a_timeout_and_a_priority(registry):
    with amaas.Service(registry) as service:
        reviews = service.load("sentiment")
        assert reviews("I loved it", timeout=60, priority="high")
        with pytest.raises(amaas.DeadlineExceeded):
            reviews(["I loved it"], timeout=0)
        with pytest.raises(amaas.InvalidArgument, match="`urgent` is not a priority"):
            reviews("I loved it", priority="urgent")


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e300])
def test_a_time_that_is_none_is_refused(route, seconds):
    with pytest.raises(ValueError, match="use a number that is not negative"):
        route.run(feed(False), timeout=seconds)


def test_a_time_is_a_number(route):
    with pytest.raises(TypeError, match="number of seconds"):
        route.run(feed(False), timeout="soon")
    assert route.run(feed(False), timeout=float("inf"))


def interrupted(body, *arguments):
    """Run ``body`` in a process of its own, where ``interrupt(after)`` stands for Ctrl-C."""
    before = """
        import asyncio, os, signal, sys, threading, time
        import numpy as np
        import amaas

        def interrupt(after=0.3):
            def send():
                sent.append(time.monotonic())
                os.kill(os.getpid(), signal.SIGINT)
            timer = threading.Timer(after, send)
            timer.daemon = True
            timer.start()

        sent = []
        endless = {"go": np.array(True), "x": np.zeros(1, np.float32)}
        once = {"go": np.array(False), "x": np.zeros(1, np.float32)}
        route = amaas.Service().load(sys.argv[1])
    """
    program = textwrap.dedent(before) + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", program, str(ENDLESS), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_ctrl_c_ends_a_run_that_would_never_end():
    late = interrupted("""
        for _ in range(7):
            interrupt()
            try:
                route.run(endless)
            except KeyboardInterrupt:
                print(time.monotonic() - sent[-1])
            assert route.run(once)
    """)
    assert len(late) == 7
    assert statistics.median(map(float, late)) <= 0.2


def test_ctrl_c_is_heard_after_others_have_set_handlers_of_their_own():
    answers = interrupted("""
        route.run(once)
        async def nothing(): pass
        asyncio.run(nothing())  # sets a handler and puts Python's back
        interrupt()
        try:
            route.run(endless)
        except KeyboardInterrupt:
            print("interrupted")

        class Asked(Exception): pass
        def raising(number, frame): raise Asked
        signal.signal(signal.SIGINT, raising)
        interrupt()
        try:
            route.run(endless)
        except Asked:
            print("asked")
    """)
    assert answers == ["interrupted", "asked"]


def test_a_handler_that_raises_nothing_stops_nothing():
    answers = interrupted("""
        signal.signal(signal.SIGINT, lambda *_: print("counted"))
        interrupt()
        try:
            route.run(endless, timeout=1)
        except amaas.DeadlineExceeded:
            print("expired")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        interrupt()
        try:
            route.run(endless, timeout=1)
        except amaas.DeadlineExceeded:
            print("expired")
    """)
    assert answers == ["counted", "expired", "expired"]


def test_ctrl_c_leaves_the_calls_of_other_threads_alone():
    answers = interrupted("""
        def other():
            try:
                route.run(endless, timeout=2)
            except amaas.DeadlineExceeded:
                print("expired")
            done.set()
        done = threading.Event()
        threading.Thread(target=other).start()
        interrupt()
        try:
            done.wait()
        except KeyboardInterrupt:
            done.wait()
            print("interrupted")
    """)
    assert answers == ["expired", "interrupted"]


def test_ctrl_c_reaches_a_forked_child_and_not_its_parent():
    answers = interrupted("""
        route.run(once)
        child = os.fork()
        if child == 0:
            own = amaas.Service().load(sys.argv[1])
            interrupt()
            try:
                own.run(endless)
            except KeyboardInterrupt:
                os.write(1, b"child\\n")
            os._exit(0)
        try:
            route.run(endless, timeout=3)
        except amaas.DeadlineExceeded:
            os.waitpid(child, 0)
            os.write(1, b"parent\\n")
    """)
    assert answers == ["child", "parent"]


def test_interrupts_are_python_s_own_business_again_after_a_call():
    answers = interrupted("""
        assert route.run(once)
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            print("interrupted")
    """)
    assert answers == ["interrupted"]
