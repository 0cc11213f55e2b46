"""Draws what the benches found beside the bars. See benches/README.md.

Reads ``bars.json`` and the JSON files that the benches wrote, and writes build/benches.png: how
many times better than its bar each figure is. Right of the line it is reached.
"""

import matplotlib
from bars import HERE, bars, reached

matplotlib.use("Agg")
import matplotlib.pyplot as plt

ROOT = HERE.parent


def times(bar, figure):
    """How many times better than its bar a figure is; one below 0 is as good as can be drawn."""
    wanted = bar.get("most", bar.get("least"))
    better = wanted / figure if "most" in bar else figure / wanted
    return better if better > 0 else 100.0


def main():
    rows = [(bar, figure) for bar, figure in bars() if figure is not None]
    if not rows:
        raise SystemExit("no bench has written a result yet: run `make bench`")
    rows.reverse()
    labels = [f"{bar['issue']}: {bar['says']}" for bar, _ in rows]
    values = [min(times(bar, figure), 100.0) for bar, figure in rows]
    colours = ["tab:green" if reached(bar, figure) else "tab:red" for bar, figure in rows]
    figure, axes = plt.subplots(figsize=(10, 1 + 0.32 * len(rows)), layout="constrained")
    drawn = axes.barh(labels, values, color=colours)
    axes.bar_label(drawn, labels=[f"{found:.3g}" for _, found in rows], padding=3)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel(
        "times better than the bar (medians of pairs in one run); the figure itself beside it"
    )
    axes.spines[["top", "right"]].set_visible(False)
    (ROOT / "build").mkdir(exist_ok=True)
    figure.savefig(ROOT / "build/benches.png", dpi=120)
    print("wrote build/benches.png")


if __name__ == "__main__":
    main()
