"""What a route answers, for annotations."""

from typing import TypedDict


class _Scored(TypedDict):
    label: str
    score: float


class LabelScore(_Scored, total=False):
    """A label of a text and how well it fits.

    ``truncated`` is there when the text was cut: the count of tokens lost.
    """

    truncated: int
