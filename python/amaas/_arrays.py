"""What is no array yet, made one.

Lists and Python numbers have no dtype of their own, so they take that of the input they are for.
What has a dtype keeps it, even a numpy scalar: then the model is the one to object. Tensors of
other libraries are shown through DLPack, or through ``__array__`` where they cannot be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

PLAIN = (bool, int, float, complex, str, list, tuple)
ORDER = "biufc"  # a number may become one of a kind further on, never of one before it


def as_array(value: object, wanted: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return ``value`` as an array, of dtype ``wanted`` if it has none of its own.

    Raises ``TypeError`` where numbers would lose their fraction, ``OverflowError`` where an
    integer does not fit, ``ValueError`` for lists of unequal lengths.
    """
    found = _shown(value)
    if type(value) not in PLAIN:
        return found
    if found.size and not _keeps(found.dtype, wanted):
        raise TypeError(f"{found.dtype} would not keep its values as {wanted}")
    return np.asarray(value, dtype=wanted)


def _shown(value: Any) -> np.ndarray[Any, Any]:
    if hasattr(value, "__dlpack__"):
        try:
            return np.from_dlpack(value)
        except Exception:
            if not hasattr(value, "__array__"):
                raise
    return np.asarray(value)


def _keeps(found: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    if found.kind == "U" or wanted.kind == "O":
        return found.kind == "U" and wanted.kind == "O"
    if found.kind not in ORDER or wanted.kind not in ORDER:
        return found.kind in "biuf"
    widened = "iu" if found.kind in "iu" else found.kind
    return wanted.kind in widened or ORDER.index(found.kind) < ORDER.index(wanted.kind)
