"""What amaas tells while it works, as records of ``logging.getLogger("amaas")``.

>>> logging.basicConfig(level=logging.INFO)
>>> service.load("sentiment")
INFO:amaas:model loaded: model=sentiment version=1.1.0 …

The fields are also the record's attribute ``fields``, a dict of texts. What ONNX Runtime logs
itself comes from ``amaas.onnxruntime``. Nothing here carries input data.

The trap: without a handler Python prints warnings all the same; a handler that does nothing is
there so that a library stays silent until somebody listens.
"""

from __future__ import annotations

import logging

_amaas = logging.getLogger("amaas")
_amaas.addHandler(logging.NullHandler())


def emit(target: str, level: int, message: str, fields: dict[str, str]) -> None:
    """Log an event of the core."""
    logger = _amaas if target == "amaas" else _amaas.getChild(target)
    if logger.isEnabledFor(level):
        facts = " ".join(f"{name}={value}" for name, value in fields.items())
        logger.log(level, "%s: %s" if facts else "%s%s", message, facts, extra={"fields": fields})
