"""``Route.map``: rows in, answers out, in order and in bounded memory.

Batches grow, so that the first answers come soon, and are answered by two threads, so that the
texts of one batch are tokenised while another is computed.

The trap: a batch fails as a whole. Where rows may fail alone it is halved until they do.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from amaas._amaas import _column
from amaas._answers import RowProgress
from amaas._errors import InferenceFailed, InvalidArgument
from amaas._progress import listener

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from amaas._amaas import Route

    Batch = Sequence[Any]
    Ask = Callable[[Batch], Sequence[Any]]

FIRST = 16  # rows of the first batch
AHEAD = 2  # batches under way, and threads
EMBEDDING = {"prompt", "dimensions", "normalize"}  # options that only `embed` takes
OF_A_ROW = (InvalidArgument, InferenceFailed, TypeError)  # what one row can be to blame for


def answers(
    route: Route,
    rows: Iterable[Any],
    batch: int,
    errors: str,
    progress: Any,
    options: dict[str, Any],
) -> Generator[Any, None, None]:
    """Return a generator of answers; what is wrong with the options is said before it begins."""
    if batch < 1:
        raise InvalidArgument(f"`batch` is `{batch}`; use at least 1")
    if errors not in ("raise", "return"):
        raise InvalidArgument(f"`errors` is `{errors}`; use `raise` or `return`")
    if isinstance(rows, (str, bytes, dict)):
        raise TypeError(f"rows must be many, not one {type(rows).__name__}")
    tell, bar = listener(progress, "map", "rows")
    column = _column(rows)
    batches = _lists(iter(rows), batch) if column is None else _parts(column, batch)
    sized: Any = rows if column is None else column
    ask = _asker(route, options)
    if errors == "return":
        ask = _apart(ask)
    told = _Told(tell, bar, len(sized) if hasattr(sized, "__len__") else None)
    return _ordered(batches, ask, told)


class _Told:
    """Counts answers and tells of them."""

    def __init__(self, tell: Callable[[Any], object] | None, bar: Any, total: int | None) -> None:
        self._tell, self._bar, self._total, self._done = tell, bar, total, 0

    def of(self, count: int) -> None:
        self._done += count
        if self._tell is not None:
            self._tell(RowProgress(self._done, self._total))

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _ordered(batches: Iterator[Batch], ask: Ask, told: _Told) -> Generator[Any, None, None]:
    waiting: deque[Future[Sequence[Any]]] = deque()
    pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="amaas-map")
    try:
        for batch in batches:
            waiting.append(pool.submit(ask, batch))
            while waiting and (len(waiting) > AHEAD or waiting[0].done()):
                yield from _settled(waiting.popleft(), told)
        while waiting:
            yield from _settled(waiting.popleft(), told)
    finally:
        pool.shutdown(cancel_futures=True)
        told.end()


def _settled(future: Future[Sequence[Any]], told: _Told) -> Generator[Any, None, None]:
    found = future.result()
    yield from found
    told.of(len(found))


def _sizes(batch: int) -> Iterator[int]:
    size = min(FIRST, batch)
    while True:
        yield size
        size = min(2 * size, batch)


def _lists(rows: Iterator[Any], batch: int) -> Iterator[list[Any]]:
    for size in _sizes(batch):
        found = list(islice(rows, size))
        if not found:
            return
        yield found


def _parts(column: Any, batch: int) -> Iterator[Any]:
    start = 0
    for size in _sizes(batch):
        if start >= len(column):
            return
        yield column[start : start + size]
        start += size


def _asker(route: Route, options: dict[str, Any]) -> Ask:
    """What answers a batch: one call for texts, one for each dict of arrays."""
    texts: Any = route.embed if EMBEDDING & options.keys() else route

    def ask(batch: Batch) -> Sequence[Any]:
        if isinstance(batch, list) and isinstance(batch[0], dict):
            return [route.run(row, **options) for row in batch]
        found: Sequence[Any] = texts(batch, **options)
        return found

    return ask


def _apart(ask: Ask) -> Ask:
    """As ``ask``, with exceptions in the places of rows that the model does not take."""

    def each(batch: Batch) -> Sequence[Any]:
        try:
            return ask(batch)
        except OF_A_ROW as error:
            if len(batch) == 1:
                return [error]
            half = len(batch) // 2
            return [*each(batch[:half]), *each(batch[half:])]

    return each
