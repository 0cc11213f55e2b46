"""Classifies sentences: what a Python program that uses amaas starts from.

`classify.py REFERENCE SENTENCE…` with the registry in AMAAS_HOME. One line per sentence, tab
separated: language, reference, version, label, score, tokens, microseconds, placement.
"""

import sys
import time

import amaas

reference, *sentences = sys.argv[1:]
route = amaas.Service().load(reference)
for sentence in sentences:
    before, started = route.usage.tokens, time.perf_counter()
    [best] = route(sentence)
    elapsed = (time.perf_counter() - started) * 1e6
    print(
        "Python",
        reference,
        route.version,
        best["label"],
        f"{best['score']:.6f}",
        route.usage.tokens - before,
        f"{elapsed:.0f}",
        route.placement,
        sep="\t",
    )
