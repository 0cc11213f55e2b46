"""Ray Data and Ray Serve, on this machine."""

import json
import socket
import urllib.request

import amaas.ray
import pytest
import ray
from conftest import TEXTS, opened_once, same, same_vectors
from ray import serve
from watched import killed_once, moved_meanwhile


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


def test_an_actor_that_is_killed_in_the_middle(dataset, watch, expected):
    route = watch(killed_once)
    found = amaas.ray.map_batches(dataset, route, "text", concurrency=2, batch_size=25)
    assert same(*columns(found), expected)
    assert watch.mark("killed").exists()


def test_each_process_opens_it_once_though_the_alias_moves(dataset, watch, expected):
    route = watch(moved_meanwhile)
    found = amaas.ray.map_batches(dataset, route, "text", concurrency=2, batch_size=25)
    assert same(*columns(found), expected)
    assert watch.mark("moved").exists()
    assert opened_once(watch.seen())


def test_vectors(dataset, encoder):
    rows = amaas.ray.map_batches(dataset, encoder, "text").take_all()
    texts, vectors = [row["text"] for row in rows], [row["embedding"] for row in rows]
    assert same_vectors(texts, vectors, encoder)


@pytest.fixture(scope="module")
def http():
    """Where Ray Serve listens; it is started once, for what it ends does so in its own time."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()


def post(address, texts):
    body = json.dumps({"texts": texts}).encode()
    with urllib.request.urlopen(urllib.request.Request(address, body), timeout=120) as answer:
        return json.load(answer)


def test_deployments_over_http(http, route, encoder, expected):
    serve.run(amaas.ray.deployment(route), name="reviews", route_prefix="/reviews")
    found = post(f"{http}/reviews", TEXTS[:8])
    assert [one["score"] for one in found] == pytest.approx([expected[one] for one in TEXTS[:8]])
    options = {"num_replicas": 1, "name": "Vectors"}
    application = amaas.ray.deployment(encoder, **options)
    serve.run(application, name="vectors", route_prefix="/vectors")
    assert same_vectors(TEXTS[:8], post(f"{http}/vectors", TEXTS[:8]), encoder)


def test_a_deployment(http, route):
    handle = serve.run(amaas.ray.deployment(route), name="amaas", route_prefix=None)
    [answer] = handle.remote(["I loved it"]).result(timeout_s=120)
    assert answer["label"] == "positive"
