"""What the package is: what importing costs, how versions are chosen, how things end."""

import os
import subprocess
import sys
import textwrap

import amaas
import pytest
from conftest import PACKAGES, ROOT

FIXTURES = ROOT / "tests/fixtures"


def python(code, **environment):
    """Run `code` in an interpreter of its own and return how that ended."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def succeeds(code, **environment):
    """What `code` prints; it must end with exit code 0 and say nothing on stderr."""
    done = python(code, **environment)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()


@pytest.fixture
def service(registry):
    with amaas.Service(registry) as service:
        yield service


def test_import_is_lazy():
    code = "import amaas, sys; print({'numpy', 'onnxruntime'} & set(sys.modules))"
    assert succeeds(code) == "set()"


def test_classifying_needs_no_numpy(registry):
    code = """
        import amaas, sys
        amaas.Service().load("sentiment@^1")("I loved it")
        print({"numpy", "onnxruntime"} & set(sys.modules))
    """
    assert succeeds(code, AMAAS_HOME=str(registry)) == "set()"


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert amaas.__version__ == version("amaas")


def test_everything_public_is_documented_and_there():
    for name in amaas.__all__:
        assert getattr(amaas, name).__doc__ or name == "__version__", name


KINDS = [kind for kind in map(vars(amaas).get, amaas.__all__) if isinstance(kind, type)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_method_says_how_it_is_called(kind):
    for name in vars(kind):
        if name.startswith("_") or not kind.__module__.startswith("amaas"):
            continue
        member = getattr(kind, name)
        text = getattr(member, "__doc__", None)
        assert text or not hasattr(member, "__doc__"), f"{kind.__name__}.{name}"
        if callable(member):
            assert ">>> " in text, f"{kind.__name__}.{name} has no example"


UNITS = {
    "timeout": "seconds",
    "idle_unload": "seconds",
    "grace": "seconds",
    "interval": "seconds",
    "budget": "seconds",
    "drain": "seconds",
    "memory_budget": "bytes",
    "silence": "seconds",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_measured_says_its_unit(kind):
    members = {name: one for name, one in vars(kind).items() if callable(one) and name[0] != "_"}
    for name, member in {kind.__name__: kind, **members}.items():
        about = f"{getattr(member, '__doc__', '')}"
        signature = getattr(member, "__text_signature__", None) or ""
        for parameter, unit in UNITS.items():
            said = f"``{parameter}``" in about
            if said and f"{parameter}=" in signature and "as in" not in about:
                assert unit in about, f"{name}: {parameter}"


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("sentiment", "1.1.0"),
        ("sentiment@^1", "1.1.0"),
        ("sentiment@~1.0", "1.0.0"),
        ("sentiment@>=1, <1.1", "1.0.0"),
        ("sentiment@1.0.0", "1.0.0"),
        ("sentiment@classic", "1.0.0"),
    ],
)
def test_a_reference_selects_a_version(service, reference, version):
    route = service.load(reference)
    assert (route.name, route.version) == ("sentiment", version)


def test_a_digest_selects_its_version(service):
    digest = service.load("sentiment@1.0.0").digest
    assert digest.startswith("sha256:")
    assert service.load(f"sentiment@{digest}").version == "1.0.0"


def test_a_path_needs_no_registry(monkeypatch):
    monkeypatch.delenv("AMAAS_HOME", raising=False)
    monkeypatch.chdir(FIXTURES)
    service = amaas.Service()
    assert service.load(PACKAGES / "1.0.0").version == "1.0.0"
    assert service.load(str(FIXTURES / "noop.onnx")).name == "noop"
    assert service.load("noop.onnx").name == "noop"
    with pytest.raises(amaas.NotFound, match="AMAAS_HOME"):
        service.models()


def test_the_environment_names_the_registry(registry, monkeypatch):
    monkeypatch.setenv("AMAAS_HOME", str(registry))
    assert amaas.Service().load("sentiment").version == "1.1.0"


def test_publishing_twice_changes_nothing(tmp_path):
    with amaas.Service(tmp_path) as service:
        first = service.publish(PACKAGES / "1.0.0")
        again = service.publish(str(PACKAGES / "1.0.0"))
    assert (first.name, first.version) == ("sentiment", "1.0.0")
    assert (first.created, again.created) == (True, False)
    assert first.digest == again.digest
    assert "created=True" in repr(first)


def test_models_are_listed(service):
    [model] = service.models()
    assert model.name == "sentiment"
    assert model.versions == ["1.0.0", "1.1.0"]
    assert model.aliases == {"classic": "1.0.0"}
    assert "'classic': '1.0.0'" in repr(model)


def test_an_alias_moves_and_rolls_back(tmp_path):
    with amaas.Service(tmp_path) as service:
        for version in ("1.0.0", "1.1.0"):
            service.publish(PACKAGES / version)
        service.alias("sentiment", "champion", "1.0.0")
        route = service.load("sentiment@champion")
        assert route.reference == "sentiment@champion"
        assert route.update() is False
        service.alias("sentiment", "champion", "1.1.0")
        assert route.version == "1.0.0"  # a route moves when it is told to
        assert route.update() is True
        assert route.version == "1.1.0"
        assert service.rollback("sentiment", "champion", reason="it was better") == "1.0.0"
        assert route.update() is True
        assert (route.version, route("I loved it")[0]["label"]) == ("1.0.0", "positive")


def test_a_route_tells_what_it_is(service):
    route = service.load("sentiment@1.1.0", instances=2, threads=1)
    assert route.labels == ["negative", "positive"]
    assert list(route.placement.providers) == ["CPUExecutionProvider"]
    assert route.placement.skipped == {}
    assert "CPUExecutionProvider" in str(route.placement)
    assert [port.name for port in route.signature.inputs] == ["input_ids", "attention_mask"]
    ids = route.signature.inputs[0]
    assert (ids.dtype, len(ids.shape)) == ("int64", 2)
    assert str(route.signature.outputs[0]).startswith("logits: float32[")
    assert isinstance(route.metadata, dict)
    assert route.batching.startswith("together")
    assert route.weights.shared + route.weights.unique > 0
    assert repr(route.weights).startswith("Weights(shared=")
    assert "sentiment@1.1.0" in repr(route)
    for thing in (route.placement, route.signature, ids, service.devices()[-1], route.usage):
        assert type(thing).__name__ in repr(thing)


def test_a_model_says_what_keeps_requests_apart(service):
    fixed = service.load(ROOT / "tests/fixtures/fixed_batch.onnx", eager=True)
    assert fixed.batching.startswith("apart: `x`")
    dynamic = service.load(ROOT / "tests/fixtures/dynamic_quant.onnx")
    assert "`DynamicQuantizeLinear`" in dynamic.batching


def test_a_window_waits_for_company_and_bounds_are_kept(service):
    route = service.load("sentiment@1.1.0", window=0.02, tokens=4096, waiting=64)
    assert route("I loved it")
    with pytest.raises(ValueError, match="use at least 1"):
        service.load("sentiment@1.1.0", tokens=0)


def test_usage_adds_up(service):
    route = service.load("sentiment@1.1.0")
    assert route.usage.requests == 0
    route(["I loved it", "dull"])
    with pytest.raises(amaas.InputTooLong):
        route("very " * 500, overflow="error")
    usage = route.usage
    assert (usage.requests, usage.failures, usage.rows) == (1, 1, 2)
    assert usage.tokens >= 4
    assert usage.computed_seconds > 0
    assert usage.queued_seconds >= 0


def test_the_service_tells_its_runtime_and_devices(service, registry):
    assert service.runtime.startswith("onnxruntime 1.")
    assert service.devices()[-1].provider == "CPUExecutionProvider"
    assert str(registry) in repr(service)


@pytest.mark.parametrize("device", ["cpu", ["cpu"], ("cpu",), "cpu,cpu", "cuda:0,cpu"])
def test_devices_that_can_be_had(service, device):
    route = service.load("sentiment@1.1.0", device=device)
    assert "CPUExecutionProvider" in route.placement.providers


def test_a_library_may_be_named(registry):
    from amaas._runtime import hints

    [folder] = hints()
    assert amaas.Service(registry, runtime=folder).runtime.startswith("onnxruntime")


def test_a_missing_library_is_an_import_error(registry):
    code = """
        import amaas
        try:
            amaas.Service(runtime="/nowhere/libonnxruntime.so")
        except ImportError as error:
            assert isinstance(error, amaas.RuntimeUnavailable)
            assert "/nowhere" in error.report
            print(error.kind)
    """
    assert succeeds(code) == "runtime_unavailable"


def test_what_is_closed_stays_closed(registry):
    with amaas.Service(registry) as service:
        route = service.load("sentiment")
    service.close()
    for use in (
        lambda: service.load("sentiment"),
        lambda: service.models(),
        lambda: route("I loved it"),
        lambda: route.run({}),
        lambda: route.version,
        service.__enter__,
    ):
        with pytest.raises(amaas.Closed):
            use()
    assert "closed" in repr(service)
    assert "closed" in repr(route)


def test_a_route_can_be_closed_alone(service):
    other = service.load("sentiment@1.1.0")
    with service.load("sentiment@1.1.0") as route:
        assert route("I loved it")[0]["label"] == "positive"
    assert route.closed
    assert not service.closed
    for use in (lambda: route("I loved it"), route.__enter__, lambda: route.version):
        with pytest.raises(amaas.Closed):
            use()
    assert other("I loved it")[0]["label"] == "positive"
    route.close()  # again changes nothing
    other.close()
    assert service.versions() == []


def test_a_route_outlives_the_last_name_of_its_service(registry):
    route = amaas.Service(registry).load("sentiment")
    assert route("I loved it")[0]["label"] == "positive"


def test_exit_with_a_busy_daemon_thread(registry):
    code = """
        import threading, time
        import amaas, numpy as np
        route = amaas.Service().load("sentiment@1.0.0")
        ids = np.ones((64, 100), np.int32)
        def work():
            while True:
                route.run({"input_ids": ids})
        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.3)
        print("leaving")
    """
    for _ in range(5):
        assert succeeds(code, AMAAS_HOME=str(registry)) == "leaving"


def test_a_forked_child_gets_an_error_and_frees_nothing(registry):
    # It ends as children of `multiprocessing` do: the exit handlers of ONNX Runtime itself wait
    # for threads that a forked child does not have.
    code = """
        import gc, os, warnings
        import amaas
        service = amaas.Service()
        route = service.load("sentiment@1.0.0", threads=2)
        route("I loved it")
        warnings.simplefilter("ignore")
        child = os.fork()
        if child == 0:
            try:
                route("I loved it")
            except amaas.Closed as error:
                assert "forked" in str(error)
                print("refused", flush=True)
            del route, service
            gc.collect()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status == 0, status
        print(route("I loved it")[0]["label"])
    """
    assert succeeds(code, AMAAS_HOME=str(registry)).split() == ["refused", "positive"]
