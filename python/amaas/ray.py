"""Ray: batches of a data set, and requests over HTTP.

>>> reviews = service.load("sentiment@champion")
>>> answers = amaas.ray.map_batches(dataset, reviews, "text", concurrency=2)
>>> ray.serve.run(amaas.ray.deployment(reviews))

Workers get the version that the route had when it was sent, whatever its alias does meanwhile, from
the folder of the registry, which all of them must see. Each gets one batch at a time, for the first
to come would take all. The trap: each loads the model, with the threads that a service has without
asking; ``threads=`` leaves others processors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amaas._columns import columns

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset
    from starlette.requests import Request

    from amaas import Route

__all__ = ["Mapper", "deployment", "map_batches"]


class Mapper:
    """What an actor of Ray Data runs: it adds the answers to each batch of pyarrow's."""

    def __init__(self, route: Route, column: str, options: dict[str, Any]) -> None:
        self.route, self.column, self.options = route, column, options

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Return the batch with ``label`` and ``score``, or ``embedding``."""
        for name, values in columns(self.route, batch[self.column], self.options).items():
            batch = batch.append_column(name, [values])
        return batch


def map_batches(
    dataset: Dataset,
    route: Route,
    column: str,
    *,
    concurrency: int = 1,
    batch_size: int = 4096,
    **options: Any,
) -> Dataset:
    """Add what ``route`` answers to the texts of ``column``, in ``concurrency`` actors.

    >>> amaas.ray.map_batches(dataset, reviews, "text").write_parquet("out/")
    """
    from ray import data

    pool = data.ActorPoolStrategy(size=concurrency, max_tasks_in_flight_per_actor=1)
    made: Any = {"batch_format": "pyarrow", "fn_constructor_args": (route, column, options)}
    return dataset.map_batches(Mapper, compute=pool, batch_size=batch_size, **made)


def deployment(route: Route, **options: Any) -> Any:
    """Return an application for ``serve.run``, which answers ``{"texts": [...]}`` with a list.

    ``options`` are those of ``serve.deployment``; ``handle.remote(texts)`` asks without HTTP.
    """
    from ray import serve

    class Served:
        def __init__(self, route: Route) -> None:
            self.route = route

        async def __call__(self, asked: Request | list[str]) -> Any:
            texts = asked if isinstance(asked, list) else (await asked.json())["texts"]
            if not self.route.labels:
                return (await self.route.embed_async(texts)).tolist()
            return await self.route.classify_async(texts)

    return serve.deployment(Served, **options).bind(route)  # type: ignore[attr-defined,unused-ignore]
