"""Prior, likelihood and posterior in one picture: heights against those of normal densities."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy.signal import find_peaks
from scipy.stats import norm

import triptych
from triptych.comparisons.explanation.prior import prior_draws
from triptych.reports.figures import density, joint_maximum
from triptych.reports.marks import Chart
from triptych.reports.plots import rank_plots
from triptych.reports.view import Scalar

QUANTILES = (np.arange(4000) + 0.5) / 4000


def _row(estimate: float, error: float, status: str = "ok") -> dict[str, Any]:
    half = 2 * error
    ends = {"lower": estimate - half, "upper": estimate + half, "std_error": error}
    return {"estimate": estimate, "status": status, **ends}


def _drawn(prior: np.ndarray, mle: dict[str, Any], unit: str = "") -> Chart:
    rows = {"mle": mle, "map": _row(0.0, 1.0), "mcmc": _row(0.0, 1.0)}
    return density(Scalar("b", "", rows), norm.ppf(QUANTILES), prior, [], None, "k", unit)


def _height(chart: Chart, css: str) -> float:
    """Return the height of a curve above the floor of its chart."""
    (path,) = (m.attrs["d"] for m in chart.marks if m.css == css and m.tag == "path")
    return chart.floor - min(float(step.split()[1]) for step in path.strip("MZ").split("L"))


@pytest.mark.parametrize("scale", [0.7, 2.0])
def test_prior_and_posterior_have_one_area_and_the_likelihood_the_height_of_the_posterior(scale: float) -> None:
    chart = _drawn(norm.ppf(QUANTILES, scale=scale), _row(0.5, 1.3))
    posterior = _height(chart, "mcmc line")
    assert _height(chart, "n0 line") / posterior == pytest.approx(1 / scale, rel=0.05)
    assert _height(chart, "mle line dashed") == pytest.approx(posterior, rel=0.01)


def test_the_part_of_a_wide_prior_that_is_seen_has_its_share_of_the_area() -> None:
    cauchy = np.tan(math.pi * (QUANTILES - 0.5)) * 3
    chart = _drawn(cauchy, _row(0.0, 1.0))
    assert _height(chart, "n0 line") / _height(chart, "mcmc line") == pytest.approx(
        1 / (3 * math.pi) / norm.pdf(0), rel=0.15
    )
    nowhere = _drawn(norm.ppf(QUANTILES, loc=100.0), _row(0.0, 1.0))
    assert not [label for _, _, label in nowhere.legend if label.startswith("prior")]
    assert not _drawn(np.zeros(0), _row(0.0, 1.0)).title.count("prior")


def _tops(heavy: np.ndarray) -> int:
    """Return how many tops the drawn density of a prior has that are visible, by two pixels."""
    chart = _drawn(heavy, _row(0.0, 8.0))
    (path,) = (m.attrs["d"] for m in chart.marks if m.css == "n0 line" and m.tag == "path")
    heights = np.array([-float(step.split()[1]) for step in path.strip("MZ").split("L")])
    return len(find_peaks(heights, prominence=2.0)[0])


def test_a_heavy_tail_of_few_draws_has_no_bumps_and_two_real_tops_stay_two() -> None:
    rng = np.random.default_rng(5)
    cauchy = rng.standard_cauchy(500) * 4
    assert _tops(cauchy) == 1
    assert _tops(np.where(rng.random(500) < 0.5, rng.normal(-6, 1, 500), rng.normal(6, 1, 500))) == 2


def test_the_axis_makes_room_for_the_prior_but_not_for_a_wide_one() -> None:
    narrow = _drawn(norm.ppf(QUANTILES, scale=0.1), _row(0.0, 1.0)).x
    wider = _drawn(norm.ppf(QUANTILES, scale=2.5), _row(0.0, 1.0)).x
    flat = _drawn(norm.ppf(QUANTILES, scale=1e6), _row(0.0, 1.0)).x
    assert wider.low <= 2.5 * norm.ppf(0.05) < narrow.low
    # A third of one and a half ranges of the posterior on each side is the most.
    assert flat.high - flat.low < 2.2 * (norm.ppf(0.998) - norm.ppf(0.002))


def test_a_prior_that_cannot_be_drawn_from_as_a_whole_is_that_of_each_variable_at_the_map() -> None:
    with pm.Model() as model:
        sigma = pm.HalfFlat("sigma")
        b = pm.Laplace("b", 0, 3 * sigma)
        pm.Potential("flat_on_the_logarithm", -pt.log(sigma))
        pm.Normal("y", b, sigma, observed=[1.0, 2.0, 4.0])
    solved = triptych.compare(model, draws=100, tune=100, profile=False, progressbar=False)["default"]
    priors, given = prior_draws(solved)
    assert given == "the others at the MAP"
    assert list(priors) == ["b"]
    scale = 3 * solved.row("map", "sigma").estimate
    # Of 400 draws of a Laplace density the mean distance from the centre is its scale, within four standard errors.
    assert np.abs(priors["b"]).mean() == pytest.approx(scale, rel=4 / 20)


def test_the_label_of_the_drawing_says_its_result_and_the_axes_what_they_are() -> None:
    chart = _drawn(norm.ppf(QUANTILES), _row(math.nan, math.nan, "unbounded"), unit="kg")
    assert chart.title == "b: MLE unbounded, MAP 0, posterior 0; drawn are prior and posterior."
    assert chart.x_label == "b, kg"
    assert "density (likelihood: scaled)" in [m.text for m in chart.marks if m.css == "axis"]


def test_a_map_that_is_not_the_top_of_the_drawn_density_is_explained_where_that_is_seen() -> None:
    from triptych.problem.fixed import Fixed

    draws = norm.ppf(QUANTILES)
    chart = _drawn(np.zeros(0), _row(0.0, 1.0))

    def said(mode: float, z: np.ndarray | None, held: dict[tuple[str, str], Fixed]) -> str:
        panel = SimpleNamespace(z=z, held=held)
        return joint_maximum(chart, Scalar("b", "", {"map": _row(mode, 1.0)}), draws, panel)

    two, taken = np.zeros(2), {("b", ""): Fixed((("0", ("tau",)),))}
    highest = " The MAP belongs to the highest point of the joint density of all parameters"
    assert said(0.5, two, {}).startswith(f"{highest}. It need not be the top of the posterior's curve")
    assert said(0.0, None, taken).startswith(f"{highest}, where tau = 0. It need")
    for silent in (said(0.0, two, {}), said(0.5, np.zeros(1), {}), said(math.nan, two, taken)):
        assert silent == ""
    assert joint_maximum(chart, Scalar("b", "", {}), draws, None) == ""


def test_of_many_chains_some_are_drawn_and_the_caption_says_so(recwarn: pytest.WarningsRecorder) -> None:
    import arviz as az

    draws = np.random.default_rng(0).normal(size=(100, 30))
    native = az.from_dict({"posterior": {"mu": draws}}, check_conventions=False)
    summary = [{"estimand": "mu", "label": "", "r_hat": 1.0, "ess_bulk": 3000.0}]
    (many,) = rank_plots(native, summary, "a")
    assert many.caption.endswith("one of every 13 chains is shown")
    (few,) = rank_plots(az.from_dict({"posterior": {"mu": draws[:4]}}), summary, "a")
    assert "is shown" not in few.caption
    assert len(many.svg) < 3 * len(few.svg)  # 8 lines and not 100
    assert not list(recwarn)
