"""The extension module that `amaas-py` compiles to. Import `amaas`, not this."""

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any, Final, Literal, Self, final, overload

from numpy import float32
from numpy.typing import NDArray

from amaas._answers import LabelScore

__all__ = [
    "Device",
    "Model",
    "Placement",
    "Port",
    "Published",
    "Route",
    "Service",
    "Signature",
    "Usage",
    "__version__",
    "_forked",
]

__version__: Final[str]

def _forked() -> None: ...

@final
class Service:
    def __new__(
        cls,
        registry: str | PathLike[str] | None = None,
        *,
        device: str | Sequence[str] | None = None,
        instances: int | None = None,
        threads: int | None = None,
        timeout: float | None = None,
        runtime: str | PathLike[str] | None = None,
    ) -> Self: ...
    @property
    def runtime(self) -> str: ...
    def publish(self, path: str | PathLike[str]) -> Published: ...
    def load(
        self,
        reference: str | PathLike[str],
        *,
        device: str | Sequence[str] | None = None,
        instances: int | None = None,
        threads: int | None = None,
        timeout: float | None = None,
    ) -> Route: ...
    def models(self) -> list[Model]: ...
    def alias(
        self, name: str, alias: str, version: str, *, reason: str | None = None
    ) -> None: ...
    def rollback(self, name: str, alias: str, *, reason: str | None = None) -> str: ...
    def devices(self) -> list[Device]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_details: object) -> None: ...

@final
class Route:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def placement(self) -> Placement: ...
    @property
    def signature(self) -> Signature: ...
    @property
    def metadata(self) -> dict[str, str]: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def usage(self) -> Usage: ...
    # A model for text embedding answers with what `embed` does: call that where types matter.
    @overload
    def __call__(
        self,
        texts: str | Iterable[str],
        *,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self,
        texts: str,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def __call__(
        self,
        texts: Iterable[str],
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
    ) -> list[list[LabelScore]]: ...
    def embed(
        self,
        texts: str | Iterable[str],
        *,
        prompt: str | None = None,
        dimensions: int | None = None,
        normalize: bool | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
    ) -> NDArray[float32]: ...
    # Values are arrays, or lists and numbers; `dict` of anything narrower would be invariant.
    def run(
        self,
        inputs: dict[str, Any],
        outputs: Sequence[str] | None = None,
        *,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
    ) -> dict[str, NDArray[Any]]: ...
    def update(self) -> bool: ...

@final
class Signature:
    @property
    def inputs(self) -> list[Port]: ...
    @property
    def outputs(self) -> list[Port]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Port:
    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str | None: ...
    @property
    def shape(self) -> list[int | str | None] | None: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Placement:
    @property
    def providers(self) -> dict[str, int]: ...
    @property
    def skipped(self) -> dict[str, str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Usage:
    @property
    def requests(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def tokens(self) -> int: ...
    @property
    def queued_seconds(self) -> float: ...
    @property
    def computed_seconds(self) -> float: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Published:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def created(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Model:
    @property
    def name(self) -> str: ...
    @property
    def versions(self) -> list[str]: ...
    @property
    def aliases(self) -> dict[str, str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Device:
    @property
    def provider(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
