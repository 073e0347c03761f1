"""Many independent draws of a prior at once, and between which values it puts a scalar."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from triptych.base.text import join_all
from triptych.comparisons.explanation.prior import drawn_prior, given_the_others, rests_on
from triptych.panels.solution import Solution

MOST_DRAWS, MOST_NUMBERS = 400_000, 8_000_000  # draws; draws times scalars, which bounds the memory
DRAWN, MOST_KEPT = 20_000, 400_000  # draws from which a density is drawn, and numbers that a variable keeps of them
SEED = 1
BEFORE = 0.95  # probability of the interval between whose ends a prior puts a scalar
SURE = 4.0  # standard errors of a quantile within which it is said to be known
MOST_DIGITS = 2
NAN = float("nan")


@dataclass(frozen=True)
class Between:
    """The central interval of a prior by its draws, each end with its Monte Carlo standard error.

    ``given`` says what is fixed in them; empty for the prior as a whole.
    """

    low: float = NAN
    high: float = NAN
    low_error: float = NAN
    high_error: float = NAN
    given: str = ""

    def ends(self) -> tuple[float, float] | None:
        """Return both ends in digits that the draws support, at most two; None where they support not one."""
        known = [(self.low, self.low_error), (self.high, self.high_error)]
        ends = [_supported(value, error) for value, error in known]
        if ends[0] is None or ends[1] is None:
            return None
        if abs(self.low + self.high) <= SURE * math.hypot(self.low_error, self.high_error):
            both = _supported((self.high - self.low) / 2, math.hypot(self.low_error, self.high_error) / 2)
            return None if both is None else (-both, both)
        return ends[0], ends[1]


def _supported(value: float, error: float) -> float | None:
    """Return a value rounded to the digits that its error supports: to what is twice as large as its reach, or more."""
    if not math.isfinite(value + error) or value == 0:
        return None
    place = math.floor(math.log10(abs(value)))
    for digits in range(MOST_DIGITS, 0, -1):
        unit = 10.0 ** (place - digits + 1)
        if SURE * error <= unit / 2:
            return float(f"{round(value / unit) * unit:.{MOST_DIGITS}g}")
    return None


def between(draws: np.ndarray) -> Between:
    """Return between which values a prior puts a scalar with a probability of 95 %.

    The standard error of a quantile is that of the share of draws below it, over the density there (the draws between
    the quantiles three standard errors of the share to each side).
    """
    if draws.size < 2 or not np.all(np.isfinite(draws)):
        return Between()
    values = []
    for p in ((1 - BEFORE) / 2, (1 + BEFORE) / 2):
        error = math.sqrt(p * (1 - p) / draws.size)
        if not 3 * error < min(p, 1 - p):
            return Between()
        below, at, above = np.quantile(draws, (p - 3 * error, p, p + 3 * error))
        values.append((float(at), float(above - below) / 6))
    return Between(values[0][0], values[1][0], values[0][1], values[1][1])


def put_by_the_prior(solution: Solution, estimand: str, place: int) -> Between:
    """Return between which values the prior puts a scalar; NaN where nothing can be drawn.

    Where the prior cannot be drawn from as a whole, because some of it is improper, it is that of the scalar's own
    variable with all others at the MAP.

    Parameters
    ----------
    solution
        A solved variant.
    estimand
        One of its variables.
    place
        Of the scalar in it.
    """
    draws, given = prior_sample(solution, estimand), ""
    if not draws.size and not drawn_prior(solution):
        others = [name for name in rests_on(solution, estimand) if name != estimand]
        draws, given = _at_the_map(solution, estimand), f"{join_all(others)} at the MAP" if others else ""
    return replace(between(draws[:, place]), given=given) if draws.size else Between()


def _at_the_map(solution: Solution, estimand: str) -> np.ndarray:
    """Return many draws of a free variable's own prior with all others at the MAP; none where there are none."""
    import pymc as pm

    engine, mode = solution.engine, solution.panels.get("map")
    if engine is None or mode is None or mode.z is None:
        return np.zeros((0, 0))
    draws = min(MOST_DRAWS, MOST_NUMBERS // solution.variables[estimand].size)
    one = given_the_others(engine, engine.natural_values(mode.z)).get(estimand)
    if one is None:
        return np.zeros((0, 0))
    try:
        values = pm.draw(_many(one, draws), random_seed=SEED, mode="FAST_COMPILE")
    except NotImplementedError:  # a density that cannot be drawn from, or knows no further axis
        return np.zeros((0, 0))
    return np.asarray(values, dtype=float).reshape(draws, -1)


def prior_sample(solution: Solution, estimand: str, most: int = MOST_DRAWS) -> np.ndarray:
    """Return draws of the prior of an estimand, ``(draws, size)``: many where they can be had at once, else those kept.

    Parameters
    ----------
    solution
        A solved variant; nothing is drawn where its prior cannot be drawn from as a whole.
    estimand
        One of its variables.
    most
        How many draws are asked for.
    """
    kept = drawn_prior(solution).get(estimand)
    if kept is None:
        return np.zeros((0, 0))
    if solution.engine is None:
        return kept
    many = _at_once(solution, estimand, most)
    return kept if many is None else many


def pictured(solution: Solution, kept: Mapping[str, np.ndarray], exact: Mapping[str, object]) -> dict[str, np.ndarray]:
    """Return draws of a prior from which its densities are drawn: those kept, and many where no density is exact.

    Parameters
    ----------
    solution
        A solved variant.
    kept
        Draws by variable.
    exact
        The variables whose density is known exactly.
    """
    whole = drawn_prior(solution)
    return {
        name: prior_sample(solution, name, max(min(DRAWN, MOST_KEPT // draws.shape[1]), len(draws)))
        if name in whole and name in solution.variables and name not in exact
        else draws
        for name, draws in kept.items()
    }


def _at_once(solution: Solution, estimand: str, most: int) -> np.ndarray | None:
    """Return many draws of an estimand by one call of a graph in which all draws are one axis; None where none is."""
    import pymc as pm
    from pytensor.graph.replace import vectorize_graph
    from pytensor.graph.traversal import ancestors

    engine = solution.engine
    wanted = engine.model[estimand]
    above = set(ancestors([wanted]))
    needed = [rv for rv in engine.model.free_RVs if rv in above]
    size = sum(solution.variables[rv.name].size for rv in needed if rv.name in solution.variables)
    size = max(size, sum(block.variable.size for block in engine.blocks)) + solution.variables[estimand].size
    draws = min(most, MOST_NUMBERS // size)
    many: dict[object, object] = {}
    try:
        for rv in needed:
            rests = any(other in many for other in ancestors(rv.owner.inputs))
            many[rv] = vectorize_graph(rv, many) if rests else _many(rv, draws)
        found = pm.draw(vectorize_graph(wanted, many), random_seed=SEED, mode="FAST_COMPILE")
    except NotImplementedError:  # a density or an operation that knows no further axis
        return None
    values = np.asarray(found, dtype=float)
    if values.shape[:1] != (draws,) or values[0].size != solution.variables[estimand].size:
        return None
    return values.reshape(draws, -1)


def _many(rv: Any, draws: int) -> Any:
    """Return a random variable with ``draws`` as its first axis.

    PyTensor draws the rows of a Dirichlet variable one by one in Python. Where all rows have the same concentration,
    NumPy draws the same numbers in one call.
    """
    from pymc.distributions.shape_utils import change_dist_size
    from pytensor.tensor.random.basic import DirichletRV

    class SameRows(DirichletRV):  # type: ignore[misc]
        @classmethod
        def rng_fn(cls, rng: Any, alphas: np.ndarray, size: tuple[int, ...] | None) -> np.ndarray:
            if size is not None and alphas.size == alphas.shape[-1]:
                return np.asarray(rng.dirichlet(alphas.ravel(), size=size))
            return np.asarray(super().rng_fn(rng, alphas, size))

    many = change_dist_size(rv, (draws,), expand=True)
    return SameRows().make_node(*many.owner.inputs).outputs[1] if type(many.owner.op) is DirichletRV else many
