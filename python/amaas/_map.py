"""``Route.map``: rows in, answers out, in order and in bounded memory.

Batches grow for as long as they are answered soon: the first answers come early, a fast model is
not kept waiting between many small calls, and a slow one hands out its answers every now and then.
One is answered after the other, each on all processors, and the next rows are asked for when the
answers to those before them are handed out: so a source that is slow or waits keeps back no answer,
it is read on the thread that takes them, and nothing goes on behind the back of somebody who stops.

The trap: a batch fails as a whole. Where rows may fail alone it is halved until they do.
"""

from __future__ import annotations

from functools import partial
from itertools import chain, islice
from time import perf_counter
from typing import TYPE_CHECKING, Any

from amaas._amaas import _chunks, _later
from amaas._answers import RowProgress
from amaas._errors import InferenceFailed, InvalidArgument
from amaas._progress import listener

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Generator,
        Iterable,
        Iterator,
        Sequence,
    )

    from amaas._amaas import Route

    Batch = Sequence[Any]
    Ask = Callable[[Batch], Sequence[Any]]

FIRST = 16  # rows of the first batch
# Seconds; what is answered sooner is followed by so many times as many.
SOON = [(0.1, 16), (0.5, 4), (2.0, 2)]
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
    ask = _checked(route, rows, batch, errors, options)
    pace = _Pace(batch)
    return _each(_batches(rows, pace), ask, pace, _Told(progress, rows))


def answers_async(
    route: Route,
    rows: Any,
    batch: int,
    errors: str,
    progress: Any,
    options: dict[str, Any],
) -> AsyncGenerator[Any, None]:
    """As ``answers``, for ``async for``; ``rows`` may be iterated either way."""
    ask = _checked(route, rows, batch, errors, options)
    pace = _Pace(batch)
    batches: AsyncIterator[Batch]
    if hasattr(rows, "__aiter__"):
        batches = _lists_async(aiter(rows), pace)
    else:
        batches = _as_async(_batches(rows, pace))
    return _each_async(batches, ask, pace, _Told(progress, rows))


def _checked(route: Route, rows: Any, batch: int, errors: str, options: dict[str, Any]) -> Ask:
    """What answers a batch, once the options are found to be right."""
    if batch < 1:
        raise InvalidArgument(f"`batch` is `{batch}`; use at least 1")
    if errors not in ("raise", "return"):
        raise InvalidArgument(f"`errors` is `{errors}`; use `raise` or `return`")
    if isinstance(rows, (str, bytes, dict)):
        raise TypeError(f"rows must be many, not one {type(rows).__name__}")
    ask = _asker(route, options)
    return _apart(ask) if errors == "return" else ask


class _Told:
    """Counts answers and tells of them."""

    def __init__(self, progress: Any, rows: Any) -> None:
        self._tell, self._bar = listener(progress, "map", "rows")
        self._total = len(rows) if hasattr(rows, "__len__") else None
        self._done = 0

    def of(self, count: int) -> None:
        self._done += count
        if self._tell is not None:
            self._tell(RowProgress(self._done, self._total))

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Pace:
    """How many rows are asked for at once."""

    def __init__(self, most: int) -> None:
        self.rows = min(FIRST, most)
        self._most = most

    def answered(self, batch: Batch, since: float) -> None:
        """Learns from a batch; arrays are large and run one by one: more gain nothing."""
        took = perf_counter() - since
        more = next((times for soon, times in SOON if took < soon), 1)
        if not _is_arrays(batch):
            self.rows = min(more * self.rows, self._most)


def _each(
    batches: Iterator[Batch], ask: Ask, pace: _Pace, told: _Told
) -> Generator[Any, None, None]:
    try:
        for batch in batches:
            asked = perf_counter()
            found = ask(batch)
            pace.answered(batch, asked)
            yield from found
            told.of(len(found))
    finally:
        told.end()


async def _each_async(
    batches: AsyncIterator[Batch], ask: Ask, pace: _Pace, told: _Told
) -> AsyncGenerator[Any, None]:
    try:
        async for batch in batches:
            asked = perf_counter()
            found = await _later(partial(ask, batch))
            pace.answered(batch, asked)
            for one in found:
                yield one
            told.of(len(found))
    finally:
        told.end()


def _batches(rows: Iterable[Any], pace: _Pace) -> Iterator[Batch]:
    """Parts of ``rows``: lists, or where they are columns of Arrow's, parts of those."""
    chunks = _chunks(rows)
    return _lists(iter(rows), pace) if chunks is None else _parts(chunks, pace)


def _lists(rows: Iterator[Any], pace: _Pace) -> Iterator[list[Any]]:
    while found := list(islice(rows, pace.rows)):
        yield found


async def _lists_async(rows: AsyncIterator[Any], pace: _Pace) -> AsyncIterator[list[Any]]:
    found = list[Any]()
    async for row in rows:
        found.append(row)
        if len(found) == pace.rows:
            yield found
            found = []
    if found:
        yield found


async def _as_async(batches: Iterator[Batch]) -> AsyncIterator[Batch]:
    for batch in batches:
        yield batch


def _parts(chunks: Iterator[Any], pace: _Pace) -> Iterator[Any]:
    """A chunk is cut where it is longer than a batch; it is let go of before the next is read."""
    return chain.from_iterable(_cut(chunk, pace) for chunk in chunks)


def _cut(chunk: Any, pace: _Pace) -> Iterator[Any]:
    start = 0
    while start < len(chunk):
        part = chunk[start : start + pace.rows]
        yield part
        start += len(part)


def _is_arrays(batch: Batch) -> bool:
    return isinstance(batch, list) and isinstance(batch[0], dict)


def _asker(route: Route, options: dict[str, Any]) -> Ask:
    """What answers a batch: one call for texts, one for each dict of arrays."""
    texts: Any = route.embed if EMBEDDING & options.keys() else route

    def ask(batch: Batch) -> Sequence[Any]:
        if _is_arrays(batch):
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
