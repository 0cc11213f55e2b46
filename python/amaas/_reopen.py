"""Services and routes that came out of a pickle, made once in each process.

What travels is the folder of the registry, the name and digest of a version, and options; never
keys or credentials. So an alias that moves meanwhile changes nothing for a job that is running.

Somebody who asks again while it is used gets the same. The few that were asked for last are kept
though nobody uses them, since an engine lets go of a route between two tasks.

The trap: a child of ``fork`` inherits this list but may use nothing on it, so it begins with none.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from amaas._errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from amaas._amaas import Route, Service

Options = dict[str, Any]

KEPT = 8  # of each kind


class Opened:
    """What was opened, by key: each key once, and different ones side by side."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._turns: WeakValueDictionary[str, Any] = WeakValueDictionary()
        self._used: WeakValueDictionary[str, Any] = WeakValueDictionary()
        self._recent: OrderedDict[str, Any] = OrderedDict()

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what was opened under ``key``; what is not there or closed is made."""
        with self._lock:
            turn = self._turns.setdefault(key, Lock())
        with turn:
            found = self._used.get(key)
            if found is None or found.closed:
                found = make()
            old = self._remember(key, found)
        del old  # unloading may take a while: not while others wait
        return found

    def _remember(self, key: str, found: Any) -> list[Any]:
        """Keep what was asked for, and return what is no longer kept."""
        with self._lock:
            self._used[key] = self._recent[key] = found
            self._recent.move_to_end(key)
            surplus = range(max(len(self._recent) - KEPT, 0))
            return [self._recent.popitem(last=False) for _ in surplus]


_services = Opened()
_routes = Opened()


def service(registry: str | None, options: Options) -> Service:
    """Return this process's service for this folder and these options."""
    from amaas._amaas import Service

    key = _key(registry, options)
    found: Service = _services.get(key, lambda: Service(registry, **options))
    return found


def route(
    registry: str | None, service_options: Options, reference: str, digest: str, options: Options
) -> Route:
    """Return this process's route to the version with this digest.

    Raises ``Conflict`` where a path holds another version by now; else as ``Service.load``.
    """

    def load() -> Route:
        found = service(registry, service_options).load(reference, **options)
        if found.digest != digest:
            raise Conflict(
                f"what lies at `{reference}` is not the version that was sent; "
                "publish it and load it from the registry"
            )
        return found

    key = _key(registry, service_options, reference, digest, options)
    found: Route = _routes.get(key, load)
    return found


def _key(*parts: object) -> str:
    return repr([sorted(part.items()) if isinstance(part, dict) else part for part in parts])


def _forget() -> None:
    global _services, _routes
    _services, _routes = Opened(), Opened()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
