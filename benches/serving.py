"""Embedding under load, beside ONNX Runtime by hand. See benches/README.md.

The int8 all-MiniLM-L6-v2 of `make minilm` on real review snippets. Both sides of a question run in
turn in one process; medians of the pairs are printed and written to benches/serving.json. amaas
runs with the settings that a user gets without asking.
"""

import json
import statistics
import threading
import time
from pathlib import Path

import amaas
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "models/minilm/all-minilm-l6-v2/1.0.0"
PAIRS = 5
SECONDS = 4.0


def texts():
    """Real snippets, in the order of the file."""
    lines = (ROOT / "models/sentiment/held-out.tsv").read_text().splitlines()[1:]
    snippets = [line.split("\t")[2] for line in lines]
    return (snippets + snippets)[:2000]


class ByHand:
    """One session of ONNX Runtime with its default settings, shared by all threads."""

    def __init__(self):
        self.session = onnxruntime.InferenceSession(
            str(PACKAGE / "model.onnx"), providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(256)

    def embed(self, batch):
        """The vectors of a batch, padded to its longest text."""
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch(batch)]
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        [hidden] = self.session.run(None, feed)
        vectors = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_all(self, snippets, size=32):
        """Batches as they come."""
        starts = range(0, len(snippets), size)
        return np.concatenate([self.embed(snippets[start : start + size]) for start in starts])


def rate(embed, snippets, clients):
    """Requests a second and the 99th percentile in ms of `clients` threads, one text a request."""
    times, lock, end = [], threading.Lock(), time.perf_counter() + SECONDS

    def client(number):
        own, place = [], number * 31
        while (started := time.perf_counter()) < end:
            embed(snippets[place % len(snippets)])
            own.append(time.perf_counter() - started)
            place += 1
        with lock:
            times.extend(own)

    started = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    return len(times) / elapsed, float(np.percentile(times, 99)) * 1e3


def bulk(route, by_hand, snippets):
    """All texts in one call, against batches of 32 as they come."""

    def seconds(call):
        started = time.perf_counter()
        call()
        return time.perf_counter() - started

    pairs = [
        (seconds(lambda: route.embed(snippets)), seconds(lambda: by_hand.embed_all(snippets)))
        for _ in range(3)
    ]
    row = {
        "question": f"{len(snippets)} texts in one call",
        "amaas_per_second": len(snippets) / statistics.median(a for a, _ in pairs),
        "by_hand_per_second": len(snippets) / statistics.median(b for _, b in pairs),
        "ratio": statistics.median(b / a for a, b in pairs),
    }
    print(
        f"{row['question']:28} amaas {row['amaas_per_second']:7.1f}/s   "
        f"by hand {row['by_hand_per_second']:7.1f}/s   ratio {row['ratio']:.2f}"
    )
    return row


def crowd(route, by_hand, snippets, clients):
    """One text a request from so many threads, against the same threads on one shared session."""
    ours, theirs = [], []
    for _ in range(PAIRS):
        ours.append(rate(lambda text: route.embed([text]), snippets, clients))
        theirs.append(rate(lambda text: by_hand.embed([text]), snippets, clients))
    row = {
        "question": f"{clients} clients",
        "amaas_per_second": statistics.median(r for r, _ in ours),
        "by_hand_per_second": statistics.median(r for r, _ in theirs),
        "ratio": statistics.median(a[0] / b[0] for a, b in zip(ours, theirs, strict=True)),
        "amaas_p99_ms": statistics.median(p for _, p in ours),
        "by_hand_p99_ms": statistics.median(p for _, p in theirs),
    }
    print(
        f"{row['question']:28} amaas {row['amaas_per_second']:7.1f}/s "
        f"p99 {row['amaas_p99_ms']:7.1f} ms   "
        f"by hand {row['by_hand_per_second']:7.1f}/s p99 {row['by_hand_p99_ms']:7.1f} ms   "
        f"ratio {row['ratio']:.2f}"
    )
    return row


def main():
    snippets, by_hand = texts(), ByHand()
    route = amaas.Service().load(str(PACKAGE))
    off = np.abs(route.embed(snippets[:50]) - by_hand.embed_all(snippets[:50], 1)).max()
    print(f"largest difference of any number over 50 texts: {off:.1e}")
    rows = [crowd(route, by_hand, snippets, clients) for clients in (1, 2, 16, 128)]
    rows.append(bulk(route, by_hand, snippets))
    (ROOT / "benches/serving.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
