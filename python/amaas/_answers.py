"""What a route answers, for annotations."""

from typing import Any, Literal, NamedTuple, TypedDict


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
