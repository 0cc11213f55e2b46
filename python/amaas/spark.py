"""Spark: a function for columns, and whole frames.

>>> reviews = service.load("sentiment@champion")
>>> frame.withColumn("answer", amaas.spark.udf(reviews)("text"))
>>> amaas.spark.map_in_pandas(frame, reviews, "text")

Workers get the version that the route had when it was sent: an alias that moves meanwhile changes
nothing. They read it from the folder of the registry, which all of them must see.

The trap: Spark runs a worker for each core. Load with ``threads=1``, so that they do not compete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amaas._columns import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    from pyspark.sql import DataFrame

    from amaas import Route

__all__ = ["map_in_pandas", "udf"]


def _schema(route: Route) -> str:
    return "label string, score double" if route.labels else "embedding array<float>"


def udf(route: Route, **options: Any) -> Any:
    """Return a ``pandas_udf`` of a column of texts: a struct of ``label`` and ``score``, or of
    ``embedding``.

    >>> frame.select(amaas.spark.udf(reviews)("text").label)
    """
    from collections.abc import Iterator

    import pandas as pd
    from pyspark.sql.functions import pandas_udf

    def answer(batches: Any) -> Any:
        for texts in batches:
            yield pd.DataFrame(columns(route, texts, options))

    answer.__annotations__ = {"batches": Iterator[pd.Series], "return": Iterator[pd.DataFrame]}
    return pandas_udf(answer, _schema(route))  # type: ignore[call-overload,unused-ignore]


def map_in_pandas(frame: DataFrame, route: Route, column: str, **options: Any) -> DataFrame:
    """Return ``frame`` with the answers to the texts of ``column`` beside it.

    >>> amaas.spark.map_in_pandas(frame, reviews, "text").write.parquet("out/")
    """
    from pyspark.sql.types import StructType

    def answer(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield batch.assign(**columns(route, batch[column], options))

    added = StructType.fromDDL(_schema(route))
    return frame.mapInPandas(answer, StructType([*frame.schema.fields, *added.fields]))
