"""Spark, with workers of its own on this machine."""

import os
import sys

import amaas.spark
import pytest
from conftest import TEXTS, opened_once, same, same_vectors
from pyspark.sql import SparkSession
from watched import killed_once, moved_meanwhile


@pytest.fixture(scope="module")
def spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2,4]")  # a task may fail four times
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "64",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("FATAL")
    yield session
    session.stop()


@pytest.fixture
def frame(spark):
    return spark.createDataFrame([(text,) for text in TEXTS], "text string").repartition(4)


def test_a_function_of_a_column(frame, route, expected):
    found = frame.withColumn("answer", amaas.spark.udf(route)("text")).collect()
    assert same([row.text for row in found], [row.answer.score for row in found], expected)


def test_a_whole_frame(frame, route, expected):
    found = amaas.spark.map_in_pandas(frame, route, "text", timeout=60).collect()
    assert same([row.text for row in found], [row.score for row in found], expected)


def test_a_worker_that_is_killed_in_the_middle(frame, watch, expected):
    found = amaas.spark.map_in_pandas(frame, watch(killed_once), "text").collect()
    assert watch.mark("killed").exists()
    assert same([row.text for row in found], [row.score for row in found], expected)


def test_each_process_opens_it_once_though_the_alias_moves(frame, watch, expected):
    found = amaas.spark.map_in_pandas(frame, watch(moved_meanwhile), "text").collect()
    assert watch.mark("moved").exists()
    assert same([row.text for row in found], [row.score for row in found], expected)
    assert opened_once(watch.seen())


def test_vectors(frame, encoder):
    found = amaas.spark.map_in_pandas(frame, encoder, "text").collect()
    assert same_vectors([row.text for row in found], [row.embedding for row in found], encoder)
    found = frame.withColumn("answer", amaas.spark.udf(encoder)("text")).collect()
    vectors = [row.answer.embedding for row in found]
    assert same_vectors([row.text for row in found], vectors, encoder)
