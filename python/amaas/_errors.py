"""The exceptions of amaas: one tree, each also what Python's own code would raise.

>>> try:
...     service.load("sentimant")
... except amaas.NotFound as error:  # `except KeyError` catches it as well
...     print(error.kind, error.remedy)

The trap: the message is that of the error itself. Where it has causes below it, they are its
``__cause__``, as in every traceback, and ``report`` has them all as one text.
"""

from __future__ import annotations

from typing import ClassVar, Literal


class Error(Exception):
    """What amaas raises: a kind to branch on, words to read, a remedy to follow."""

    kind: ClassVar[str]
    """The kind as one stable lower-case word, as logs and the other faces spell it."""

    def __init__(
        self,
        message: str = "",
        *,
        retryable: bool = False,
        remedy: str | None = None,
        context: dict[str, str] | None = None,
        phase: Literal["queue", "run"] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        """What happened, where, and what to do about it."""
        self.retryable = retryable
        """Whether the same call may succeed a little later without any change."""
        self.remedy = remedy
        """What to do about it, if amaas knows."""
        self.context = context or {}
        """The facts: which input, which file, which model."""
        self.phase = phase
        """How far the request had come when it was cancelled or its time was up."""
        self.retry_after = retry_after
        """After how many seconds to try again, where that can be told."""

    def __str__(self) -> str:
        return self.message

    @property
    def report(self) -> str:
        """This error and all its causes, for a person to read."""
        lines, cause = [self.message], self.__cause__
        while cause is not None:
            lines.append(f"  caused by: {cause}")
            cause = cause.__cause__
        return "\n".join(lines)


class InvalidArgument(Error, ValueError):
    """The call is wrong: a name, dtype, shape, option or reference. Fix the call."""

    kind = "invalid_argument"


class InputTooLong(InvalidArgument):
    """A text is longer than the model takes. Shorten it or choose an ``overflow``."""

    kind = "input_too_long"


class NotFound(Error, KeyError):
    """Nothing is there under this name, version, alias, digest or path."""

    kind = "not_found"


class AlreadyExists(Error):
    """The version exists already with other content. Publish a new version."""

    kind = "already_exists"


class Conflict(Error):
    """Somebody else moved it first. Read the present state and decide again."""

    kind = "conflict"


class AliasConflict(Conflict):
    """The alias points elsewhere than expected. Read where it points and decide again."""

    kind = "alias_conflict"


class InvalidPackage(Error, ValueError):
    """A package or its manifest breaks the rules. The author must fix it."""

    kind = "invalid_package"


class Corrupt(Error):
    """Stored bytes are not those that were published. Restore the store from a good copy."""

    kind = "corrupt"


class RuntimeUnavailable(Error, ImportError):
    """No usable ONNX Runtime was found. Install one or name its path."""

    kind = "runtime_unavailable"


class DeviceUnavailable(Error):
    """The required device cannot take the model. Install what is missing or relax ``device``."""

    kind = "device_unavailable"


class LoadFailed(Error):
    """ONNX Runtime refuses the model. Check the export."""

    kind = "load_failed"


class InferenceFailed(Error, RuntimeError):
    """The model was run and failed. The input or the model is at fault."""

    kind = "inference_failed"


class GoldenMismatch(Error):
    """The model answered, but not as its golden examples say. Do not serve it here."""

    kind = "golden_mismatch"


class DeadlineExceeded(Error, TimeoutError):
    """The deadline passed. Retry with more time, or when there is less load."""

    kind = "deadline_exceeded"


class Cancelled(Error):
    """The caller cancelled the request."""

    kind = "cancelled"


class Overloaded(Error):
    """Too much is waiting. Retry a little later."""

    kind = "overloaded"


class Closed(Error):
    """The service or route was closed. Open a new one."""

    kind = "closed"


class Unsupported(Error, NotImplementedError):
    """This build or this model cannot do that. The message says what can."""

    kind = "unsupported"


class AccessDenied(Error, PermissionError):
    """A remote registry wants other credentials. Log in to it."""

    kind = "access_denied"


class KeyDenied(Error, PermissionError):
    """The package is encrypted, and no key at hand opens it. Give one that does."""

    kind = "key_denied"


class Untrusted(Error):
    """The package is not signed by a key that is trusted here, or older than one seen before."""

    kind = "untrusted"


class RemoteUnavailable(Error, ConnectionError):
    """A remote registry cannot be reached or fails. Retry a little later."""

    kind = "remote_unavailable"


class QuotaExceeded(Error):
    """The tenant used as much as it may for now. Retry after ``retry_after`` seconds."""

    kind = "quota_exceeded"


class BudgetExhausted(Error):
    """The tenant spent its money for the day or month. Raise the budget or wait for the next."""

    kind = "budget_exhausted"


class Io(Error, OSError):
    """The operating system refused. The cause says why."""

    kind = "io"


class Internal(Error):
    """A bug in amaas. Please report it."""

    kind = "internal"


_BASES: tuple[type[Error], ...] = (Error, InvalidArgument, Conflict)
_BY_KIND: dict[str, type[Error]] = {
    cls.kind: cls for base in _BASES for cls in base.__subclasses__()
}


def make(
    kind: str,
    message: str,
    retryable: bool,
    remedy: str | None,
    context: dict[str, str],
    causes: list[str],
    phase: Literal["queue", "run"] | None = None,
    retry_after: float | None = None,
) -> Error:
    """Make the exception for an error of the core; ``causes`` are texts, the nearest first."""
    cls = _BY_KIND.get(kind, Internal)
    error = cls(
        message,
        retryable=retryable,
        remedy=remedy,
        context=context,
        phase=phase,
        retry_after=retry_after,
    )
    effect: Exception = error
    for text in causes:
        effect.__cause__ = Exception(text)
        effect = effect.__cause__
    return error
