"""The extension module that `amaas-py` compiles to. Import `amaas`, not this."""

from asyncio import Future
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from datetime import datetime
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Self, TypeAlias, Unpack, final, overload

from numpy import float32
from numpy.typing import NDArray

from amaas._answers import (
    ChatAnswer,
    Detection,
    Entity,
    GenerateOptions,
    Generation,
    Heard,
    Image,
    LabelScore,
    RankedDocument,
    Recording,
    RowProgress,
    Samples,
    Speech,
    TextLine,
    TextPair,
    ZeroShot,
)
from amaas._errors import Error

__all__ = [
    "AliasChange",
    "Checked",
    "Damage",
    "Device",
    "Exported",
    "ExportedArchive",
    "GcReport",
    "Guard",
    "Imported",
    "ImportedAlias",
    "ImportedArchive",
    "Invoice",
    "InvoiceLine",
    "Kept",
    "KeyRequest",
    "Keys",
    "Ledger",
    "Model",
    "Moved",
    "Placement",
    "Port",
    "Progress",
    "Published",
    "Pulled",
    "Pushed",
    "Receipt",
    "Redaction",
    "Redactor",
    "Registry",
    "Remote",
    "RemoteModel",
    "Resolved",
    "Route",
    "Service",
    "Signature",
    "Standing",
    "Statistics",
    "Stream",
    "Sum",
    "Tenancy",
    "TextStream",
    "Trial",
    "Trust",
    "TuneProgress",
    "TuneRow",
    "Tuned",
    "Unmoved",
    "Updated",
    "Usage",
    "Verified",
    "VerifyReport",
    "VersionEntry",
    "VersionStatistics",
    "VersionStatus",
    "WarmUp",
    "Warmed",
    "Watcher",
    "Weights",
    "Yanked",
    "_Chunks",
    "_Part",
    "__version__",
    "_chunks",
    "_ending",
    "_forked",
    "_later",
    "_main",
    "feed_together",
]

__version__: Final[str]

class _ArrowArray(Protocol):
    def __arrow_c_array__(self) -> tuple[Any, Any]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self) -> Any: ...

# Columns of pandas, polars, pyarrow and others.
_Column: TypeAlias = _ArrowArray | _ArrowStream

@final
class _Part:
    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> Self: ...

@final
class _Chunks:
    def __iter__(self) -> Iterator[_Part]: ...
    def __next__(self) -> _Part: ...

def _chunks(given: object) -> _Chunks | None: ...
def _later(call: Callable[[], Any]) -> Future[Any]: ...
def feed_together(
    streams: Sequence[Stream],
    pieces: Sequence[Samples],
    *,
    timeout: float | None = None,
    priority: Literal["low", "normal", "high"] | None = None,
    key: str | None = None,
    tenant: str | None = None,
    idempotency: str | None = None,
) -> list[Heard]: ...
def _forked() -> None: ...
def _ending() -> None: ...
def _main(arguments: Sequence[str]) -> int: ...

@final
class Service:
    def __new__(
        cls,
        registry: str | PathLike[str] | None = None,
        *,
        device: str | Sequence[str] | None = None,
        instances: int | None = None,
        threads: int | None = None,
        rows: int | None = None,
        timeout: float | None = None,
        idle_unload: float | None = None,
        warm_up: WarmUp | bool | None = None,
        memory_budget: int | None = None,
        drain: float | None = None,
        runtime: str | PathLike[str] | None = None,
        prices: str | PathLike[str] | None = None,
        ledger: str | PathLike[str] | None = None,
        strict: bool = False,
        tokens: int | None = None,
        waiting: int | None = None,
        window: float | None = None,
        eager: bool | None = None,
        quotas: str | PathLike[str] | None = None,
        keys: Keys | str | PathLike[str] | Callable[[KeyRequest], Keys] | None = None,
        trust: Trust | None = None,
        redactor: Redactor | None = None,
        on_receipt: Callable[[Receipt], object] | None = None,
        operators: Sequence[str | PathLike[str]] = (),
    ) -> Self: ...
    @property
    def runtime(self) -> str: ...
    def publish(
        self,
        path: str | PathLike[str],
        *,
        progress: bool | Callable[[Progress], object] | None = None,
        recipients: Sequence[str] = (),
        passphrase: str | None = None,
        sign_with: str | PathLike[str] | None = None,
        generation: int = 0,
    ) -> Published: ...
    def publish_async(
        self,
        path: str | PathLike[str],
        *,
        progress: bool | Callable[[Progress], object] | None = None,
        recipients: Sequence[str] = (),
        passphrase: str | None = None,
        sign_with: str | PathLike[str] | None = None,
        generation: int = 0,
    ) -> Future[Published]: ...
    @property
    def ledger(self) -> Ledger | None: ...
    def standing(self, tenant: str | None = None) -> Standing: ...
    def standing_async(self, tenant: str | None = None) -> Future[Standing]: ...
    def metrics_text(self) -> str: ...
    def load(
        self,
        reference: str | PathLike[str],
        *,
        device: str | Sequence[str] | None = None,
        instances: int | None = None,
        threads: int | None = None,
        rows: int | None = None,
        timeout: float | None = None,
        idle_unload: float | None = None,
        warm_up: WarmUp | bool | None = None,
        tokens: int | None = None,
        waiting: int | None = None,
        window: float | None = None,
        eager: bool | None = None,
    ) -> Route: ...
    def load_async(
        self,
        reference: str | PathLike[str],
        *,
        device: str | Sequence[str] | None = None,
        instances: int | None = None,
        threads: int | None = None,
        rows: int | None = None,
        timeout: float | None = None,
        idle_unload: float | None = None,
        warm_up: WarmUp | bool | None = None,
        tokens: int | None = None,
        waiting: int | None = None,
        window: float | None = None,
        eager: bool | None = None,
    ) -> Future[Route]: ...
    def models(self) -> list[Model]: ...
    def models_async(self) -> Future[list[Model]]: ...
    def alias(self, name: str, alias: str, version: str, *, reason: str | None = None) -> None: ...
    def alias_async(
        self, name: str, alias: str, version: str, *, reason: str | None = None
    ) -> Future[None]: ...
    def rollback(self, name: str, alias: str, *, reason: str | None = None) -> str: ...
    def rollback_async(
        self, name: str, alias: str, *, reason: str | None = None
    ) -> Future[str]: ...
    @property
    def registry(self) -> Registry: ...
    def verify(self, reference: str | PathLike[str]) -> Checked: ...
    def verify_async(self, reference: str | PathLike[str]) -> Future[Checked]: ...
    def verify_all(
        self, *, progress: bool | Callable[[Progress], object] | None = None
    ) -> Verified: ...
    def verify_all_async(
        self, *, progress: bool | Callable[[Progress], object] | None = None
    ) -> Future[Verified]: ...
    def import_model(
        self,
        path: str | PathLike[str],
        *,
        name: str | None = None,
        version: str | None = None,
        license: str | None = None,
        format: Literal["package", "onnx", "hugging-face", "mlflow", "triton", "serving"]
        | None = None,
        graph: str | None = None,
        pooling: Literal["mean", "cls", "last", "none"] | None = None,
        dry_run: bool = False,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> list[Imported]: ...
    def import_model_async(
        self,
        path: str | PathLike[str],
        *,
        name: str | None = None,
        version: str | None = None,
        license: str | None = None,
        format: Literal["package", "onnx", "hugging-face", "mlflow", "triton", "serving"]
        | None = None,
        graph: str | None = None,
        pooling: Literal["mean", "cls", "last", "none"] | None = None,
        dry_run: bool = False,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> Future[list[Imported]]: ...
    def keep(self, name: str, versions: int | Literal["all"] | Sequence[str] = "all") -> Kept: ...
    def keep_async(
        self, name: str, versions: int | Literal["all"] | Sequence[str] = "all"
    ) -> Future[Kept]: ...
    def update(self) -> Updated: ...
    def update_async(self) -> Future[Updated]: ...
    def versions(self) -> list[VersionStatus]: ...
    def versions_async(self) -> Future[list[VersionStatus]]: ...
    def watch(
        self,
        callback: Callable[[Updated | Error], object] | None = None,
        *,
        interval: float = 30.0,
        longest: float = 600.0,
        notifications: bool = True,
        remote: Remote | str | None = None,
    ) -> Watcher: ...
    def watch_async(
        self,
        callback: Callable[[Updated | Error], object] | None = None,
        *,
        interval: float = 30.0,
        longest: float = 600.0,
        notifications: bool = True,
        remote: Remote | str | None = None,
    ) -> Future[Watcher]: ...
    def tune(
        self,
        reference: str | PathLike[str],
        sample: Sequence[str] | _Column | Sequence[dict[str, Any]],
        *,
        objective: str = "throughput",
        budget: float = 60.0,
        clients: Sequence[int] | None = None,
        progress: bool | Callable[[TuneProgress], object] | None = None,
    ) -> Tuned: ...
    def tune_async(
        self,
        reference: str | PathLike[str],
        sample: Sequence[str] | _Column | Sequence[dict[str, Any]],
        *,
        objective: str = "throughput",
        budget: float = 60.0,
        clients: Sequence[int] | None = None,
        progress: bool | Callable[[TuneProgress], object] | None = None,
    ) -> Future[Tuned]: ...
    def load_tuned(
        self, reference: str | PathLike[str], *, cache: str | PathLike[str] | None = None
    ) -> Route: ...
    def load_tuned_async(
        self, reference: str | PathLike[str], *, cache: str | PathLike[str] | None = None
    ) -> Future[Route]: ...
    def devices(self) -> list[Device]: ...
    def devices_async(self) -> Future[list[Device]]: ...
    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...
    def close_async(self) -> Future[None]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_details: object) -> None: ...
    def _repr_html_(self) -> str: ...

@final
class TextStream:
    def __iter__(self) -> Self: ...
    def __next__(self) -> str: ...
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Future[str]: ...
    def cancel(self) -> None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def finish_reason(self) -> Literal["stop", "length"] | None: ...

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
    def weights(self) -> Weights: ...
    @property
    def batching(self) -> str: ...
    @property
    def signature(self) -> Signature: ...
    @property
    def metadata(self) -> dict[str, str]: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def usage(self) -> Usage: ...
    # A model for text embedding answers with what `embed` does, one for token classification with
    # what `tag` does: call those where types matter.
    @overload
    def __call__(
        self,
        texts: str | Iterable[str] | _Column | TextPair | Iterable[TextPair],
        *,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
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
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def __call__(
        self,
        texts: Iterable[str] | _Column,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[LabelScore]]: ...
    # With the options of `generate`, a model that writes answers as that does.
    @overload
    def __call__(
        self, texts: str | Iterable[str] | _Column, **generation: Unpack[GenerateOptions]
    ) -> list[Generation]: ...
    def embed(
        self,
        texts: str | Iterable[str] | _Column,
        *,
        prompt: str | None = None,
        dimensions: int | None = None,
        normalize: bool | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> NDArray[float32]: ...
    # Values are arrays, or lists and numbers; `dict` of anything narrower would be invariant.
    def run(
        self,
        inputs: dict[str, Any],
        outputs: Sequence[str] | None = None,
        *,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> dict[str, NDArray[Any]]: ...
    # The keyword arguments are those of a call of the route, of `embed` and of `run`.
    @overload
    def classify_async(
        self,
        texts: str | Iterable[str] | _Column,
        *,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_async(  # type: ignore[overload-overlap]
        self,
        texts: str,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_async(
        self,
        texts: Iterable[str] | _Column,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[LabelScore]]]: ...
    def embed_async(
        self,
        texts: str | Iterable[str] | _Column,
        *,
        prompt: str | None = None,
        dimensions: int | None = None,
        normalize: bool | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[NDArray[float32]]: ...
    def run_async(
        self,
        inputs: dict[str, Any],
        outputs: Sequence[str] | None = None,
        *,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[dict[str, NDArray[Any]]]: ...
    # Spans, pairs, rankings, labels of the call, similarity.
    @overload
    def tag(  # type: ignore[overload-overlap]
        self,
        texts: str,
        *,
        aggregation_strategy: Literal["none", "simple", "first", "average", "max"] | None = None,
        ignore_labels: Sequence[str] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[Entity]: ...
    @overload
    def tag(
        self,
        texts: Iterable[str] | _Column,
        *,
        aggregation_strategy: Literal["none", "simple", "first", "average", "max"] | None = None,
        ignore_labels: Sequence[str] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[Entity]]: ...
    @overload
    def classify_pairs(
        self,
        pairs: tuple[str, str] | TextPair | Iterable[tuple[str, str] | TextPair],
        *,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def classify_pairs(
        self,
        pairs: tuple[str, str] | TextPair,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def classify_pairs(
        self,
        pairs: Iterable[tuple[str, str] | TextPair],
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[LabelScore]]: ...
    def rank(
        self,
        query: str,
        documents: Iterable[str] | _Column,
        *,
        top_k: int | None = None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[RankedDocument]: ...
    @overload
    def classify_zero_shot(  # type: ignore[overload-overlap]
        self,
        texts: str,
        candidate_labels: Sequence[str],
        *,
        hypothesis_template: str | None = None,
        multi_label: bool | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> ZeroShot: ...
    @overload
    def classify_zero_shot(
        self,
        texts: Iterable[str] | _Column,
        candidate_labels: Sequence[str],
        *,
        hypothesis_template: str | None = None,
        multi_label: bool | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[ZeroShot]: ...
    def similarity(
        self,
        texts: str | Iterable[str] | _Column,
        others: str | Iterable[str] | _Column,
        *,
        similarity_fn_name: Literal["cosine", "dot"] | None = None,
        prompt: str | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> NDArray[float32]: ...
    def similarity_async(
        self,
        texts: str | Iterable[str] | _Column,
        others: str | Iterable[str] | _Column,
        *,
        similarity_fn_name: Literal["cosine", "dot"] | None = None,
        prompt: str | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[NDArray[float32]]: ...
    @overload
    def tag_async(  # type: ignore[overload-overlap]
        self,
        texts: str,
        *,
        aggregation_strategy: Literal["none", "simple", "first", "average", "max"] | None = None,
        ignore_labels: Sequence[str] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[Entity]]: ...
    @overload
    def tag_async(
        self,
        texts: Iterable[str] | _Column,
        *,
        aggregation_strategy: Literal["none", "simple", "first", "average", "max"] | None = None,
        ignore_labels: Sequence[str] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[Entity]]]: ...
    @overload
    def classify_pairs_async(
        self,
        pairs: tuple[str, str] | TextPair | Iterable[tuple[str, str] | TextPair],
        *,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_pairs_async(
        self,
        pairs: tuple[str, str] | TextPair,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_pairs_async(
        self,
        pairs: Iterable[tuple[str, str] | TextPair],
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[LabelScore]]]: ...
    def rank_async(
        self,
        query: str,
        documents: Iterable[str] | _Column,
        *,
        top_k: int | None = None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[RankedDocument]]: ...
    @overload
    def classify_zero_shot_async(  # type: ignore[overload-overlap]
        self,
        texts: str,
        candidate_labels: Sequence[str],
        *,
        hypothesis_template: str | None = None,
        multi_label: bool | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[ZeroShot]: ...
    @overload
    def classify_zero_shot_async(
        self,
        texts: Iterable[str] | _Column,
        candidate_labels: Sequence[str],
        *,
        hypothesis_template: str | None = None,
        multi_label: bool | None = None,
        overflow: Literal["error", "truncate", "window"] | None = None,
        pair_truncation: Literal["longest-first", "only-second"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[ZeroShot]]: ...
    # Images.
    @overload
    def classify_images(
        self,
        images: Image | Iterable[Image],
        *,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def classify_images(  # type: ignore[overload-overlap]
        self,
        images: Image,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def classify_images(
        self,
        images: Iterable[Image],
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[LabelScore]]: ...
    @overload
    def detect(  # type: ignore[overload-overlap]
        self,
        images: Image,
        *,
        threshold: float | None = None,
        overlap: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[Detection]: ...
    @overload
    def detect(
        self,
        images: Iterable[Image],
        *,
        threshold: float | None = None,
        overlap: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[Detection]]: ...
    @overload
    def read_images(  # type: ignore[overload-overlap]
        self,
        images: Image,
        *,
        threshold: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[TextLine]: ...
    @overload
    def read_images(
        self,
        images: Iterable[Image],
        *,
        threshold: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[TextLine]]: ...
    @overload
    def classify_images_async(
        self,
        images: Image | Iterable[Image],
        *,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_images_async(  # type: ignore[overload-overlap]
        self,
        images: Image,
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_images_async(
        self,
        images: Iterable[Image],
        *,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[LabelScore]]]: ...
    @overload
    def detect_async(  # type: ignore[overload-overlap]
        self,
        images: Image,
        *,
        threshold: float | None = None,
        overlap: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[Detection]]: ...
    @overload
    def detect_async(
        self,
        images: Iterable[Image],
        *,
        threshold: float | None = None,
        overlap: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[Detection]]]: ...
    @overload
    def read_images_async(  # type: ignore[overload-overlap]
        self,
        images: Image,
        *,
        threshold: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[TextLine]]: ...
    @overload
    def read_images_async(
        self,
        images: Iterable[Image],
        *,
        threshold: float | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[TextLine]]]: ...
    # Sound.
    @overload
    def detect_speech(
        self,
        audio: Recording,
        *,
        sampling_rate: int | None = None,
        threshold: float | None = None,
        release: float | None = None,
        min_speech_ms: int | None = None,
        min_silence_ms: int | None = None,
        padding_ms: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[Speech]: ...
    @overload
    def detect_speech(
        self,
        audio: list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        threshold: float | None = None,
        release: float | None = None,
        min_speech_ms: int | None = None,
        min_silence_ms: int | None = None,
        padding_ms: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[Speech]]: ...
    @overload
    def speech_probabilities(
        self,
        audio: Recording,
        *,
        sampling_rate: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> NDArray[float32]: ...
    @overload
    def speech_probabilities(
        self,
        audio: list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[NDArray[float32]]: ...
    @overload
    def speech_probabilities_async(
        self,
        audio: Recording,
        *,
        sampling_rate: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[NDArray[float32]]: ...
    @overload
    def speech_probabilities_async(
        self,
        audio: list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[NDArray[float32]]]: ...
    @overload
    def detect_speech_async(
        self,
        audio: Recording,
        *,
        sampling_rate: int | None = None,
        threshold: float | None = None,
        release: float | None = None,
        min_speech_ms: int | None = None,
        min_silence_ms: int | None = None,
        padding_ms: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[Speech]]: ...
    @overload
    def detect_speech_async(
        self,
        audio: list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        threshold: float | None = None,
        release: float | None = None,
        min_speech_ms: int | None = None,
        min_silence_ms: int | None = None,
        padding_ms: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[Speech]]]: ...
    @overload
    def classify_audio(
        self,
        audio: Recording | list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def classify_audio(
        self,
        audio: Recording,
        *,
        sampling_rate: int | None = None,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[LabelScore]: ...
    @overload
    def classify_audio(
        self,
        audio: list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> list[list[LabelScore]]: ...
    @overload
    def classify_audio_async(
        self,
        audio: Recording | list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_audio_async(
        self,
        audio: Recording,
        *,
        sampling_rate: int | None = None,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[LabelScore]]: ...
    @overload
    def classify_audio_async(
        self,
        audio: list[Recording] | tuple[Recording, ...],
        *,
        sampling_rate: int | None = None,
        top_k: int | None,
        function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[list[list[LabelScore]]]: ...
    @overload
    def stream(self, prompt: None = None, *, follow: bool = False) -> Stream: ...
    @overload
    def stream(
        self,
        prompt: str | Sequence[dict[str, Any]],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        **options: Unpack[GenerateOptions],
    ) -> TextStream: ...
    def listen(
        self,
        *,
        threshold: float | None = None,
        release: float | None = None,
        min_speech_ms: int | None = None,
        min_silence_ms: int | None = None,
        padding_ms: int | None = None,
        follow: bool = False,
    ) -> Stream: ...
    # Text that is written.
    def generate(
        self, prompts: str | Iterable[str] | _Column, **options: Unpack[GenerateOptions]
    ) -> list[Generation]: ...
    def generate_async(
        self, prompts: str | Iterable[str] | _Column, **options: Unpack[GenerateOptions]
    ) -> Future[list[Generation]]: ...
    def chat(
        self,
        messages: Sequence[dict[str, Any]],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        **options: Unpack[GenerateOptions],
    ) -> ChatAnswer: ...
    def chat_async(
        self,
        messages: Sequence[dict[str, Any]],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        **options: Unpack[GenerateOptions],
    ) -> Future[ChatAnswer]: ...
    def chat_prompt(
        self,
        messages: Sequence[dict[str, Any]],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
    ) -> str: ...
    # A row gets what it would get in a list: a dict, a list of dicts, a vector, a dict of arrays.
    def map(
        self,
        rows: Iterable[str] | Iterable[dict[str, Any]] | _Column,
        *,
        batch: int = 16384,
        errors: Literal["raise", "return"] = "raise",
        progress: bool | Callable[[RowProgress], object] | None = None,
        **options: Any,
    ) -> Generator[Any]: ...
    def map_async(
        self,
        rows: Iterable[str]
        | AsyncIterable[str]
        | Iterable[dict[str, Any]]
        | AsyncIterable[dict[str, Any]]
        | _Column,
        *,
        batch: int = 16384,
        errors: Literal["raise", "return"] = "raise",
        progress: bool | Callable[[RowProgress], object] | None = None,
        **options: Any,
    ) -> AsyncGenerator[Any]: ...
    def update(self) -> bool: ...
    def update_async(self) -> Future[bool]: ...
    def canary(
        self, reference: str | PathLike[str], share: float, *, guard: Guard | None = None
    ) -> None: ...
    def canary_async(
        self, reference: str | PathLike[str], share: float, *, guard: Guard | None = None
    ) -> Future[None]: ...
    def shadow(
        self, reference: str | PathLike[str], share: float, *, guard: Guard | None = None
    ) -> None: ...
    def shadow_async(
        self, reference: str | PathLike[str], share: float, *, guard: Guard | None = None
    ) -> Future[None]: ...
    def promote(self) -> str: ...
    def promote_async(self) -> Future[str]: ...
    def abort(self) -> bool: ...
    def abort_async(self) -> Future[bool]: ...
    @property
    def trial(self) -> Trial | None: ...
    def pin(self, pinned: bool = True) -> None: ...
    def keep_for(self, tenant: str) -> Tenancy: ...
    def keep_for_async(self, tenant: str) -> Future[Tenancy]: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def warmed(self) -> Warmed: ...
    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...
    def close_async(self) -> Future[None]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_details: object) -> None: ...
    def _repr_html_(self) -> str: ...

@final
class Stream:
    @property
    def version(self) -> str: ...
    @property
    def closed(self) -> bool: ...
    def run(
        self,
        inputs: dict[str, Any],
        outputs: Sequence[str] | None = None,
        *,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> dict[str, NDArray[Any]]: ...
    def feed(
        self,
        samples: Samples,
        *,
        sampling_rate: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Heard: ...
    def finish(
        self,
        *,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Heard: ...
    def run_async(
        self,
        inputs: dict[str, Any],
        outputs: Sequence[str] | None = None,
        *,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[dict[str, NDArray[Any]]]: ...
    def feed_async(
        self,
        samples: Samples,
        *,
        sampling_rate: int | None = None,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[Heard]: ...
    def finish_async(
        self,
        *,
        timeout: float | None = None,
        priority: Literal["low", "normal", "high"] | None = None,
        key: str | None = None,
        tenant: str | None = None,
        idempotency: str | None = None,
        receipt: Callable[[Receipt], object] | None = None,
    ) -> Future[Heard]: ...
    def update(self) -> bool: ...
    def reset(self) -> None: ...
    def fork(self) -> Stream: ...

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
    def _repr_html_(self) -> str: ...

@final
class Weights:
    @property
    def shared(self) -> int: ...
    @property
    def unique(self) -> int: ...
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
    def _repr_html_(self) -> str: ...

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
    def _repr_html_(self) -> str: ...

@final
class Device:
    @property
    def provider(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Kept:
    @property
    def versions(self) -> list[str]: ...
    @property
    def routes(self) -> list[Route]: ...
    def update(self) -> bool: ...
    def update_async(self) -> Future[bool]: ...
    def close(self) -> None: ...
    def close_async(self) -> Future[None]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_details: object) -> None: ...

@final
class Registry:
    def __new__(cls, root: str | PathLike[str] | None = None) -> Self: ...
    @property
    def root(self) -> Path: ...
    def models(self) -> list[Model]: ...
    def models_async(self) -> Future[list[Model]]: ...
    def model(self, name: str) -> Model: ...
    def model_async(self, name: str) -> Future[Model]: ...
    def versions(self, name: str) -> list[VersionEntry]: ...
    def versions_async(self, name: str) -> Future[list[VersionEntry]]: ...
    def resolve(self, reference: str) -> Resolved: ...
    def resolve_async(self, reference: str) -> Future[Resolved]: ...
    def signature(self, reference: str) -> Signature | None: ...
    def signature_async(self, reference: str) -> Future[Signature | None]: ...
    def alias(
        self,
        name: str,
        alias: str,
        version: str,
        *,
        reason: str | None = None,
        expected: str | None = ...,
    ) -> None: ...
    def alias_async(
        self,
        name: str,
        alias: str,
        version: str,
        *,
        reason: str | None = None,
        expected: str | None = ...,
    ) -> Future[None]: ...
    def remove_alias(
        self, name: str, alias: str, *, reason: str | None = None, expected: str | None = ...
    ) -> None: ...
    def remove_alias_async(
        self, name: str, alias: str, *, reason: str | None = None, expected: str | None = ...
    ) -> Future[None]: ...
    def rollback(self, name: str, alias: str, *, reason: str | None = None) -> str: ...
    def rollback_async(
        self, name: str, alias: str, *, reason: str | None = None
    ) -> Future[str]: ...
    def history(self, name: str, alias: str) -> list[AliasChange]: ...
    def history_async(self, name: str, alias: str) -> Future[list[AliasChange]]: ...
    def yank(self, name: str, version: str, *, reason: str | None = None) -> None: ...
    def yank_async(self, name: str, version: str, *, reason: str | None = None) -> Future[None]: ...
    def unyank(self, name: str, version: str) -> None: ...
    def unyank_async(self, name: str, version: str) -> Future[None]: ...
    def delete(self, name: str, version: str) -> None: ...
    def delete_async(self, name: str, version: str) -> Future[None]: ...
    def gc(self, *, grace: float | None = None, dry_run: bool = False) -> GcReport: ...
    def gc_async(
        self, *, grace: float | None = None, dry_run: bool = False
    ) -> Future[GcReport]: ...
    def verify(
        self, *, progress: bool | Callable[[Progress], object] | None = None
    ) -> VerifyReport: ...
    def verify_async(
        self, *, progress: bool | Callable[[Progress], object] | None = None
    ) -> Future[VerifyReport]: ...
    def statistics(self) -> Statistics: ...
    def statistics_async(self) -> Future[Statistics]: ...
    def export(
        self,
        path: str | PathLike[str],
        *,
        only: Sequence[str] | None = None,
        aliases: bool = True,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> ExportedArchive: ...
    def export_async(
        self,
        path: str | PathLike[str],
        *,
        only: Sequence[str] | None = None,
        aliases: bool = True,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> Future[ExportedArchive]: ...
    def import_archive(
        self,
        path: str | PathLike[str],
        *,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> ImportedArchive: ...
    def import_archive_async(
        self,
        path: str | PathLike[str],
        *,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> Future[ImportedArchive]: ...
    def export_triton(self, reference: str, repository: str | PathLike[str]) -> Exported: ...
    def export_triton_async(
        self, reference: str, repository: str | PathLike[str]
    ) -> Future[Exported]: ...
    def push(
        self,
        remote: str | Remote,
        reference: str,
        *,
        aliases: Sequence[str] | None = None,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> Pushed: ...
    def push_async(
        self,
        remote: str | Remote,
        reference: str,
        *,
        aliases: Sequence[str] | None = None,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> Future[Pushed]: ...
    def pull(
        self,
        remote: str | Remote,
        reference: str,
        *,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> Pulled: ...
    def pull_async(
        self,
        remote: str | Remote,
        reference: str,
        *,
        progress: bool | Callable[[Progress], object] | None = None,
    ) -> Future[Pulled]: ...
    def _repr_html_(self) -> str: ...

@final
class Remote:
    def __new__(
        cls,
        address: str,
        *,
        plain_http: bool | None = None,
        certificates: str | PathLike[str] | None = None,
        credentials: tuple[str, str] | str | PathLike[str] | Literal[False] | None = None,
        parallel: int | None = None,
        silence: float | None = None,
        limit: int | None = None,
    ) -> Self: ...
    @property
    def address(self) -> str: ...
    def model(self, name: str) -> RemoteModel: ...
    def model_async(self, name: str) -> Future[RemoteModel]: ...
    def resolve(self, reference: str) -> Resolved: ...
    def resolve_async(self, reference: str) -> Future[Resolved]: ...
    def alias(self, name: str, alias: str, selector: str) -> str: ...
    def alias_async(self, name: str, alias: str, selector: str) -> Future[str]: ...

@final
class Progress:
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Yanked:
    @property
    def at(self) -> datetime: ...
    @property
    def reason(self) -> str | None: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class VersionEntry:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def published(self) -> datetime: ...
    @property
    def bytes(self) -> int: ...
    @property
    def yanked(self) -> Yanked | None: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Resolved:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def notices(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class AliasChange:
    @property
    def version(self) -> str | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def rollback(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class GcReport:
    @property
    def removed(self) -> list[str]: ...
    @property
    def bytes(self) -> int: ...
    @property
    def kept(self) -> int: ...
    @property
    def spared(self) -> int: ...
    @property
    def temporaries(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Statistics:
    @property
    def models(self) -> int: ...
    @property
    def blobs(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def shared(self) -> int: ...
    @property
    def versions(self) -> list[VersionStatistics]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class VersionStatistics:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def unique(self) -> int: ...
    @property
    def shared(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class ExportedArchive:
    @property
    def versions(self) -> int: ...
    @property
    def blobs(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class ImportedArchive:
    @property
    def versions(self) -> list[Published]: ...
    @property
    def aliases(self) -> list[ImportedAlias]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class ImportedAlias:
    @property
    def name(self) -> str: ...
    @property
    def alias(self) -> str: ...
    @property
    def created(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Exported:
    @property
    def folder(self) -> Path: ...
    @property
    def number(self) -> int: ...
    @property
    def notes(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Imported:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def created(self) -> bool | None: ...
    @property
    def notes(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Damage:
    @property
    def digest(self) -> str: ...
    @property
    def error(self) -> Error: ...
    @property
    def needed_by(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class VerifyReport:
    @property
    def ok(self) -> bool: ...
    @property
    def blobs(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def versions(self) -> list[Resolved]: ...
    @property
    def damaged(self) -> list[Damage]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Checked:
    @property
    def ok(self) -> bool: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def golden(self) -> int: ...
    @property
    def error(self) -> Error | None: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Verified:
    @property
    def ok(self) -> bool: ...
    @property
    def store(self) -> VerifyReport: ...
    @property
    def versions(self) -> list[Checked]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Pushed:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def created(self) -> bool: ...
    @property
    def blobs(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Pulled:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def created(self) -> bool: ...
    @property
    def blobs(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class RemoteModel:
    @property
    def name(self) -> str: ...
    @property
    def versions(self) -> list[str]: ...
    @property
    def aliases(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class VersionStatus:
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def state(
        self,
    ) -> Literal["loading", "checking", "ready", "draining", "unloaded", "failed"]: ...
    @property
    def routes(self) -> list[str]: ...
    @property
    def pinned(self) -> bool: ...
    @property
    def bytes(self) -> int: ...
    @property
    def idle_seconds(self) -> float: ...
    def __eq__(self, other: object, /) -> bool: ...
    def _repr_html_(self) -> str: ...

@final
class Updated:
    @property
    def moved(self) -> list[Moved]: ...
    @property
    def kept(self) -> list[str]: ...
    @property
    def failed(self) -> list[Unmoved]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def _repr_html_(self) -> str: ...

@final
class Moved:
    @property
    def reference(self) -> str: ...
    @property
    def old(self) -> str: ...
    @property
    def new(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Unmoved:
    @property
    def reference(self) -> str: ...
    @property
    def error(self) -> Error: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Warmed:
    @property
    def runs(self) -> int: ...
    @property
    def wanted(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def cold(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Trial:
    @property
    def kind(self) -> Literal["canary", "shadow"]: ...
    @property
    def reference(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def share(self) -> float: ...
    @property
    def outcome(self) -> Literal["promoted", "aborted", "reverted"] | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def current(self) -> Usage: ...
    @property
    def tried(self) -> Usage: ...
    @property
    def compared(self) -> int: ...
    @property
    def disagreement(self) -> float | None: ...
    @property
    def dropped(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def _repr_html_(self) -> str: ...

@final
class TuneRow:
    @property
    def instances(self) -> int | None: ...
    @property
    def threads(self) -> int | None: ...
    @property
    def rows(self) -> int: ...
    @property
    def clients(self) -> int: ...
    @property
    def requests(self) -> int: ...
    @property
    def requests_per_second(self) -> float: ...
    @property
    def p50_seconds(self) -> float: ...
    @property
    def p99_seconds(self) -> float: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class TuneProgress:
    @property
    def share(self) -> float: ...
    @property
    def candidates(self) -> int: ...
    @property
    def best(self) -> TuneRow | None: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Tuned:
    @property
    def digest(self) -> str: ...
    @property
    def objective(self) -> str: ...
    @property
    def table(self) -> list[TuneRow]: ...
    @property
    def best(self) -> TuneRow | None: ...
    @property
    def untried(self) -> int: ...
    @property
    def settings(self) -> dict[str, Any]: ...
    def keep(self, cache: str | PathLike[str] | None = None) -> Path: ...
    def keep_async(self, cache: str | PathLike[str] | None = None) -> Future[Path]: ...
    def _repr_html_(self) -> str: ...

@final
class Watcher:
    def look(self) -> None: ...
    def close(self) -> None: ...
    def close_async(self) -> Future[None]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_details: object) -> None: ...

@final
class Guard:
    def __new__(
        cls,
        *,
        max_error_rate: float | None = 0.05,
        max_latency_ratio: float | None = 2.0,
        max_disagreement: float | None = None,
        min_requests: int = 100,
        window: float = 600.0,
    ) -> Self: ...
    @property
    def max_error_rate(self) -> float | None: ...
    @property
    def max_latency_ratio(self) -> float | None: ...
    @property
    def max_disagreement(self) -> float | None: ...
    @property
    def min_requests(self) -> int: ...
    @property
    def window(self) -> float: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class WarmUp:
    def __new__(
        cls,
        *,
        budget: float = 0.2,
        deadline: float = 60.0,
        rows: Sequence[int] = (1, 16),
        lengths: Sequence[float] = (0.125, 0.5, 1.0),
    ) -> Self: ...
    @property
    def budget(self) -> float: ...
    @property
    def deadline(self) -> float: ...
    @property
    def rows(self) -> list[int]: ...
    @property
    def lengths(self) -> list[float]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Receipt:
    @property
    def tenant(self) -> str | None: ...
    @property
    def model(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def task(self) -> str | None: ...
    @property
    def requests(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def tokens(self) -> int: ...
    @property
    def tokens_out(self) -> int: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def queued_seconds(self) -> float: ...
    @property
    def computed_seconds(self) -> float: ...
    @property
    def loaded_seconds(self) -> float: ...
    @property
    def together(self) -> int: ...
    @property
    def placement(self) -> str: ...
    @property
    def price(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def rate(self) -> str | None: ...
    @property
    def price_table(self) -> str | None: ...
    @property
    def repeated(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Standing:
    @property
    def rows_today(self) -> int: ...
    @property
    def spent_today(self) -> Decimal: ...
    @property
    def spent_this_month(self) -> Decimal: ...
    @property
    def used(self) -> dict[str, dict[str, int]]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Tenancy:
    def settle(self) -> Receipt: ...
    def settle_async(self) -> Future[Receipt]: ...
    def close(self) -> None: ...
    def close_async(self) -> Future[None]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_details: object) -> None: ...

@final
class Ledger:
    def __new__(cls, path: str | PathLike[str]) -> Self: ...
    def sums(
        self,
        by: Sequence[str] = (),
        *,
        tenant: str | None = None,
        model: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> list[Sum]: ...
    def sums_async(
        self,
        by: Sequence[str] = (),
        *,
        tenant: str | None = None,
        model: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Future[list[Sum]]: ...
    def export(
        self,
        path: str | PathLike[str],
        *,
        tenant: str | None = None,
        model: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> int: ...
    def export_async(
        self,
        path: str | PathLike[str],
        *,
        tenant: str | None = None,
        model: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Future[int]: ...
    def invoice(self, tenant: str, since: str, until: str) -> Invoice: ...
    def invoice_async(self, tenant: str, since: str, until: str) -> Future[Invoice]: ...

@final
class Sum:
    @property
    def tenant(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...
    @property
    def day(self) -> str | None: ...
    @property
    def rate(self) -> str | None: ...
    @property
    def requests(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def tokens_in(self) -> int: ...
    @property
    def tokens_out(self) -> int: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def queued_seconds(self) -> float: ...
    @property
    def computed_seconds(self) -> float: ...
    @property
    def loaded_seconds(self) -> float: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class InvoiceLine:
    @property
    def model(self) -> str: ...
    @property
    def rate(self) -> str: ...
    @property
    def requests(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def tokens_in(self) -> int: ...
    @property
    def tokens_out(self) -> int: ...
    @property
    def computed_seconds(self) -> float: ...
    @property
    def loaded_seconds(self) -> float: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Invoice:
    @property
    def tenant(self) -> str: ...
    @property
    def since(self) -> str: ...
    @property
    def until(self) -> str: ...
    @property
    def lines(self) -> list[InvoiceLine]: ...
    @property
    def totals(self) -> dict[str, Decimal]: ...
    def to_csv(self) -> str: ...
    def to_html(self) -> str: ...
    def write(self, path: str | PathLike[str]) -> None: ...
    def write_async(self, path: str | PathLike[str]) -> Future[None]: ...
    def _repr_html_(self) -> str: ...

@final
class KeyRequest:
    @property
    def model(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Keys:
    @staticmethod
    def file(path: str | PathLike[str]) -> Keys: ...
    @staticmethod
    def environment(variable: str) -> Keys: ...
    @staticmethod
    def identities(text: str) -> Keys: ...
    @staticmethod
    def passphrase(text: str) -> Keys: ...
    @staticmethod
    def ask(give: Callable[[KeyRequest], Keys]) -> Keys: ...

@final
class Trust:
    def __new__(
        cls,
        keys: Sequence[str | PathLike[str]],
        *,
        policy: Literal["require", "warn", "off"] = "require",
        generations: str | PathLike[str] | None = None,
    ) -> Self: ...
    @property
    def keys(self) -> list[Path]: ...
    @property
    def policy(self) -> Literal["require", "warn", "off"]: ...
    @property
    def generations(self) -> Path | None: ...

@final
class Redactor:
    def __new__(
        cls,
        names: Sequence[str] = (),
        *,
        actions: dict[str, str] = {},
        default: Literal["mask", "hash", "placeholder", "keep"] = "mask",
        key: bytes | None = None,
    ) -> Self: ...
    def redact(self, text: str) -> Redaction: ...
    def redact_async(self, text: str) -> Future[Redaction]: ...

@final
class Redaction:
    @property
    def text(self) -> str: ...
    @property
    def found(self) -> list[tuple[str, int, int]]: ...
    def restore(self, output: str) -> str: ...
