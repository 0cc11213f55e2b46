"""Who is told how far something is: a function of the caller's, or a bar of ``tqdm``'s."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

DELAY = 0.3  # seconds before a bar is shown that nobody asked for: what is short needs none
LOOKS: dict[str, dict[str, Any]] = {
    "bytes": {"unit": "B", "unit_scale": True, "unit_divisor": 1024},
    "rows": {"unit": " rows"},
    "share": {"total": 100, "bar_format": "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"},
}


class Bar:
    """A bar that counts bytes, rows or parts of a hundred."""

    def __init__(self, tqdm: Any, title: str, of: str, delay: float = 0) -> None:
        looks = {"leave": False, "delay": delay, "file": sys.stderr, **LOOKS[of]}
        self._bar = tqdm(desc=title, **looks)

    def __call__(self, progress: Any) -> None:
        """Show how far it is."""
        if hasattr(progress, "share"):
            done: float = 100 * min(progress.share, 1.0)
            if progress.best is not None:
                best = f"{progress.best.requests_per_second:.0f}/s"
                self._bar.set_postfix(best=best, left=progress.candidates, refresh=False)
        else:
            self._bar.total = progress.total
            done = progress.done
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def listener(
    progress: bool | Callable[[Any], object] | None,
    title: str,
    of: Literal["bytes", "rows", "share"] = "bytes",
) -> tuple[Callable[[Any], object] | None, Bar | None]:
    """Return who is told, and what is to be closed at the end.

    ``None`` and ``True`` are a bar on a terminal where ``tqdm`` is installed, and nobody elsewhere;
    ``False`` is nobody.

    Raises ``TypeError`` for what cannot be told anything.
    """
    if callable(progress):
        return progress, None
    if progress is not None and progress is not True and progress is not False:
        raise TypeError("progress must be True, False, None or a function")
    shown = progress is not False and sys.stderr is not None and sys.stderr.isatty()
    bar = _bar(title, of, 0 if progress else DELAY) if shown else None
    return bar, bar


def _bar(title: str, of: str, delay: float) -> Bar | None:
    try:
        return Bar(import_module("tqdm").tqdm, title, of, delay)
    except ImportError:
        return None
