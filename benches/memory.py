"""What more instances of one model cost in memory, beside sessions by hand. See benches/README.md.

Each figure is the resident memory of a process of its own, after a run on every instance, less that
of a process that has only imported the library; medians are printed and written to
benches/memory.json. The model is the sentence encoder of models/paraphrase, 69 MB of float32.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "models/paraphrase/model.onnx"
ROUNDS = 5

FEED = """
import sys
import numpy as np
path, count = sys.argv[1], int(sys.argv[2])
ones = np.ones((1, 32), np.int64)
feed = {"input_ids": ones, "attention_mask": ones}
"""
OURS = """
from concurrent.futures import ThreadPoolExecutor
import amaas
if count:
    route = amaas.Service().load(path, instances=count)
    def client(_):
        for _ in range(20):
            route.run(feed, ["461"])
    with ThreadPoolExecutor(count) as threads:
        list(threads.map(client, range(count)))  # raises what a run raises
"""
THEIRS = """
import onnxruntime
sessions = [onnxruntime.InferenceSession(path) for _ in range(count)]
[session.run(["461"], feed) for session in sessions]
"""
TELL = """
import re
print(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read()).group(1))
"""


def resident(program, count):
    """Kilobytes that a process has resident in the end."""
    command = [sys.executable, "-c", FEED + program + TELL, str(MODEL), str(count)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def median(program, count):
    """What a process of so many instances has resident."""
    return statistics.median(resident(program, count) for _ in range(ROUNDS))


def main():
    rows = []
    for name, program in [("amaas", OURS), ("onnxruntime", THEIRS)]:
        none, one, four = (median(program, count) for count in (0, 1, 4))
        row = {
            "question": f"{name}: 4 instances beside 1",
            "one_mb": one / 1024,
            "four_mb": four / 1024,
            "nothing_loaded_mb": none / 1024,
            "ratio": four / one,
            "ratio_without_the_process": (four - none) / (one - none),
        }
        print(
            f"{row['question']:36} {row['one_mb']:7.1f} MB with 1, {row['four_mb']:7.1f} MB "
            f"with 4, {row['nothing_loaded_mb']:6.1f} MB with none   ratio {row['ratio']:.3f}"
        )
        rows.append(row)
    (ROOT / "benches/memory.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
