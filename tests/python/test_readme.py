"""What the README shows is what happens."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_first_example(tmp_path, monkeypatch):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "models").symlink_to(ROOT / "models")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    reviews = names["reviews"]
    assert reviews("I loved it")[0]["label"] == "positive"
    assert reviews.version == "1.1.0"
    assert str(reviews.placement) == "CPUExecutionProvider: 112 nodes"


def test_the_web_host_is_short():
    lines = (ROOT / "examples/flask_classify.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 25
