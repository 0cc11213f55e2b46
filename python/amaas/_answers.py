"""What a route answers, for annotations."""

from typing import NamedTuple, TypedDict


class _Scored(TypedDict):
    label: str
    score: float


class LabelScore(_Scored, total=False):
    """A label of a text and how well it fits.

    ``truncated`` is there when the text was cut: the count of tokens lost.
    """

    truncated: int


class RowProgress(NamedTuple):
    """How far ``Route.map`` is."""

    done: int
    """How many rows are answered."""
    total: int | None
    """How many there are, where that is known before."""
