"""Whether data sets drawn from a fitted model have the figures of the data."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr

import triptych
from triptych.graph.unordered import unordered
from triptych.reports.replicates import fits, replicated
from triptych.reports.trust import trust


def _solution(gate: tuple[str, ...] = (), unordered: tuple[str, ...] = (), **variables: Any) -> Any:
    """Return what is asked of a solution: observed variables with their replicates, ``(sets, rows)``."""
    observed = {name: ("row" + name, np.asarray(data)) for name, (data, _) in variables.items()}
    drawn = {name: (("chain", "draw", "row" + name), np.asarray(sets)[None]) for name, (_, sets) in variables.items()}
    native = xr.DataTree.from_dict({"observed_data": xr.Dataset(observed), "posterior_predictive": xr.Dataset(drawn)})
    panel = SimpleNamespace(native=native, diagnostics={"gate": gate})
    return SimpleNamespace(panels={"mcmc": panel}, unordered=unordered)


def _ladder(step: float = 1.0) -> np.ndarray:
    """Return 199 data sets of three values, which are the same but for a shift: -99, ..., 99 steps."""
    return np.array([-1.0, 0.0, 1.0]) + step * np.arange(-99, 100)[:, None]


def test_a_figure_lies_outside_beyond_the_central_ninety_five_of_a_hundred_replicates() -> None:
    # Of 199 means fewer than 2.5 % lie at or below -96 (four of them, 2.01 %), and five, 2.51 %, at or below -95.
    at, beyond = (_solution(y=(np.array([-1.0, 0.0, 1.0]) - shift, _ladder())) for shift in (95, 96))
    assert [one.inside for one in replicated(at)[0] if one.figure == "mean"] == [True]
    assert [one.inside for one in replicated(beyond)[0] if one.figure == "mean"] == [False]
    (mean,) = [one for one in replicated(at)[0] if one.figure == "mean"]
    assert (mean.low, mean.high) == (-95.0, 95.0)


def test_figures_inside_and_outside_are_named_with_their_numbers() -> None:
    sets = _ladder(0.01) * np.linspace(0.9, 1.1, 199)[:, None]  # so that their deviation varies too
    assert fits(_solution(y=([-1.0, 0.0, 1.0], sets))) == (
        "yes, in what was compared. The smallest value, the largest value, the mean and the standard deviation of y "
        "lie within the central 95 % of those of 199 data sets drawn from the fitted model. The model was fitted to "
        "these same data, so agreement shows less than disagreement would."
    )
    said = fits(_solution(y=([-1.0, 0.0, 1.0], sets), x=([-1.0, 0.1, 30.0], sets)))
    # The largest value of a data set is its shift and its stretch: the fifth of each end of 199 (see above).
    ends = [(1 + 0.01 * k) * (1 + 0.1 * k / 99) for k in (-95, 95)]
    start = (
        "not in all. 199 data sets were drawn from the fitted model, and outside their central 95 % lie the largest "
    )
    assert said.startswith(
        f"{start}value of x (30 in the data, from {ends[0]:.4f} to {ends[1]:.2f} in theirs), the mean of x (9.70 in "
    )
    assert said.endswith(
        " Inside lie the smallest value, the largest value, the mean and the standard deviation of y and the smallest "
        "value of x. So do not take from this model how large x can be, where x lies on average or how widely x "
        "scatters. To see whether the estimates suffer from it, compare them with those of a model that can have such "
        "data. None of the 199 data sets has one of these as far out, so this is hardly chance."
    )
    assert fits(_solution(y=([100.0, 101.0, 130.0], sets))).startswith("no. 199 data sets were drawn")


def test_what_the_model_does_not_let_vary_is_no_agreement() -> None:
    counts = np.random.default_rng(1).multinomial(10, [0.2, 0.3, 0.5], size=300)
    assert "mean" not in [one.figure for one in replicated(_solution(y=([2, 3, 5], counts)))[0]]
    # A total that the model cannot have is told.
    said = fits(_solution(y=([2, 3, 6], counts)))
    assert "lie the largest value" not in said
    assert "outside their central 95 % lies the mean of y (3.67 in the data, from 3.33 to 3.33 in theirs)." in said


def test_a_figure_as_far_out_as_none_of_the_replicates_is_hardly_chance() -> None:
    near, far = (fits(_solution(y=(np.array([-1.0, 0.0, 1.0]) - shift, _ladder()))) for shift in (97, 100))
    assert near.endswith(" lie outside in up to one of 20 data sets: one outside is a hint and no proof.")
    assert far.endswith(" None of the 199 data sets has one of these as far out, so this is hardly chance.")
    alone = fits(_solution(y=([150.0], _ladder()[:, 1:2])))
    assert alone.endswith(" None of the 199 data sets has as large a value, so this is hardly chance.")
    beside = fits(_solution(y=(np.array([-1.0, 0.0, 1.0]) - 97, _ladder()), x=([-100.0, 0.0, 100.0], _ladder())))
    assert beside.endswith("is a hint and no proof.")


def test_ones_and_zeros_have_a_share_and_one_number_its_value() -> None:
    ones = np.random.default_rng(2).binomial(1, 0.5, size=(400, 20))
    assert fits(_solution(y=([0, 1] * 10, ones))).startswith(
        "yes, in what was compared. The share of ones of y lies within the central 95 % of that of 400 data sets drawn"
    )
    assert fits(_solution(y=([1] * 20, ones))).partition(" lies the share")[0] == (
        "no. 400 data sets were drawn from the fitted model, and outside their central 95 %"
    )
    assert [one.figure for one in replicated(_solution(y=([3.0], np.arange(100.0)[:, None])))[0]] == ["value"]


def test_nothing_is_said_without_replicates_or_of_values_without_an_order() -> None:
    sets = _ladder()
    data = [-1.0, 0.0, 1.0]
    assert fits(_solution(gate=("few draws",), y=(data, sets))) == ""
    assert fits(_solution(unordered=("y",), y=(data, sets))) == ""
    assert fits(_solution(y=([np.nan, 0.0, 1.0], sets))) == ""
    assert fits(SimpleNamespace(panels={}, unordered=())) == ""
    quick = _solution(y=(data, sets))  # a quick run draws no data sets
    del quick.panels["mcmc"].native["posterior_predictive"]
    assert fits(quick) == ""
    with pm.Model() as model:
        p = pm.Dirichlet("p", np.ones(3))
        pm.Categorical("kind", p, observed=[0, 1, 2])
        pm.VonMises("angle", 0.0, pm.HalfNormal("kappa"), observed=[0.1, 0.2])
        pm.Poisson("count", pm.HalfNormal("rate"), observed=[1, 2])
    assert unordered(model) == ("kind", "angle")


@pytest.fixture(scope="module")
def waits() -> Any:
    """Exponential values under a normal density, which knows no lower bound."""
    y = np.random.default_rng(3).exponential(10.0, 200)
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0.0, 100.0), pm.HalfNormal("sigma", 100.0)
        pm.Normal("y", mu, sigma, observed=y)
    return triptych.compare(model, draws=300, tune=300, random_seed=4, profile=False, progressbar=False)


def test_a_bounded_outcome_that_a_normal_model_predicts_below_its_bound_is_found(waits: Any) -> None:
    solution = waits["default"]
    said = dict(trust(waits, solution))["Fit"]
    # Of 200 normal values the smallest lies about 2.75 deviations below the mean, and no two hundredth above zero.
    data = solution.data.arrays["y"]
    assert data.min() > 0 > data.mean() - 2 * data.std()
    assert f" lies the smallest value of y ({data.min():.3g} in the data, from -" in said
    assert said.startswith("not in all. ")
    assert (
        " the mean and the standard deviation of y. So do not take from this model how small y can be. To see whether "
        in said
    )
    assert said == dict(trust(waits, pickle.loads(pickle.dumps(solution))))["Fit"]
