"""What docs/newcomer.md says is what happens; Ray's part is among the tests of the engines."""

import os
import re
import subprocess
import venv

import pytest
from conftest import ROOT
from newcomer import blocks, execute, settle_in


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    folder = tmp_path_factory.mktemp("newcomer")
    settle_in(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("AMAAS_ORT_LIB", raising=False)
        names = {}
        yield names
        names["service"].close()


def after(names, *titles):
    for title in titles:
        if title not in names.setdefault("done", []):
            execute(title, names)
            names["done"].append(title)
    return names


def test_there_are_ten():
    assert len(blocks()) == 10


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """An environment in which the page's first block was run, from this clone, and its folder."""
    home = tmp_path_factory.mktemp("clone")
    venv.create(home / "venv", with_pip=True)
    settle_in(home)
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(ROOT / "target"),
        # What is built for the tests already is used again: the code is the same, if not the speed.
        "MATURIN_PEP517_ARGS": "--profile dev",
        "PATH": f"{home / 'venv/bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    for name in ("AMAAS_ORT_LIB", "AMAAS_HOME", "PYTHONPATH", "VIRTUAL_ENV"):
        environment.pop(name, None)
    return home, environment, shell(blocks()["Install"], ROOT, environment)


def shell(code, folder, environment):
    """What a block of the shell says."""
    command = ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_install(clone):
    home, _, told = clone
    for word in ("onnxruntime", "numpy", "python", "everything is in order"):
        assert word in told, told
    [package] = (home / "venv").glob("lib/python3.*/site-packages/amaas")
    assert list(package.glob("_amaas.abi3.so"))


def test_fix_a_missing_runtime_from_the_message_alone(clone):
    home, environment, _ = clone
    page = blocks()
    shell("pip uninstall --quiet --yes onnxruntime", home, environment)
    begin = f"import amaas\n{page['Fix a missing runtime']}\nprint(message)\n"
    message = python(begin, home, environment)
    remedy = re.search(r"`(pip install [\w-]+)`", message)[1]
    shell(f"{remedy} --quiet", home, environment)
    label = python(f"{page['Classify']}\nprint(answer[0]['label'])\n", home, environment)
    assert label == "positive\n"


def python(code, folder, environment):
    """What a program prints in the environment."""
    command = [folder / "venv/bin/python", "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_classify(names):
    assert after(names, "Classify")["answer"][0]["label"] == "positive"
    assert names["reviews"].version == "1.1.0"


def test_pin(names):
    assert after(names, "Classify", "Pin a version")["pinned"].version == "1.0.0"


def test_roll_back(names):
    assert after(names, "Classify", "Roll back")["champion"].version == "1.0.0"
    changes = names["service"].registry.history("sentiment", "champion")
    assert "complaints" in [change.reason for change in changes]


def test_embed(names):
    frame = after(names, "Classify", "Embed a column of pandas")["frame"]
    assert [vector.ndim for vector in frame["vector"]] == [1, 1]


def test_flask(names):
    client = after(names, "Classify", "Serve with Flask")["app"].test_client()
    told = client.post("/classify", json={"text": "I loved it"})
    assert told.get_json()[0]["label"] == "positive"


def test_cancel(names):
    assert after(names, "Classify", "Cancel")["cancelled"]


def test_usage(names):
    assert after(names, "Classify", "Read the usage")["per_row"] > 0
