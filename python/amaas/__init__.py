"""AI model as a service, inside your own process.

A service selects a version of a model, loads it through ONNX Runtime and answers requests from
any number of threads. A route is what ``load`` hands out.

>>> import amaas
>>> service = amaas.Service("models/")
>>> reviews = service.load("sentiment@^1")
>>> reviews("I loved it")
[{'label': 'positive', 'score': 0.98}]
>>> reviews.run({"input_ids": ids})
{'logits': array([[-2.1, 2.0]], dtype=float32)}

The trap: a service must be made in the process that uses it. What was made before a ``fork``
raises ``Closed`` in the child.
"""

import atexit as _atexit
import os as _os

from amaas import _amaas
from amaas import _twins as _twins  # the calls for `await`
from amaas._amaas import (
    AliasChange,
    Checked,
    Damage,
    Device,
    Exported,
    ExportedArchive,
    GcReport,
    Guard,
    Imported,
    ImportedAlias,
    ImportedArchive,
    Kept,
    Model,
    Moved,
    Placement,
    Port,
    Progress,
    Published,
    Pulled,
    Pushed,
    Registry,
    Remote,
    RemoteModel,
    Resolved,
    Route,
    Service,
    Signature,
    Statistics,
    Trial,
    Tuned,
    TuneProgress,
    TuneRow,
    Unmoved,
    Updated,
    Usage,
    Verified,
    VerifyReport,
    VersionEntry,
    VersionStatistics,
    VersionStatus,
    Warmed,
    WarmUp,
    Watcher,
    Yanked,
    __version__,
)
from amaas._answers import LabelScore, RowProgress
from amaas._errors import (
    AccessDenied,
    AlreadyExists,
    BudgetExhausted,
    Cancelled,
    Closed,
    Conflict,
    Corrupt,
    DeadlineExceeded,
    DeviceUnavailable,
    Error,
    GoldenMismatch,
    InferenceFailed,
    InputTooLong,
    Internal,
    InvalidArgument,
    InvalidPackage,
    Io,
    KeyDenied,
    LoadFailed,
    NotFound,
    Overloaded,
    QuotaExceeded,
    RemoteUnavailable,
    RuntimeUnavailable,
    Unsupported,
    Untrusted,
)

__all__ = [
    "AccessDenied",
    "AliasChange",
    "AlreadyExists",
    "BudgetExhausted",
    "Cancelled",
    "Checked",
    "Closed",
    "Conflict",
    "Corrupt",
    "Damage",
    "DeadlineExceeded",
    "Device",
    "DeviceUnavailable",
    "Error",
    "Exported",
    "ExportedArchive",
    "GcReport",
    "GoldenMismatch",
    "Guard",
    "Imported",
    "ImportedAlias",
    "ImportedArchive",
    "InferenceFailed",
    "InputTooLong",
    "Internal",
    "InvalidArgument",
    "InvalidPackage",
    "Io",
    "Kept",
    "KeyDenied",
    "LabelScore",
    "LoadFailed",
    "Model",
    "Moved",
    "NotFound",
    "Overloaded",
    "Placement",
    "Port",
    "Progress",
    "Published",
    "Pulled",
    "Pushed",
    "QuotaExceeded",
    "Registry",
    "Remote",
    "RemoteModel",
    "RemoteUnavailable",
    "Resolved",
    "Route",
    "RowProgress",
    "RuntimeUnavailable",
    "Service",
    "Signature",
    "Statistics",
    "Trial",
    "TuneProgress",
    "TuneRow",
    "Tuned",
    "Unmoved",
    "Unsupported",
    "Untrusted",
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
    "Yanked",
    "__version__",
]

if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_amaas._forked)

_atexit.register(_amaas._ending)
