"""Each call that blocks has a twin for `await`: it answers the same, and can be cancelled."""

import asyncio
import inspect
import threading
import time

import amaas
import pytest
from conftest import PACKAGES
from fakes import endless_golden

KINDS = [getattr(amaas, name) for name in amaas.__all__ if inspect.isclass(getattr(amaas, name))]
# What neither waits nor works.
AT_ONCE = {
    ("Route", "pin"),
    ("Watcher", "look"),
    ("Service", "metrics_text"),
    ("Invoice", "to_csv"),
    ("Invoice", "to_html"),
    ("Redaction", "restore"),
    ("Route", "chat_prompt"),
    ("Route", "listen"),
    ("Route", "stream"),
    ("TextStream", "cancel"),
    *(("Stream", name) for name in ("fork", "reset", "update")),
    *(("Keys", name) for name in ("ask", "environment", "file", "identities", "passphrase")),
}
OWN = {("Route", "__call__"): "classify_async"}


def calls(kind):
    """The methods of one's own that can be called."""
    if not kind.__module__.startswith("amaas") or issubclass(kind, (Exception, dict, tuple)):
        return []
    public = {"__call__", *(name for name in vars(kind) if not name.startswith("_"))}
    return sorted(name for name in public & vars(kind).keys() if callable(vars(kind)[name]))


def parameters(call):
    """What a method takes, annotations aside, which those of the extension have none of."""
    _self, *others = inspect.signature(call).parameters.values()
    return [(one.name, one.kind, one.default) for one in others]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_has_a_twin(kind):
    for name in calls(kind):
        if name.endswith("_async") or (kind.__name__, name) in AT_ONCE:
            continue
        twin = getattr(kind, OWN.get((kind.__name__, name), f"{name}_async"), None)
        assert twin is not None, f"{kind.__name__}.{name}"
        if (kind.__name__, name) not in OWN:  # a slot does not say what it takes
            assert parameters(twin) == parameters(getattr(kind, name)), name
        assert ">>> " in twin.__doc__


def test_twins_answer_as_the_calls_do(tmp_path):
    async def work():
        before = threading.active_count()
        with amaas.Service(tmp_path / "registry") as service:
            published = await service.publish_async(PACKAGES / "1.0.0")
            assert published.version == "1.0.0"
            route = await service.load_async("sentiment", threads=1)
            assert (await route.classify_async("I loved it"))[0]["label"] == "positive"
            assert await service.models_async() == service.models()
            assert (await service.verify_async("sentiment")).ok
            registry = service.registry
            assert await registry.statistics_async() == registry.statistics()
            [one] = await asyncio.gather(registry.resolve_async("sentiment@^1"))
            assert one == registry.resolve("sentiment@^1")
            await registry.alias_async("sentiment", "champion", "1.0.0", reason="first")
            assert (await registry.history_async("sentiment", "champion"))[0].reason == "first"
            exported = await registry.export_async(tmp_path / "all.tar")
            assert exported.versions == 1
            assert await service.standing_async("acme") == service.standing("acme")
            redactor = amaas.Redactor()
            assert (await redactor.redact_async("a@b.org")).text == redactor.redact("a@b.org").text
            with await service.keep_async("sentiment", 1) as kept:
                assert await kept.update_async() is False
            with pytest.raises(amaas.NotFound, match="nobody"):
                await service.load_async("nobody")
            await route.close_async()
            assert route.closed
        assert threading.active_count() == before

    asyncio.run(work())


def test_a_twin_wants_a_loop(registry):
    with pytest.raises(RuntimeError, match="no running event loop"):
        amaas.Registry(registry).models_async()


def test_cancelling_ends_a_load_that_would_not_end(tmp_path):
    package = endless_golden(tmp_path)

    async def give_up(service):
        for call in (service.load_async, service.verify_async):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call(package), 0.3)
        task = asyncio.ensure_future(service.load_async(package))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with amaas.Service() as service:
        asyncio.run(give_up(service))
        # A load that was given up ends on a thread of its own, a little later.
        until = time.monotonic() + 30
        while [one for one in service.versions() if one.state != "failed"]:
            assert time.monotonic() < until
            time.sleep(0.005)


def test_the_loop_goes_on_meanwhile(registry):
    async def work():
        turns = 0
        with amaas.Service(registry) as service:
            loading = service.load_async("sentiment")
            while not loading.done():
                await asyncio.sleep(0.001)
                turns += 1
            assert (await loading).version == "1.1.0"
        return turns

    assert asyncio.run(work()) > 1


def test_what_was_begun_ends_with_its_loop(tmp_path):
    package = endless_golden(tmp_path)

    async def leave(service):
        service.load_async(package)  # nobody awaits it

    service = amaas.Service()
    asyncio.run(leave(service))
    service.close()
