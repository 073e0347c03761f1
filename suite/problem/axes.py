"""Labels of an axis in a form that xarray and NetCDF can store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

PLAIN = "biufUmM"  # NumPy's kinds of numbers, text and times


def axis_labels(labels: Iterable[Any]) -> list[Any]:
    """Return the labels of an axis; as text where they are no plain values of one kind (pairs, None, objects)."""
    given = list(labels)
    try:
        found = np.asarray(given)
    except ValueError:  # tuples of different lengths make no array
        return [str(label) for label in given]
    return given if found.ndim == 1 and found.dtype.kind in PLAIN else [str(label) for label in given]
