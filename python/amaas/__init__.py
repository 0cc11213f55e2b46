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

import os as _os

from amaas import _amaas
from amaas._amaas import (
    Device,
    Model,
    Placement,
    Port,
    Published,
    Route,
    Service,
    Signature,
    Usage,
    __version__,
)
from amaas._answers import LabelScore
from amaas._errors import (
    AccessDenied,
    AlreadyExists,
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
    LoadFailed,
    NotFound,
    Overloaded,
    RemoteUnavailable,
    RuntimeUnavailable,
    Unsupported,
)

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "Cancelled",
    "Closed",
    "Conflict",
    "Corrupt",
    "DeadlineExceeded",
    "Device",
    "DeviceUnavailable",
    "Error",
    "GoldenMismatch",
    "InferenceFailed",
    "InputTooLong",
    "Internal",
    "InvalidArgument",
    "InvalidPackage",
    "Io",
    "LabelScore",
    "LoadFailed",
    "Model",
    "NotFound",
    "Overloaded",
    "Placement",
    "Port",
    "Published",
    "RemoteUnavailable",
    "Route",
    "RuntimeUnavailable",
    "Service",
    "Signature",
    "Unsupported",
    "Usage",
    "__version__",
]

if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_amaas._forked)
