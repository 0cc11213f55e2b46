"""Answers as columns, for engines that work on tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amaas import Route


def columns(route: Route, texts: Any, options: dict[str, Any]) -> dict[str, list[Any]]:
    """Return what ``route`` answers to texts: ``label`` and ``score``, or ``embedding``."""
    if not route.labels:
        return {"embedding": list(route.embed(texts, **options))}
    found = route(texts, **options)
    return {key: [answer[key] for answer in found] for key in ("label", "score")}
