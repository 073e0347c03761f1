"""The mixture: an independent ascent to the mode, the paths, labels, recovery, claims that notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from triptych.models import mixture
from triptych.models.mixture import NAMES, scenario
from triptych.panels.settings import Settings
from triptych.panels.solve import solve


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    return solved(scenario.name)


def conditional_maximisation(y: np.ndarray) -> dict[str, np.ndarray]:
    """Ascend the joint density by EM: each step maximises over one block, in closed form."""
    w, mu, sigma = np.array([0.5, 0.5]), np.array([2.0, 5.0]), np.array([0.5, 0.5])
    for _ in range(5000):
        dens = w * norm.pdf(y[:, None], mu, sigma)
        r = dens / dens.sum(axis=1, keepdims=True)
        size = r.sum(axis=0)
        w = (size + 1) / (y.size + 2)  # Dirichlet(2, 2)
        precision = size / sigma**2 + 1 / 2**2  # Normal(3.5, 2)
        mu = ((r * y[:, None]).sum(axis=0) / sigma**2 + 3.5 / 2**2) / precision
        spread = (r * (y[:, None] - mu) ** 2).sum(axis=0)
        # InverseGamma(3, 1): stationary where (size + 4) s^2 - s - spread = 0.
        sigma = (1 + np.sqrt(1 + 4 * (size + 4) * spread)) / (2 * (size + 4))
    return {"w": w, "mu": mu, "sigma": sigma}


def test_it_is_clean(run: Any) -> None:
    assert run.problems == []
    assert len(run.claims) == len(scenario.claims)


def test_the_mode_is_where_em_with_the_prior_ends(run: Any) -> None:
    expected = conditional_maximisation(run["default"].data.length)
    for name in NAMES:
        np.testing.assert_allclose(run["default"].values("map", name), expected[name], rtol=1e-7)


def test_the_interior_optimum_is_stationary_and_has_standard_errors(run: Any) -> None:
    y, best = run["default"].data.length, mixture._interior(run["default"])
    dens = best["w"] * norm.pdf(y[:, None], best["mu"], best["sigma"])
    r = dens / dens.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(r.mean(axis=0), best["w"], rtol=1e-7)
    np.testing.assert_allclose((r * y[:, None]).sum(axis=0) / r.sum(axis=0), best["mu"], rtol=1e-7)
    assert {r.estimate_kind for r in run["default"].panels["mle"].optima} == {"maximum"}
    assert all(r.std_error > 0 for r in run["default"].panels["mle"].optima)


def test_there_is_no_maximum_to_misread(run: Any) -> None:
    native = run.results["mle"]
    assert native.status == "unbounded"
    assert not hasattr(native, "params")
    assert np.isnan(run.contrasts["mode_shift"]).all()


def test_the_kept_path_ends_on_the_most_tied_lengths(run: Any) -> None:
    ties = np.unique(run["default"].data.length, return_counts=True)[1]
    for panel in (run["default"].panels["mle"], run["half_normal"].panels["map"]):
        path = panel.paths[0]
        assert path.values[-1] < 1e-6
        gain = (path.objective[-1] - path.objective[-2]) / np.log(path.values[-2] / path.values[-1])
        assert gain == pytest.approx(ties.max(), abs=1e-5)


def test_lengths_that_are_not_tied_rise_at_slope_one() -> None:
    data, _truth = scenario.simulate(np.random.default_rng(2), n=60)
    solved = solve(scenario, settings=Settings(methods=("mle",), profile=False), data=data)
    gains, ties = mixture._slopes(solved, -25.0)
    assert ties.max() == 1
    np.testing.assert_allclose(gains[:, 0], 1, atol=1e-6)
    assert set(solved.statuses("mle", "mu")) == {"unbounded"}


def test_the_simulator_is_recovered_by_the_interior_maximum() -> None:
    data, truth = scenario.simulate(np.random.default_rng(6), n=1000)
    solved = solve(scenario, settings=Settings(methods=("mle",), profile=False), data=data)
    rows = [r for r in solved.panels["mle"].optima if r.reason.startswith("local maximum 1,")]
    for name, values in truth.items():
        found = [r for r in rows if r.estimand == name]
        for row, value in zip(found, values, strict=True):
            assert abs(row.estimate - value) <= 4.5 * row.std_error


def test_a_large_sample_has_no_maximum_either() -> None:
    data, _truth = scenario.simulate(np.random.default_rng(5), n=400)
    solved = solve(scenario, settings=Settings(methods=("mle",), profile=False), data=data)
    assert set(solved.statuses("mle", "sigma")) == {"unbounded"}


def test_chains_settle_on_either_labelling_and_the_rule_mends_it(run: Any) -> None:
    """What R-hat said before is in the diagnostics; at this seed some chains have each labelling."""
    before = [s.panels["mcmc"].diagnostics["max_rhat_before_relabelling"] for s in run.solutions.values()]
    assert max(before) > 1.5
    for solved in run.solutions.values():
        assert solved.panels["mcmc"].diagnostics["gate"] == []
        draws = solved.draws("mu")
        assert (draws[:, 0] < draws[:, 1]).all()


def test_a_maximum_is_listed_once_and_not_under_other_labels_again(run: Any) -> None:
    for solution in run.solutions.values():
        for panel in (solution.panels[method] for method in ("mle", "map")):
            maxima: dict[str, dict[str, float]] = {}
            for row in panel.optima:
                assert row.name not in maxima.setdefault(row.reason, {}), "rows of two maxima are told apart"
                maxima[row.reason][row.name] = row.estimate
            headline = {row.name: row.estimate for row in panel.estimates if row.status == "ok"}
            sets = [sorted(found.values()) for found in (*maxima.values(), headline) if found]
            for k, one in enumerate(sets):
                assert not any(np.allclose(one, other, rtol=1e-4) for other in sets[:k] if len(one) == len(other))


def test_the_whole_component_is_relabelled(run: Any) -> None:
    """Weight and standard deviation go with their mean: the short-petalled third is the narrow one."""
    for method in ("map", "mcmc"):
        w, mu, sigma = (run["default"].values(method, name) for name in NAMES)
        assert w[0] < 0.5 < w[1]
        assert mu[0] < 2 < 4 < mu[1]
        assert sigma[0] < 0.3 < 0.6 < sigma[1]


def test_the_claims_notice_a_prior_that_does_not_close_the_path(run: Any) -> None:
    exchanged = {"default": run["half_normal"], "half_normal": run["default"]}
    assert not mixture.inverse_gamma_closes_the_path(exchanged).holds
    assert not mixture.inverse_gamma_has_a_mode(exchanged).holds
    assert not mixture.half_normal_leaves_it_open(exchanged).holds
    assert not mixture.half_normal_has_no_mode(exchanged).holds


def test_the_claims_notice_another_count_of_ties(run: Any) -> None:
    y = run["default"].data.length.copy()
    y[0] += 1e-3
    altered = {"default": replace(run["default"], data=mixture._petals(y))}
    assert not mixture.slope_is_the_ties(altered).holds
    assert not mixture.interior_is_em(altered).holds


def test_the_figure_is_drawn_from_the_kept_paths(run: Any) -> None:
    figure = mixture.blow_up(run)
    assert [list(s.y) for s in figure.series[:2]] == [
        run["default"].panels["mle"].paths[0].objective,
        run["half_normal"].panels["map"].paths[0].objective,
    ]
    closed = figure.series[2].y
    assert closed[-1] < max(closed) - 50


def test_the_capped_maximum_is_that_of_a_bounded_search(run: Any) -> None:
    """L-BFGS-B with the logarithm of each standard deviation at or above the cap's, from EM's answer nearby."""
    y = run["default"].data.length

    def loss(at: np.ndarray) -> float:
        w = 1 / (1 + np.exp(-at[0]))
        with np.errstate(divide="ignore"):
            parts = [np.log(s) + norm.logpdf(y, at[1 + k], np.exp(at[3 + k])) for k, s in enumerate((w, 1 - w))]
        return -float(np.logaddexp(*parts).sum())

    for cap in (0.1, 0.2):
        height, (w, mu, sigma) = mixture._capped(cap)
        start = np.array([np.log(w[0] / w[1]), *(mu + 0.05), *np.log(sigma + 0.05)])
        bounds = [(-5, 5), (0, 8), (0, 8), *[(np.log(cap), 2)] * 2]
        found = minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})
        assert -found.fun == pytest.approx(height, abs=1e-6)
        assert np.exp(found.x[3:]) == pytest.approx(sigma, abs=1e-4)


def test_claims_about_caps_notice_other_caps(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture, "CAPS", (0.05, 0.19, 0.1))
    for claim in (mixture.capped_is_on_the_cap, mixture.middle_cap_is_em, mixture.place_depends_on_the_cap):
        assert not claim(run).holds, claim.__name__
