"""What must hold of any regression's result: whole, consistent, and right by independent computation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from tests.regression.plain_regression import (
    Point,
    exponential_fit,
    horseshoe_slopes,
    log_likelihood,
    log_prior,
    runaway_rows,
)
from tests.regression.strange_tables import Problem
from triptych.comparisons.comparison import Comparison
from triptych.design.design import Design, build_design
from triptych.regression.catalogue import family_of
from triptych.regression.regression import Regression

EXPONENTIAL = ("bernoulli", "binomial", "poisson")
POSITIVE = ("sigma", "alpha", "nu_above_2", "tau", "slab", "lambda")


def faults(comparison: Comparison, problem: Problem) -> list[str]:
    """Return everything that is wrong with the result of a problem, a sentence each."""
    options = problem.options
    design = build_design(
        problem.table, problem.formula, family=family_of(options["family"]), standardize=options["standardize"]
    )
    regression = Regression(
        options["family"], options["prior"], options.get("prior_scale", "auto"), 0.5, options.get("nu", 4.0)
    )
    return [
        *comparison.problems,
        *incomplete(comparison, design),
        *wrong_mle(comparison, design, regression),
        *wrong_mode(comparison, design, regression),
    ]


def incomplete(comparison: Comparison, design: Design) -> Iterator[str]:
    """Rows that are missing, and numbers that are missing without a reason."""
    for method in ("mle", "map"):
        rows = comparison["default"].panels[method].estimates
        labels = [row.label for row in rows if row.estimand == "coef"]
        if labels != design.terms:
            yield f"{method}: the rows are {labels}"
        for row in rows:
            said = f"{method} {row.name} is {row.status}: {row.lower} {row.estimate} {row.upper} {row.interval_kind}"
            inside = row.interval_kind == "none" or row.lower < row.estimate < row.upper
            if row.status == "ok" and not (math.isfinite(row.estimate) and inside):
                yield said
            if row.status == "ok" and row.interval_kind == "none" and not row.reason:
                yield f"{said}, without a reason"
            if row.status not in ("ok", "at_boundary") and math.isfinite(row.estimate):
                yield said


def wrong_mle(comparison: Comparison, design: Design, regression: Regression) -> list[str]:
    """Coefficients that are not the likelihood's, and statuses that the rows contradict."""
    if regression.family in EXPONENTIAL:
        return list(_wrong_limits(comparison, design))
    if any(row.status != "ok" for row in comparison["default"].panels["mle"].estimates):
        return []
    b = design.to_standardised(comparison["default"].values("mle", "coef"))
    point: Point = {"beta": b[design.intercept :], "intercept": b[0] if design.intercept else 0.0}
    present = {row.estimand for row in comparison["default"].panels["mle"].estimates}
    for name in present & {"sigma", "alpha", "nu"}:
        point[name] = float(comparison["default"].values("mle", name)[0])
    if "nu" in point:
        point["nu_above_2"] = point["nu"] - 2
    return _beaten("mle", design, regression, point, lambda q: log_likelihood(design, regression, q))


def _wrong_limits(comparison: Comparison, design: Design) -> Iterator[str]:
    rows = {row.label: row for row in comparison["default"].rows("mle", "coef")}
    k = design.full.shape[1]
    back = np.column_stack([design.to_user(unit) - design.to_user(np.zeros(k)) for unit in np.eye(k)])
    away = runaway_rows(design)
    coef, cov, loose = exponential_fit(design, ~away) if not away.all() else (np.zeros(k), np.eye(k), np.eye(k))
    errors = np.sqrt(np.einsum("ij,jk,ik->i", back, cov, back))
    moved = np.zeros(k, dtype=bool)
    if len(loose):
        moved = np.abs(back @ loose.T).max(axis=1) > 1e-7 * np.abs(back).max(axis=1) * np.abs(loose).max()
    for term, limit, error, is_open in zip(design.terms, design.to_user(coef), errors, moved, strict=True):
        row = rows[term]
        off = abs(row.estimate - limit) / error if error > 0 else 0.0
        if row.status == "ok" and is_open:
            yield f"mle {term} is ok, but {away.sum()} rows run away and the others leave it open"
        elif row.status == "ok" and not off < 1e-5:
            yield f"mle {term} is {off} standard errors off"
        elif row.status != "ok" and not is_open:
            yield f"mle {term} is {row.status}, yet {limit} is its limit; {row.reason}"


def wrong_mode(comparison: Comparison, design: Design, regression: Regression) -> list[str]:
    """A mode that another point beats, or coefficients that are not the mode's."""
    panel = comparison["default"].panels["map"]
    if any(row.status != "ok" for row in panel.estimates) or not hasattr(panel.native, "params"):
        return []
    values = {name: np.asarray(value) for name, value in panel.native.params.items()}
    point: Point = {name: float(value) if value.ndim == 0 else value for name, value in values.items()}

    def height(q: Point) -> float:
        return log_likelihood(design, regression, q) + log_prior(design, regression, q)

    found = _beaten("map", design, regression, point, height)
    shown = design.to_user(np.r_[[point["intercept"]] if design.intercept else [], point.get("beta", [])])
    rows = comparison["default"].rows("map", "coef")
    errors = np.array([row.std_error if math.isfinite(row.std_error) else 0.0 for row in rows])
    ours = comparison["default"].values("map", "coef")
    if np.any(np.abs(shown - ours) > 1e-6 * (np.abs(shown) + errors)):
        found.append(f"map: the coefficients {ours} are not those of the point {shown}")
    return found


def _beaten(
    what: str, design: Design, regression: Regression, point: Point, height: Callable[[Point], float]
) -> list[str]:
    best = height(point)
    if not math.isfinite(best):
        return [f"{what}: the objective is {best} at the optimum"]
    rng = np.random.default_rng(0)
    worst, where = 0.0, 0.0
    for trial in range(400):
        size = 10.0 ** rng.uniform(-5, 1)
        gain = height(_neighbour(design, regression, point, trial, size, rng)) - best
        if gain > worst:
            worst, where = gain, size
    slack = 1e-7 * (1 + 1e-6 * abs(best)) + 1e-13 * abs(best)
    if regression.measured:  # residuals are differences of rounded numbers
        slack += design.n * np.spacing(np.abs(design.outcome).max()) / point["sigma"]
    return [f"{what}: a point at {where:.2g} is higher by {worst:.3g} (objective {best})"] if worst > slack else []


def _neighbour(
    design: Design, regression: Regression, point: Point, trial: int, size: float, rng: np.random.Generator
) -> Point:
    """Return a point ``size`` standard errors or so away: along a coefficient, along all of them, or along neither."""
    q = dict(point)
    for name in [known for known in POSITIVE if known in q]:
        q[name] = q[name] * np.exp(size * 0.3 * rng.normal(size=np.shape(q[name])))
    noise = point.get("sigma", 1.0) / design.outcome_scale if regression.measured else 1.0
    if "raw" in q:
        q["raw"] = q["raw"] + size * 0.3 * rng.normal(size=np.shape(q["raw"]))
        q["beta"] = horseshoe_slopes(design, regression, q)
        if design.intercept:
            q["intercept"] = q["intercept"] + size * noise / math.sqrt(design.n) * rng.normal()
        return q
    k = design.full.shape[1]
    step = np.zeros(k)
    if trial % 3 == 0 and k:
        one = int(rng.integers(k))
        step[one] = size * noise * rng.normal() / np.linalg.norm(design.full[:, one])
    elif trial % 3 == 1:
        axes = np.linalg.svd(design.full)[2]
        widths = np.linalg.norm(design.full @ axes.T, axis=0)
        widths = np.where(widths > 1e-12 * widths.max(), widths, widths.max())
        step = axes.T @ (rng.normal(size=k) * size * noise / widths)
    if design.intercept:
        q["intercept"] = q["intercept"] + step[0]
    if design.labels:
        q["beta"] = q["beta"] + step[design.intercept :]
    return q
