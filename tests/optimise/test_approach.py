"""Tables with many levels: the same estimates as statsmodels', from a number of Hessians that does not grow."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.special import expit
from threadpoolctl import threadpool_info

from triptych.design.design import build_design
from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.engine.jax_backend import JaxBackend
from triptych.existence.probes.hidden_kinks import MOST_TRIED, cusp
from triptych.existence.search import _on_steps, find
from triptych.existence.verdict import Verdict
from triptych.optimise.newton import newton
from triptych.optimise.objective import Objective, make_objective
from triptych.panels.settings import Settings
from triptych.panels.solve import solve
from triptych.regression import linear_programs as fit_programs
from triptych.regression.build import build_scenario
from triptych.regression.catalogue import family_of

LEVELS = 60
MOST = {  # Hessians, gradients and values of both panels: those of the starts, the ends, the probes and the rounding
    "gaussian": (4, 400, 460),
    "poisson": (6, 750, 470),
}


@pytest.fixture
def hessians(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the Hessians that are computed."""
    seen: list[int] = []
    compute = JaxBackend.derivatives

    def counted(self: JaxBackend, z: np.ndarray, *rest: Any) -> Any:
        seen.append(z.size)
        return compute(self, z, *rest)

    monkeypatch.setattr(JaxBackend, "derivatives", counted)
    return seen


def blas_threads() -> list[int]:
    """Return how many threads each library of linear algebra may use."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def table(family: str) -> pd.DataFrame:
    """Return ten rows of each of many levels; no level separates a count."""
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(LEVELS), 10)
    x = rng.normal(size=g.size)
    eta = 0.8 + 0.3 * x + 0.4 * rng.normal(size=LEVELS)[g]
    y = (
        rng.poisson(np.exp(eta)) + (np.arange(g.size) % 10 == 0)
        if family == "poisson"
        else eta + rng.normal(size=g.size)
    )
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{i:02d}" for i in g]})


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_many_levels_cost_few_hessians_and_are_those_of_statsmodels(
    family: str, hessians: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, values, value = table(family), [], JaxBackend.value
    gradients, slopes = [], JaxBackend.slopes

    def counted(self: JaxBackend, z: np.ndarray, *rest: Any) -> Any:
        values.append(z.size)
        return value(self, z, *rest)

    def also_counted(self: JaxBackend, z: np.ndarray, *rest: Any) -> Any:
        gradients.append(z.size)
        return slopes(self, z, *rest)

    monkeypatch.setattr(JaxBackend, "value", counted)
    monkeypatch.setattr(JaxBackend, "slopes", also_counted)
    threads: set[int] = set()
    before = blas_threads()
    solution = solve(
        build_scenario(frame, "y ~ x + C(g)", family=family),
        settings=Settings(methods=("mle", "map")),
        progress=lambda *_: threads.update(blas_threads()),
    )
    work = len(hessians), len(gradients), len(values)
    assert all(done <= most for done, most in zip(work, MOST[family], strict=True)), work
    assert threads == {1}
    assert blas_threads() == before
    theirs = (
        smf.ols("y ~ x + C(g)", frame).fit()
        if family == "gaussian"
        else smf.glm("y ~ x + C(g)", frame, family=sm.families.Poisson()).fit(tol=1e-13)
    )
    order = [list(theirs.params.index).index(f"C(g)[T.g{i:02d}]") for i in range(1, LEVELS)]
    rows = {row.label: row for row in solution.rows("mle", "coef")}
    ours = [next(row for label, row in rows.items() if f"g{i:02d}" in label) for i in range(1, LEVELS)]
    error = theirs.bse.to_numpy()[order]
    assert np.max(np.abs([row.estimate for row in ours] - theirs.params.to_numpy()[order]) / error) < 1e-6
    factor = np.sqrt(theirs.df_resid / len(frame)) if family == "gaussian" else 1.0
    assert np.max(np.abs([row.std_error for row in ours] / (factor * error) - 1)) < 1e-6


def test_a_second_maximum_in_many_coordinates_is_not_taken_for_the_first() -> None:
    rng = np.random.default_rng(2)
    with pm.Model() as model:
        level = pm.Normal("level", 0, 10, shape=40)
        turn = pm.Normal("turn", 0, 10)
        pm.Normal("y", level, 1, observed=rng.normal(size=40))
        # Wells at -1 and +1 whose floors differ by 0.2: from the start, zero, both are as near.
        pm.Potential("wells", -4 * (turn**2 - 1) ** 2 + 0.1 * turn)
    objective, _ = make_objective(Engine.build(model, likelihood=("wells",)), LIKELIHOOD)
    verdict = find(objective)
    roots = np.roots([-16, 0, 16, 0.1]).real
    # The derivative is -16 t (t^2 - 1) + 0.1; its outer roots are the two maxima.
    position = objective.size - 1
    assert verdict.point.z[position] == pytest.approx(roots.max(), abs=1e-8)
    assert [other.z[position] for other in verdict.others] == [pytest.approx(roots.min(), abs=1e-6)]


def test_many_coefficients_that_separate_go_to_infinity() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 34))
    with pm.Model() as model:
        b = pm.Normal("b", 0, 3, shape=34)
        other = pm.Normal("other", 0, 3)
        pm.Bernoulli("y", logit_p=pt.dot(x, b), observed=(x[:, 0] + 0.2 * x[:, 1] > 0).astype(int))
        pm.Normal("z", other, 1, observed=[1.0, 2.0])
    objective, _ = make_objective(Engine.build(model), LIKELIHOOD)
    verdict = find(objective)
    assert np.all(np.any(verdict.diverging != 0, axis=0)[:-1])
    assert not np.any(verdict.diverging[:, -1] != 0)


def test_a_ridge_to_infinity_is_searched_neither_for_kinks_nor_for_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ability and difficulty shift together, discrimination and their spread offset each other, and persons who answer
    # everything or nothing right have no finite ability: no ascent comes to an end.
    rng = np.random.default_rng(34)
    ability, difficulty = rng.normal(size=30), rng.normal(size=6)
    right = rng.random((30, 6)) < expit(ability[:, None] - difficulty)
    right[0] = True
    with pm.Model() as model:
        theta = pm.Normal("theta", 0, 1, shape=30)
        a = pm.LogNormal("a", 0, 0.5, shape=6)
        b = pm.Normal("b", 0, 2, shape=6)
        pm.Bernoulli("y", logit_p=a * (theta[:, None] - b), observed=right.astype(int))
    objective, _ = make_objective(Engine.build(model), LIKELIHOOD)
    climbs: list[int] = []
    climb = Objective.climb

    def counted(self: Objective, *given: Any, **named: Any) -> Any:
        climbs.append(self.size)
        return climb(self, *given, **named)

    monkeypatch.setattr(Objective, "climb", counted)
    stalled = newton(objective.derivatives, objective.value, objective.origin, max_iterations=4, polish=0)
    assert not stalled.arrived
    # Beside every coordinate that is tried, the rest does not come to its best either.
    assert cusp(Verdict(objective, stalled, None, 0.0, 1)) is None
    assert len(climbs) <= MOST_TRIED
    # Far out, where probabilities are one to all digits, there is no slope; that makes no step of a coordinate.
    far = objective.origin.copy()
    far[0] = 1000.0
    assert objective.slopes(far)[1][0] == 0
    assert _on_steps(objective, far) is far
    assert len(climbs) <= MOST_TRIED


def test_residuals_prove_that_nothing_separates_just_where_linear_programmes_find_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n, levels = int(rng.integers(20, 100)), int(rng.integers(2, 8))
        g, x = rng.integers(0, levels, n), rng.normal(size=n)
        eta = x + rng.choice([0.5, 2.0]) * rng.normal(size=levels)[g]
        family = ("bernoulli", "poisson", "negative_binomial")[seed % 3]
        y = (rng.random(n) < expit(eta)).astype(int) if family == "bernoulli" else rng.poisson(np.exp(eta - 1.5))
        frame = pd.DataFrame({"y": y, "x": x, "g": [f"g{i}" for i in g]})
        design = build_design(frame, "y ~ x + C(g)", family=family_of(family), standardize=True, drop_missing=False)
        monkeypatch.setattr(fit_programs, "FEW_CELLS", design.full.size)
        away = fit_programs.separated(design)
        held = y > 0 if family != "bernoulli" else np.zeros(n, dtype=bool)
        assert fit_programs.overlap(design, held) == (not away)
        found.append(bool(away))
        # With the proof no programme is solved.
        if not away:
            monkeypatch.setattr(fit_programs, "FEW_CELLS", 0)
            monkeypatch.setattr("scipy.optimize.linprog", lambda *_, **__: pytest.fail("a programme was solved"))
            assert fit_programs.separated(design) == []
            monkeypatch.undo()
    assert {True, False} == set(found)


def test_a_gradient_goes_through_the_rows_once_more_than_the_value() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(2000, 50))
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 1, shape=50)
        pm.Normal("y", x @ beta, 1, observed=rng.normal(size=2000))
    engine = Engine.build(model)
    backend: Any = engine.backend
    given = engine.graph.start, engine.device_weights, engine.device_data
    work = [
        jax.jit(function).lower(*arguments).compile().cost_analysis()["flops"]
        for function, arguments in ((backend._plain, given), (backend._both, (*given, backend.smooth)))
    ]
    assert work[1] < 2.3 * work[0]
