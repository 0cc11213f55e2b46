"""Draws what the benches found: each question's ratio beside its bar. See benches/README.md.

Reads the JSON files that the benches wrote and writes build/benches.png; a ratio above 1 means that
amaas is faster, or smaller.
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).parents[1]


def ratios():
    """Label and how many times better amaas is, from every file that is there."""
    for name, better in [
        ("results", lambda row: 1 / row["ratio"]),
        ("serving", lambda row: row["ratio"]),
        ("bulk", lambda row: row["ratio"]),
        ("crowd", lambda row: row.get("rate_ratio")),
        ("memory", lambda row: 1 / row["ratio"]),
        ("registry", lambda row: 1 / row["ratio"] if "ratio" in row else None),
    ]:
        path = ROOT / f"benches/{name}.json"
        if path.exists():
            for row in json.loads(path.read_text()):
                if (ratio := better(row)) is not None:
                    yield f"{name}: {row['question']}", ratio


def main():
    rows = list(ratios())
    if not rows:
        raise SystemExit("no bench has written a result yet: run `make bench`")
    labels, values = zip(*reversed(rows), strict=True)
    figure, axes = plt.subplots(figsize=(9, 1 + 0.32 * len(rows)), layout="constrained")
    colours = ["tab:green" if value >= 1 else "tab:red" for value in values]
    bars = axes.barh(labels, values, color=colours)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("times better than ONNX Runtime by hand (medians of pairs in one run)")
    axes.spines[["top", "right"]].set_visible(False)
    (ROOT / "build").mkdir(exist_ok=True)
    figure.savefig(ROOT / "build/benches.png", dpi=120)
    print("wrote build/benches.png")


if __name__ == "__main__":
    main()
