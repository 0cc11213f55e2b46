"""Dask, with processes of its own."""

import amaas.dask
import dask.dataframe
import pandas as pd
import pytest
from conftest import TEXTS, opened_once, same, same_vectors
from distributed import Client, LocalCluster
from watched import killed_once, moved_meanwhile


@pytest.fixture(scope="module")
def client():
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def frame():
    return dask.dataframe.from_pandas(pd.DataFrame({"text": TEXTS}), npartitions=8)


def test_partitions(client, frame, route, expected):
    found = amaas.dask.map_partitions(frame, route, "text", timeout=60).compute()
    assert list(found["text"]) == TEXTS
    assert same(found["text"], found["score"], expected)
    assert set(found["label"]) == {"positive", "negative"}


def test_threads_of_this_process_share_the_route(frame, route, expected):
    before = route.usage.rows
    found = amaas.dask.map_partitions(frame, route, "text").compute(scheduler="threads")
    assert same(found["text"], found["score"], expected)
    assert route.usage.rows == before + len(TEXTS)


def test_a_worker_that_is_killed_in_the_middle(client, frame, watch, expected):
    found = amaas.dask.map_partitions(frame, watch(killed_once), "text").compute()
    assert watch.mark("killed").exists()
    assert same(found["text"], found["score"], expected)


def test_each_process_opens_it_once_though_the_alias_moves(client, frame, watch, expected):
    found = amaas.dask.map_partitions(frame, watch(moved_meanwhile), "text").compute()
    assert watch.mark("moved").exists()
    assert same(found["text"], found["score"], expected)
    assert opened_once(watch.seen())


def test_vectors(client, frame, encoder):
    found = amaas.dask.map_partitions(frame, encoder, "text").compute()
    assert same_vectors(found["text"], found["embedding"], encoder)
