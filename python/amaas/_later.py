"""The end of what is awaited, on the thread of its event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Future


def settle(future: Future[object], answer: object, error: BaseException | None) -> None:
    """Give ``future`` its answer or error, unless it was cancelled."""
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
