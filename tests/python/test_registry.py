"""What Python does with a registry, with a service and without."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import amaas
import pytest
from conftest import PACKAGES, ROOT
from test_package import succeeds

NOOP = ROOT / "tests/fixtures/noop.onnx"


@pytest.fixture
def published(tmp_path):
    """A registry of its own with both versions of `sentiment`."""
    with amaas.Service(tmp_path / "models") as service:
        for version in ("1.0.0", "1.1.0"):
            service.publish(PACKAGES / version)
        return service.registry


def damage(registry):
    """Changes a byte of the largest blob, and returns its digest."""
    blobs = Path(registry.root, "blobs/sha256").iterdir()
    largest = max(blobs, key=lambda blob: blob.stat().st_size)
    largest.chmod(0o644)
    content = bytearray(largest.read_bytes())
    content[100] ^= 1
    largest.write_bytes(content)
    return f"sha256:{largest.name}"


def test_a_registry_needs_no_runtime(published):
    code = """
        import amaas, pathlib, sys
        registry = amaas.Registry()
        print(registry.models()[0].versions, "numpy" in sys.modules)
        print("onnxruntime" in pathlib.Path("/proc/self/maps").read_text())
    """
    printed = succeeds(code, AMAAS_HOME=str(published.root), AMAAS_ORT_LIB="/nowhere")
    assert printed == "['1.0.0', '1.1.0'] False\nFalse"


def test_it_says_where_it_is(published, monkeypatch, tmp_path):
    assert published.root == tmp_path / "models"
    assert repr(published) == f"<Registry '{tmp_path}/models'>"
    monkeypatch.delenv("AMAAS_HOME", raising=False)
    with pytest.raises(amaas.NotFound, match="AMAAS_HOME"):
        amaas.Registry()
    with pytest.raises(amaas.NotFound):
        _ = amaas.Service().registry
    with pytest.raises(amaas.InvalidArgument):
        amaas.Registry(ROOT)
    assert amaas.Registry(tmp_path / "new").models() == []


def test_it_goes_on_without_its_service(published):
    assert published.model("sentiment").versions == ["1.0.0", "1.1.0"]
    with pytest.raises(amaas.NotFound, match="sentiment"):
        published.model("sentimant")


def test_a_forked_child_may_use_it(published):
    code = """
        import amaas, os
        registry = amaas.Registry()
        child = os.fork()
        if child == 0:
            os._exit(len(registry.models()[0].versions))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert succeeds(code, AMAAS_HOME=str(published.root)) == "2"


def test_versions_are_described(published):
    old, new = published.versions("sentiment")
    assert (old.name, old.version, new.version) == ("sentiment", "1.0.0", "1.1.0")
    assert old.yanked is None
    assert old.bytes > 1000
    assert datetime.now(UTC) - old.published < timedelta(minutes=5)
    assert published.versions("sentiment") == [old, new]
    assert old != new
    assert repr(old).startswith("VersionEntry(name='sentiment', version='1.0.0', digest='sha256:")
    with pytest.raises(AttributeError):
        old.version = "2.0.0"


def test_a_reference_is_resolved(published):
    found = published.resolve("sentiment@^1")
    assert (found.name, found.version, found.notices) == ("sentiment", "1.1.0", [])
    assert published.resolve(f"sentiment@{found.digest}") == found
    with pytest.raises(KeyError, match=r"1\.1\.0"):
        published.resolve("sentiment@^7")
    with pytest.raises(ValueError, match="path"):
        published.resolve("./sentiment")


def test_the_signature_is_told_without_loading(published):
    signature = published.signature("sentiment@1.1.0")
    assert [port.name for port in signature.inputs] == ["input_ids", "attention_mask"]
    with amaas.Service(published.root) as service:
        assert service.load("sentiment@1.1.0").signature == signature


def test_what_is_yanked_is_passed_over(published):
    published.yank("sentiment", "1.1.0", reason="trained on the test set")
    assert published.resolve("sentiment").version == "1.0.0"
    [notice] = published.resolve("sentiment@1.1.0").notices
    assert notice.endswith("trained on the test set")
    yanked = published.versions("sentiment")[1].yanked
    assert yanked.reason == "trained on the test set"
    assert yanked.at.tzinfo is not None
    published.unyank("sentiment", "1.1.0")
    assert published.resolve("sentiment").version == "1.1.0"
    with pytest.raises(amaas.NotFound):
        published.yank("sentiment", "7.0.0")
    with pytest.raises(amaas.InvalidArgument, match="all three"):
        published.yank("sentiment", "1")
    with pytest.raises(amaas.InvalidArgument):
        published.yank("sentiment", "1.0.0", reason="two\nlines")


def test_an_alias_has_a_history_and_a_guard(published):
    published.alias("sentiment", "best", "1.0.0", expected=None)
    with pytest.raises(amaas.AliasConflict, match=r"1\.0\.0"):
        published.alias("sentiment", "best", "1.1.0", expected=None)
    published.alias("sentiment", "best", "1.1.0", expected="1.0.0", reason="F1 0.91")
    with pytest.raises(amaas.AliasConflict):
        published.remove_alias("sentiment", "best", expected="1.0.0")
    assert published.rollback("sentiment", "best", reason="it was better") == "1.0.0"
    published.remove_alias("sentiment", "best", reason="nobody asks for it")
    assert published.model("sentiment").aliases == {}
    with pytest.raises(amaas.NotFound):
        published.remove_alias("sentiment", "best")
    moves = published.history("sentiment", "best")
    assert [(move.version, move.reason, move.rollback) for move in moves] == [
        ("1.0.0", None, False),
        ("1.1.0", "F1 0.91", False),
        ("1.0.0", "it was better", True),
        (None, "nobody asks for it", False),
    ]
    with pytest.raises(TypeError, match="expected"):
        published.alias("sentiment", "best", "1.1.0", expected=1)


def test_what_is_deleted_is_collected(published):
    published.alias("sentiment", "best", "1.0.0")
    with pytest.raises(amaas.Conflict, match="best"):
        published.delete("sentiment", "1.0.0")
    published.remove_alias("sentiment", "best")
    freed = published.statistics().versions[0].unique
    published.delete("sentiment", "1.0.0")
    assert published.model("sentiment").versions == ["1.1.0"]

    assert published.gc().removed == []
    assert published.gc(grace=3600).spared > 0
    tried = published.gc(grace=0, dry_run=True)
    done = published.gc(grace=0)
    assert tried == done
    assert done.bytes >= freed
    assert published.gc(grace=0.0).removed == []
    assert published.verify().ok
    with pytest.raises(amaas.InvalidArgument):
        published.gc(grace=-1)


def test_statistics_tell_what_is_shared(published):
    found = published.statistics()
    assert (found.models, len(found.versions)) == (1, 2)
    assert found.bytes >= sum(one.unique for one in found.versions) + found.shared
    assert repr(found).startswith("Statistics(models=1, blobs=")
    assert "VersionStatistics(name='sentiment', version='1.0.0'" in repr(found)


def test_damage_is_found_and_named(published):
    seen = []
    report = published.verify(progress=seen.append)
    assert report.ok
    assert [one.version for one in report.versions] == ["1.0.0", "1.1.0"]
    assert seen[-1].done == seen[-1].total > 0
    assert [one.done for one in seen] == sorted(one.done for one in seen)

    digest = damage(published)
    report = published.verify()
    assert not report.ok
    [found] = report.damaged
    assert found.digest == digest
    assert isinstance(found.error, amaas.Corrupt)
    assert found.error.remedy
    assert all(one.startswith("sentiment@1.") for one in found.needed_by)
    assert "Corrupt(" in repr(found)
    assert published.verify() == report


def test_whoever_is_told_may_end_a_check(published):
    def enough(progress):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        published.verify(progress=enough)
    with pytest.raises(KeyError, match="enough"), amaas.Service(published.root) as service:
        service.verify_all(progress=enough)
    with pytest.raises(TypeError, match="progress"):
        published.verify(progress=7)


def test_a_service_asks_the_golden_examples(published, tmp_path):
    with amaas.Service(published.root) as service:
        checked = service.verify("sentiment@^1")
        assert (checked.ok, checked.version, checked.error) == (True, "1.1.0", None)
        assert checked.golden > 0
        assert service.verify(PACKAGES / "1.0.0").ok
        everything = service.verify_all()
        assert everything.ok
        assert everything.store.ok
        assert checked in everything.versions
        with pytest.raises(amaas.NotFound):
            service.verify("sentiment@^7")

        damage(published)
        everything = service.verify_all()
        assert not everything.ok
        wrong = [one for one in everything.versions if not one.ok]
        assert wrong
        assert all(isinstance(one.error, amaas.Corrupt) for one in wrong)


def test_an_export_is_imported(published, tmp_path):
    published.alias("sentiment", "best", "1.0.0", reason="the first")
    file, part = tmp_path / "all.tar", str(tmp_path / "part.tar")
    exported = published.export(file)
    assert (exported.versions, exported.bytes > 1000) == (2, True)
    assert published.export(part, only=["sentiment@1.1.0"], aliases=False).versions == 1

    there = amaas.Registry(tmp_path / "there")
    imported = there.import_archive(file)
    assert [(one.version, one.created) for one in imported.versions] == [
        ("1.0.0", True),
        ("1.1.0", True),
    ]
    [alias] = imported.aliases
    assert (alias.name, alias.alias, alias.created) == ("sentiment", "best", True)
    assert there.history("sentiment", "best")[0].reason == "the first"
    assert not any(one.created for one in there.import_archive(part).versions)

    with pytest.raises(amaas.NotFound):
        published.export(file, only=["ner"])
    with pytest.raises(TypeError, match="list"):
        published.export(file, only="sentiment")
    with pytest.raises(amaas.Corrupt):
        there.import_archive(NOOP)
    with pytest.raises(amaas.NotFound):
        there.import_archive(tmp_path / "none.tar")


def test_other_tools_models_come_and_go(published, tmp_path):
    with amaas.Service(published.root) as service:
        [tried] = service.import_model(NOOP, name="noop", license="MIT", dry_run=True)
        assert (tried.name, tried.version, tried.created) == ("noop", "1.0.0", None)
        assert tried.format == "onnx"
        assert any("version" in note for note in tried.notes)
        assert [model.name for model in published.models()] == ["sentiment"]
        [done] = service.import_model(str(NOOP), name="noop", license="MIT")
        assert (done.digest, done.created) == (tried.digest, True)

        written = published.export_triton("sentiment@1.1.0", tmp_path / "triton")
        assert (written.number, written.folder) == (1, tmp_path / "triton/sentiment")
        assert (written.folder / "config.pbtxt").is_file()
        [back] = service.import_model(
            tmp_path / "triton", name="again", version="2.0.0", format="triton"
        )
        assert (back.name, back.version, back.format) == ("again", "2.0.0", "triton")

        for wrong in (
            {"format": "keras"},
            {"pooling": "mean"},
            {"graph": "../x"},
            {"version": "1"},
        ):
            with pytest.raises(amaas.InvalidArgument):
                service.import_model(NOOP, **wrong)
        with pytest.raises(amaas.NotFound):
            service.import_model(tmp_path / "nothing")


def test_versions_are_kept_loaded(published):
    with amaas.Service(published.root) as service:
        with service.keep("sentiment", 1) as kept:
            assert kept.versions == ["1.1.0"]
            assert kept.update() is False
            published.yank("sentiment", "1.1.0")
            assert kept.update() is True
            assert kept.versions == [route.version for route in kept.routes] == ["1.0.0"]
            assert kept.routes[0]("I loved it")[0]["label"] == "positive"
            assert repr(kept) == "<Kept 1.0.0>"
        with pytest.raises(amaas.Closed):
            kept.update()
        assert repr(kept) == "<Kept, closed>"
        published.unyank("sentiment", "1.1.0")
        assert service.keep("sentiment").versions == ["1.1.0", "1.0.0"]
        kept = service.keep("sentiment", ["1.0.0"])
        route = kept.routes[0]
        for versions, error in [(0, ValueError), ("some", ValueError), (1.5, TypeError)]:
            with pytest.raises(error):
                service.keep("sentiment", versions)
        with pytest.raises(amaas.NotFound):
            service.keep("sentiment", ["7.0.0"])
    for use in (kept.update, lambda: kept.routes, lambda: route("x"), kept.__enter__):
        with pytest.raises(amaas.Closed):
            use()


def test_others_go_on_meanwhile(published):
    reports = []
    work = threading.Thread(target=lambda: reports.append(published.verify()))
    work.start()
    published.yank("sentiment", "1.0.0")
    work.join()
    assert reports[0].ok


def test_everything_is_documented():
    kinds = [kind for kind in vars(amaas).values() if isinstance(kind, type)]
    for kind in (kind for kind in kinds if kind.__module__ == "amaas"):
        members = [name for name in vars(kind) if not name.startswith("_")]
        assert all(getattr(kind, name).__doc__ for name in members), kind
    for kind in (amaas.Registry, amaas.Remote):
        methods = [getattr(kind, name) for name in vars(kind) if not name.startswith("_")]
        assert all(">>>" in method.__doc__ for method in methods if callable(method))
