"""Embedding under load, beside ONNX Runtime by hand. See benches/README.md.

The int8 all-MiniLM-L6-v2 of `make minilm` on real review snippets. Both sides of a question run in
turn in one process; medians of the pairs are printed and written to benches/serving.json. amaas
runs with the settings that a user gets without asking.
"""

import json
import statistics
import threading
import time

import amaas
import numpy as np
from by_hand import PACKAGE, ROOT, Naive, texts

PAIRS = 5
SECONDS = 4.0


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
    snippets, by_hand = texts(), Naive()
    route = amaas.Service().load(str(PACKAGE))
    off = np.abs(route.embed(snippets[:50]) - by_hand.embed_all(snippets[:50], 1)).max()
    print(f"largest difference of any number over 50 texts: {off:.1e}")
    rows = [crowd(route, by_hand, snippets, clients) for clients in (1, 2, 16, 128)]
    (ROOT / "benches/serving.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
