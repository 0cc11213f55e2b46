"""Versions that come and go under a service: updates, watching, trials, memory, tuning."""

import gc
import queue
import shutil
import sys
import threading
import weakref

import amaas
import numpy as np
import pytest
from conftest import PACKAGES, ROOT

FIXTURES = ROOT / "tests/fixtures"
TEXTS = ["I loved it", "Dull from start to end", "A masterpiece", "I want my money back"] * 4


@pytest.fixture
def root(tmp_path):
    """A registry of one's own, with only the older version."""
    with amaas.Service(tmp_path) as service:
        service.publish(PACKAGES / "1.0.0")
    return tmp_path


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """A registry with two versions that take and give the same."""
    folder = tmp_path_factory.mktemp("twins")
    copy = shutil.copytree(PACKAGES / "1.0.0", folder / "package")
    manifest = copy / "amaas.toml"
    manifest.write_text(manifest.read_text().replace('"1.0.0"', '"1.0.1"'))
    with amaas.Service(folder / "registry") as service:
        service.publish(PACKAGES / "1.0.0")
        assert service.publish(copy).version == "1.0.1"
        yield service


def test_an_update_moves_routes_and_what_is_kept(root):
    with amaas.Service(root) as service:
        route, kept = service.load("sentiment@^1"), service.keep("sentiment", 1)
        assert service.update() == service.update()
        service.publish(PACKAGES / "1.1.0")
        updated = service.update()
        [moved] = updated.moved
        assert (moved.reference, moved.old, moved.new) == ("sentiment@^1", "1.0.0", "1.1.0")
        assert (updated.kept, updated.failed) == (["sentiment"], [])
        assert (route.version, kept.versions) == ("1.1.0", ["1.1.0"])
        assert "moved=[Moved(" in repr(updated)


def test_what_cannot_move_is_told_and_goes_on(root):
    with amaas.Service(root) as service:
        service.alias("sentiment", "champion", "1.0.0")
        route = service.load("sentiment@champion")
        service.registry.remove_alias("sentiment", "champion")
        [unmoved] = service.update().failed
        assert unmoved.reference == "sentiment@champion"
        assert isinstance(unmoved.error, amaas.NotFound)
        assert route("I loved it")[0]["label"] == "positive"


def test_the_old_version_may_leave_before_the_new_one_comes(root):
    with amaas.Service(root, drain=10) as service:
        route = service.load("sentiment")
        service.publish(PACKAGES / "1.1.0")
        assert [move.new for move in service.update().moved] == ["1.1.0"]
        assert route("I loved it")[0]["label"] == "positive"


def test_versions_are_told(registry):
    with amaas.Service(registry) as service:
        route = service.load("sentiment@1.0.0")
        [status] = service.versions()
        assert (status.name, status.version, status.state) == ("sentiment", "1.0.0", "ready")
        assert (status.digest, status.routes) == (route.digest, ["sentiment@1.0.0"])
        assert (status.pinned, status.bytes > 1000, status.idle_seconds >= 0) == (False, True, True)
        route.pin()
        assert service.versions()[0].pinned
        route.pin(False)
        assert not service.versions()[0].pinned


def test_a_watcher_tells_of_what_moved(root):
    told = queue.Queue()
    with amaas.Service(root) as service:
        route = service.load("sentiment")
        with service.watch(told.put, interval=3600) as watcher:
            assert repr(watcher) == "<Watcher>"
            service.publish(PACKAGES / "1.1.0")
            watcher.look()
            assert [move.new for move in told.get(timeout=60).moved] == ["1.1.0"]
        assert (route.version, repr(watcher)) == ("1.1.0", "<Watcher, closed>")
        with pytest.raises(amaas.Closed):
            watcher.look()


def test_a_watcher_hears_the_folder(root):
    told = queue.Queue()
    with amaas.Service(root) as service:
        route = service.load("sentiment")
        watcher = service.watch(told.put, interval=3600)
        with amaas.Service(root) as other:
            other.publish(PACKAGES / "1.1.0")
        assert told.get(timeout=60).moved
        watcher.close()
        assert route.version == "1.1.0"


def test_what_a_watched_function_raises_is_not_lost(root, monkeypatch):
    lost = queue.Queue()
    monkeypatch.setattr(sys, "unraisablehook", lost.put)

    def refuse(event):
        raise RuntimeError("not today")

    with amaas.Service(root) as service:
        route = service.load("sentiment")
        watcher = service.watch(refuse, interval=3600)
        service.publish(PACKAGES / "1.1.0")
        watcher.look()
        assert "not today" in str(lost.get(timeout=60).exc_value)
        assert (route.version, watcher.close()) == ("1.1.0", None)


def test_a_watcher_ends_with_its_service_and_wants_a_registry(root, monkeypatch):
    service = amaas.Service(root)
    watcher = service.watch()
    service.close()
    assert "closed" in repr(watcher)
    monkeypatch.delenv("AMAAS_HOME", raising=False)
    with amaas.Service() as service, pytest.raises(amaas.NotFound):
        service.watch()
    with amaas.Service(root) as service, pytest.raises(amaas.InvalidArgument, match="interval"):
        service.watch(interval=0)


def test_a_watcher_in_a_cycle_is_collected(root):
    class Host:
        def tell(self, event):
            pass

    with amaas.Service(root) as service:
        host = Host()
        host.watcher = service.watch(host.tell, interval=3600)
        gone = weakref.ref(host)
        del host
        gc.collect()
        assert gone() is None


def test_a_watcher_that_is_let_go_of_while_it_tells(root):
    begun, done = threading.Event(), threading.Event()

    def tell(event):
        begun.set()
        done.wait(60)

    with amaas.Service(root) as service:
        route = service.load("sentiment")
        watcher = service.watch(tell, interval=3600)
        service.publish(PACKAGES / "1.1.0")
        watcher.look()
        assert begun.wait(60)
        threading.Timer(0.1, done.set).start()
        del watcher  # waits for the thread, which wants the interpreter once more
        assert route.version == "1.1.0"


def test_a_canary_is_promoted(twins):
    route = twins.load("sentiment@1.0.0")
    assert route.trial is None
    with pytest.raises(amaas.NotFound):
        route.promote()
    route.canary("sentiment@1.0.1", 0.5, guard=amaas.Guard(max_latency_ratio=None))
    for user in range(20):
        route("I loved it", key=f"user {user}")
    trial = route.trial
    assert (trial.kind, trial.version, trial.share) == ("canary", "1.0.1", 0.5)
    assert trial.outcome is None
    assert trial.current.requests + trial.tried.requests == 20
    assert min(trial.current.requests, trial.tried.requests) > 0
    assert route.promote() == "1.0.1"
    assert (route.version, route.trial.outcome) == ("1.0.1", "promoted")
    assert route.abort() is False


def test_one_key_meets_one_version(twins):
    route = twins.load("sentiment@1.0.0")
    route.canary("sentiment@1.0.1", 0.5, guard=amaas.Guard(max_latency_ratio=None))
    ids = np.ones((1, 100), np.int32)
    for _ in range(10):
        route("I loved it", key="user 17")
        route.run({"input_ids": ids}, key="user 17")
    assert sorted((route.trial.current.requests, route.trial.tried.requests)) == [0, 20]


def test_a_shadow_compares_and_is_aborted(twins):
    route = twins.load("sentiment@1.0.0")
    route.shadow("sentiment@1.0.0", 1.0, guard=amaas.Guard(max_latency_ratio=None))
    route("I loved it")
    while not (trial := route.trial).compared:
        threading.Event().wait(0.005)
    assert (trial.kind, trial.disagreement, trial.dropped) == ("shadow", 0.0, 0)
    assert route.abort() is True
    assert (route.trial.outcome, route.trial.reason) == ("aborted", None)


def test_a_guard_takes_a_version_back(twins):
    guard = amaas.Guard(max_error_rate=None, max_latency_ratio=1e-9, min_requests=2)
    route = twins.load("sentiment@1.0.0")
    route.canary("sentiment@1.0.1", 0.5, guard=guard)
    for _ in range(6):
        route("I loved it")
    assert route.trial.outcome == "reverted"
    assert "times as long" in route.trial.reason
    assert route.version == "1.0.0"


def test_a_trial_that_cannot_be_is_refused(twins):
    route = twins.load("sentiment@1.0.0")
    with pytest.raises(amaas.InvalidArgument, match="share"):
        route.canary("sentiment@1.0.1", 2)
    with pytest.raises(amaas.InvalidArgument):
        route.shadow(FIXTURES / "noop.onnx", 1)


def test_a_guard_says_what_it_allows():
    assert amaas.Guard() == amaas.Guard(window=600)
    assert "max_error_rate=0.01" in repr(amaas.Guard(max_error_rate=0.01))


def test_idle_models_leave_and_come_back(registry):
    with amaas.Service(registry, idle_unload=0.05) as service:
        route = service.load("sentiment")
        while service.versions()[0].state != "unloaded":
            threading.Event().wait(0.01)
        assert route("I loved it")[0]["label"] == "positive"


def test_the_budget_lets_the_least_recently_used_leave(registry):
    with amaas.Service(registry, memory_budget=1) as service:
        old, new = service.load("sentiment@1.0.0"), service.load("sentiment@1.1.0")
        states = {one.version: one.state for one in service.versions()}
        assert states == {"1.0.0": "unloaded", "1.1.0": "ready"}
        assert old("I loved it")[0]["label"] == new("I loved it")[0]["label"] == "positive"


def test_warming_up_is_told_and_can_be_set(registry):
    with amaas.Service(registry) as service:
        warm = service.load("sentiment@1.0.0", warm_up=amaas.WarmUp(budget=60, rows=[1])).warmed
        assert (warm.runs, warm.cold) == (warm.wanted, [])
        assert warm.seconds > 0
        cold = service.load("sentiment@1.0.0", warm_up=False).warmed
        assert (cold.runs, cold.cold) == (0, ["warming up is off"])
        with pytest.raises(TypeError, match="warm_up"):
            service.load("sentiment@1.0.0", warm_up=3)
    assert amaas.WarmUp().rows == [1, 16]
    assert amaas.WarmUp(rows=[1]) != amaas.WarmUp()


def test_tuning_gives_a_table_and_settings(registry, tmp_path):
    told = []
    with amaas.Service(registry) as service:
        tuned = service.tune("sentiment", TEXTS, budget=3, clients=[1, 2], progress=told.append)
        assert tuned.table[0] == tuned.best
        assert tuned.best.requests_per_second >= tuned.table[-1].requests_per_second
        assert {row.clients for row in tuned.table} <= {1, 2}
        assert 0 < tuned.best.p50_seconds <= tuned.best.p99_seconds
        assert told[-1].best in tuned.table or told[-1].candidates >= 1
        assert "Tuned for throughput" in repr(tuned)
        route = service.load("sentiment", **tuned.settings)
        assert route.digest == tuned.digest
        cache = tuned.keep(tmp_path / "tuned.json")
        assert cache.exists()
        assert service.load_tuned("sentiment", cache=cache)("I loved it")[0]["label"] == "positive"


def test_tuning_on_arrays(registry):
    with amaas.Service(registry) as service:
        sample = [{"x": np.ones(3, np.float32)}]
        tuned = service.tune(FIXTURES / "dtype_float32.onnx", sample, budget=2, clients=[1])
        assert tuned.table


def test_tuning_says_what_is_wrong(registry):
    with amaas.Service(registry) as service:
        with pytest.raises(amaas.InvalidArgument, match="empty"):
            service.tune("sentiment", [])
        with pytest.raises(amaas.InvalidArgument, match="objective"):
            service.tune("sentiment", TEXTS, objective="joy")
        tuned = service.tune("sentiment", TEXTS, objective="p99<0.001", budget=2, clients=[1])
        assert tuned.best is None
        with pytest.raises(amaas.NotFound, match="nearest"):
            tuned.settings  # noqa: B018

        def refuse(state):
            raise RuntimeError("not today")

        with pytest.raises(RuntimeError, match="not today"):
            service.tune("sentiment", TEXTS, progress=refuse)
