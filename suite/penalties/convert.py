"""Exact conversion of priors to penalties and back; :mod:`triptych.penalties` says what it means."""

from __future__ import annotations

import math
from dataclasses import replace
from numbers import Integral
from typing import Any

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.penalties.libraries import (
    DISPERSED,
    LIBRARIES,
    Factors,
    Library,
    Problem,
    Refused,
)
from triptych.penalties.priors import Laplace, Normal, Prior, number, simplest

# Weighs nothing in any objective, yet is not the zero that sends GLM.fit_regularized elsewhere.
_BARELY = 1e-300


def find_library(name: str) -> Library:
    """Return a library by its name in :data:`LIBRARIES`, whatever the case."""
    known = {key.lower(): value for key, value in LIBRARIES.items()}
    known["glmnet"] = LIBRARIES["glmnet.gaussian"]
    if name.lower() not in known:
        raise InputError(f"library {name!r} is not known; {nearest(name, LIBRARIES)}")
    return known[name.lower()]


def count(n: Any) -> int:
    """Return a number of observations, or say what is wrong with it."""
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise InputError(f"n must be a whole number of observations, at least 1, not {n!r}")
    return int(n)


def _checked(library: Library, problem: Problem) -> Problem:
    for option in ("family", "loss", "reduction", "y_sd", "x_sd"):
        if getattr(problem, option) is not None and option not in library.options:
            raise InputError(f"{library.name} has no {option}; leave it out")
    numbers = {
        name: number(getattr(problem, name), name)
        for name in ("sigma", "y_sd", "x_sd")
        if getattr(problem, name) is not None
    }
    return replace(problem, n=count(problem.n), **numbers)  # type: ignore[arg-type]


def _factors(library: Library, problem: Problem) -> Factors:
    try:
        factors = library.factors(problem)
    except (OverflowError, ZeroDivisionError):
        factors = Factors(math.inf, math.inf)
    if not all(factor is None or 0 < factor < math.inf for factor in (factors.c1, factors.c2)):
        raise InputError(f"sigma, n and the sds take {library.name} {_RANGE}")
    return factors


_RANGE = "out of the range of double precision; bring the predictors or the outcome to a common scale"


def _scaled(weight: float, factor: float | None, refusal: str) -> float:
    """Multiply one weight, refusing what the library or double precision cannot say."""
    if weight == 0:
        return 0.0
    if factor is None:
        raise InputError(refusal)
    if not 0 < weight * factor < math.inf:
        raise InputError(f"this takes the penalty {_RANGE}")
    return weight * factor


def to_penalty(
    prior: Prior,
    library: str,
    *,
    n: int,
    sigma: float | None = None,
    family: str | None = None,
    loss: str | None = None,
    reduction: str | None = None,
    y_sd: float | None = None,
    x_sd: float | None = None,
) -> dict[str, Any]:
    """Return the library's arguments under which its fit is the posterior mode.

    Parameters
    ----------
    prior
        Independent prior of each penalised coefficient.
    library
        One of :data:`LIBRARIES`, which also holds each derivation.
    n
        Number of observations.
    sigma
        Residual standard deviation (for a gamma family the square root of the dispersion); left
        out where the likelihood has none.
    family
        For ``statsmodels.GLM``: ``gaussian`` (the default), ``gamma``, ``inverse_gaussian``,
        ``binomial``, ``poisson``, ``negative_binomial``.
    loss
        For PyTorch: ``mse`` (the default), ``bce`` (any cross-entropy), ``gaussian_nll``.
    reduction
        For PyTorch: ``mean`` (the default) or ``sum``.
    y_sd
        For gaussian glmnet: the standard deviation of y with divisor n.
    x_sd
        For glmnet's ``standardize=TRUE``: the standard deviation, with divisor n, of the predictor
        that has this prior. The prior is always that of the coefficient on the user's scale.

    Returns
    -------
    dict
        Keyword arguments, ready for ``Ridge(**...)`` or ``fit_regularized(**...)``.

    Raises
    ------
    InputError
        For bad numbers, and for a prior that the library's penalty cannot express.
    NotAPrior
        For decoupled weight decay.
    """
    found = find_library(library)
    problem = _checked(found, Problem(n, sigma, family, loss, reduction, y_sd, x_sd))
    l1, l2 = prior.weights
    # Whether a library can express a prior does not depend on sigma: this is checked before sigma is asked for.
    parts = _factors(found, replace(problem, sigma=1.0 if problem.sigma is None else problem.sigma))
    cannot = f"cannot express {prior}: {parts.why}"
    for weight, factor in ((l1, parts.c1), (l2, parts.c2)):
        if weight and factor is None:
            raise Refused(f"{found.name} {cannot}", cannot)
    factors = _factors(found, problem)
    if isinstance(prior, Normal | Laplace) and l1 + l2 == 0 and prior not in _FLAT:
        raise InputError(f"{prior} is too wide for double precision; use an infinite scale")
    w1 = _scaled(l1, factors.c1, f"{found.name} {cannot}")
    w2 = _scaled(l2, factors.c2, f"{found.name} {cannot}")
    total = w1 + w2
    if not math.isfinite(total):
        raise InputError(f"{prior} gives {found.name} an infinite penalty; widen the prior")
    arguments: dict[str, Any] = {found.total: total}
    if found.inverse:
        arguments[found.total] = 1 / total if total else math.inf
    if found.ratio is not None:
        ratio = w1 / total if total else 0.0
        if (w1 > 0 and w2 > 0) and ratio in (0.0, 1.0):
            why = (
                f"cannot express {prior}: next to one weight the other vanishes in "
                f"the rounding of {found.ratio}; drop it and use a Normal or a Laplace prior"
            )
            raise Refused(f"{found.name} {why}", why)
        arguments[found.ratio] = ratio
    return _spelled(found, problem, arguments)


_FLAT = (Normal(math.inf), Laplace(math.inf))


def _dispersed(library: Library, problem: Problem) -> bool:
    """Whether this is a GLM whose ridge path would re-estimate the dispersion."""
    return library.refits_dispersion and (problem.family or DISPERSED[0]) in DISPERSED


def _spelled(library: Library, problem: Problem, arguments: dict[str, Any]) -> dict[str, Any]:
    """Add what a library needs to hear besides the two numbers."""
    if _dispersed(library, problem):
        arguments["L1_wt"] = max(arguments["L1_wt"], _BARELY)
    if library.names_penalty:
        arguments["penalty"] = "elasticnet"
    if library.standardizes:
        arguments["standardize"] = problem.x_sd is not None
    return arguments


def to_prior(
    library: str,
    *,
    n: int,
    sigma: float | None = None,
    family: str | None = None,
    loss: str | None = None,
    reduction: str | None = None,
    y_sd: float | None = None,
    x_sd: float | None = None,
    **arguments: Any,
) -> Prior:
    """Return the prior under which the library's penalised fit is the posterior mode.

    Parameters
    ----------
    library, n, sigma, family, loss, reduction, y_sd, x_sd
        As in :func:`to_penalty`.
    **arguments
        The library's own: ``alpha``, ``L1_wt``, ``C``, ``l1_ratio``, ``weight_decay``, ``lambda``
        (also ``lambda_``, which Python can write). A mixing argument that is left out has the
        library's own default.

    Returns
    -------
    Normal, Laplace or ElasticNet
        The simplest of the three.
    """
    found = find_library(library)
    problem = _checked(found, Problem(n, sigma, family, loss, reduction, y_sd, x_sd))
    factors = _factors(found, problem)
    share = _read_share(found, problem, arguments)
    if found.total not in arguments:
        raise InputError(f"{found.name} needs {found.total}")
    total = number(
        arguments.pop(found.total),
        found.total,
        zero=not found.inverse,
        infinite=found.inverse,
    )
    if arguments:
        raise InputError(f"{found.name} has no {', '.join(arguments)} that sets its penalty")
    if found.inverse:
        total = 1 / total
    if share is None:  # the library says one of the two parts only
        share = 1.0 if factors.c2 is None else 0.0
    l1 = _scaled(total * share, _inverse(factors.c1), f"{found.name}: {factors.why}")
    l2 = _scaled(total * (1 - share), _inverse(factors.c2), f"{found.name}: {factors.why}")
    return simplest(l1, l2)


def _inverse(factor: float | None) -> float | None:
    return None if factor is None else 1 / factor


def _read_share(library: Library, problem: Problem, arguments: dict[str, Any]) -> float | None:
    """Take the mixing argument, and whatever qualifies it, out of ``arguments``."""
    if "lambda_" in arguments and library.total == "lambda":
        arguments["lambda"] = arguments.pop("lambda_")
    if library.standardizes:
        standardize = arguments.pop("standardize", problem.x_sd is not None)
        if bool(standardize) != (problem.x_sd is not None):
            raise InputError("glmnet's standardize=TRUE and x_sd (the predictor's sd with 1/n) go together")
    if library.ratio is None:
        return None
    kind = arguments.pop("penalty", "l2") if library.names_penalty else None
    if kind in ("l1", "l2"):
        if library.ratio in arguments:
            raise InputError("SGDRegressor ignores l1_ratio unless penalty is 'elasticnet'")
        return 1.0 if kind == "l1" else 0.0
    if kind not in (None, "elasticnet"):
        raise InputError(f"penalty {kind!r} is not known; use l1, l2 or elasticnet")
    share = number(arguments.pop(library.ratio, library.ratio_default), library.ratio, zero=True)
    if share > 1:
        raise InputError(f"{library.ratio} must lie between 0 and 1, not {share:g}")
    if _dispersed(library, problem):
        if share == 0:
            raise InputError(
                "statsmodels.GLM with L1_wt=0 re-estimates the dispersion while it fits, so its "
                "penalty has no prior at a given sigma; use statsmodels.OLS, or a tiny L1_wt"
            )
        share = 0.0 if share <= _BARELY else share
    return share
