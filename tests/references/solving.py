"""Solve a published problem through the public interface, and read the answers off the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import triptych

POINTS = ("mle", "map")


def fitted(table: Any, formula: str, family: str = "gaussian", **options: Any) -> Any:
    """Fit a regression by maximum likelihood; a flat prior and no sampling unless asked."""
    settings = {"prior": "flat", "methods": ("mle",), "profile": False, **options}
    return triptych.fit(table, formula, family=family, **settings)


def compared(model: Any, **options: Any) -> Any:
    """Compare the two point estimates of a PyMC model."""
    return triptych.compare(model, **{"methods": POINTS, "profile": False, **options})


def rows(comparison: Any, estimand: str = "coef", method: str = "mle") -> pd.DataFrame:
    """Rows of one estimand and panel, by label."""
    table = comparison.estimates
    return table[(table["method"] == method) & (table["estimand"] == estimand)].set_index("label")


def all_ok(found: pd.DataFrame) -> bool:
    """Whether every row exists."""
    return bool((found["status"] == "ok").all())


def digits(found: Any, certified: Any) -> np.ndarray:
    """Number of correct significant digits (the log relative error of the statistical literature)."""
    found, certified = np.asarray(found, float), np.asarray(certified, float)
    error = np.abs(found - certified) / np.abs(certified)
    return np.asarray(-np.log10(np.maximum(error, 1e-16)))
