"""Which scalars of a variant are drawn as prior, likelihood and posterior, and their pictures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.comparisons.explanation.prior import drawn_prior
from triptych.comparisons.explanation.prior_density import PriorDensity
from triptych.problem.scenario import DEFAULT
from triptych.reports.circles import Circle
from triptych.reports.figures import CURVES, HEIGHTS, SMALL, density, drawable, joint_maximum
from triptych.reports.marks import Chart
from triptych.reports.scenario_figures import LARGE
from triptych.reports.view import Scalar, scalars, select

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

MOST = {True: 6, False: 3}  # pictures, by whether it is the default variant


def pictures(
    comparison: Comparison, name: str, groups: list[Scalar], contrasts: list[dict[str, Any]], key: str
) -> dict[str, Any]:
    """Return the pictures of one variant: that beside the answer, those that are folded, and what is said of them.

    Parameters
    ----------
    comparison
        A solved scenario.
    name
        One of its variants.
    groups
        Its scalars with their rows.
    contrasts
        Its contrasts, as mappings.
    key
        A prefix that makes identifiers unique on the page.
    """
    # A scenario's own figure stands beside the answer where there is one.
    own = any(not isinstance(figure, str) for figure in comparison.figures)
    front = comparison.explanations[name].headline if name == DEFAULT and not own else ""
    pairs = _places(groups)
    shown = [pair for pair in pairs if pair[0].name == front]
    rest = [pair for pair in pairs if pair[0].name != front]
    chosen = farthest_apart(rest, contrasts)[: MOST[name == DEFAULT] - len(shown)]
    charts = _charts(comparison, name, [*shown, *chosen], key, front)
    folded = [charts[scalar.name] for scalar, _ in rest if scalar.name in charts]
    left_out = len(rest) > len(folded) > 0
    others = "the other " if shown else ""
    which = (
        f" Of {others}{len(rest)} scalars the {len(folded)} are drawn whose estimates lie farthest apart, in posterior "
        "standard deviations."
    )
    return {"front": charts.get(front), "densities": folded, "heights": HEIGHTS + (which if left_out else "")}


def farthest_apart(
    pairs: Sequence[tuple[Scalar, int]], contrasts: Sequence[Mapping[str, Any]]
) -> list[tuple[Scalar, int]]:
    """Return scalars by the largest difference between two of their estimates, in posterior standard deviations.

    Left out are those of which no two estimates exist, unless that is so of all.
    """
    names = ("mode_shift_sd", "mean_minus_mode_sd", "total_sd")
    apart = {(r["estimand"], r["label"]): [abs(float(r[n])) for n in names if math.isfinite(r[n])] for r in contrasts}
    known = {key: max(gaps) for key, gaps in apart.items() if gaps}
    with_gap = [pair for pair in pairs if (pair[0].estimand, pair[0].label) in known]
    return sorted(with_gap, key=lambda pair: -known[pair[0].estimand, pair[0].label]) or list(pairs)


def front_title(comparison: Comparison, solution: Any) -> str:
    """Return what the picture of the scalar on which the panels differ most shows."""
    name = comparison.explanations[DEFAULT].headline if solution is not None else ""
    pair = next((p for p in _places(scalars(select(comparison.estimates, DEFAULT))) if p[0].name == name), None)
    if pair is None:
        return ""
    scalar, place = pair
    prior = drawn_prior(solution).get(scalar.estimand)
    mle, mean = (float(scalar.rows[m]["estimate"]) if m in scalar.rows else math.nan for m in ("mle", "mcmc"))
    centre = float(np.median(prior[:, place])) if prior is not None else math.nan
    if min(centre, mle) < mean < max(centre, mle):
        return f"The posterior of {name} between prior and likelihood"
    return f"Where the posterior of {name} lies"


def _charts(
    comparison: Comparison, name: str, drawn: Sequence[tuple[Scalar, int]], key: str, large: str
) -> dict[str, Chart]:
    """Draw prior, likelihood and posterior of some scalars, by their names."""
    solution: Any = comparison.solutions[name]
    if "mcmc" not in solution.panels:
        return {}
    profiles = solution.panels["mle"].profiles if "mle" in solution.panels else {}
    optima = select(comparison.optima, name)
    kept, conditional = comparison.prior_draws[name]
    exact = comparison.prior_densities[name]
    charts: dict[str, Chart] = {}
    for scalar, place in drawn:
        circle = Circle(solution, scalar)
        draws = circle.draws(_draws(solution, scalar.estimand, place))
        if not drawable(draws):
            continue
        prior = kept.get(scalar.estimand, np.zeros((0, 0)))
        known = exact.get(scalar.estimand)
        chart = density(
            circle.scalar(scalar),
            draws,
            circle.draws(prior[:, place]) if prior.size else np.zeros(0),
            [circle.row(row) for row in _of(scalar, optima)],
            circle.profile(profiles.get((scalar.estimand, scalar.label)), scalar.rows.get("mle")),
            f"{key}-d{len(charts)}",
            comparison.scenario.units.get(scalar.estimand, ""),
            LARGE if scalar.name == large else SMALL,
            conditional if known is None else known.given,
            None if known is None else _column(known, place),
        )
        if scalar.name == large:
            chart.caption = CURVES + joint_maximum(chart, circle.scalar(scalar), draws, solution.panels.get("map"))
        charts[scalar.name] = chart
    return charts


def _column(known: PriorDensity, place: int) -> tuple[np.ndarray, np.ndarray]:
    return known.places[:, place], known.heights[:, place]


def _of(scalar: Scalar, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the likelihood that belong to one scalar."""
    key = ("mle", scalar.estimand, scalar.label)
    return [row for row in rows if (row["method"], row["estimand"], row["label"]) == key]


def _places(groups: list[Scalar]) -> list[tuple[Scalar, int]]:
    """Return the scalars with their place in their estimand."""
    seen: Counter[str] = Counter()
    found = []
    for scalar in groups:
        found.append((scalar, seen[scalar.estimand]))
        seen[scalar.estimand] += 1
    return found


def _draws(solution: Any, estimand: str, place: int) -> np.ndarray:
    """Return the finite posterior draws of one scalar; none where sampling failed."""
    try:
        draws = np.asarray(solution.draws(estimand), dtype=float)
    except (KeyError, TypeError, AttributeError):
        return np.zeros(0)
    column = draws.reshape(draws.shape[0], -1)[:, place]
    return column[np.isfinite(column)]
