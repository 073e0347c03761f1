"""A claim: one falsifiable sentence, the figure measured for it, its bound, whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import numpy as np

FALSE_ALARM = 1e-4  # probability that a true claim on sampled figures fails in a run


class Bound(str):
    """What a claim asks of its figure, written as a formula: ``<= 1e-08``.

    Attributes
    ----------
    words
        The same in words: ``at most 1e-08``.
    """

    words: str

    def __new__(cls, formula: str, words: str = "") -> Bound:
        """Return the bound; without words the formula stands for them."""
        bound = super().__new__(cls, formula)
        bound.words = words or formula
        return bound


@dataclass(frozen=True)
class Claim:
    """The outcome of a claim; a bound that is given as a text is its own words."""

    name: str
    statement: str
    measured: float | str
    bound: Bound
    holds: bool

    def __post_init__(self) -> None:
        if not isinstance(self.bound, Bound):
            object.__setattr__(self, "bound", Bound(self.bound))


def claim(statement: str) -> Callable[[Callable[[Any], Claim]], Callable[[Any], Claim]]:
    """Make a claim of a function that measures.

    The function takes the solved scenario and returns the outcome of :func:`at_most`,
    :func:`at_least`, :func:`between` or :func:`equal`; its name is the claim's name.

    Parameters
    ----------
    statement
        The falsifiable sentence.
    """

    def decorate(measure: Callable[[Any], Claim]) -> Callable[[Any], Claim]:
        @wraps(measure)
        def evaluate(solved: Any) -> Claim:
            return replace(measure(solved), name=measure.__name__, statement=statement)

        evaluate.statement = statement  # type: ignore[attr-defined]
        return evaluate

    return decorate


def _outcome(measured: float | str, bound: Bound, holds: bool) -> Claim:
    return Claim("", "", measured, bound, bool(holds))


def at_most(measured: float, bound: float) -> Claim:
    """``measured <= bound``; NaN does not hold."""
    return _outcome(float(measured), Bound(f"<= {bound:.4g}", f"at most {bound:.4g}"), float(measured) <= bound)


def at_least(measured: float, bound: float) -> Claim:
    """``measured >= bound``; NaN does not hold."""
    return _outcome(float(measured), Bound(f">= {bound:.4g}", f"at least {bound:.4g}"), float(measured) >= bound)


def between(measured: float, low: float, high: float) -> Claim:
    """``low <= measured <= high``; NaN does not hold."""
    return _outcome(float(measured), Bound(f"in [{low:.6g}, {high:.6g}]"), low <= measured <= high)


def equal(measured: float | str, expected: float | str) -> Claim:
    """Exactly equal, for statuses, counts and exact zeros; NaN does not hold."""
    figure = f"{expected:.6g}" if isinstance(expected, float) else str(expected)
    return _outcome(measured, Bound(f"== {figure}", f"exactly {figure}"), measured == expected and measured == measured)


def worst(outcomes: Iterable[Claim]) -> Claim:
    """Return of several outcomes one that does not hold, or else the one that measured most."""
    return min(outcomes, key=lambda one: (one.holds, -float(one.measured)))


def close_to_exact(draws: Any, exact: Any, *, prob: float | None = None) -> Claim:
    """Hold the mean of draws to its exact value, in Monte Carlo standard errors.

    Parameters
    ----------
    draws
        Shape ``(chain, draw)`` or ``(chain, draw, ...)`` for several scalars.
    exact
        The value that each scalar's mean would have without sampling, of the remaining shape.
    prob
        Hold that ``exact`` is the quantile of this probability: the share of draws up to it is ``prob``.

    Returns
    -------
    Claim
        The largest gap; its bound is what the largest of that many standard normals exceeds once in 10 000 runs.
    """
    import arviz as az
    from scipy.stats import norm

    values = np.asarray(draws, dtype=float)
    values = values.reshape(*values.shape[:2], -1)
    wanted = np.broadcast_to(np.asarray(exact, dtype=float).ravel(), values.shape[2:])
    gaps = []
    for k, expected in enumerate(wanted):
        one = values[..., k]
        # The error of a sampled quantile is not normal; that of the share of draws below a value is.
        compared = one if prob is None else (one <= expected).astype(float)
        gap, error = abs(compared.mean() - (expected if prob is None else prob)), float(az.mcse(compared))
        # If all draws lie on one side the share has no Monte Carlo error to divide by, and the claim fails.
        gaps.append(gap / error if error > 0 else float("inf") * gap if gap > 0 else 0.0)
    return at_most(max(gaps), float(norm.isf(FALSE_ALARM / 2 / len(gaps))))
