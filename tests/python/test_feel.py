"""What people see: cards, logs, bars, plots."""

import io
import logging
import sys
import threading

import amaas
import matplotlib
import pytest
from amaas import _progress, plots
from conftest import PACKAGES
from test_package import succeeds

matplotlib.use("agg")
TEXTS = ["I loved it", "Dull from start to end", "A masterpiece"] * 4


def test_cards(registry):
    with amaas.Service(registry) as service:
        route = service.load("sentiment@1.0.0")
        route(TEXTS)
        card = service._repr_html_()
        assert str(registry) in card
        assert "sentiment 1.0.0" in card
        card = route._repr_html_()
        for word in ("sentiment@1.0.0", "negative, positive", "CPUExecutionProvider", "Usage"):
            assert word in card
        assert "classic → 1.0.0" in service.models()[0]._repr_html_()
        assert "classic → 1.0.0" in service.registry._repr_html_()
        assert "nodes" in route.placement._repr_html_()
        assert "<td>12</td>" in route.usage._repr_html_()
        assert "ready" in service.versions()[0]._repr_html_()
        assert "Updated" in service.update()._repr_html_()
        assert "best first" in service.tune("sentiment", TEXTS, budget=2, clients=[1])._repr_html_()
        route.shadow("sentiment@1.0.0", 0)
        assert "goes on" in route._repr_html_()
    assert "closed" in service._repr_html_()
    assert "closed" in route._repr_html_()


def test_what_others_wrote_is_escaped():
    from amaas import _cards

    assert "<script>" not in _cards._table("<script>", ("<script>",), [("<script>",)])


def test_a_library_is_silent_by_default(registry):
    code = """
        import amaas
        amaas.Service().load("sentiment", device="cuda:0,cpu")
    """
    assert succeeds(code, AMAAS_HOME=str(registry)) == ""


def test_events_are_logged(registry, caplog):
    with caplog.at_level(logging.INFO, logger="amaas"), amaas.Service(registry) as service:
        service.load("sentiment@1.0.0", device="cuda:0,cpu")
    loaded = next(one for one in caplog.records if one.message.startswith("model loaded"))
    assert (loaded.name, loaded.levelname) == ("amaas", "INFO")
    assert loaded.fields["version"] == "1.0.0"
    assert "version=1.0.0" in loaded.message
    assert any(one.levelname == "WARNING" for one in caplog.records)


def test_events_are_logged_from_threads_of_amaas(registry):
    heard = threading.Event()

    class Handler(logging.Handler):
        def emit(self, record):
            if record.getMessage().startswith("model unloaded"):
                heard.set()

    logger, handler = logging.getLogger("amaas"), Handler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with amaas.Service(registry, idle_unload=0.05) as service:
            route = service.load("sentiment")
            assert heard.wait(60)
            assert route("I loved it")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stderr", "progress", "shown"),
    [
        (io.StringIO(), True, False),
        (io.StringIO(), None, False),
        (Terminal(), True, True),
        (Terminal(), None, True),
        (Terminal(), False, False),
    ],
)
def test_bars_are_for_terminals(registry, tmp_path, monkeypatch, stderr, progress, shown):
    monkeypatch.setattr(_progress, "DELAY", 0)
    monkeypatch.setattr(sys, "stderr", stderr)
    there = amaas.Registry(tmp_path / "there")
    with amaas.Service(registry) as service, amaas.Service(tmp_path / "new") as new:
        route = service.load("sentiment")
        list(route.map(TEXTS, progress=progress))
        service.tune("sentiment", TEXTS, budget=2, clients=[1], progress=progress)
        service.registry.verify(progress=progress)
        service.registry.export(tmp_path / "all.tar", progress=progress)
        there.import_archive(tmp_path / "all.tar", progress=progress)
        new.publish(PACKAGES / "1.0.0", progress=progress)
        new.import_model(PACKAGES / "1.1.0", progress=progress)
    text = stderr.getvalue()
    for title in ("map", "tune", "verify", "export", "import", "publish"):
        assert (title in text) == shown, (title, text)
    assert ("rows" in text and "best=" in text) == shown


def test_what_is_short_needs_no_bar(registry, monkeypatch):
    monkeypatch.setattr(_progress, "DELAY", 60)
    monkeypatch.setattr(sys, "stderr", Terminal())
    amaas.Registry(registry).verify()
    assert "verify" not in sys.stderr.getvalue()


def test_bytes_are_told_of(registry, tmp_path):
    told = []
    exported = amaas.Registry(registry).export(tmp_path / "all.tar", progress=told.append)
    assert told[-1].done == told[-1].total == exported.bytes
    assert [one.done for one in told] == sorted({one.done for one in told})

    def refuse(state):
        raise RuntimeError("not today")

    there = amaas.Registry(tmp_path / "there")
    with pytest.raises(RuntimeError, match="not today"):
        there.import_archive(tmp_path / "all.tar", progress=refuse)
    assert there.models() == []
    with pytest.raises(RuntimeError, match="not today"):
        amaas.Registry(registry).export(tmp_path / "again.tar", progress=refuse)
    assert not (tmp_path / "again.tar").exists()


def test_where_there_is_no_console(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # as in a program without a console
    assert _progress.listener(True, "map", "rows") == (None, None)
    with pytest.raises(TypeError, match="progress"):
        _progress.listener(3, "map", "rows")


def test_a_latency_histogram(registry):
    with amaas.Service(registry) as service:
        times = plots.measure(service.load("sentiment"), TEXTS)
    assert len(times) == len(TEXTS)
    ax = plots.latency(times)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [label.split(":")[0] for label in labels] == ["p50", "p99"]
    assert sum(patch.get_height() for patch in ax.patches) == len(TEXTS)
    with pytest.raises(ValueError, match="no times"):
        plots.latency([])
    assert plots.latency([0.001], ax=ax) is ax


def test_a_tuning_surface(registry):
    with amaas.Service(registry) as service:
        tuned = service.tune("sentiment", TEXTS, budget=3, clients=[1, 2])
    ax = plots.tuning(tuned)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2"]
    assert "throughput" in ax.get_title()


def test_usage_over_time(registry):
    with amaas.Service(registry) as service:
        route = service.load("sentiment")
        log = [(0.0, route.usage)]
        for second in (1.0, 3.0):
            route(TEXTS)
            log.append((second, route.usage))
    ax = plots.usage(log)
    rows, failures = ax.get_lines()
    assert list(rows.get_ydata()) == [12.0, 6.0]
    assert list(failures.get_ydata()) == [0.0, 0.0]
    for wrong in (log[:1], [log[1], log[0]]):
        with pytest.raises(ValueError, match="two samples"):
            plots.usage(wrong)


def test_plots_say_what_they_need(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"amaas\[plot\]"):
        plots.latency([0.001])
