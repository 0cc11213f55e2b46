"""2,000 real texts in one call, beside what people do by hand. See benches/README.md.

Both sides of a question run in turn in one process; medians of the pairs are printed and written
to benches/bulk.json. amaas runs with the settings that a user gets without asking.
"""

import json
import os
import statistics
import tempfile
import time

import amaas
import numpy as np
from by_hand import PACKAGE, ROOT, Arranged, FastEmbed, Naive, texts

PAIRS = 5
SIZES = (1, 4, 16, 32)


def seconds(call):
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def best_size(peer, snippets):
    """The batch size at which a peer is fastest on a quarter of the texts."""
    quarter = snippets[: len(snippets) // 4]
    times = {size: seconds(lambda size=size: peer.embed_all(quarter, size)) for size in SIZES}
    return min(times, key=times.get)


def compare(question, route, theirs, snippets):
    """Both sides in turn."""
    pairs = [(seconds(lambda: route.embed(snippets)), seconds(theirs)) for _ in range(PAIRS)]
    row = {
        "question": question,
        "amaas_per_second": len(snippets) / statistics.median(a for a, _ in pairs),
        "by_hand_per_second": len(snippets) / statistics.median(b for _, b in pairs),
        "ratio": statistics.median(b / a for a, b in pairs),
    }
    print(
        f"{question:44} amaas {row['amaas_per_second']:7.1f}/s   "
        f"by hand {row['by_hand_per_second']:7.1f}/s   ratio {row['ratio']:.3f}"
    )
    return row


def main():
    snippets, route = texts(), amaas.Service().load(str(PACKAGE))
    naive = Naive()
    arranged = Arranged(len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as folder:
        fastembed = FastEmbed(folder)
        alone = np.concatenate([naive.embed([text]) for text in snippets[:100]])
        for name, found in [
            ("amaas", route.embed(snippets[:100])),
            ("arranged", arranged.embed_all(snippets[:100])),
            ("fastembed", fastembed.embed_all(snippets[:100])),
        ]:
            print(f"{name}: at most {np.abs(found - alone).max():.1e} from texts run alone")
        size = best_size(fastembed, snippets)
        rows = [
            compare("naive, batches of 32", route, lambda: naive.embed_all(snippets), snippets),
            compare(
                f"fastembed, batches of {size}",
                route,
                lambda: fastembed.embed_all(snippets, size),
                snippets,
            ),
            compare(
                "sorted, bounded, a session a processor",
                route,
                lambda: arranged.embed_all(snippets),
                snippets,
            ),
        ]
    (ROOT / "benches/bulk.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
