"""Extracts names: who, where and which organisation a text speaks of.

`names.py [FILE…]` reads files, or standard input, paragraph by paragraph, and writes one line a
name, tab separated: label, score, place in the paragraph, name. The model is `models/names`, which
knows plain English.
"""

import sys
from pathlib import Path

import amaas

MODEL = Path(__file__).parents[1] / "models/names/1.0.0"

names = amaas.Service().load(MODEL)
files = [Path(file).read_text(encoding="utf-8") for file in sys.argv[1:]] or [sys.stdin.read()]
paragraphs = [part for text in files for part in text.split("\n\n") if part.strip()]
for spans in names.tag(paragraphs):
    for span in spans:
        place = f"{span['start']}-{span['end']}"
        print(span["entity_group"], f"{span['score']:.2f}", place, span["word"], sep="\t")
