"""20,000 real texts through `route.map`, beside one call with all of them. See benches/README.md.

"The core alone" is `route(texts)`: one call that has every text at once. Both sides run in turn in
processes of their own, so that what one leaves in memory is not counted for the other; the median
of the pairs' ratios is printed and written to benches/map.json.
"""

import json
import statistics
import subprocess
import sys
import tempfile

from snippets import ROOT, publish, texts

PAIRS = 15
COUNT = 20_000
HEAD = """
import re, sys, time
sys.path.append(sys.argv[1])
from snippets import texts
import amaas

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read()).group(1)) / 1024

asked = texts(int(sys.argv[3]))
route = amaas.Service(sys.argv[2]).load("sentiment")
route(asked[:256])  # both sides have had the first crowd
before = most = resident()
first = None
began = time.perf_counter()
"""
ALONE = """
answers = route(asked)
"""
MAPPED = """
answers = 0
for answer in route.map(iter(asked)):
    answers += 1
    if first is None:
        first = time.perf_counter() - began
    if answers % 500 == 0:
        most = max(most, resident())
"""
TELL = """
print(time.perf_counter() - began, first, most - before)
"""


def measure(body, registry):
    """Seconds for all, seconds to the first answer, megabytes over the model."""
    command = [
        sys.executable,
        "-c",
        HEAD + body + TELL,
        str(ROOT / "benches"),
        registry,
        str(COUNT),
    ]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return [None if word == "None" else float(word) for word in told]


def main():
    texts(COUNT)  # fetched before anything is measured
    with tempfile.TemporaryDirectory() as registry:
        publish(registry)
        pairs = [(measure(MAPPED, registry), measure(ALONE, registry)) for _ in range(PAIRS)]
    row = {
        "question": "route.map beside one call, 20,000 texts",
        "mapped_per_second": COUNT / statistics.median(mapped[0] for mapped, _ in pairs),
        "alone_per_second": COUNT / statistics.median(alone[0] for _, alone in pairs),
        "ratio": statistics.median(alone[0] / mapped[0] for mapped, alone in pairs),
        "first_seconds": max(mapped[1] for mapped, _ in pairs),
        "megabytes_over_the_model": max(mapped[2] for mapped, _ in pairs),
    }
    rates = f"{row['mapped_per_second']:.0f}/s beside {row['alone_per_second']:.0f}/s"
    print(
        f"{row['question']}: {rates}"
        f"   ratio {row['ratio']:.3f}   first after {1e3 * row['first_seconds']:.1f} ms"
        f"   at most {row['megabytes_over_the_model']:.1f} MB over the model"
    )
    (ROOT / "benches/map.json").write_text(json.dumps([row], indent=2) + "\n")


if __name__ == "__main__":
    main()
