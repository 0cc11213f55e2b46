"""amaas beside ONNX Runtime by hand, from Python. See benches/README.md.

Both sides of a question run in turn, A B A B …, in one process on the same processors; the median
of each side and the median of the pairwise ratios are printed and written to benches/results.json.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import amaas
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ROOT = Path(__file__).parents[1]
NOOP = ROOT / "tests/fixtures/noop.onnx"
PACKAGE = ROOT / "models/sentiment/1.0.0"
PAIRS = 15


def seconds(call, repeats):
    """Seconds for one of `repeats` calls."""
    started = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - started) / repeats


def compare(question, ours, theirs, repeats):
    """Times both sides in turn and returns the row of the result."""
    ours(), theirs()
    pairs = [(seconds(ours, repeats), seconds(theirs, repeats)) for _ in range(PAIRS)]
    row = {
        "question": question,
        "amaas_us": statistics.median(a for a, _ in pairs) * 1e6,
        "by_hand_us": statistics.median(b for _, b in pairs) * 1e6,
        "ratio": statistics.median(a / b for a, b in pairs),
    }
    print(
        f"{question:58} amaas {row['amaas_us']:10.2f} µs   by hand {row['by_hand_us']:10.2f} µs"
        f"   ratio {row['ratio']:.3f}"
    )
    return row


def session(path, threads):
    """A session by hand."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def noop():
    """What does `run` add to a model that does nothing?"""
    route, by_hand = amaas.Service().load(str(NOOP)), session(NOOP, 1)
    feed = {"x": np.ones((1, 2), np.float32)}
    return compare(
        "no-op model, run", lambda: route.run(feed), lambda: by_hand.run(None, feed), 2000
    )


def texts(count):
    """Real sentences."""
    lines = (ROOT / "models/sentiment/held-out.tsv").read_text().splitlines()[1:]
    return [line.split("\t")[2] for line in lines[:count]]


def classify(count):
    """How does classifying compare with a careful loop by hand?"""
    route = amaas.Service().load(str(PACKAGE))
    by_hand = session(PACKAGE / "model.onnx", 2)
    name = by_hand.get_inputs()[0].name
    tokenizer = Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))
    sentences = texts(count)

    def loop():
        scores = []
        for start in range(0, len(sentences), 32):
            rows = [
                encoding.ids for encoding in tokenizer.encode_batch(sentences[start : start + 32])
            ]
            ids = np.zeros((len(rows), 100), dtype)
            for row, tokens in zip(ids, rows, strict=True):
                tokens = tokens[-100:]
                row[100 - len(tokens) :] = tokens
            scores.append(by_hand.run(None, {name: ids})[0])
        return np.concatenate(scores)

    dtype = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}[by_hand.get_inputs()[0].type]
    question = f"sentiment 1.0.0, {count} texts in one call"
    return compare(question, lambda: route(sentences), loop, max(1, 200 // count))


def importing():
    """What does importing cost?"""

    def start(module):
        return lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True)

    return compare("import, whole process", start("amaas"), start("onnxruntime"), 1)


def main():
    rows = [noop(), classify(1), classify(1000), importing()]
    (ROOT / "benches/results.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
