"""Paths hold to ridge and lasso of scikit-learn, to conjugate posteriors, and to exact marginal likelihoods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as Folder
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import Lasso, Ridge

import triptych
from tests.reports.browser import browse
from triptych.api.display import Report
from triptych.comparisons.comparison import Comparison
from triptych.comparisons.path.criteria import EXACT, SAMPLED, _sampled
from triptych.comparisons.path.walk import Path
from triptych.graph.from_scenario import build_model
from triptych.reports.html import render
from triptych.reports.path_files import FILES, write_path
from triptych.reports.walk import OWN_AXES, steps

SIGMA, N = 0.7, 24
HELD = np.arange(N) % 4 == 3


def data() -> triptych.Data:
    rng = np.random.default_rng(12)
    x = rng.normal(size=(N, 2))
    return triptych.Data({"X": x, "y": x @ [0.8, 0.1] + SIGMA * rng.normal(size=N)})


def ridge_model(data: Any, tau: Any = 1.0) -> None:
    import pymc as pm

    w = pm.Normal("w", 0, tau, shape=2)
    pm.Normal("obs", data.X @ w, SIGMA, observed=data.y)


def lasso_model(data: Any, scale: Any = 1.0) -> None:
    import pymc as pm

    w = pm.Laplace("w", 0, scale, shape=2)
    pm.Normal("obs", data.X @ w, SIGMA, observed=data.y)


def scenario(model: Any, varies: Mapping[str, triptych.Range]) -> triptych.Scenario:
    return triptych.Scenario(
        name="toy", question="Which scale?", source="simulated", model=model, data=data, estimands=("w",),
        holdout=lambda _: HELD, varies=varies,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ridge() -> Path:
    varies = {"tau": triptych.Range(1e3, 0.01, "prior standard deviation of a weight")}
    return triptych.path(scenario(ridge_model, varies), points=6, progressbar=False)


@pytest.fixture(scope="module")
def lasso() -> Path:
    varies = {"scale": triptych.Range(2.0, 0.02, "prior scale of a weight")}
    return triptych.path(scenario(lasso_model, varies), points=4, progressbar=False)


def estimates(path: Path, method: str, column: str = "estimate") -> np.ndarray:
    """Return one column, ``(points, 2)``."""
    table = path.table
    return table[table["method"] == method][column].to_numpy().reshape(-1, 2)


def conjugate(tau: float, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of the weights' posterior, given the rows that are used."""
    x, y = data().X[used], data().y[used]
    covariance = np.linalg.inv(x.T @ x / SIGMA**2 + np.eye(2) / tau**2)
    return covariance @ x.T @ y / SIGMA**2, covariance


def test_modes_are_scikit_learns_ridge_and_the_mle_is_the_same_at_all_points(ridge: Path) -> None:
    x, y = data().X, data().y
    for tau, mode in zip(ridge.values, estimates(ridge, "map"), strict=True):
        other = Ridge(alpha=SIGMA**2 / tau**2, fit_intercept=False, tol=1e-12).fit(x, y).coef_
        np.testing.assert_allclose(mode, other, atol=1e-9)
    least_squares = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(estimates(ridge, "mle"), np.tile(least_squares, (6, 1)), rtol=1e-9)
    # At one end the prior says nothing, at the other it is all.
    np.testing.assert_allclose(estimates(ridge, "map")[0], least_squares, rtol=1e-5)
    np.testing.assert_allclose(estimates(ridge, "mcmc", "std_error")[-1], 0.01, rtol=0.15)


def test_posteriors_are_the_conjugate_ones(ridge: Path) -> None:
    for k, tau in enumerate(ridge.values):
        mean, covariance = conjugate(tau, np.ones(N, dtype=bool))
        sd = np.sqrt(np.diag(covariance))
        assert np.all(np.abs(estimates(ridge, "mcmc")[k] - mean) < 5 * sd / np.sqrt(400))
        np.testing.assert_allclose(estimates(ridge, "mcmc", "upper")[k], mean + 1.96 * sd, atol=0.5 * sd.max())


def test_marginal_likelihood_of_a_conjugate_model_is_exact_and_chooses_its_maximum(ridge: Path) -> None:
    x, y = data().X, data().y
    exact = [
        stats.multivariate_normal(np.zeros(N), SIGMA**2 * np.eye(N) + tau**2 * x @ x.T).logpdf(y)
        for tau in ridge.values
    ]
    found = ridge.criteria["log_marginal"]
    assert {one.kind for one in found} == {EXACT}
    np.testing.assert_allclose([one.value for one in found], exact, rtol=1e-9)
    assert ridge.choices["log_marginal"] == ridge.values[int(np.argmax(exact))]


def test_importance_sampling_gives_the_same_marginal_likelihood_within_its_error(ridge: Path) -> None:
    engine = triptych.Engine.build(build_model(scenario(ridge_model, {}), data(), {"tau": 0.5}))
    mean, covariance = conjugate(0.5, np.ones(N, dtype=bool))
    x, y = data().X, data().y
    exact = stats.multivariate_normal(np.zeros(N), SIGMA**2 * np.eye(N) + 0.25 * x @ x.T).logpdf(y)
    for seed in range(3):
        draws = np.random.default_rng(seed).multivariate_normal(mean, covariance, (2, 500))
        found = _sampled(engine, draws, np.random.default_rng(seed + 10))
        assert abs(found.value - exact) < 4 * found.std_error
        assert found.std_error < 0.02


def test_held_out_scores_are_those_of_the_conjugate_fit_on_the_other_rows(ridge: Path) -> None:
    x, y = data().X[HELD], data().y[HELD]
    for k, tau in enumerate(ridge.values):
        mean, covariance = conjugate(tau, ~HELD)
        plug_in = stats.norm.logpdf(y, x @ mean, SIGMA).sum()
        assert ridge.criteria["held_out_map"][k].value == pytest.approx(plug_in, abs=1e-8)
        sd = np.sqrt(SIGMA**2 + np.einsum("ij,jk,ik->i", x, covariance, x))
        averaged = stats.norm.logpdf(y, x @ mean, sd).sum()
        assert ridge.criteria["held_out_mcmc"][k].value == pytest.approx(averaged, abs=0.15)
    assert "held_out_mle" not in ridge.choices  # it is the same wherever the prior is


def test_leave_one_out_scores_are_the_exact_ones(ridge: Path) -> None:
    x, y = data().X, data().y
    for k, tau in enumerate(ridge.values):
        total = 0.0
        for i in range(N):
            mean, covariance = conjugate(tau, np.arange(N) != i)
            total += stats.norm.logpdf(y[i], x[i] @ mean, np.sqrt(SIGMA**2 + x[i] @ covariance @ x[i]))
        assert ridge.criteria["loo"][k].value == pytest.approx(total, abs=0.3)


@pytest.mark.slow
def test_modes_are_scikit_learns_lasso_with_the_same_zeros(lasso: Path) -> None:
    for scale, mode in zip(lasso.values, estimates(lasso, "map"), strict=True):
        alpha = SIGMA**2 / (scale * N)
        other = Lasso(alpha, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(data().X, data().y).coef_
        np.testing.assert_allclose(mode, other, atol=1e-9)
        np.testing.assert_array_equal(mode == 0, other == 0)
    assert (estimates(lasso, "map") == 0).any()
    zero = estimates(lasso, "map") == 0
    assert np.isnan(estimates(lasso, "map", "lower")[zero]).all()
    assert (estimates(lasso, "map", "reason")[zero] != "").all()


@pytest.mark.slow
def test_marginal_likelihood_at_kinks_is_the_integral_within_its_error(lasso: Path) -> None:
    x, y = data().X, data().y
    for scale, found in zip(lasso.values, lasso.criteria["log_marginal"], strict=True):
        grid = np.linspace(-1.5, 2.0, 1401)
        first, second = np.meshgrid(grid, grid, indexing="ij")
        w = np.stack([first, second], axis=-1)
        fit = np.einsum("ijk,kl,ijl->ij", w, x.T @ x, w) - 2 * w @ (x.T @ y) + y @ y
        log_density = -N * np.log(SIGMA * np.sqrt(2 * np.pi)) - fit / (2 * SIGMA**2)
        log_density -= np.abs(w).sum(axis=2) / scale + 2 * np.log(2 * scale)
        top = log_density.max()
        exact = top + np.log(np.exp(log_density - top).sum() * (grid[1] - grid[0]) ** 2)
        assert found.kind == SAMPLED
        assert abs(found.value - exact) < 4 * found.std_error + 1e-3


def test_files_have_every_row_and_the_page_says_where_each_criterion_chooses(ridge: Path, tmp_path: Folder) -> None:
    import pandas as pd

    write_path(ridge, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "path.parquet"), ridge.table)
    document = json.loads((tmp_path / "path.json").read_text())
    assert len(document["estimates"]) == 6 * 3 * 2
    assert document["choices"] == ridge.choices
    page = (tmp_path / "path.html").read_text()
    assert "The log marginal likelihood is highest" in page
    assert "https://" not in page


def test_every_step_shows_what_was_computed_there_on_axes_that_stay(ridge: Path) -> None:
    shown = steps(ridge)
    assert [float(step["value"]) for step in shown["steps"]] == pytest.approx(ridge.values, rel=1e-3)
    table = ridge.table
    places, values = [], []
    for value, step in zip(ridge.values, shown["steps"], strict=True):
        (block,) = step["blocks"]
        for row, label in zip(block["rows"], ("0", "1"), strict=True):
            here = table[(table["tau"] == value) & (table["label"] == label)]
            assert [cell["raw"] for cell in row["cells"]] == here["estimate"].tolist()
            places += [bar.point for bar in row["line"].bars]
            values += here["estimate"].tolist()
    # One axis: all 36 points lie on one straight line of values against places.
    assert np.corrcoef(values, places)[0, 1] == pytest.approx(1.0, abs=1e-12)


def test_a_path_is_shown_in_one_line(ridge: Path) -> None:
    assert repr(ridge) == "<Path toy: 6 values of tau from 1000 to 0.01>"


def test_a_step_says_what_is_best_there(ridge: Path) -> None:
    said = [step["chosen"] for step in steps(ridge)["steps"]]
    at = int(np.argmin(np.abs(ridge.values - ridge.choices["log_marginal"])))
    assert "here the data are most probable, on average over the prior" in said[at]
    assert sum(bool(one) for one in said) == len(set(ridge.choices.values()))


def test_scalars_of_very_different_size_have_an_axis_each_that_stays(ridge: Path) -> None:
    sizes = np.array([1.0, 1e6])
    found = replace(
        ridge.found, **{n: getattr(ridge.found, n) * sizes for n in ("estimate", "lower", "upper", "std_error")}
    )
    shown = steps(replace(ridge, found=found))
    assert shown["steps"][0]["blocks"][0]["note"] == OWN_AXES
    for s in range(2):
        places = [b.point for one in shown["steps"] for b in one["blocks"][0]["rows"][s]["line"].bars]
        values = np.moveaxis(found.estimate[:, :, s], 0, 1).ravel()
        assert np.corrcoef(values, places)[0, 1] == pytest.approx(1.0, abs=1e-12)


def test_the_page_of_a_scenario_moves_along_the_path_that_it_was_given(ridge: Path) -> None:
    without = Comparison(ridge.scenario, {}, provenance={}, display=Report())
    assert 'class="walk"' not in render([without])
    without.walked = ridge
    page = render([without])
    assert page.count('class="walk"') == 1
    assert 'href="#toy-path"' not in page  # it has no variant, so no contents
    assert "Each of the 6 values was solved" in page


@pytest.mark.browser
def test_a_slider_moves_from_one_computed_step_to_the_next(chromium: str, ridge: Path, tmp_path: Folder) -> None:
    (tmp_path / "path.html").write_text(ridge.to_html())
    shown = "[...new Set([...document.querySelectorAll('.walk tbody:not([hidden])')].map(b => b.dataset.step))]"
    with browse(chromium, tmp_path / "profile") as page:
        page.open(tmp_path / "path.html", script=False)
        assert page.evaluate(shown) == [str(k) for k in range(6)]
        page.open(tmp_path / "path.html")
        assert page.complaints() == page.requests() == []
        (start,) = page.evaluate(shown)
        page.evaluate("document.querySelector('.slider input').focus()")
        page.key("ArrowRight")
        assert page.evaluate(shown) == [str(int(start) + 1)]
        said = page.evaluate("document.querySelector('.slider output').textContent")
        assert float(said.split()[0]) == pytest.approx(ridge.values[int(start) + 1], rel=1e-3)
        assert (
            page.evaluate("document.querySelector('.slider input').getAttribute('aria-valuetext')") == f"tau = {said}"
        )


@pytest.mark.slow
def test_growing_subsets_are_the_conjugate_fits_of_the_first_rows() -> None:
    found = triptych.path(scenario(ridge_model, {}), n=(6, 24), progressbar=False)
    for k, n in enumerate((6, 24)):
        mean, _ = conjugate(1.0, np.arange(N) < n)
        np.testing.assert_allclose(estimates(found, "map")[k], mean, rtol=1e-8)
    x, y = data().X[6:], data().y[6:]
    mean, _ = conjugate(1.0, np.arange(N) < 6)
    assert found.criteria["held_out_map"][0].value == pytest.approx(stats.norm.logpdf(y, x @ mean, SIGMA).mean())
    assert found.criteria["held_out_map"][1].reason == "no row is left to predict"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"along": "tua"}, "does not vary 'tua'; did you mean 'tau'?"),
        ({"start": 1e9}, "outside"),
        ({"points": 1}, "at least 2"),
        ({"n": (10, 5)}, "rising"),
        ({"n": (10, 500)}, "24 rows"),
        ({"n": (10,), "along": "tau"}, "not both"),
        ({"variant": "other"}, "no variant"),
    ],
)
def test_options_out_of_their_range_are_refused(options: dict[str, Any], message: str) -> None:
    varies = {"tau": triptych.Range(1e3, 0.01, "prior standard deviation of a weight")}
    with pytest.raises(triptych.InputError, match=message):
        triptych.path(scenario(ridge_model, varies), progressbar=False, **options)
