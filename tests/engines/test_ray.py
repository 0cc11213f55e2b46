"""Ray Data and Ray Serve, on this machine."""

import amaas.ray
import pytest
import ray
from conftest import TEXTS, same
from ray import serve


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture
def dataset():
    return ray.data.from_items([{"text": text} for text in TEXTS], override_num_blocks=4)


def columns(dataset):
    rows = dataset.take_all()
    return [row["text"] for row in rows], [row["score"] for row in rows]


def test_two_actors(dataset, route, expected):
    found = amaas.ray.map_batches(dataset, route, "text", concurrency=2, batch_size=50)
    assert same(*columns(found), expected)


def test_an_actor_that_is_killed(dataset, route, expected, once):
    class Dying(amaas.ray.Mapper):
        def __call__(self, batch):
            once()
            return super().__call__(batch)

    found = dataset.map_batches(
        Dying,
        fn_constructor_args=(route, "text", {}),
        concurrency=2,
        batch_size=50,
        batch_format="pyarrow",
    )
    assert same(*columns(found), expected)
    assert once.mark.exists()


def test_a_deployment(route):
    try:
        handle = serve.run(amaas.ray.deployment(route), name="amaas", route_prefix=None)
        [answer] = handle.remote(["I loved it"]).result(timeout_s=120)
        assert answer["label"] == "positive"
    finally:
        serve.shutdown()
