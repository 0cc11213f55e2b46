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


class TextPair(TypedDict):
    """Two texts to read together."""

    text: str
    text_pair: str


class _Span(TypedDict):
    score: float
    word: str
    start: int
    end: int


class Entity(_Span, total=False):
    """A span of a text and what it is; places count characters."""

    entity_group: str
    """The label, with an aggregation."""
    entity: str
    """The label of a token, without one."""
    index: int
    """The place of the token in its row, without an aggregation."""
    truncated: int
    """Tokens of the text that were lost; only where any were."""


class _Ranked(TypedDict):
    index: int
    score: float


class RankedDocument(_Ranked, total=False):
    """A document, by its place in the list, and how well it answers the query."""

    truncated: int
    """Tokens that were lost; only where any were."""


class ZeroShot(TypedDict):
    """A text with labels, best first, and their scores."""

    sequence: str
    labels: list[str]
    scores: list[float]
