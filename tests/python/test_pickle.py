"""Services and routes in other processes: what travels, what is opened, how often."""

import copy
import gc
import multiprocessing
import pickle
import threading
import weakref
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import amaas
import pytest
from amaas import _reopen
from conftest import PACKAGES, ROOT

TEXTS = ["I loved it", "Dull from start to end", "A masterpiece"]


def ask(route, texts):
    return route(texts), route.digest


def identities(route, service):
    """Whether one process opened each of them once."""
    again = pickle.loads(pickle.dumps(route))
    return again is route, pickle.loads(pickle.dumps(service)) is service


def test_a_route_travels_as_its_resolved_digest(tmp_path):
    with amaas.Service(tmp_path) as service:
        service.publish(PACKAGES / "1.0.0")
        service.alias("sentiment", "champion", "1.0.0")
        route = service.load("sentiment@champion", instances=1, timeout=60, warm_up=False)
        sent = pickle.dumps(route)
        service.publish(PACKAGES / "1.1.0")
        service.alias("sentiment", "champion", "1.1.0")
        there = pickle.loads(sent)
        assert (there.version, there.digest) == ("1.0.0", route.digest)
        assert there.reference == f"sentiment@{route.digest}"
        assert there(TEXTS) == route(TEXTS)
        assert there.warmed.cold == ["warming up is off"]


def test_each_is_opened_once_in_a_process(registry):
    with amaas.Service(registry) as service:
        sent = pickle.dumps([service.load("sentiment"), service])
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: pickle.loads(sent), range(16)))
    assert len({id(route) for route, _ in found}) == len({id(made) for _, made in found}) == 1
    route, service = found[0]
    assert identities(route, service) == (True, True)
    service.close()
    assert pickle.loads(sent)[0](TEXTS)  # what was closed is opened again


def test_options_travel_and_nothing_else(registry):
    service = amaas.Service(
        registry,
        rows=8,
        threads=1,
        idle_unload=99,
        memory_budget=10**9,
        drain=5,
        device="cpu",
        tokens=512,
        waiting=9,
        window=0.5,
        eager=True,
    )
    make, (root, options) = service.__reduce__()
    expected = {"rows": 8, "threads": 1, "idle_unload": 99.0, "memory_budget": 10**9, "drain": 5.0}
    expected |= {"tokens": 512, "waiting": 9, "window": 0.5, "eager": True}
    assert (root, options) == (str(registry), expected)
    assert make(root, options).load("sentiment")("I loved it")
    service.close()
    with pytest.raises(amaas.Closed):
        pickle.dumps(service)


def test_a_path_must_still_hold_what_was_sent(tmp_path, monkeypatch):
    monkeypatch.delenv("AMAAS_HOME", raising=False)
    here = tmp_path / "model.onnx"
    here.write_bytes((ROOT / "tests/fixtures/add.onnx").read_bytes())
    with amaas.Service() as service:
        sent = pickle.dumps(service.load(here))
    here.write_bytes((ROOT / "tests/fixtures/noop.onnx").read_bytes())
    with pytest.raises(amaas.Conflict, match=r"model\.onnx"):
        pickle.loads(sent)
    here.write_bytes((ROOT / "tests/fixtures/add.onnx").read_bytes())
    assert pickle.loads(sent).name == "model"


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_pool_of_processes(registry, method):
    with amaas.Service(registry) as service:
        route = service.load("sentiment@1.0.0")
        expected = ask(route, TEXTS)
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            answers = [pool.submit(ask, route, TEXTS) for _ in range(6)]
            assert all(answer.result(120) == expected for answer in answers)
            assert pool.submit(identities, route, service).result(120) == (True, True)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_children_open_their_own(registry):
    with amaas.Service(registry) as service:
        route = service.load("sentiment@1.0.0", threads=1)
        here = pickle.loads(pickle.dumps(route))
        expected = ask(here, TEXTS)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            answers = [pool.submit(ask, route, TEXTS) for _ in range(6)]
            assert all(answer.result(120) == expected for answer in answers)


def test_errors_and_settings_travel():
    error = amaas.NotFound("gone", remedy="look elsewhere", context={"model": "ner"})
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), str(there), there.remedy) == (amaas.NotFound, "gone", "look elsewhere")
    assert there.context == {"model": "ner"}
    for value in (amaas.WarmUp(rows=[3]), amaas.Guard(max_disagreement=0.1)):
        assert pickle.loads(pickle.dumps(value)) == copy.copy(value) == value


def test_a_registry_travels(registry):
    assert pickle.loads(pickle.dumps(amaas.Registry(registry))).root == registry


def test_services_and_routes_in_cycles_are_collected(registry):
    class Host:
        pass

    host = Host()
    host.service = amaas.Service(registry)
    host.route = host.service.load("sentiment")
    host.self = host
    gone = weakref.ref(host)
    del host
    gc.collect()
    assert gone() is None


def test_few_are_kept_that_nobody_uses():
    class Thing:
        closed = False

    opened = _reopen.Opened()
    things = [weakref.ref(opened.get(str(number), Thing)) for number in range(3 * _reopen.KEPT)]
    gc.collect()
    alive = [thing() is not None for thing in things]
    assert alive == [False] * 2 * _reopen.KEPT + [True] * _reopen.KEPT
    used = opened.get("used", Thing)
    for number in range(3 * _reopen.KEPT):
        opened.get(str(number), Thing)
    assert opened.get("used", Thing) is used
    used.closed = True
    assert opened.get("used", Thing) is not used


def test_one_that_is_slow_keeps_no_other_waiting():
    class Thing:
        closed = False

    opened, may_end, begun = _reopen.Opened(), threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert may_end.wait(60)
        return Thing()

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(opened.get, "slow", slow)
        assert begun.wait(60)
        again = threads.submit(opened.get, "slow", Thing)
        assert isinstance(opened.get("other", Thing), Thing)
        assert not first.done()
        may_end.set()
        assert first.result(60) is again.result(60)
