"""The calls that block, once more for ``await``: each has a twin whose name ends in ``_async``.

>>> route = await service.load_async("sentiment@^1")
>>> await registry.verify_async()

A twin makes the call on a thread of its own, with the same arguments, and gives a future of
asyncio's. Cancelling what awaits it ends the work, where that can be ended: runs of the model,
pushes and pulls, checks, exports. Twins of what asks a model once, as
``Route.run_async``, ``classify_async`` or ``tag_async``, are not made here: they take a place in
the queue, and no thread.

The trap: cancelling does not undo. Work that had come to its end by then has happened.
"""

from __future__ import annotations

from contextvars import copy_context
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from amaas._amaas import (
    Invoice,
    Kept,
    Ledger,
    Redactor,
    Registry,
    Remote,
    Route,
    Service,
    Tenancy,
    Tuned,
    Watcher,
    _later,
)

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import AsyncGenerator, Callable

BLOCKING: dict[type, str] = {
    Service: "publish load models alias rollback verify verify_all import_model keep update"
    " versions watch tune load_tuned devices standing close",
    Route: "similarity update canary shadow promote abort keep_for close",
    Registry: "models model versions resolve signature alias remove_alias rollback history yank"
    " unyank delete gc verify statistics export import_archive export_triton push pull",
    Remote: "model resolve alias",
    Kept: "update close",
    Tuned: "keep",
    Watcher: "close",
    Tenancy: "settle close",
    Ledger: "sums export invoice",
    Invoice: "write",
    Redactor: "redact",
}


def _twin(name: str, call: Callable[..., Any]) -> Callable[..., Future[Any]]:
    @wraps(call)
    def later(*arguments: Any, **options: Any) -> Future[Any]:
        made: Future[Any] = _later(partial(copy_context().run, call, *arguments, **options))
        return made

    later.__name__ = f"{name}_async"
    later.__qualname__ = f"{call.__qualname__}_async"
    later.__doc__ = f"As ``{name}``, for ``await``.\n\n{call.__doc__}"
    return later


def map_async(
    self: Route,
    rows: Any,
    *,
    batch: int = 16384,
    errors: str = "raise",
    progress: Any = None,
    **options: Any,
) -> AsyncGenerator[Any, None]:
    """Answer row after row, in order: ``map`` for ``async for``.

    ``rows`` is what ``map`` takes, read on the thread of the event loop, or what ``async for``
    takes. The event loop goes on while the model runs. Everything else is as in ``map``.

    Raises what ``map`` raises; cancelling what iterates ends the batch under way.

    >>> async for answer in reviews.map_async(messages()):
    ...     print(answer["label"])
    """
    from amaas._map import answers_async

    return answers_async(self, rows, batch, errors, progress, options)


for _kind, _names in BLOCKING.items():
    for _name in _names.split():
        setattr(_kind, f"{_name}_async", _twin(_name, getattr(_kind, _name)))
Route.map_async = map_async  # type: ignore[method-assign]
