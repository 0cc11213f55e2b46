"""Who is told how far something is: a function of the caller's, or a bar of ``tqdm``'s."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from amaas._amaas import Progress


class Bar:
    """A bar that counts bytes."""

    def __init__(self, tqdm: Any, title: str) -> None:
        self._bar = tqdm(
            desc=title, unit="B", unit_scale=True, unit_divisor=1024, leave=False, file=sys.stderr
        )

    def __call__(self, progress: Progress) -> None:
        """Show how far it is."""
        self._bar.total = progress.total
        self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def listener(
    progress: bool | Callable[[Progress], object], title: str
) -> tuple[Callable[[Progress], object] | None, Bar | None]:
    """Return who is told, and what is to be closed at the end.

    ``True`` is a bar on a terminal where ``tqdm`` is installed, and nobody elsewhere.

    Raises ``TypeError`` for what cannot be told anything.
    """
    if callable(progress):
        return progress, None
    if progress is not True and progress is not False:
        raise TypeError("progress must be True, False, None or a function")
    bar = _bar(title) if progress and sys.stderr is not None and sys.stderr.isatty() else None
    return bar, bar


def _bar(title: str) -> Bar | None:
    try:
        return Bar(import_module("tqdm").tqdm, title)
    except ImportError:
        return None
