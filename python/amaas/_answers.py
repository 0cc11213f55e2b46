"""What a route answers, for annotations."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, TypedDict

if TYPE_CHECKING:  # numpy is not imported before it is needed
    from collections.abc import Callable

    from numpy import float32
    from numpy.typing import NDArray

    from amaas._amaas import Receipt


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


class Pixels(Protocol):
    """What shows its pixels as arrays of numpy and images of Pillow's do."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


Image: TypeAlias = bytes | str | PathLike[str] | Pixels
"""An image: bytes of a PNG, JPEG, WebP or BMP file, a path to one, or pixels."""


class Box(TypedDict):
    """Where a thing is, in pixels of its image."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class Detection(TypedDict):
    """A thing on an image, how sure the model is, and where it is."""

    label: str
    score: float
    box: Box


class TextLine(TypedDict):
    """A line of text on an image: its corners are ``[x, y]``, clockwise from the upper left one."""

    text: str
    score: float
    corners: list[list[float]]


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


class _Written(TypedDict):
    generated_text: str
    finish_reason: Literal["stop", "length"]


class Generation(_Written, total=False):
    """The text that was written after a prompt, without it, and why it ended.

    ``truncated`` is there when the prompt was cut: the count of tokens lost.
    """

    truncated: int


class ChatAnswer(TypedDict):
    """The answer to a chat, as a message of it, and why it ended."""

    role: Literal["assistant"]
    content: str
    finish_reason: Literal["stop", "length"]


class GenerateOptions(TypedDict, total=False):
    """The keyword arguments of ``Route.generate``."""

    max_new_tokens: int | None
    do_sample: bool | None
    temperature: float | None
    top_k: int | None
    top_p: float | None
    min_p: float | None
    repetition_penalty: float | None
    no_repeat_ngram_size: int | None
    prompt_lookup_num_tokens: int | None
    seed: int | None
    num_beams: int | None
    length_penalty: float | None
    stop: str | list[str] | None
    schema: dict[str, Any] | None
    overflow: Literal["error", "truncate"] | None
    timeout: float | None
    priority: Literal["low", "normal", "high"] | None
    key: str | None
    tenant: str | None
    idempotency: str | None
    receipt: Callable[[Receipt], object] | None
