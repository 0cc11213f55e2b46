"""Where the interpreter's own ONNX Runtime lies, found without importing it."""

from importlib.util import find_spec
from pathlib import Path


def hints() -> list[str]:
    """Return the folders in which the package ``onnxruntime`` keeps its library."""
    try:
        spec = find_spec("onnxruntime")
    except ValueError:  # something in sys.modules calls itself onnxruntime and has no spec
        return []
    folders = spec.submodule_search_locations if spec else None
    return [str(Path(folder, "capi")) for folder in folders or []]
