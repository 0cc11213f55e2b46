"""Dask: the partitions of a frame.

>>> reviews = service.load("sentiment@champion")
>>> amaas.dask.map_partitions(frame, reviews, "text").to_parquet("out/")

Workers get the version that the route had when it was sent: an alias that moves meanwhile changes
nothing. They read it from the folder of the registry, which all of them must see.

The trap: threads of one worker share one route, which is what it is for; processes load one each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amaas._columns import columns

if TYPE_CHECKING:
    import pandas as pd

    from amaas import Route

__all__ = ["map_partitions"]


def map_partitions(frame: Any, route: Route, column: str, **options: Any) -> Any:
    """Return ``frame``, of ``dask.dataframe``, with the answers to the texts of ``column``.

    >>> amaas.dask.map_partitions(dask.dataframe.read_parquet("reviews/"), reviews, "text")
    """
    names = ("label", "score") if route.labels else ("embedding",)
    kinds = {"label": "str", "score": "float64", "embedding": "object"}
    meta = frame._meta.assign(
        **{name: frame._meta.iloc[:, 0].astype(kinds[name]) for name in names}
    )
    return frame.map_partitions(_answer, route, column, options, meta=meta)


def _answer(part: pd.DataFrame, route: Route, column: str, options: dict[str, Any]) -> pd.DataFrame:
    return part.assign(**columns(route, part[column], options))
