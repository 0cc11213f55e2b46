"""Packages that behave badly, for tests of what happens then."""

import shutil

from conftest import ROOT

TENSOR = '{{ dtype = "float32", shape = [1], values = [{}] }}'


def endless_golden(folder, name="endless", version="1.0.0"):
    """A package whose golden example never ends."""
    package = folder / f"{name}-{version}"
    package.mkdir()
    shutil.copy(ROOT / "tests/fixtures/endless.onnx", package / "model.onnx")
    zero = TENSOR.format("0.0")
    go = '{ dtype = "bool", shape = [], values = [1] }'
    (package / "amaas.toml").write_text(
        f"""schema = 1

[package]
name = "{name}"
version = "{version}"
license = "MIT"

[[golden]]
inputs = {{ go = {go}, x = {zero} }}
outputs = {{ y = {zero} }}
""",
        encoding="utf-8",
    )
    return package
