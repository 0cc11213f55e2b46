"""Pixels of whatever shows them, without importing what made them."""

from __future__ import annotations

from typing import Any

import numpy as np

PLAIN = ("L", "RGB", "RGBA")  # Pillow's modes whose array is what is seen


def as_pixels(value: Any) -> np.ndarray[Any, Any]:
    """Return the pixels of ``value``; an image of Pillow's in another mode becomes RGB."""
    mode = getattr(value, "mode", None)
    if isinstance(mode, str) and mode not in PLAIN and hasattr(value, "convert"):
        value = value.convert("RGB")
    return np.asarray(value)
