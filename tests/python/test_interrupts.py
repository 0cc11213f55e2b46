"""Ctrl-C during calls that are long and no requests: they end, and change nothing."""

import amaas
import pytest
from conftest import PACKAGES, ROOT
from fakes import endless_golden
from test_deadlines import interrupted

HEAD = """
    package, folder, sound, always = sys.argv[2:]
    service = amaas.Service(folder)
    other = service.load("sentiment")

    def ended(call, *arguments, **options):
        interrupt()
        try:
            call(*arguments, **options)
        except KeyboardInterrupt:
            print(f"{time.monotonic() - sent[-1]:.3f}")
"""
CALLS = {
    "load": "service.load(package)",
    "a warm-up": "service.load(always, warm_up=amaas.WarmUp(budget=60))",
    "publish": "service.publish(package)",
    "verify": "service.verify(package)",
    "import": "service.import_model(package, version='2.0.0')",
    "canary": "other.canary(package, 0.5)",
    "shadow": "other.shadow(package, 0.5)",
}


@pytest.fixture
def places(tmp_path):
    with amaas.Service(tmp_path / "registry") as service:
        service.publish(PACKAGES / "1.0.0")
    package = endless_golden(tmp_path)
    always = ROOT / "tests/fixtures/always.onnx"
    return [str(path) for path in (package, tmp_path / "registry", PACKAGES / "1.0.0", always)]


@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_ends_what_would_never_end(places, name):
    told = interrupted(
        HEAD
        + f"""
    for _ in range(3):
        ended(lambda: {CALLS[name]})
    print(other("I loved it")[0]["label"], other.trial, service.models()[0].versions[0])
    """,
        *places,
    )
    *late, label, trial, version = told
    assert len(late) == 3
    assert min(map(float, late)) < 0.2  # the best of three, for the machine may be busy
    assert (label, trial, version) == ("positive", "None", "1.0.0")
    assert [model.name for model in amaas.Registry(places[1]).models()] == ["sentiment"]


@pytest.mark.parametrize("rows", ["[endless]", "iter([once, endless])", "[once] * 3 + [endless]"])
def test_ctrl_c_ends_a_map(rows):
    told = interrupted(f"""
        for _ in range(3):
            interrupt()
            try:
                for answer in route.map({rows}, batch=2):
                    pass
            except KeyboardInterrupt:
                print(f"{{time.monotonic() - sent[-1]:.3f}}")
        print(bool(route.run(once, timeout=60)))
    """)
    *late, answered = told
    assert len(late) == 3
    assert min(map(float, late)) < 0.2
    assert answered == "True"


def test_ctrl_c_reaches_a_source_that_map_reads():
    told = interrupted("""
        def rows():
            yield once
            try:
                time.sleep(60)
            finally:
                print("closed")
        interrupt()
        try:
            list(route.map(rows()))
        except KeyboardInterrupt:
            print("interrupted")
    """)
    assert told == ["closed", "interrupted"]
