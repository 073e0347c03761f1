"""Profile sets of nonlinear models against SciPy: closed, open below, above or both, and one set in every scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from tests.profiles.nonlinear_models import KNOWN, LEVEL, Known
from tests.some import one_in


def profiles(model: pm.Model) -> Any:
    table = triptych.compare(model, methods=("mle",)).intervals
    return table[table["interval_kind"] == "profile"].set_index("estimand")


@pytest.mark.parametrize("known", one_in(3, KNOWN), ids=lambda known: known.name)
def test_a_scalar_its_logarithm_and_its_reciprocal_have_the_set_that_a_search_finds(known: Known) -> None:
    found = profiles(known.build())
    for name, (low, high) in known.sets().items():
        with np.errstate(divide="ignore"):
            expected = {
                name: (low, high),
                f"log {name}": tuple(np.log([low, high])),
                f"inverse {name}": tuple(1 / np.array([high, low])),
            }
        for scale, ends in expected.items():
            row = found.loc[scale]
            assert (row["lower"], row["upper"]) == pytest.approx(ends, rel=1e-4, abs=1e-12), scale
            for side, end in zip(("below", "above"), ends, strict=True):
                # Where the estimate itself is that limit, its own reason says so.
                if np.isinf(end):
                    assert f"open {side}: " in row["reason"], scale


def test_an_open_end_says_how_little_the_likelihood_falls_on_the_way() -> None:
    """Without coefficients of its own the curve's limit is a line through zero, whose deviance has a closed form."""
    x = np.array([0.1, 0.2, 0.4, 0.8])
    y = np.array([0.26, 0.43, 1.05, 1.79])
    with pm.Model() as model:
        K = pm.HalfNormal("K", 50)
        pm.Normal("y", pm.Normal("V", 0, 100) * x / (K + x), 0.1, observed=y)
    row = profiles(model).loc["K"]
    grid = np.geomspace(1e-3, 1e6, 4000)[:, None]
    curve = x / (grid + x)
    fit = np.sum(y**2) - (curve @ y) ** 2 / np.sum(curve**2, axis=1)
    line = np.sum(y**2) - (x @ y) ** 2 / np.sum(x**2)
    fall = (line - fit.min()) / 0.1**2 / 2
    assert row["upper"] == np.inf
    assert row["reason"] == (
        f"open above: on the way to +infinity the log-likelihood falls by {fall:.3g} in all, and {LEVEL / 2:.3g} would "
        "end it"
    )
