"""Where the interpreter's own ONNX Runtime lies, without importing it, and what else it has."""

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("numpy", "onnxruntime", "onnxruntime-gpu")
BOTH = (
    "onnxruntime and onnxruntime-gpu share one folder, and whichever came last is found: run "
    "`pip uninstall onnxruntime`, then `pip install --force-reinstall --no-deps onnxruntime-gpu`"
)


def hints() -> list[str]:
    """Return the folders in which the package ``onnxruntime`` keeps its library."""
    try:
        spec = find_spec("onnxruntime")
    except ValueError:  # something in sys.modules calls itself onnxruntime and has no spec
        return []
    folders = spec.submodule_search_locations if spec else None
    return [str(Path(folder, "capi")) for folder in folders or []]


def about() -> list[tuple[str, str]]:
    """Return what ``amaas doctor`` tells of this interpreter: names and values."""
    found = {name: _installed(name) for name in PACKAGES}
    python = f"{sys.version.split()[0]} at {sys.executable}"
    facts = [("python", python), *((name, value or "not there") for name, value in found.items())]
    if found["onnxruntime"] and found["onnxruntime-gpu"]:
        facts.append(("warning", BOTH))
    return facts


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
