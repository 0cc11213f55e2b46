"""Services and routes that came out of a pickle, made once in each process.

What travels is the folder of the registry, the name and digest of a version, and options; never
keys or credentials. So an alias that moves meanwhile changes nothing for a job that is running.

The trap: a child of ``fork`` inherits this list but may use nothing on it, so it begins with none.
"""

from __future__ import annotations

import os
from threading import RLock
from typing import TYPE_CHECKING, Any

from amaas._errors import Conflict

if TYPE_CHECKING:
    from amaas._amaas import Route, Service

Options = dict[str, Any]

_lock = RLock()
_services: dict[str, Service] = {}
_routes: dict[str, Route] = {}


def service(registry: str | None, options: Options) -> Service:
    """Return this process's service for this folder and these options."""
    from amaas._amaas import Service

    key = _key(registry, options)
    with _lock:
        found = _services.get(key)
        if found is None or found.closed:
            found = _services[key] = Service(registry, **options)
        return found


def route(
    registry: str | None, service_options: Options, reference: str, digest: str, options: Options
) -> Route:
    """Return this process's route to the version with this digest.

    Raises ``Conflict`` where a path holds another version by now; else as ``Service.load``.
    """
    key = _key(registry, service_options, reference, digest, options)
    with _lock:
        found = _routes.get(key)
        if found is None or found.closed:
            found = service(registry, service_options).load(reference, **options)
            if found.digest != digest:
                raise Conflict(
                    f"what lies at `{reference}` is not the version that was sent; "
                    "publish it and load it from the registry"
                )
            _routes[key] = found
        return found


def _key(*parts: object) -> str:
    return repr([sorted(part.items()) if isinstance(part, dict) else part for part in parts])


def _forget() -> None:
    global _lock
    _lock = RLock()
    _services.clear()
    _routes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
