"""The site of the documentation is built strictly, and what its pages show is run."""

import ast
import asyncio
import html
import inspect
import os
import re
import subprocess
import sys
import sysconfig
import tomllib

import amaas
import matplotlib
import pytest
from conftest import ROOT
from pages import blocks, settle_in
from servers import docker_registry, has

matplotlib.use("agg")
PAGES = sorted((ROOT / "docs").glob("*.md"))
ENGINES = "More than one machine"  # run in tests/engines


def test_the_site(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    reference = html.unescape((tmp_path / "reference.html").read_text(encoding="utf-8"))
    for kind in map(vars(amaas).get, amaas.__all__):
        if not inspect.isclass(kind):
            continue
        assert kind.__name__ in reference
        members = {} if issubclass(kind, Exception) else vars(kind)
        for name in members:
            member = getattr(kind, name)
            first = (member.__doc__ or "").split("\n")[0].split("``")[0].strip()
            if not name.startswith("_"):
                assert name in reference
            if not name.startswith("_") and not name.endswith("_async"):
                assert first[:20] in reference, first


def test_every_page_is_in_the_navigation():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES:
        assert f" {page.name}\n" in nav, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_are_what_they_say(page):
    for _, kind, code in blocks(page):
        if kind == "python":
            compile(code, str(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if kind == "toml":
            assert tomllib.loads(code)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    settle_in(folder)
    return folder


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AMAAS_HOME", str(folder / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return folder


def execute(code, names, where):
    """Run a block as it stands, one that awaits on an event loop of its own."""
    code = compile(code, where, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(awaited(code, names))
    else:
        exec(code, names)


async def awaited(code, names):
    await eval(code, names)


def test_the_start(here, capsys, monkeypatch):
    [(_, _, code)] = [one for one in blocks(ROOT / "docs/index.md") if one[1] == "python"]
    monkeypatch.chdir(here / "clone")
    exec(code, {})
    assert "positive" in capsys.readouterr().out


def test_the_page_of_python(here, tmp_path):
    """Every block, in the order of the page, in one program."""
    found = [one for one in blocks(ROOT / "docs/python.md") if one[1] == "python"]
    assert len(found) >= 15
    names = {}
    with docker(tmp_path) as address, amaas.Service("models/") as service:
        for title, _, code in found:
            if title == ENGINES:
                continue
            names |= granted(service, names)
            if "oci://" in code:
                if address is None:
                    continue
                code = code.replace("oci://ghcr.io/acme", address)
                code = code.replace("oci://registry.example/acme", address)
            execute(code, names, f"docs/python.md: {title}")
            names["service"] = service
            names["reviews"] = service.load("sentiment@^1")


def granted(service, names):
    """What the page takes for granted."""
    import numpy as np
    import pandas as pd

    async def messages():
        yield "I loved it"

    def fixture(name, package):
        return names.get(name) or service.load(ROOT / "tests/fixtures" / package)

    return {
        "amaas": amaas,
        "asyncio": asyncio,
        "service": service,
        "reviews": names.get("reviews") or service.load("sentiment@^1"),
        "frame": pd.DataFrame({"text": ["I loved it", "Dull"]}),
        "texts": ["I loved it", "Dull"] * 20,
        "documents": ["A cat sleeps.", "Berlin is in Germany."],
        "inference": fixture("inference", "inference"),
        "ranker": fixture("ranker", "ranker"),
        "topics": fixture("topics", "zero_shot"),
        "images": np.zeros((1, 3, 224, 224), np.float32),
        "street": fixture("street", "boxes"),
        "reader": names.get("reader") or service.load(ROOT / "models/ocr/rapidocr/1.0.0"),
        "pixels": np.zeros((28, 28), np.uint8),
        "file_bytes": (ROOT / "models/digits/1.0.0/golden.png").read_bytes(),
        "samples": np.zeros(16_000, np.float32),
        "streams": [names["voices"].stream() for _ in "ab"] if "voices" in names else [],
        "pieces": [np.zeros(320, np.float32)] * 2,
        "archive": ["I loved it"] * 40,
        "pages": ["I loved it", "Dull"],
        "messages": messages,
        "token": "secret",
        "before": names.get("before", amaas.Service().load("sentiment@^1").usage),
        "after": names.get("reviews", service.load("sentiment@^1")).usage,
    }


class docker:  # noqa: N801 -- read as a sentence
    """Where a registry of containers listens, or `None` where there is none."""

    def __init__(self, folder):
        self.server = docker_registry(folder) if has("docker-registry") else None

    def __enter__(self):
        if self.server is None:
            return None
        return f"oci://127.0.0.1:{self.server.__enter__()}/acme"

    def __exit__(self, *details):
        if self.server is not None:
            self.server.__exit__(*details)


C_BLOCKS = [
    (page, kind, code)
    for page in PAGES
    for _, kind, code in blocks(page)
    if kind in ("c", "cpp") and has("g++" if kind == "cpp" else "cc")
]
PARTS = {
    "c": """#include "amaas.h"
#include <stdio.h>
void part(amaas_service *service, amaas_error *error);
void part(amaas_service *service, amaas_error *error)
{{
{}
}}
""",
    "cpp": """#include "amaas.hpp"
#include <iostream>
void part();
void part()
{{
{}
}}
""",
}


@pytest.mark.parametrize(("page", "kind", "code"), C_BLOCKS)
def test_what_is_c_compiles(tmp_path, page, kind, code):
    """A whole program, or what stands within a function."""
    is_whole = "int main(" in code
    includes = "".join(line for line in code.splitlines(True) if line.startswith("#include"))
    body = "".join(line for line in code.splitlines(True) if not line.startswith("#include"))
    source = tmp_path / f"block.{kind}"
    source.write_text(code if is_whole else includes + PARTS[kind].format(body))
    compiler = ["cc", "-std=c11"] if kind == "c" else ["g++", "-std=c++17"]
    flags = ["-Wall", "-Wextra", "-Werror", "-Wno-unused", "-fsyntax-only", f"-I{ROOT}/include"]
    done = subprocess.run([*compiler, *flags, source], capture_output=True, text=True)
    assert done.returncode == 0, f"{page}: {done.stderr}"


SHELL = [
    (page.stem, code)
    for page in PAGES
    for _, kind, code in blocks(page)
    if kind == "sh" and page.stem != "newcomer"  # which is run by test_newcomer.py
]


@pytest.mark.parametrize(("page", "code"), SHELL)
def test_what_the_shell_is_told(here, tmp_path, page, code):
    """Blocks are run; how the C library is built is run by tests/c/install.sh."""
    if code.startswith("make install"):
        tested = (ROOT / "tests/c/install.sh").read_text(encoding="utf-8")
        for word in ("PKG_CONFIG_PATH", "pkg-config --cflags amaas", "--variable=static amaas"):
            assert word in code.replace("--cflags --libs amaas", "--cflags amaas")
            assert word in tested
        return
    if not all(has(tool) for tool in ("age-keygen", "openssl") if tool in code):
        pytest.skip("left out for the lack of a tool: age")
    code = re.sub(r"^cargo install.*$", "", code, flags=re.MULTILINE)  # `make test` builds it
    code = re.sub(r"^(amaas tune [^#\n]*)", r"\1 --budget 2 ", code, flags=re.MULTILINE)
    environment = {
        **os.environ,
        "AMAAS_HOME": str(here / "models" if " tune " in code else tmp_path / "registry"),
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
    }
    command = ["bash", "-euo", "pipefail", "-c", code.replace("p99<20", "p99<2000")]
    folder = here / "clone"
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
