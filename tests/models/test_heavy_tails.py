"""What the claims of heavy tails would notice, and the published lines of all predictors' data."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import integrate

from triptych.models import heavy_tails as tails


@pytest.fixture(scope="module")
def run(solved: Any) -> Any:
    comparison = solved("heavy_tails")
    assert comparison.problems == []
    return comparison


def test_claims_notice_other_degrees_of_freedom(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "FREEDOM", 4.2)
    for claim in (tails.student_is_em, tails.student_map_is_em):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_another_move(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "MOVE", 31.0)
    assert not tails.normal_has_no_bound(run).holds
    monkeypatch.setattr(tails, "MOVE", 33.0)
    assert not tails.normal_mean_has_no_bound(run).holds


def test_claims_notice_another_posterior(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = tails._exact
    monkeypatch.setattr(tails, "_exact", lambda d, family: (exact(d, family)[0] + 0.02, exact(d, family)[1]))
    assert not tails.posteriors_are_the_integrals(run).holds


def test_claims_notice_another_line_of_least_deviations(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tails.laplace_scale_is_the_mean_deviation(run).holds
    vertex = tails._vertex
    monkeypatch.setattr(tails, "_vertex", lambda d: vertex(d) + 1e-6)
    monkeypatch.setitem(tails.BY_LIBRARY, "laplace", tails._vertex)
    for claim in (tails.laplace_is_least_deviations, tails.laplace_scale_is_the_mean_deviation):
        assert not claim(run).holds, claim.__name__


def test_claims_notice_other_errors_in_the_place_of_laplaces(run: Any) -> None:
    other = dict(run.solutions) | {"laplace": run["default"], "laplace_moved": run["moved"]}
    for claim in (
        tails.laplace_is_least_deviations,
        tails.quantreg_finds_none_better,
        tails.laplace_scale_is_the_mean_deviation,
        tails.laplace_does_not_move,
        tails.posteriors_are_the_integrals,
    ):
        assert claim(run).holds, claim.__name__
        assert not claim(other).holds, claim.__name__


@pytest.mark.parametrize("moved", [0.0, 30.0])
def test_the_laplace_integral_does_not_depend_on_its_grid(moved: float, monkeypatch: pytest.MonkeyPatch) -> None:
    d = tails.data(moved)
    found = tails._exact(d, "laplace")
    finer = tails._integral(tuple(d.air), tuple(d.loss), "laplace", 2 * tails.POINTS - 1)
    monkeypatch.setattr(tails, "WIDTH", 1.5 * tails.WIDTH)
    wider = tails._integral.__wrapped__(tuple(d.air), tuple(d.loss), "laplace", 2 * tails.POINTS - 1)
    for other in (finer, wider):  # less than a twentieth of a Monte Carlo error of four thousand draws
        assert found[0] == pytest.approx(other[0], abs=found[1].min() / 1300)


def test_the_normal_integral_is_students_t() -> None:
    d = tails.data()
    mean, sd = tails._exact(d, "normal")
    rest = d.loss - tails._ols(d)[0] - tails._ols(d)[1] * d.air
    freedom = d.air.size - 2
    error = np.sqrt(rest @ rest / freedom / (d.air @ d.air))
    assert mean[1] == pytest.approx(tails._ols(d)[1], abs=1e-9)
    # The grid ends at nine standard errors, where Student's tail still holds a little.
    assert sd[1] == pytest.approx(error * np.sqrt(freedom / (freedom - 2)), rel=1e-4)


def test_the_best_line_through_two_days_is_the_linear_programme() -> None:
    import statsmodels.api as sm

    for moved in (0.0, 30.0, -45.0):
        d = tails.data(moved)
        total = np.abs(d.loss - tails._vertex(d) @ np.stack([np.ones(d.air.size), d.air])).sum()
        fitted = sm.QuantReg(d.loss, sm.add_constant(d.air)).fit(q=0.5, max_iter=5000, p_tol=1e-9)
        assert total <= np.abs(fitted.resid).sum() + 1e-9
        assert total == pytest.approx(np.abs(fitted.resid).sum(), rel=1e-4)


def test_the_laplace_posteriors_probability_is_an_integral() -> None:
    samples, size = 4, 7
    chances = tails._chances(samples, size)
    for chance, y in zip(chances, np.random.default_rng(3).standard_normal((samples, size)), strict=True):

        def density(level: float, y: np.ndarray = y) -> float:
            return float(np.abs(y - level).sum() / np.abs(y).sum()) ** -size

        ends = np.array([-np.inf, *np.sort(np.append(y, 0.0)), np.inf])
        parts = [integrate.quad(density, a, b, epsabs=1e-13)[0] for a, b in pairwise(ends)]
        assert chance == pytest.approx(sum(parts[: int(np.sum(y < 0)) + 1]) / sum(parts), rel=1e-8)


def test_claims_notice_another_coverage(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tails.laplace_is_too_narrow(run).holds
    monkeypatch.setattr(tails, "_chances", lambda samples, size: (np.arange(samples) + 0.5) / samples)
    assert not tails.laplace_is_too_narrow(run).holds


def test_the_line_of_least_deviations_of_many_rows_is_that_of_the_library() -> None:
    import statsmodels.api as sm

    d = tails.engel()
    fitted = sm.QuantReg(d.loss, sm.add_constant(d.air)).fit(q=0.5, max_iter=5000, p_tol=1e-9)
    total = np.abs(d.loss - tails._vertex(d) @ np.stack([np.ones(d.air.size), d.air])).sum()
    assert total <= np.abs(fitted.resid).sum() + 1e-9
    assert total == pytest.approx(np.abs(fitted.resid).sum(), rel=1e-4)


def _sampled(d: Any, draws: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of level and slope under Student errors by importance sampling, and their standard errors."""
    from scipy import optimize
    from statsmodels.tools.numdiff import approx_hess

    def down(z: np.ndarray) -> Any:
        r = (d.loss - z[..., :1] - z[..., 1:2] * d.air) / np.exp(z[..., 2:])
        return d.air.size * z[..., 2] + 2.5 * np.log1p(r**2 / 4).sum(axis=-1)

    near = np.array([*tails._vertex(d), np.log(np.median(np.abs(d.loss - tails._vertex(d)[0])) + 1e-3)])
    top = optimize.minimize(down, near, method="Nelder-Mead", options={"maxiter": 5000, "xatol": 1e-9, "fatol": 1e-9}).x
    rng = np.random.default_rng(1)
    step = rng.standard_normal((draws, 3)) / np.sqrt(rng.chisquare(6, draws) / 6)[:, None]
    z = top + step @ np.linalg.cholesky(np.linalg.inv(approx_hess(top, down))).T
    log = 4.5 * np.log1p((step**2).sum(axis=1) / 6) - np.concatenate([down(part) for part in np.split(z, 20)])
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = weight @ z[:, :2]
    return mean, np.sqrt(weight**2 @ (z[:, :2] - mean) ** 2)


@pytest.mark.parametrize("moved", [0.0, 30.0, 30_000.0])
def test_the_student_integral_is_that_of_weighted_draws(moved: float) -> None:
    """Of a far day too, whose residual does not tell how wide the posterior is."""
    d = tails.data(moved)
    mean, error = _sampled(d)
    for points in (tails.POINTS, tails.COARSE):
        found = tails._integral(tuple(d.air), tuple(d.loss), "student", points)
        assert np.all(np.abs(found[0] - mean) < 4 * error), points
        assert np.all(found[1] > 10 * error), points


@pytest.mark.parametrize("extra", [0.0, 1.0])
def test_em_ends_where_scipy_does(extra: float) -> None:
    for d in (tails.data(), tails.data(30.0), tails.engel(), tails.engel(1.0)):
        assert tails._student(d, extra) == pytest.approx(tails._highest(d, extra), abs=1e-10)


def test_claims_notice_other_degrees_of_freedom_among_households(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = (tails.engel_is_highest, tails.engel_posterior_is_the_integral, tails.student_is_em_wherever_one_moves)
    assert all(claim(run).holds for claim in claims)
    monkeypatch.setattr(tails, "FREEDOM", 6.0)
    tails._integral.cache_clear()
    assert not any(claim(run).holds for claim in claims)
    tails._integral.cache_clear()


def test_a_household_that_keeps_its_pull_is_noticed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tails.engel_is_forgotten(run).holds
    for name in ("_student", "_integral"):  # MLE and MAP, and the mean
        with monkeypatch.context() as changed:
            if name == "_student":
                changed.setattr(tails, name, lambda d, extra=0.0: np.array([*tails._ols(d), 1.0]))
            else:
                changed.setattr(
                    tails,
                    name,
                    lambda air, loss, *_: (tails._ols(tails.Data({"air": np.array(air), "loss": np.array(loss)})), 0),
                )
            assert not tails.engel_is_forgotten(run).holds, name


def test_every_likelihood_has_the_curves_of_all_panels(run: Any) -> None:
    for maxima, means in (
        (tails.sensitivity, tails.sensitivity_of_means),
        (tails.engel_sensitivity, tails.engel_sensitivity_of_means),
    ):
        panels = {
            (s.label.split(", ")[0], p) for s in maxima(run).series for p in s.label.split(", ")[-1].split(" and ")
        }
        panels |= {tuple(s.label.split(", ")) for s in means(run).series}
        wanted = {(tails.CALLED[f], p) for f in tails.FAMILIES for p in ("MLE", "MAP", "posterior mean")}
        assert panels == wanted | {("Huber's M-estimator", "Huber's M-estimator")}


def test_the_curves_of_households_pass_through_the_panels(run: Any) -> None:
    moves, curves = tails._engel_curves(run)
    (still,) = np.flatnonzero(moves == 0)
    for panel, method in (("MLE", "mle"), ("MAP", "map")):
        found = run["engel"].row(method, "slope").estimate
        assert curves[f"Student, {panel}"][still] == pytest.approx(found, abs=1e-8)
    row = run["engel"].row("mcmc", "slope")
    assert curves["Student, posterior mean"][still] == pytest.approx(row.estimate, abs=0.1 * row.std_error)


def test_the_posteriors_share_of_two_observations_is_known() -> None:
    """Of two the interval holds what is less than 4.5 distances beyond them: a Cauchy variable below ten."""
    samples = 20_000
    chance = tails._chances(samples, 2)
    exact = 2 / np.pi * np.arctan(10)
    share = np.mean((chance > 0.025) & (chance < 0.975))
    assert abs(share - exact) < 4 * np.sqrt(exact * (1 - exact) / samples)


@pytest.mark.parametrize("size", [401, 4001])
def test_the_ratio_to_the_sandwich_is_that_of_normal_quantiles(size: int) -> None:
    """The posterior of data that lie on the quantiles of the normal distribution, with a sum for the integral."""
    from scipy.stats import norm

    y = norm.ppf((np.arange(size) + 0.5) / size)
    m = np.linspace(-8, 8, 1601) / np.sqrt(size)
    log = -size * np.log(np.abs(y[:, None] - m).sum(axis=0))
    weight = np.exp(log - log.max())
    spread = np.sqrt(weight @ m**2 / weight.sum())
    sandwich = np.sqrt(np.pi / 2 / size)
    assert tails._narrower(size) == pytest.approx(spread / sandwich, rel=2 / size)


def test_claims_notice_another_spread(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tails.laplace_is_narrower_by_a_known_factor(run).holds
    narrower = tails._narrower
    monkeypatch.setattr(tails, "_narrower", lambda n: narrower(n) + 1e-7)
    assert not tails.laplace_is_narrower_by_a_known_factor(run).holds


def test_the_sandwich_is_the_spread_of_lines_of_households_drawn_anew(run: Any) -> None:
    """By the bootstrap, which knows no density: so wide, and wider than the posterior by more than the claim says."""
    claim = tails.laplace_is_too_narrow_for_engel(run)
    assert claim.holds
    d, rng, lines = tails.engel(), np.random.default_rng(4), []
    for _ in range(200):
        again = rng.integers(0, d.air.size, d.air.size)
        lines.append(tails._vertex(tails.Data({"air": d.air[again], "loss": d.loss[again]}))[1])
    spread = np.std(lines)
    assert tails._sandwich(d, 0.0645)[1] == pytest.approx(spread, rel=0.2)
    assert tails._exact(d, "laplace")[1][1] < float(claim.measured) * spread


def test_the_claim_of_a_narrow_posterior_notices_errors_of_one_spread() -> None:
    """With Laplace errors of one scale at every income the posterior is as wide as the sandwich."""
    d, rng = tails.engel(), np.random.default_rng(6)
    fair = tails._data(d.air, 0.6 + 0.5 * d.air + rng.laplace(0, 0.1, d.air.size))
    assert not tails.laplace_is_too_narrow_for_engel({"engel": SimpleNamespace(data=fair)}).holds
