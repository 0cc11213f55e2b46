"""What a route answers, for annotations."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypedDict

if TYPE_CHECKING:  # numpy is not imported before it is needed
    from numpy import float32
    from numpy.typing import NDArray


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


class Speech(TypedDict):
    """A stretch of speech in a recording."""

    start: float
    """Where it begins, in seconds."""
    end: float
    """Where it ends, in seconds."""
    score: float
    """The mean probability of its windows, from 0 to 1."""


class Heard(TypedDict):
    """What came of a piece of sound that a ``Stream`` was fed with."""

    speech: list[Speech]
    """The stretches that are certain now, in seconds from the first piece."""
    probabilities: NDArray[float32]
    """The probability of speech in each window that is whole now."""
    speaking: bool
    """Whether speech is going on."""


Samples: TypeAlias = "NDArray[Any] | dict[str, Any]"
"""Samples of sound: an array, or a dict with ``"array"`` and ``"sampling_rate"``."""

Recording: TypeAlias = "bytes | str | PathLike[str] | NDArray[Any] | dict[str, Any]"
"""A file's bytes or path, or samples."""
