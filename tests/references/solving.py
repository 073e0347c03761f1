"""Solve a published problem through the public interface, and read the answers off the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import triptych

POINTS = ("mle", "map")
NORRIS = """
0.2,0.1 337.4,338.8 118.2,118.1 884.6,888 10.1,9.2 226.5,228.1 666.3,668.5 996.3,998.5 448.6,449.1 777,778.9
558.2,559.2 0.4,0.3 0.6,0.1 775.5,778.1 666.9,668.8 338,339.3 447.5,448.9 11.6,10.8 556,557.7 228.1,228.3
995.8,998 887.6,888.8 120.2,119.6 0.3,0.3 0.3,0.6 556.8,557.6 339.1,339.3 887.2,888 999,998.5 779,778.9
11.1,10.2 118.3,117.6 229.2,228.9 669.1,668.4 448.9,449.2 0.5,0.2
"""


def norris() -> dict[str, np.ndarray]:
    """NIST's calibration of ozone monitors (https://www.itl.nist.gov/div898/strd): 36 rows."""
    x, y = np.array([pair.split(",") for pair in NORRIS.split()], float).T
    return {"x": x, "y": y}


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
