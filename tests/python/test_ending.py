"""Interpreters that end while something is under way."""

import pytest
from test_package import succeeds

WORK = {
    "a watcher": """
        watcher = service.watch(lambda event: time.sleep(0.01), interval=0.001)
    """,
    "a map that nobody reads on": """
        answers = route.map(itertools.repeat("I loved it"))
        next(answers)
    """,
    "a map on a daemon thread": """
        def work():
            with contextlib.suppress(RuntimeError):  # threads cannot be given work any more
                for _ in route.map(itertools.repeat("I loved it")):
                    pass
        threading.Thread(target=work, daemon=True).start()
        while not route.usage.requests:
            time.sleep(0.001)
    """,
    "awaited calls": """
        async def ask():
            calls = [route.classify_async(["I loved it"] * 50) for _ in range(20)]
            await calls[0]
        asyncio.run(ask())
    """,
    "calls that nobody awaits": """
        async def leave():
            service.registry.verify_async()
            service.verify_all_async()
            for _ in range(5):
                service.load_async("sentiment@1.0.0")
        asyncio.run(leave())
    """,
    "tuning on a daemon thread": """
        begun = threading.Event()
        def work():
            service.tune("sentiment", ["I loved it"], progress=lambda state: begun.set())
        threading.Thread(target=work, daemon=True).start()
        assert begun.wait(60)
    """,
    "log records": """
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="")
        service.load("sentiment", idle_unload=0.001)
    """,
    "a shadow": """
        route.shadow("sentiment", 1.0)
        for _ in range(20):
            route("I loved it")
    """,
}


@pytest.mark.parametrize("name", WORK)
def test_an_interpreter_ends_all_the_same(registry, name):
    head = """
        import asyncio, contextlib, itertools, logging, sys, threading, time
        import amaas
        service = amaas.Service()
        route = service.load("sentiment")
    """
    tail = """
        print("leaving")
    """
    for _ in range(3):
        assert succeeds(head + WORK[name] + tail, AMAAS_HOME=str(registry)).endswith("leaving")
