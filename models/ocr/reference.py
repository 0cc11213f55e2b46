"""Reads scikit-image's page with rapidocr-onnxruntime itself: what amaas must agree with.

    python -m pip install --requirement requirements.txt
    python reference.py

Writes ``page.json``: for the page as it is, and turned upside down, the lines in their order with
their scores and corners.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from rapidocr_onnxruntime import RapidOCR

HERE = Path(__file__).parent
PAGE = HERE / ".cache" / "page.png"


def lines(reader: RapidOCR, pixels: np.ndarray) -> list[dict]:
    """What the package reads, to the precision that a test looks at."""
    found, _ = reader(pixels)
    return [
        {"text": text, "score": round(float(score), 4), "corners": corners}
        for corners, text, score in found
    ]


def main() -> None:
    """Writes the reference."""
    reader = RapidOCR()
    page = np.asarray(Image.open(PAGE).convert("RGB"))[:, :, ::-1]
    known = {"page": lines(reader, page), "turned": lines(reader, np.rot90(page, 2).copy())}
    (HERE / "page.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
