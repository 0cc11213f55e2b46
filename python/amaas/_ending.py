"""What is closed before the interpreter ends, because a thread of it might wait for Python.

The trap: a thread that asks for an interpreter that is ending never gets it, and never ends.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

if TYPE_CHECKING:

    class Closable(Protocol):
        """What can be closed."""

        def close(self) -> None: ...


_open: WeakSet[Closable] = WeakSet()


def remember(thing: Closable) -> None:
    """Close ``thing`` at the end, if it is there then."""
    _open.add(thing)


@atexit.register
def _close() -> None:
    for thing in list(_open):
        thing.close()
