"""The tree of exceptions, and what they say."""

import pickle
import re

import amaas
import numpy as np
import pytest
from conftest import PACKAGES, ROOT

EXPECTED = {
    "invalid_argument": (amaas.InvalidArgument, ValueError),
    "input_too_long": (amaas.InputTooLong, amaas.InvalidArgument),
    "not_found": (amaas.NotFound, KeyError),
    "already_exists": (amaas.AlreadyExists, amaas.Error),
    "conflict": (amaas.Conflict, amaas.Error),
    "alias_conflict": (amaas.AliasConflict, amaas.Conflict),
    "invalid_package": (amaas.InvalidPackage, ValueError),
    "corrupt": (amaas.Corrupt, amaas.Error),
    "runtime_unavailable": (amaas.RuntimeUnavailable, ImportError),
    "device_unavailable": (amaas.DeviceUnavailable, amaas.Error),
    "load_failed": (amaas.LoadFailed, amaas.Error),
    "inference_failed": (amaas.InferenceFailed, RuntimeError),
    "golden_mismatch": (amaas.GoldenMismatch, amaas.Error),
    "deadline_exceeded": (amaas.DeadlineExceeded, TimeoutError),
    "cancelled": (amaas.Cancelled, amaas.Error),
    "overloaded": (amaas.Overloaded, amaas.Error),
    "closed": (amaas.Closed, amaas.Error),
    "unsupported": (amaas.Unsupported, NotImplementedError),
    "access_denied": (amaas.AccessDenied, PermissionError),
    "key_denied": (amaas.KeyDenied, PermissionError),
    "untrusted": (amaas.Untrusted, amaas.Error),
    "remote_unavailable": (amaas.RemoteUnavailable, ConnectionError),
    "quota_exceeded": (amaas.QuotaExceeded, amaas.Error),
    "budget_exhausted": (amaas.BudgetExhausted, amaas.Error),
    "io": (amaas.Io, OSError),
    "internal": (amaas.Internal, amaas.Error),
}


@pytest.fixture(scope="module")
def service(registry):
    with amaas.Service(registry) as service:
        yield service


def test_every_kind_of_the_core_has_a_class():
    source = (ROOT / "amaas-core/src/error.rs").read_text().partition("impl Phase")[0]
    kinds = re.findall(r'Self::(\w+) => "(\w+)"', source)
    assert [kind for _, kind in kinds] == list(EXPECTED)
    assert [name for name, _ in kinds] == [cls.__name__ for cls, _ in EXPECTED.values()]


@pytest.mark.parametrize(("kind", "classes"), EXPECTED.items())
def test_the_tree(kind, classes):
    from amaas._errors import make

    cls, base = classes
    error = make(kind, "`x` is wrong", True, "do y", {"input": "x"}, ["cause", "its cause"])
    assert type(error) is cls
    assert isinstance(error, base)
    assert isinstance(error, amaas.Error)
    assert (error.kind, str(error)) == (kind, "`x` is wrong")
    assert (error.retryable, error.remedy, error.context) == (True, "do y", {"input": "x"})
    assert error.report == "`x` is wrong\n  caused by: cause\n  caused by: its cause"
    assert str(error.__cause__.__cause__) == "its cause"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.context) == (cls, str(error), error.context)


def test_a_message_says_what_there_is_instead(service):
    with pytest.raises(KeyError, match="sentiment") as caught:
        service.load("sentimant")
    error = caught.value
    assert isinstance(error, amaas.NotFound)
    assert str(error) == error.message  # a KeyError would put it in quotes
    assert error.retryable is False
    assert error.remedy
    with pytest.raises(amaas.NotFound, match=r"1\.1\.0"):
        service.load("sentiment@^7")


def test_causes_come_along(service, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x07not a graph")
    with pytest.raises(amaas.Error) as caught:
        service.load(tmp_path / "broken.onnx")
    error = caught.value
    assert error.kind in ("load_failed", "invalid_package")
    assert error.report.startswith(str(error))


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda service: service.load("Not A Name"), amaas.InvalidArgument),
        (lambda service: service.load("sentiment@!!"), amaas.InvalidArgument),
        (lambda service: service.load("sentiment", device="gpu"), amaas.InvalidArgument),
        (lambda service: service.load("sentiment", device=[]), amaas.InvalidArgument),
        (lambda service: service.load("sentiment", device=["cuda:0+cpu"]), amaas.InvalidArgument),
        (lambda service: service.load("sentiment", device=7), TypeError),
        (lambda service: service.load("sentiment", instances=0), amaas.InvalidArgument),
        (lambda service: service.load("sentiment", threads=-1), amaas.InvalidArgument),
        (lambda service: service.load("sentiment", threads="2"), TypeError),
        (lambda service: service.load(7), TypeError),
        (lambda service: service.load("./nowhere"), amaas.Error),
        (lambda service: service.publish("./nowhere"), amaas.Error),
        (lambda service: service.alias("sentiment", "best", "1.1"), amaas.InvalidArgument),
        (lambda service: service.alias("sentiment", "best", "7.0.0"), amaas.NotFound),
        (lambda service: service.alias("sentiment", "1.0", "1.1.0"), amaas.InvalidArgument),
        (lambda service: service.rollback("sentiment", "nobody"), amaas.NotFound),
    ],
)
def test_wrong_calls(service, call, kind):
    with pytest.raises(kind):
        call(service)


def test_a_required_device_that_is_not_there(service):
    with pytest.raises(amaas.DeviceUnavailable) as caught:
        service.load("sentiment", device="rocm:0")
    assert caught.value.remedy


def test_a_preferred_device_that_is_not_there_is_named(service):
    placement = service.load("sentiment", device=["rocm:0", "cpu"]).placement
    assert list(placement.skipped) == ["rocm:0"]
    assert "without rocm:0" in str(placement)


def test_a_broken_manifest(tmp_path):
    (tmp_path / "amaas.toml").write_text("schema = 1\n[package]\nnam = 'x'\n")
    with pytest.raises(amaas.InvalidPackage, match="line") as caught:
        amaas.Service().load(tmp_path)
    assert isinstance(caught.value, ValueError)


def test_other_content_under_a_published_version(registry, tmp_path):
    for file in (PACKAGES / "1.0.0").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = tmp_path / "amaas.toml"
    manifest.write_text(manifest.read_text() + "\n# another one\n")
    text = manifest.read_text().replace("description = ", "authors = ['A']\ndescription = ")
    manifest.write_text(text)
    with amaas.Service(registry) as service, pytest.raises(amaas.AlreadyExists, match=r"1\.0\.0"):
        service.publish(tmp_path)


def test_a_golden_example_that_does_not_hold(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    for file in (PACKAGES / "1.0.0").iterdir():
        (package / file.name).write_bytes(file.read_bytes())
    manifest = package / "amaas.toml"
    manifest.write_text(re.sub(r"score = [\d.]+", "score = 0.123", manifest.read_text()))
    with pytest.raises(amaas.GoldenMismatch):
        amaas.Service().load(package)
    with amaas.Service(tmp_path / "models") as service:
        with pytest.raises(amaas.GoldenMismatch) as caught:
            service.publish(package)
        assert caught.value.remedy
        assert amaas.Registry(tmp_path / "models").models() == []
        assert service.publish(PACKAGES / "1.0.0").created


def test_a_model_without_a_task(service):
    route = service.load(ROOT / "tests/fixtures/noop.onnx")
    with pytest.raises(NotImplementedError) as caught:
        route("I loved it")
    assert isinstance(caught.value, amaas.Unsupported)
    assert route.labels == []


def test_a_run_that_fails(service):
    route = service.load(ROOT / "tests/fixtures/reshape.onnx")
    inputs = {port.name: np.zeros(4, port.dtype) for port in route.signature.inputs}
    with pytest.raises(RuntimeError) as caught:
        route.run(inputs)
    assert isinstance(caught.value, amaas.InferenceFailed)
