"""Says which bars were reached, by the JSON files that the benches wrote. See benches/README.md.

Each row of ``bars.json`` names a file and a question of it (its beginning), the field that
counts, and the bar: ``most`` or ``least``. What was not measured is said to be so. It only
reports: a noisy machine fails nothing.
"""

import json
from pathlib import Path

HERE = Path(__file__).parent


def bars():
    """The bars, each with the figure found for it, or ``None``."""
    for bar in json.loads((HERE / "bars.json").read_text()):
        yield bar, found(bar)


def found(bar):
    """The figure that counts for ``bar``, if it was measured."""
    path = HERE / f"{bar['file']}.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    fitting = [row for row in rows if row["question"].startswith(bar["question"])]
    figures = [row[bar["figure"]] for row in fitting if bar["figure"] in row]
    if not figures or "beside" not in bar:
        return figures[0] if figures else None
    return figures[0] / fitting[0][bar["beside"]]


def reached(bar, figure):
    """Whether the figure is good enough."""
    if "most" in bar:
        return figure <= bar["most"]
    return figure >= bar["least"]


def main():
    for bar, figure in bars():
        wanted = f"at most {bar['most']}" if "most" in bar else f"at least {bar['least']}"
        if figure is None:
            verdict = "not measured"
        else:
            verdict = ("reached" if reached(bar, figure) else "MISSED") + f", {figure:.3g}"
        print(f"issue {bar['issue']}  {bar['says']:62} {wanted:14}  {verdict}")


if __name__ == "__main__":
    main()
