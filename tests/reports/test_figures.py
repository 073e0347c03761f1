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
from scipy.stats import halfcauchy, laplace, norm

import triptych
from triptych.comparisons.explanation.prior import prior_draws
from triptych.comparisons.explanation.prior_density import prior_densities
from triptych.reports.densities import farthest_apart
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


def _path(chart: Chart, css: str) -> np.ndarray:
    (path,) = (m.attrs["d"] for m in chart.marks if m.css == css and m.tag == "path")
    return np.array([[float(one) for one in step.split()] for step in path.strip("MZ").split("L")])


def test_a_prior_that_is_known_is_drawn_as_it_is_and_one_of_draws_says_so() -> None:
    places = np.linspace(-6.0, 6.0, 801)
    rows = {"mle": _row(0.5, 1.3), "map": _row(0.0, 1.0), "mcmc": _row(0.0, 1.0)}
    draws = norm.ppf(QUANTILES)

    def drawn(heights: np.ndarray) -> Chart:
        return density(Scalar("b", "", rows), draws, draws, [], None, "k", exact=(places, heights))

    chart = drawn(np.exp(-np.abs(places)) / 2)  # Laplace's corner at zero stands at its full height
    curve = _path(chart, "n0 line")
    top = curve[np.argmin(curve[:, 1])]
    assert top[0] == pytest.approx(chart.x(0.0), abs=0.1)
    assert (chart.floor - top[1]) / _height(chart, "mcmc line") == pytest.approx(0.5 / norm.pdf(0), rel=0.03)
    assert ("n0", "line", "prior") in chart.legend
    assert ("n0", "line", "prior (estimated from draws)") in _drawn(draws, _row(0.5, 1.3)).legend
    with np.errstate(divide="ignore"):
        endless = drawn(np.where(places > 0, 1 / np.maximum(places, 0), 0.0) / 9)
    assert np.all(np.isfinite(_path(endless, "n0 line")))


def test_exact_densities_are_those_of_scipy_and_of_what_the_model_states_alone() -> None:
    with pm.Model() as model:
        a = pm.Normal("a", 1.0, 2.0)
        tau = pm.HalfCauchy("tau", 5.0)
        b = pm.Normal("b", a, 1.5, shape=3)  # its own prior rests on unknowns
        w = pm.Gamma("w", 2.0, 0.5)
        pm.Potential("weighs", -(w**2))
        c = pm.Laplace("c", [0.0, 1.0], 2.0)
        d = pm.Dirichlet("d", np.array([3.0, 4.0, 5.0]))
        rates = pt.stack([b[0], b[1] + c[0], b[2] + 2 * c[1], w, d[0], 2 * d[1], tau])
        pm.Normal("y", rates, 1.0, observed=np.arange(7.0))
    solved = triptych.compare(model, draws=100, tune=200, profile=False, progressbar=False)["default"]
    found = prior_densities(solved)
    assert {name: one.given for name, one in found.items()} == {
        "a": "", "tau": "", "b": "the others at the MAP", "c": "",
    }  # fmt: skip
    at = {row.name: row.estimate for row in solved.panels["map"].estimates}
    for name, place, exact in (
        ("a", 0, norm(1.0, 2.0)), ("tau", 0, halfcauchy(scale=5.0)), ("c", 0, laplace(0.0, 2.0)),
        ("c", 1, laplace(1.0, 2.0)), ("b", 2, norm(at["a"], 1.5)),
    ):  # fmt: skip
        one = found[name]
        assert one.heights[:, place] == pytest.approx(exact.pdf(one.places[:, place]), rel=1e-5, abs=1e-12), name
        draws = solved.draws(name).reshape(-1, one.places.shape[1])[:, place]
        low, high = np.quantile(draws, (0.002, 0.998))  # an axis is stretched by a range and a half at most
        assert one.places[0, place] <= low - 1.5 * (high - low)
        assert one.places[-1, place] >= high + 1.5 * (high - low)
    solved.engine, kept = None, solved.engine  # type: ignore[assignment]
    assert prior_densities(solved) == {}
    solved.engine = kept


def test_a_local_maximum_has_no_mark_of_an_estimate() -> None:
    rows = {"mle": _row(0.5, 1.3), "mcmc": _row(0.0, 1.0)}
    chart = density(Scalar("b", "", rows), norm.ppf(QUANTILES), np.zeros(0), [_row(2.0, 1.0)], None, "k")
    assert ("mle doubt", "line", "local maximum, not the MLE 2.0") in chart.legend
    marks = [m for m in chart.marks if m.css.startswith("mle point")]
    assert [m.css for m in marks] == ["mle point"]


def test_those_scalars_are_drawn_whose_estimates_lie_farthest_apart() -> None:
    pairs = [(Scalar("b", k), place) for place, k in enumerate("uvwx")]

    def contrast(label: str, *gaps: float) -> dict[str, Any]:
        names = ("mode_shift_sd", "mean_minus_mode_sd", "total_sd")
        return {"estimand": "b", "label": label, **dict(zip(names, gaps, strict=True))}

    # The two parts may cancel, and one of them may be all there is.
    nan = math.nan
    rows = [contrast("u", 0.1, 0.1, 0.2), contrast("v", nan, 0.5, nan), contrast("w", 2.0, -1.9, 0.1),
            contrast("x", nan, nan, nan)]  # fmt: skip
    assert [s.label for s, _ in farthest_apart(pairs, rows)] == ["w", "v", "u"]
    assert farthest_apart(pairs, rows[3:]) == pairs


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
    highest = " The MAP is the top of the joint density of all parameters"
    assert said(0.5, two, {}).startswith(f"{highest}. That need not be the top of the posterior's curve")
    assert said(0.0, None, taken).startswith(f"{highest}, where tau = 0. That need")
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
