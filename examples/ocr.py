"""OCR a page: prints the lines of text on an image, from top to bottom.

make ocr                                     # writes the package, once
python examples/ocr.py page.png              # any PNG, JPEG, WebP or BMP
"""

import sys
from pathlib import Path

import amaas

PACKAGE = Path(__file__).parents[1] / "models/ocr/rapidocr/1.0.0"


def main(image):
    with amaas.Service() as service:
        reader = service.load(PACKAGE)
        for line in reader(image):
            left, top = line["corners"][0]
            print(f"{line['score']:.2f}  ({left:.0f}, {top:.0f})  {line['text']}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else PACKAGE / "page.png")
