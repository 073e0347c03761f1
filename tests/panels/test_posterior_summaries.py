"""What the posterior's rows say of its draws: mean or median, equal tails or highest density, and at which level."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar

import triptych
from triptych.cli.main import main

Y = np.array([0.4, 1.9, 0.2])  # exponential waiting times: a skewed posterior of their rate
LEVEL = 0.7
EXACT = stats.gamma(1 + Y.size, scale=1 / (1 + Y.sum()))


def waiting() -> pm.Model:
    with pm.Model() as model:
        pm.Exponential("y", pm.Exponential("rate", 1), observed=Y)
    return model


def solve(kind: str, seed: int = 1) -> Any:
    return triptych.compare(waiting(), random_seed=seed, ci_prob=LEVEL, ci_kind=kind)


@pytest.fixture(scope="module", params=[1, 2, 3])
def hdi(request: pytest.FixtureRequest) -> Any:
    return solve("hdi", request.param)


@pytest.fixture(scope="module")
def eti() -> Any:
    return solve("eti")


def posterior(comparison: Any) -> np.ndarray:
    values: np.ndarray = comparison.results["mcmc"]["posterior"]["rate"].values
    return values


def shortest(draws: np.ndarray) -> np.ndarray:
    """Return the narrowest of the intervals between two draws that hold the share of them."""
    x = np.sort(draws.ravel())
    inside = int(np.floor(LEVEL * x.size))
    first = int(np.argmin(x[inside:] - x[: x.size - inside]))
    return x[[first, first + inside]]


def test_the_headline_is_the_mean_and_the_kind_that_was_asked_for(hdi: Any, eti: Any) -> None:
    for comparison, kind in ((hdi, "hdi"), (eti, "eti")):
        draws = posterior(comparison)
        row = comparison["default"].row("mcmc", "rate")
        assert (row.interval_kind, row.estimate_kind, row.ci_prob) == (kind, "mean", LEVEL)
        assert row.estimate == pytest.approx(draws.mean(), rel=1e-12)
        assert row.std_error == pytest.approx(draws.std(ddof=1), rel=1e-12)
        expected = shortest(draws) if kind == "hdi" else np.quantile(draws, [0.15, 0.85])
        assert [row.lower, row.upper] == pytest.approx(expected, rel=1e-9)
        assert kind.upper() in comparison.provenance["conventions"][-1]


def test_the_other_kind_and_the_median_stand_beside_it(hdi: Any, eti: Any) -> None:
    for comparison, other in ((hdi, "eti"), (eti, "hdi")):
        draws = posterior(comparison)
        table = comparison.intervals[comparison.intervals["method"] == "mcmc"]
        beside = table[table["estimate_kind"] == "mean"].iloc[0]
        expected = shortest(draws) if other == "hdi" else np.quantile(draws, [0.15, 0.85])
        assert beside["interval_kind"] == other
        assert [beside["lower"], beside["upper"]] == pytest.approx(expected, rel=1e-9)
        median = table[table["estimate_kind"] == "median"].iloc[0]
        assert median["estimate"] == pytest.approx(np.median(draws), rel=1e-12)
        assert abs(median["estimate"] - EXACT.median()) < 4 * float(az.mcse(draws, method="median"))
        assert abs(beside["estimate"] - EXACT.mean()) < 4 * float(az.mcse(draws, method="mean"))
        # The two are told apart: a gamma distribution's mean is above its median.
        assert EXACT.mean() - EXACT.median() > 4 * float(az.mcse(draws, method="median"))


def test_the_highest_density_interval_is_that_of_a_gamma_distribution(hdi: Any) -> None:
    """Of its mass to a Monte Carlo error, and as short as an interval of that mass can be."""
    row, draws = hdi["default"].row("mcmc", "rate"), posterior(hdi)
    mass = EXACT.cdf(row.upper) - EXACT.cdf(row.lower)
    within = ((draws >= row.lower) & (draws <= row.upper)).astype(float)
    assert abs(mass - LEVEL) < 4 * float(az.mcse(within, method="mean"))

    def width(below: float) -> float:
        return float(EXACT.ppf(below + mass) - EXACT.ppf(below))

    best = minimize_scalar(width, bounds=(1e-9, 1 - mass - 1e-9), method="bounded").fun
    equal = EXACT.ppf(0.5 + mass / 2) - EXACT.ppf(0.5 - mass / 2)
    assert best - 1e-9 < row.upper - row.lower < (best + equal) / 2


def test_every_row_has_the_level(hdi: Any) -> None:
    for table in (hdi.estimates, hdi.intervals):
        assert set(table["ci_prob"]) == {LEVEL}
    assert hdi.provenance["ci_prob"] == LEVEL
    wald, profile = (hdi["default"].interval("mle", kind, "rate") for kind in ("wald", "profile"))
    rate, q = Y.size / Y.sum(), stats.norm.ppf(0.5 + LEVEL / 2)
    assert [wald.lower, wald.upper] == pytest.approx(rate * np.exp(np.array([-1, 1]) * q / np.sqrt(Y.size)), rel=1e-7)
    for end in (profile.lower, profile.upper):
        fall = Y.size * (np.log(rate / end) + end / rate - 1)
        assert 2 * fall == pytest.approx(q**2, rel=1e-5)


@pytest.mark.parametrize(("ci_prob", "said"), [(0.9999, True), (0.98, False)])
def test_a_level_that_the_draws_do_not_reach_is_told(ci_prob: float, said: bool) -> None:
    found = triptych.compare(waiting(), ci_prob=ci_prob, methods=("mcmc",))
    draws = posterior(found)
    rows = [*found["default"].panels["mcmc"].estimates, *found["default"].panels["mcmc"].intervals]
    for row in rows:
        assert (f"the ends of a {ci_prob} interval are the extreme ones" in row.reason) is said
        assert bool(row.upper >= np.sort(draws.ravel())[-2]) is said


def test_fits_and_scenarios_pass_level_and_kind_on() -> None:
    table = {"y": Y, "x": [0.0, 1.0, 2.0]}
    options: dict[str, Any] = {"ci_prob": LEVEL, "ci_kind": "hdi", "draws": 50, "tune": 50}
    fitted = triptych.fit(table, "y ~ x", methods=("mcmc",), **options)
    run = triptych.run("small_n_variance", variants=["n2"], methods=("mcmc",), **options)
    for comparison in (fitted, run):
        assert set(comparison.estimates["ci_prob"]) == {LEVEL}
        assert set(comparison.estimates["interval_kind"]) == {"hdi"}


def test_the_command_passes_them_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.py").write_text(
        "import pymc as pm\nwith pm.Model() as waiting:\n"
        f"    pm.Exponential('y', pm.Exponential('rate', 1), observed={Y.tolist()})\n"
    )
    asked = ["--ci-prob", str(LEVEL), "--ci-kind", "hdi", "--format", "csv", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit):
        main(["compare", f"{tmp_path / 'model.py'}:waiting", *asked])
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert {float(row["ci_prob"]) for row in rows} == {LEVEL}
    assert [row["interval_kind"] for row in rows] == ["wald", "laplace", "hdi"]
