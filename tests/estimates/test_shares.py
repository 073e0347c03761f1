"""The rate at which a density rises as a share of a whole goes to zero is that of its own logarithm."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest

import triptych


@pytest.mark.parametrize(
    ("prior", "counts", "vanishing", "rate"),
    [
        ([0.5, 0.5], [0, 5], {"p[0]"}, 0.5),
        ([0.5, 0.5], [5, 0], {"p[1]"}, 0.5),
        ([0.3, 2.0, 4.0], [0, 2, 5], {"p[0]"}, 0.7),
        ([0.5, 0.5, 0.5], [0, 0, 5], {"p[0]", "p[1]"}, 0.5),
        ([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], [[2, 1, 4], [3, 0, 6]], {"p[1, 1]"}, 0.5),
    ],
)
def test_a_dirichlet_prior_rises_by_one_less_its_parameter_as_a_share_without_data_vanishes(
    prior: list[float], counts: list[int], vanishing: set[str], rate: float
) -> None:
    """The density is the product of p^(a - 1 + count): of a vanishing share alone p^(a - 1)."""
    with pm.Model() as model:
        p = pm.Dirichlet("p", np.array(prior))
        pm.Multinomial("y", n=np.sum(counts, axis=-1), p=p, observed=np.array(counts))
    rows = triptych.compare(model, methods=("map",), random_seed=1).estimates
    assert set(rows["status"]) == {"unbounded"}
    for reason in rows["reason"]:
        said = reason.partition("as ")[2].partition(" goes to zero, by ")
        assert said[0] in vanishing
        assert float(said[2].partition(" ")[0]) == pytest.approx(rate, abs=1e-3)
    # The share that vanishes tends to zero, where it is one; what other data know of a row is as without it.
    if len(vanishing) == 1:
        names = rows["estimand"] + "[" + rows["label"] + "]"
        assert rows["reason"][names.isin(vanishing)].str.contains("tends to 0 on every").all()


@pytest.mark.parametrize(
    ("make", "rate"),
    [
        (lambda: pm.Gamma("a", 0.5, 1), 0.5),
        (lambda: pm.Gamma("a", 0.3, 2), 0.7),
        (lambda: pm.ChiSquared("a", 1), 0.5),
        (lambda: pm.Weibull("a", 0.5, 1), 0.5),
        (lambda: pm.Beta("a", 0.2, 3), 0.8),
    ],
)
def test_a_density_without_limit_at_zero_rises_by_its_power(make: object, rate: float) -> None:
    with pm.Model() as model:
        a = make()  # type: ignore[operator]
        pm.Poisson("y", a, observed=np.zeros(2, dtype=int))
    (row,) = triptych.compare(model, methods=("map",), random_seed=1).estimates.to_dict("records")
    assert row["status"] == "unbounded"
    assert f"as a goes to its lower limit, by {rate} per unit of its logarithm" in row["reason"]
    assert "a tends to 0 on every" in row["reason"]
