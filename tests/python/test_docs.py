"""The site of the documentation is built strictly, and its examples in Python are Python."""

import ast
import re
import subprocess
import sys

import amaas
import pytest
from conftest import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))


def test_the_site(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    reference = (tmp_path / "reference.html").read_text(encoding="utf-8")
    for kind in (amaas.Service, amaas.Route, amaas.Registry):
        for name, member in vars(kind).items():
            first = (member.__doc__ or "").split("\n")[0].split("``")[0].strip()
            if not name.startswith("_"):
                assert name in reference
                assert first[:20].replace('"', "&quot;") in reference, first


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_are_python(page):
    for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        compile(code, str(page), "exec", flags)
