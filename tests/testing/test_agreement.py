"""Which pairs of estimates agree: draws of known distributions, results of libraries, numbers, comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import arviz as az
import numpy as np
import pymc as pm
import pytest
import statsmodels.api as sm

import triptych
from triptych.base.errors import InputError
from triptych.panels import mcmc
from triptych.sampling.nuts import Draws, SamplerStopped
from triptych.testing import Agreement, agreement, assert_agree
from triptych.testing.estimates import Estimates, PointEstimate
from triptych.testing.of_comparison import of_comparison
from triptych.testing.statistics import describe

Y = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])


def normal(seed: int, mean: float = 0.0, sd: float = 1.0, draws: int = 1000) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, sd, (4, draws))


def autoregressive(seed: int, phi: float, draws: int = 1000) -> np.ndarray:
    from scipy.signal import lfilter

    noise = np.random.default_rng(seed).normal(size=(4, draws + 200)) * np.sqrt(1 - phi**2)
    return np.asarray(lfilter([1], [1, -phi], noise, axis=1)[:, 200:])


def test_monte_carlo_errors_are_those_of_arviz() -> None:
    x = np.exp(autoregressive(1, 0.6))
    found = describe(x[None])
    low, high = found.places[0]
    exact = [az.mcse(x, method="mean"), az.mcse(x, method="sd")]
    exact += [az.mcse((x <= low).astype(float)), az.mcse((x >= high).astype(float))]
    np.testing.assert_allclose(found.errors[0], np.array(exact, dtype=float), rtol=2e-3)
    np.testing.assert_allclose(found.values[0], [x.mean(), x.std(ddof=1), 0.1, 0.1], rtol=1e-12)


def test_draws_of_one_distribution_agree() -> None:
    found = assert_agree({"x": normal(1), "y": normal(2, 5, 3)}, {"x": normal(3), "y": normal(4, 5, 3)})
    assert found.verdict == "agree"
    assert found.cause is None
    assert len(found.table) == 8


@pytest.mark.parametrize(
    ("other", "quantity"),
    [
        (normal(5, mean=0.2), "mean"),
        (normal(5, sd=1.12), "sd"),
        (np.where(np.abs(normal(5)) > 1.2816, 1.3 * normal(5), normal(5)), "sd"),
        (np.clip(normal(5), -1.25, None), "P(below 10 %)"),
    ],
)
def test_draws_of_two_distributions_disagree(other: np.ndarray, quantity: str) -> None:
    found = agreement(normal(1), other)
    assert found.verdict == "disagree"
    assert found.table.iloc[0]["quantity"] == quantity
    with pytest.raises(AssertionError, match="without the models it cannot be told"):
        assert_agree(normal(1), other)


def test_a_difference_that_does_not_matter_is_allowed() -> None:
    assert agreement(normal(1), normal(5, mean=0.2)).verdict == "disagree"
    assert agreement(normal(1), normal(5, mean=0.2), practical=0.5).verdict == "agree"
    assert agreement(normal(1), normal(5, mean=0.9), practical=0.5).verdict == "disagree"


def test_too_few_effective_draws_are_inconclusive() -> None:
    found = agreement(normal(1), autoregressive(2, 0.95))
    assert found.verdict == "inconclusive"
    assert "ESS" in found.faults[0]
    with pytest.raises(AssertionError, match="cannot be told whether"):
        assert_agree(normal(1), autoregressive(2, 0.95))


def test_chains_apart_or_still_are_inconclusive() -> None:
    apart = normal(3)
    apart[0] += 3
    assert "R-hat" in agreement(normal(1), apart).faults[0]
    still = normal(3)
    still[1] = 0.4
    assert agreement(normal(1), still).verdict == "inconclusive"


def test_draws_whose_moments_do_not_exist_are_held_by_their_tails() -> None:
    cauchy = [np.random.default_rng(k).standard_cauchy((4, 1000)) for k in range(2)]
    found = agreement(*cauchy)
    assert found.verdict == "agree"
    assert set(found.table["quantity"]) == {"P(below 10 %)", "P(above 90 %)"}
    assert agreement(cauchy[0], 1.4 * cauchy[1]).verdict == "disagree"


def test_constants_among_the_draws_are_compared_exactly() -> None:
    one, other = np.full((4, 1000), 3.0), np.full((4, 1000), 3.0001)
    draws = {"x": normal(1)}
    assert agreement({**draws, "k": one}, {**draws, "k": one}).verdict == "agree"
    assert agreement({**draws, "k": one}, {**draws, "k": other}).verdict == "disagree"


def test_trees_of_draws_are_compared_by_their_labels() -> None:
    def tree(seed: int, mean: float = 1.0) -> Any:
        rng = np.random.default_rng(seed)
        beta = rng.normal([0.0, mean], 1, (4, 1000, 2))
        return az.from_dict(
            {"posterior": {"beta": beta, "mu": beta[..., 0]}},
            dims={"beta": ["predictor"]},
            coords={"predictor": ["age", "sex"]},
        )

    found = assert_agree(tree(1), tree(2))
    assert set(found.table["estimand"]) == {"beta[age]", "beta[sex]", "mu"}
    moved = agreement(tree(1), tree(2, 1.4))
    assert set(moved.table.loc[moved.table["verdict"] == "disagree", "estimand"]) == {"beta[sex]"}
    assert agreement(tree(1), tree(2, 1.4), var_names=["mu"]).verdict == "agree"
    assert agreement(tree(1)["posterior"].to_dataset(), tree(2)).verdict == "agree"


def test_means_of_draws_are_compared_with_numbers() -> None:
    assert assert_agree(normal(1, 2.0), {"x": 2.0}).verdict == "agree"
    assert assert_agree({"x": 2.0}, normal(1, 2.0)).verdict == "agree"
    assert agreement(normal(1, 2.0), {"x": 2.2}).verdict == "disagree"
    vector = np.stack([normal(1, 2.0), normal(2, -1.0)], axis=2)
    assert assert_agree({"v": vector}, {"v": [2.0, -1.0]}).verdict == "agree"
    assert agreement({"v": vector}, {"v": [2.0, -1.2]}).table.iloc[0]["estimand"] == "v[1]"


X = sm.add_constant(np.random.default_rng(9).normal(size=(50, 2)))
OUTCOME = X @ [1.0, 2.0, 0.0] + np.random.default_rng(10).normal(size=50)


def test_results_of_statsmodels_are_compared_with_each_other_and_with_numbers() -> None:
    results = sm.OLS(OUTCOME, X).fit()
    again = sm.GLM(OUTCOME, X).fit()
    assert_agree(results, again)
    exact = np.linalg.solve(X.T @ X, X.T @ OUTCOME)
    names = ["const", "x1", "x2"]
    assert_agree(dict(zip(names, exact, strict=True)), results)
    wrong = dict(zip(names, exact + np.array([0, 1e-3, 0]), strict=True))
    found = agreement(results, wrong)
    assert found.verdict == "disagree"
    assert found.table.iloc[0]["estimand"] == "x1"
    assert agreement(results, wrong, rtol=0.01, var_names=["const", "x1"]).verdict == "agree"
    robust = agreement(results, sm.OLS(OUTCOME, X).fit(cov_type="HC0"))
    assert set(robust.table.loc[robust.table["verdict"] == "disagree", "quantity"]) == {"std_error"}


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ({"x": 1.0}, {"x": 1.0}, "two sets of numbers have no error"),
        (normal(1), {"y": 1.0}, "no scalar in common"),
        (normal(1), 3.0, "cannot be compared; give a Comparison"),
        (normal(1), np.zeros(5), r"an array of shape \(5,\) is not \(chains, draws"),
        (normal(1), {"x": normal(1), "y": normal(2)}, r"lacks y; name what to compare with var_names="),
        (normal(1), sm.OLS(OUTCOME, X).fit(), "no estimates in common"),
        ({"x": normal(1), "y": 2.0}, normal(1), "both numbers and draws"),
        (np.where(normal(1) > 3, np.nan, normal(1)), normal(1), "values that are not finite"),
        (normal(1)[:, :1], normal(1), "too few"),
        (normal(1), {"x": "three"}, "values that are no numbers"),
        (normal(1), {}, "an empty mapping"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(a: Any, b: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        agreement(a, b)


@pytest.mark.parametrize(
    "options", [{"budget": 0}, {"budget": 1}, {"budget": "low"}, {"practical": -1}, {"rtol": np.nan}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        agreement(normal(1), normal(2), **options)


def half_informed(scale: float = 1.0, y: np.ndarray = Y) -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, scale)
        sigma = pm.HalfNormal("sigma", 1.0)
        pm.Normal("y", mu, sigma, observed=y)
    return model


@pytest.fixture(scope="module")
def base() -> Any:
    return triptych.compare(half_informed(), draws=500, profile=False, progressbar=False)


@pytest.fixture(scope="module")
def narrower() -> Any:
    return triptych.compare(half_informed(0.95), draws=500, profile=False, progressbar=False, random_seed=4)


def drawn_again(comparison: Any, seed: int = 3) -> Estimates:
    """Return the comparison with a posterior that was sampled anew, as a later run would."""
    given = of_comparison(comparison)
    variant = given.variants["default"]
    assert variant.redraw is not None
    return replace(given, variants={"default": replace(variant, sampled=variant.redraw(1, seed))})


@contextmanager
def sampler_changed(change: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the posterior panel sample with a fault."""
    right = mcmc.sample

    def wrong(*args: Any, **options: Any) -> Draws:
        drawn = right(*args, **options)
        return replace(drawn, z=change(drawn.z))

    with monkeypatch.context() as patched:
        patched.setattr(mcmc, "sample", wrong)
        yield


def test_the_same_model_at_another_seed_agrees(base: Any) -> None:
    found = assert_agree(base, drawn_again(base))
    assert found.changes["default"].agrees
    assert set(found.table["method"]) == {"mle", "map", "mcmc"}


def test_a_prior_five_percent_off_is_found_with_what_it_moves(base: Any, narrower: Any) -> None:
    found = agreement(base, narrower)
    assert (found.verdict, found.causes) == ("disagree", ("prior",))
    assert "log-prior of mu" in str(found)
    moved = found.table[found.table["verdict"] == "moved"]
    assert set(moved["method"]) == {"map"}
    draws = found.table[found.table["method"] == "mcmc"]
    assert (draws["verdict"] == "agree").all()
    means = draws[(draws["estimand"] == "mu") & (draws["quantity"] == "mean")].iloc[0]
    # By quadrature over a grid: the exact shift of the posterior mean.
    assert means["predicted"] - means["a"] == pytest.approx(posterior_mean(0.95) - posterior_mean(1.0), rel=0.15)


def posterior_mean(scale: float) -> float:
    mu, sigma = np.meshgrid(np.linspace(-2, 4, 601), np.linspace(0.3, 5, 600), indexing="ij")
    log = -(mu**2) / (2 * scale**2) - sigma**2 / 2 - len(Y) * np.log(sigma)
    log = log - ((Y[:, None, None] - mu) ** 2).sum(axis=0) / (2 * sigma**2)
    weight = np.exp(log - log.max())
    return float((weight * mu).sum() / weight.sum())


def test_what_does_not_matter_in_practice_is_told(base: Any, narrower: Any) -> None:
    found = agreement(base, narrower, practical=0.2, var_names=["mu", "sigma"])
    assert found.verdict == "agree"
    assert any("No estimate should move by 0.2 standard deviations" in one for one in found.told)


def test_a_second_change_behind_the_first_is_found(base: Any, narrower: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with sampler_changed(lambda z: z * [1.0, 0.8], monkeypatch):
        found = agreement(base, drawn_again(narrower))
    assert found.causes == ("prior", "sampler")


@pytest.mark.parametrize(
    ("change", "quantity"),
    [(lambda z: z * [1.0, 0.85], "sigma"), (lambda z: z + np.array([0.15, 0.0]), "mu")],
    ids=["log sigma 15 % narrower", "mu off by 0.15"],
)
def test_a_wrong_sampler_is_found(base: Any, change: Any, quantity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with sampler_changed(change, monkeypatch):
        found = agreement(base, drawn_again(base))
    assert (found.verdict, found.causes) == ("disagree", ("sampler",))
    assert found.table.iloc[0]["estimand"] == quantity


def test_a_sampler_that_gives_no_draws_is_found(base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*_: Any, **__: Any) -> Draws:
        raise SamplerStopped("a gradient was not computed")

    monkeypatch.setattr(mcmc, "sample", stops)
    without = triptych.compare(half_informed(), methods=("mcmc",), profile=False, progressbar=False)
    found = agreement(base, without)
    assert (found.verdict, found.causes) == ("disagree", ("sampler",))
    assert "There are no draws: " in str(found)
    assert "a gradient was not computed" in str(found)
    assert agreement(base, without, fast=True).verdict == "agree"


def test_a_wrong_first_look_is_forgotten_by_the_second(base: Any) -> None:
    """Draws that look wrong at 5 % and come out right when they are drawn again are no alarm."""
    again = drawn_again(base)
    variant = again.variants["default"]
    assert variant.sampled is not None
    draws = variant.sampled.draws
    assert draws is not None
    shifted = replace(variant.sampled, draws=draws + 0.14 * draws.std(axis=(1, 2), keepdims=True))
    suspicious = replace(again, variants={"default": replace(variant, sampled=shifted)})
    stuck = replace(suspicious, variants={"default": replace(variant, sampled=shifted, redraw=None)})
    alone = replace(
        of_comparison(base), variants={"default": replace(of_comparison(base).variants["default"], redraw=None)}
    )
    assert agreement(base, suspicious).verdict == "agree"
    assert agreement(alone, stuck, budget=0.05).verdict == "disagree"


@pytest.mark.parametrize(("off", "verdict"), [(1e-3, "disagree"), (1e-9, "agree")])
def test_an_optimiser_that_stops_early_is_found(base: Any, off: float, verdict: str) -> None:
    given = of_comparison(base)
    variant = given.variants["default"]
    mle = dict(variant.points["mle"])
    mle["mu"] = replace(mle["mu"], value=mle["mu"].value + off * mle["mu"].std_error)
    found = agreement(base, replace(given, variants={"default": replace(variant, points={"mle": mle})}), fast=True)
    assert found.verdict == verdict
    assert found.cause == ("optimiser" if verdict == "disagree" else None)


def test_another_status_is_a_disagreement(base: Any) -> None:
    given = of_comparison(base)
    variant = given.variants["default"]
    gone = {**variant.points["map"], "sigma": PointEstimate(np.nan, np.nan, "unbounded")}
    found = agreement(base, replace(given, variants={"default": replace(variant, points={"map": gone})}), fast=True)
    assert found.cause == "optimiser"
    assert found.table.iloc[0][["a", "b"]].tolist() == ["ok", "unbounded"]


def test_other_data_are_told_as_such(base: Any) -> None:
    given = of_comparison(base)
    other = replace(given, variants={"default": replace(given.variants["default"], model=half_informed(y=Y + 0.01))})
    assert agreement(base, other).causes == ("data",)


def test_another_setting_of_the_model_comes_first(base: Any) -> None:
    given = of_comparison(base)
    variant = replace(given.variants["default"], settings={"scale": 0.9}, model=half_informed(0.9))
    one = replace(given, variants={"default": replace(given.variants["default"], settings={"scale": 1.0})})
    found = agreement(one, replace(given, variants={"default": variant}), fast=True)
    assert found.causes == ("settings", "prior")
    assert "scale = 1.0 and 0.9" in str(found)


def test_another_parameterisation_is_compared_by_its_estimates(base: Any) -> None:
    with pm.Model() as twin:
        mu = pm.Deterministic("mu", pm.Normal("unit", 0, 1) * 1.0)
        sigma = pm.HalfNormal("sigma", 1.0)
        pm.Normal("y", mu, sigma, observed=Y)
    other = triptych.compare(
        twin, estimands=["mu", "sigma"], draws=500, profile=False, progressbar=False, random_seed=7
    )
    found = assert_agree(base, other)
    assert any("written in other free variables" in one for one in found.told)
    assert set(found.table["method"]) == {"mle", "mcmc"}


def test_a_comparison_is_held_against_results_and_draws_and_numbers(base: Any) -> None:
    tree = base.results["mcmc"]
    assert_agree(base, tree, var_names=["mu", "sigma"])
    assert_agree(base, base.results["mle"])
    assert_agree(base, {"mle": {"mu": Y.mean(), "sigma": Y.std()}, "mcmc": {"mu": posterior_mean(1.0)}})
    assert agreement(base, {"mle": {"mu": Y.mean() + 0.01}}).verdict == "disagree"
    with pytest.raises(InputError, match="numbers against a comparison name their panel"):
        agreement(base, {"mu": 1.0})


def test_the_message_is_the_cause_and_the_table_with_the_worst_first(base: Any, narrower: Any) -> None:
    found: Agreement = agreement(base, narrower)
    lines = str(found).splitlines()
    assert lines[0] == "The estimates disagree (cause: prior). The prior differs."
    assert any("posterior means should move by at most 0.0" in line for line in lines)
    head = next(k for k, line in enumerate(lines) if line.startswith("estimand"))
    assert lines[head].split()[:4] == ["estimand", "quantity", "a", "b"]
    rows: Any = found.table.itertuples()
    excess = [abs(row.difference) / row.allowed for row in rows if row.verdict != "agree"]
    assert excess == sorted(excess, reverse=True)
    assert lines[-1] == "moved: with the density, as was to be expected of another one"
