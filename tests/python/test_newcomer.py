"""What docs/newcomer.md says is what happens; Ray's part is among the tests of the engines."""

import subprocess
import sys

import pytest
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


def test_install():
    done = subprocess.run([sys.executable, "-m", "amaas", "doctor"], capture_output=True, text=True)
    assert "onnxruntime" in done.stdout.lower()  # installing itself: test_install.py


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


def test_error(names):
    assert "/opt/onnx" in after(names, "Classify", "Read an error")["message"]
