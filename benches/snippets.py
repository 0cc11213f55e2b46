"""Real texts by the thousand: the 10,605 snippets of `models/sentiment`, in a circle."""

import sys
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "models/sentiment"))

from source import fetch_source, snippet_rows  # noqa: E402


def texts(count=20_000):
    """So many snippets, in the order of the file; fetched once into a cache that git ignores."""
    return list(islice(cycle(text for _, _, text in snippet_rows(fetch_source())), count))


def publish(folder):
    """A registry with the package that the texts are asked of."""
    import amaas

    with amaas.Service(folder) as service:
        service.publish(ROOT / "models/sentiment/1.1.0")
