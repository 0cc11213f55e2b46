"""Embeds with ONNX Runtime, numpy and tokenizers by hand: what amaas must agree with.

    python reference.py PACKAGE MAX_TOKENS > reference.json

PACKAGE is a package folder whose task pools by the mean and normalises. The output names reviews of
``../sentiment/held-out.tsv`` by their id, each with its vector; texts run one at a time.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

REVIEWS = Path(__file__).parent.parent / "sentiment" / "held-out.tsv"


class Reference:
    """The mean of the vectors of a text's tokens, scaled to length 1."""

    def __init__(self, package: Path, max_tokens: int) -> None:
        self.session = onnxruntime.InferenceSession(
            package / "model.onnx", providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer.from_file(str(package / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)

    def embed(self, text: str) -> np.ndarray:
        """The vector of one text, run alone."""
        encoding = self.tokenizer.encode(text)
        known = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        names = [port.name for port in self.session.get_inputs()]
        feed = {name: np.array([known[name]], dtype=np.int64) for name in names}
        tokens = self.session.run(["last_hidden_state"], feed)[0][0]
        vector = tokens.mean(axis=0)
        return vector / np.linalg.norm(vector)


def reviews(step: int) -> list[tuple[str, str]]:
    """Id and text of every ``step``-th review."""
    with REVIEWS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [(identity, text) for identity, _, text in rows[::step]]


def main() -> None:
    """Writes the vectors of some reviews, to the precision of float32."""
    reference = Reference(Path(sys.argv[1]), max_tokens=int(sys.argv[2]))
    vectors = {
        identity: [float(f"{number:.9g}") for number in reference.embed(text)]
        for identity, text in reviews(step=20)
    }
    sys.stdout.write("{\n")
    sys.stdout.write(",\n".join(f'"{key}": {json.dumps(row)}' for key, row in vectors.items()))
    sys.stdout.write("\n}\n")


if __name__ == "__main__":
    main()
