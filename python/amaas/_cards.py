"""What a notebook shows of a service, a route, a table: plain HTML without styles of its own.

The trap: names, labels and reasons are other people's text, so everything is escaped.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from amaas._errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Cell = tuple[str, object]


def card(thing: Any) -> str:
    """Return the card of ``thing``, an object of amaas."""
    name = type(thing).__name__
    try:
        return _BY_NAME[name](thing)
    except Error as error:  # it was closed
        return _facts(name, [("", error.message)])


def _service(service: Any) -> str:
    try:
        folder: object = service.registry.root
    except Error:
        folder = "none"
    facts = _facts("Service", [("registry", folder), ("runtime", service.runtime)])
    return facts + _versions(service.versions())


def _route(route: Any) -> str:
    facts = [
        ("reference", route.reference),
        ("answers", f"{route.name} {route.version}"),
        ("digest", route.digest),
        ("takes and gives", route.signature),
        ("placement", route.placement),
        ("batching", route.batching),
        ("labels", ", ".join(route.labels)),
    ]
    trial = "" if route.trial is None else _trial(route.trial)
    return _facts("Route", facts) + _usage(route.usage) + trial


def _registry(registry: Any) -> str:
    rows = [(model.name, ", ".join(model.versions), _aliases(model)) for model in registry.models()]
    return _table(f"Registry {registry.root}", ("model", "versions", "aliases"), rows)


def _model(model: Any) -> str:
    facts = [("versions", ", ".join(model.versions)), ("aliases", _aliases(model))]
    return _facts(f"Model {model.name}", facts)


def _aliases(model: Any) -> str:
    return ", ".join(f"{alias} → {version}" for alias, version in model.aliases.items())


def _placement(placement: Any) -> str:
    rows = [(provider, f"{nodes} nodes") for provider, nodes in placement.providers.items()]
    rows += [(device, f"skipped: {why}") for device, why in placement.skipped.items()]
    return _table("Placement", ("provider", "what it got"), rows)


def _usage(usage: Any) -> str:
    names = ("requests", "failures", "rows", "tokens", "queued_seconds", "computed_seconds")
    values = [getattr(usage, name) for name in names]
    shown = [f"{value:.3f}" if isinstance(value, float) else f"{value:,}" for value in values]
    heads = [name.replace("_seconds", ", s") for name in names]
    return _table("Usage", heads, [shown])


def _versions(versions: Iterable[Any]) -> str:
    heads = ("version", "state", "MB", "idle, s", "pinned", "routes")
    rows = [
        (
            f"{one.name} {one.version}",
            one.state,
            f"{one.bytes / 1e6:.1f}",
            f"{one.idle_seconds:.0f}",
            "yes" if one.pinned else "",
            ", ".join(one.routes),
        )
        for one in versions
    ]
    return _table("Versions", heads, rows)


def _updated(updated: Any) -> str:
    rows = [(one.reference, f"{one.old} → {one.new}") for one in updated.moved]
    rows += [(name, "other versions are kept") for name in updated.kept]
    rows += [(one.reference, f"stays: {one.error}") for one in updated.failed]
    return _table("Updated", ("reference", "what happened"), rows)


def _trial(trial: Any) -> str:
    facts = [
        (trial.kind, f"{trial.reference}: {trial.version}"),
        ("share", f"{trial.share:.1%}"),
        ("outcome", trial.outcome or "goes on"),
        ("reason", trial.reason or ""),
        ("requests", f"{trial.current.requests:,} present, {trial.tried.requests:,} tried"),
    ]
    return _facts("Trial", facts)


def _tuned(tuned: Any) -> str:
    heads = ("instances", "threads", "rows", "clients", "requests/s", "p50, ms", "p99, ms")
    rows = [
        (
            row.instances or "usual",
            row.threads or "usual",
            row.rows,
            row.clients,
            f"{row.requests_per_second:.1f}",
            f"{row.p50_seconds * 1e3:.2f}",
            f"{row.p99_seconds * 1e3:.2f}",
        )
        for row in tuned.table
    ]
    return _table(f"Tuned for {tuned.objective}, best first", heads, rows)


def _facts(title: str, facts: Sequence[Cell]) -> str:
    return _table(title, (), [(name, value) for name, value in facts if value != ""])


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = f"<thead><tr>{cells}</tr></thead>" if heads else ""
    caption = f"<caption><b>{escape(title)}</b></caption>"
    return f"<table>{caption}{head}<tbody>{body}</tbody></table>"


_BY_NAME: dict[str, Callable[[Any], str]] = {
    "Service": _service,
    "Route": _route,
    "Registry": _registry,
    "Model": _model,
    "Placement": _placement,
    "Usage": _usage,
    "VersionStatus": lambda one: _versions([one]),
    "Updated": _updated,
    "Trial": _trial,
    "Tuned": _tuned,
}
