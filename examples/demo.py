"""The demo: publish two versions of a model, select among them, classify from three languages.

Run it with `make demo`. It fails when the languages do not answer alike.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import amaas

ROOT = Path(__file__).parents[1]
PROGRAMS = {
    "Python": [sys.executable, ROOT / "examples/classify.py"],
    "C": [ROOT / "build/classify"],
    "Rust": [ROOT / "target/debug/classify"],
}
REFERENCES = ["sentiment@^1", "sentiment@1.0.0", "sentiment@champion"]
SENTENCES = [
    "A gripping, beautifully acted film that earns every one of its tears.",
    "The plot is thin, the jokes are thinner, and it never seems to end.",
    "Not a masterpiece, but I laughed more often than I expected to.",
]
COLUMNS = ["language", "reference", "version", "label", "score", "tokens", "µs", "placement"]


def main():
    with tempfile.TemporaryDirectory() as home:
        publish(home)
        answers = {language: classify(language, home) for language in PROGRAMS}
    for rows in zip(*answers.values(), strict=True):
        agree(rows)
    show(answers)


def publish(home):
    """Puts both versions into a new registry; `champion` points at the newer one."""
    with amaas.Service(home) as service:
        for version in ("1.0.0", "1.1.0"):
            published = service.publish(ROOT / "models/sentiment" / version)
            print(f"published {published.name} {published.version} as {published.digest[:19]}…")
        service.alias("sentiment", "champion", "1.1.0")
        print(f"champion → 1.1.0, on {service.runtime}\n")


def classify(language, home):
    """What one language's program answers: a row for each reference and sentence."""
    lines = []
    for reference in REFERENCES:
        command = [*PROGRAMS[language], reference, *SENTENCES]
        environment = {**os.environ, "AMAAS_HOME": home}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{language} failed:\n{done.stderr}")
        lines += done.stdout.splitlines()
    return [line.split("\t") for line in lines]


def agree(rows):
    """Every language gives the same version, label and tokens, and the same score to 1e-6."""
    versions, labels, tokens = ({row[column] for row in rows} for column in (2, 3, 5))
    scores = [float(row[4]) for row in rows]
    if max(len(versions), len(labels), len(tokens)) > 1 or max(scores) - min(scores) > 1e-6:
        sys.exit(f"the languages do not agree: {rows}")


def show(answers):
    """One table: under each sentence, what every reference and language makes of it."""
    for place, sentence in enumerate(SENTENCES):
        print(f"“{sentence}”")
        rows = [COLUMNS]
        for turn in range(len(REFERENCES)):
            rows += [answer[turn * len(SENTENCES) + place] for answer in answers.values()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            print(
                "  "
                + "  ".join(
                    cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                ).rstrip()
            )
        print()
    print("Python, C and Rust agree on every label and score.")


if __name__ == "__main__":
    main()
