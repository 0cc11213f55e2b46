"""What the tests of the engines share: texts, a route, and what one process answers."""

import os
from pathlib import Path

import amaas
import pytest

ROOT = Path(__file__).parents[2]
SENTENCES = ["I loved it", "Dull from start to end", "A masterpiece", "I want my money back"]
TEXTS = [f"{SENTENCES[number % 4]}, part {number}" for number in range(400)]


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """A registry whose alias `champion` moves after the route was loaded."""
    root = tmp_path_factory.mktemp("registry")
    with amaas.Service(root, threads=1) as service:
        for version in ("1.0.0", "1.1.0"):
            service.publish(ROOT / "models/sentiment" / version)
        yield service


@pytest.fixture(scope="session")
def route(service):
    service.alias("sentiment", "champion", "1.0.0")
    route = service.load("sentiment@champion")
    service.alias("sentiment", "champion", "1.1.0")  # changes nothing for what is sent from here
    return route


@pytest.fixture(scope="session")
def expected(route):
    """Scores by text, of a single process and the version that the route had."""
    return {text: answer["score"] for text, answer in zip(TEXTS, route(TEXTS), strict=True)}


@pytest.fixture
def once(tmp_path):
    """A function for workers: the first that calls it dies."""
    mark = tmp_path / "died"

    def die_once():
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return
        os._exit(9)

    die_once.mark = mark
    return die_once


def same(texts, scores, expected):
    """Whether the answers are those of one process."""
    assert len(texts) == len(expected)
    assert dict(zip(texts, scores, strict=True)) == pytest.approx(expected, abs=1e-5)
    return True
