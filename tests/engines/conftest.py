"""What the tests of the engines share: texts, a route, and what one process answers."""

import os
from pathlib import Path

import amaas
import numpy as np
import pytest
from watched import Watched

ROOT = Path(__file__).parents[2]
# Workers import what the tests send them.
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ["PYTHONPATH"]])
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
def watch(service, route, tmp_path):
    """Wraps the route for workers, as `watch(killed_once)`; `watch.seen()` is what was noted."""
    service.alias("sentiment", "champion", "1.0.0")

    def wrapped(then=None):
        return Watched(route, tmp_path, then)

    def seen():
        notes = [note.name.split() for note in tmp_path.iterdir() if " " in note.name]
        return [(int(pid), made, version) for pid, made, version in notes]

    wrapped.seen, wrapped.mark = seen, tmp_path.joinpath
    return wrapped


def opened_once(seen):
    """Whether each process had one route, of the version that was sent, and the driver none."""
    processes = [pid for pid, _, _ in seen]
    assert processes
    assert len(set(processes)) == len(processes)
    assert {version for _, _, version in seen} == {"1.0.0"}
    return os.getpid() not in processes


@pytest.fixture(scope="session")
def encoder(service):
    """A route of a model that embeds, from the same registry."""
    service.publish(ROOT / "tests/fixtures/encoder")
    return service.load("encoder")


def same(texts, scores, expected):
    """Whether the answers are those of one process."""
    assert len(texts) == len(expected)
    assert dict(zip(texts, scores, strict=True)) == pytest.approx(expected, abs=1e-5)
    return True


def same_vectors(texts, vectors, encoder):
    """Whether the vectors are those of one process."""
    found = np.stack([np.asarray(vector, np.float32) for vector in vectors])
    np.testing.assert_allclose(found, encoder.embed(list(texts)), atol=1e-5)
    return True
