"""Push and pull from Python, with a real registry on this machine."""

import json
import os
import signal
import socket
from base64 import b64encode
from pathlib import Path

import amaas
import pytest
from servers import PASSWORD, USER, docker_registry, trickling


@pytest.fixture(scope="module")
def here(registry):
    return amaas.Registry(registry)


@pytest.fixture
def there(tmp_path):
    return amaas.Registry(tmp_path / "there")


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Where an open registry listens."""
    with docker_registry(tmp_path_factory.mktemp("open")) as port:
        yield port


@pytest.fixture(scope="module")
def pushed(here, port):
    """A remote that has both versions of `sentiment`, and what pushing them said."""
    remote = amaas.Remote(f"oci://127.0.0.1:{port}/acme", credentials=False)
    return remote, [here.push(remote, f"sentiment@{version}") for version in ("1.0.0", "1.1.0")]


@pytest.fixture(scope="module")
def remote(pushed):
    return pushed[0]


def test_a_version_goes_there_and_comes_back(here, there, pushed):
    remote, [old, new] = pushed
    assert (old.version, new.version, new.created) == ("1.0.0", "1.1.0", True)
    assert new.digest == here.resolve("sentiment@1.1.0").digest
    assert new.bytes > 4_000_000
    again = here.push(remote, "sentiment", aliases=["champion"])
    assert (again.created, again.blobs, again.bytes) == (False, 0, 0)

    seen = []
    pulled = there.pull(remote, "sentiment@champion", progress=seen.append)
    assert (pulled.version, pulled.digest, pulled.created) == ("1.1.0", new.digest, True)
    assert seen[-1].done == seen[-1].total == pulled.bytes
    assert [one.done for one in seen] == sorted({one.done for one in seen})
    assert repr(seen[0]).startswith("Progress(done=")
    assert there.verify().ok
    assert there.pull(remote, "sentiment").created is False
    assert repr(pulled).startswith("Pulled(name='sentiment', version='1.1.0', digest='sha256:")


def test_an_address_will_do(there, remote, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    assert there.pull(remote.address, "sentiment@1.0.0").version == "1.0.0"
    assert repr(remote) == f"<Remote '{remote.address}'>"


def test_what_is_there_can_be_asked(here, remote):
    assert remote.model("sentiment").versions == ["1.0.0", "1.1.0"]
    assert remote.resolve("sentiment@~1.0") == here.resolve("sentiment@~1.0")
    assert remote.alias("sentiment", "classic", "~1.0") == "1.0.0"
    assert "classic" in remote.model("sentiment").aliases
    with pytest.raises(KeyError, match=r"1\.1\.0"):
        remote.resolve("sentiment@^7")
    with pytest.raises(amaas.NotFound):
        remote.model("ner")
    with pytest.raises(amaas.NotFound):
        remote.alias("sentiment", "best", "^7")


def test_wrong_calls(here, there, remote):
    for wrong in ("ftp://x/y", "oci://"):
        with pytest.raises(amaas.InvalidArgument):
            here.push(wrong, "sentiment")
    for options in ({"credentials": 7}, {"credentials": True}, {"parallel": "4"}, {"limit": "1"}):
        with pytest.raises(TypeError):
            amaas.Remote("oci://127.0.0.1:1/acme", **options)
    with pytest.raises(TypeError, match="remote"):
        here.push(7, "sentiment")
    with pytest.raises(ValueError, match="path"):
        there.pull(remote, "./sentiment")
    with pytest.raises(amaas.NotFound):
        here.push(remote, "ner")
    with pytest.raises(amaas.InvalidArgument):
        here.push(remote, "sentiment", aliases=["Not An Alias"])
    with pytest.raises(amaas.Io):
        amaas.Remote("oci://127.0.0.1:1/acme", credentials="/nowhere/config.json")
    with pytest.raises(amaas.Io):
        amaas.Remote("oci://127.0.0.1:1/acme", certificates="/nowhere/ca.pem")


def test_who_may_not_is_told_so(here, tmp_path):
    with docker_registry(tmp_path, password=True) as port:
        address = f"oci://127.0.0.1:{port}/acme"
        for credentials in (False, (USER, "guess")):
            stranger = amaas.Remote(address, credentials=credentials)
            with pytest.raises(PermissionError) as caught:
                here.push(stranger, "sentiment@1.0.0")
            assert isinstance(caught.value, amaas.AccessDenied)
            assert "guess" not in caught.value.report

        friend = amaas.Remote(address, credentials=(USER, PASSWORD))
        assert PASSWORD not in repr(friend)
        patient = amaas.Remote(address, credentials=(USER, PASSWORD), silence=float("inf"))
        assert here.push(patient, "sentiment@1.0.0").created
        file = tmp_path / "config.json"
        secret = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        file.write_text(json.dumps({"auths": {f"127.0.0.1:{port}": {"auth": secret}}}))
        friend = amaas.Remote(address, credentials=file)
        assert friend.model("sentiment").versions == ["1.0.0"]


def test_a_remote_that_is_not_there(here):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    remote = amaas.Remote(f"oci://127.0.0.1:{port}/acme", credentials=False)
    with pytest.raises(ConnectionError) as caught:
        here.push(remote, "sentiment")
    assert isinstance(caught.value, amaas.RemoteUnavailable)
    assert caught.value.retryable


def test_a_package_over_the_limit_is_not_fetched(there, remote):
    strict = amaas.Remote(remote.address, credentials=False, limit=1_000_000)
    with pytest.raises(amaas.InvalidPackage, match="1000000"):
        there.pull(strict, "sentiment@1.0.0")
    assert there.statistics().blobs == 0
    generous = amaas.Remote(remote.address, credentials=False, limit=10_000_000)
    assert there.pull(generous, "sentiment@1.0.0").created


def test_other_content_is_not_overwritten(remote, there, tmp_path):
    fixture = Path(__file__).parents[1] / "fixtures/noop.onnx"
    with amaas.Service(there.root) as service:
        service.import_model(fixture, name="sentiment", version="1.0.0", license="MIT")
    with pytest.raises(amaas.AlreadyExists):
        there.push(remote, "sentiment@1.0.0")
    with pytest.raises(amaas.AlreadyExists):
        there.pull(remote, "sentiment@1.0.0")


def test_ctrl_c_ends_a_pull_and_nothing_is_listed(there, port, remote):
    def press(progress):
        if progress.done > 200_000:
            os.kill(os.getpid(), signal.SIGINT)

    with trickling(port, 1 << 20) as slow:
        address = f"oci://127.0.0.1:{slow}/acme"
        with pytest.raises(KeyboardInterrupt):
            there.pull(amaas.Remote(address, credentials=False), "sentiment@1.1.0", progress=press)
    assert there.models() == []
    assert there.statistics().models == 0
    pulled = there.pull(remote, "sentiment@1.1.0")
    assert pulled.created
    assert pulled.bytes < 4_600_000  # it went on where the first one ended
    assert there.verify().ok


def test_what_a_listener_raises_ends_a_pull(there, port, remote):
    def enough(progress):
        if progress.done > 200_000:
            raise KeyError("enough")

    with trickling(port, 1 << 20) as slow:
        address = f"oci://127.0.0.1:{slow}/acme"
        with pytest.raises(KeyError, match="enough"):
            there.pull(amaas.Remote(address, credentials=False), "sentiment@1.1.0", progress=enough)
    assert there.models() == []
    assert there.pull(remote, "sentiment@1.1.0").created


def test_a_bar_is_shown_while_python_pulls(remote, tmp_path):
    from test_package import succeeds
    from test_program import on_terminal

    code = f"""
import amaas
remote = amaas.Remote({remote.address!r}, credentials=False)
pulled = amaas.Registry().pull(remote, "sentiment@1.1.0", progress=True)
assert pulled.created
"""
    shown = on_terminal(code, tmp_path / "seen")
    assert "sentiment@1.1.0: " in shown
    assert succeeds(code, AMAAS_HOME=str(tmp_path / "unseen")) == ""


def test_a_bar_is_shown_while_the_program_pulls(remote, tmp_path):
    from test_program import MODULE, command_on_terminal, run

    pull = ["pull", "sentiment@1.1.0", "--remote", remote.address]
    shown = command_on_terminal([*MODULE, *pull], tmp_path / "seen")
    assert " to go" in shown
    assert "MiB" in shown
    _, err, code = run(*pull, home=tmp_path / "unseen")
    assert (err, code) == ("", 0)


def test_a_forked_child_makes_its_own(remote):
    from test_package import succeeds

    code = f"""
        import amaas, os
        remote = amaas.Remote({remote.address!r}, credentials=False)
        child = os.fork()
        if child == 0:
            try:
                remote.model("sentiment")
            except amaas.Closed as error:
                os._exit("forked" in str(error))
            os._exit(2)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert succeeds(code) == "1"
