"""What a case of the gallery is: a model, the verdict on it, and why the verdict is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pymc as pm

Point = Mapping[str, Any]
Expected = str | Mapping[str, "str | Mapping[str, str]"]
Answers = Mapping[tuple[str, str], Any]

BOTH = ("mle", "map")


@dataclass(frozen=True)
class Near:
    """A known value with its own tolerance; plain values are held to one part in a million."""

    value: Any
    rtol: float = 1e-6
    atol: float = 0.0


@dataclass(frozen=True)
class Along:
    """A path that proves a status: where it leads, as a function of one number.

    Parameters
    ----------
    method
        ``mle`` or ``map``: whose objective is followed.
    status
        ``unbounded``: the objective gains a constant for each unit of ``t``, so ``t`` is a log
        scale. ``at_infinity`` and ``at_boundary``: it rises all the way, by less and less.
        ``not_identified``: it stays as it is.
    point
        ``t`` to the natural values of all free variables.
    start, stop
        The range of ``t`` over which this is checked.
    """

    method: str
    status: str
    point: Callable[[float], Point]
    start: float = 1.0
    stop: float = 11.0


@dataclass(frozen=True)
class Case:
    """One model of known answer.

    Parameters
    ----------
    name
        Unique in the gallery.
    build
        Returns the model; small data, so that it compiles and fits fast.
    expect
        Method to one status for every estimand, or to a mapping from estimand to a status or to
        a mapping from label to status; what a mapping leaves out is ``ok``.
    note
        Why the answer is known.
    known
        ``known()`` maps ``(method, estimand)`` to the estimate. NaN in an array is not checked.
    estimands
        Free variables or deterministics to ask for; ``None`` is what ``compare`` takes itself.
    options
        Further keywords of ``compare``.
    along
        Paths that prove the statuses that are not ``ok``.
    elsewhere
        Method to natural values of the free variables that ``known`` leaves open, for a check of
        the known values where they do not depend on these.
    smooth
        Whether the objective has a gradient at the known point.
    """

    name: str
    build: Callable[[], pm.Model]
    expect: Mapping[str, Expected]
    note: str
    known: Callable[[], Answers] = dict
    estimands: tuple[str, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    along: tuple[Along, ...] = ()
    elsewhere: Mapping[str, Point] = field(default_factory=dict)
    smooth: bool = True

    @cached_property
    def answers(self) -> dict[tuple[str, str], Near]:
        """The known values, each with its tolerance."""
        known = self.known().items()
        return {key: v if isinstance(v, Near) else Near(v) for key, v in known}

    def expected(self, method: str, estimand: str, label: str = "") -> str:
        """Return the status that is right for one scalar."""
        found = self.expect.get(method, "ok")
        if isinstance(found, str):
            return found
        status = found.get(estimand, "ok")
        return status if isinstance(status, str) else status.get(label, "ok")


@dataclass(frozen=True)
class Refusal:
    """One model or call that must be refused before anything is compiled.

    ``names`` is what the message must say: the variable at fault, or the thing that is missing.
    """

    name: str
    build: Callable[[], pm.Model]
    names: str
    options: Mapping[str, Any] = field(default_factory=dict)


def same(answers: Mapping[str, Any], methods: tuple[str, ...] = BOTH) -> dict[tuple[str, str], Any]:
    """Return the same known values for several methods (flat priors)."""
    return {(method, name): value for method in methods for name, value in answers.items()}


def zero_of(score: Callable[[np.ndarray], Any], start: Any) -> np.ndarray:
    """Solve the likelihood equations ``score(x) = 0`` from a start nearby."""
    from scipy.optimize import root

    found = root(score, np.asarray(start, float), tol=1e-13)
    size = float(np.max(np.abs(score(found.x))))
    if size > 1e-7:
        raise ArithmeticError(f"the likelihood equations were not solved: {size}")
    return np.asarray(found.x)


def root_of(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the root of a function of one number between two bounds."""
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-300, rtol=1e-14, maxiter=500))


def least_squares(design: Any, y: Any) -> tuple[np.ndarray, float]:
    """Return the coefficients and the standard deviation with denominator n."""
    design, y = np.asarray(design, float), np.asarray(y, float)
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    return beta, float(np.sqrt(np.mean((y - design @ beta) ** 2)))
