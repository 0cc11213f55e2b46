"""What the tests of the engines share: texts, a route, and what one process answers."""

import os
import signal
import sys
from collections import Counter
from pathlib import Path

import amaas
import cloudpickle
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers have no such module
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


class Watched:
    """A route as workers have it, which notes who asks, and may do something after some answers."""

    def __init__(self, route, folder, then=None):
        self.route, self.folder, self.then = route, folder, then
        self.labels = route.labels

    def __call__(self, texts, **options):
        answers = self.route(texts, **options)
        (self.folder / f"{os.getpid()} {id(self.route)} {self.route.version}").touch()
        calls = vars(amaas).setdefault("calls", Counter())  # of this process
        calls[self.folder] += 1
        if self.then is not None and calls[self.folder] == 2:
            self.then(self)
        return answers

    def embed(self, texts, **options):
        return self.route.embed(texts, **options)


def killed_once(watched):
    """The first worker that comes here is killed, with answers behind it and a batch in hand."""
    try:
        (watched.folder / "killed").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def moved_meanwhile(watched):
    """The alias that the driver named moves while the job runs."""
    watched.route.registry.alias("sentiment", "champion", "1.1.0", reason="a job is running")
    (watched.folder / "moved").touch()


@pytest.fixture
def watch(route, tmp_path):
    """Wraps the route for workers, as `watch(killed_once)`; `watch.seen()` is what was noted."""

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
