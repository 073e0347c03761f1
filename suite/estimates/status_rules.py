"""Whether a scalar has an estimate: a table of rules, of which the first that applies decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from triptych.estimates.reasons import Reasons
from triptych.estimates.scalar import EMPTY_SHARE, Fate, Scalar
from triptych.existence.verdict import ALL_ROUNDING
from triptych.problem.table import Status


@dataclass(frozen=True)
class Decision:
    """The status of a scalar, the reason, and the estimate if there is one."""

    status: Status
    reason: str
    estimate: float = np.nan


Rule = Callable[[Scalar, Reasons], Decision | None]


def nowhere_finite(scalar: Scalar, said: Reasons) -> Decision | None:
    """Without a finite value at any start nothing is known."""
    return Decision(Status.FAILED, said.no_start()) if scalar.verdict.starts == 0 else None


def carried_by_a_ray(scalar: Scalar, said: Reasons) -> Decision | None:
    """What hangs on unknown coordinates may come to one end wherever these are, because a ray takes it there."""
    ray, end = scalar.one_end if scalar.hangs_on_unknown else (None, np.nan)
    if ray is not None and np.isinf(end):
        return Decision(Status.AT_INFINITY, said.taken_along(ray))
    if ray is not None and scalar.estimand.positions is not None:
        return Decision(Status.AT_BOUNDARY, said.edge(end), end)
    return None


def not_known(scalar: Scalar, said: Reasons) -> Decision | None:
    """Otherwise it has no estimate: the objective does not depend on it."""
    if not scalar.hangs_on_unknown or scalar.one_end[0] is not None:
        return None
    unknown = Status.NOT_IN_LIKELIHOOD if said.method == "mle" else Status.NOT_IDENTIFIED
    return Decision(unknown, said.unknown(scalar.moved_by))


def nothing_but_rounding(scalar: Scalar, said: Reasons) -> Decision | None:
    """Where rounding hides the objective no maximum is claimed; a rise without limit was seen before it did."""
    hidden = scalar.verdict.rounding_error > ALL_ROUNDING and scalar.verdict.unbounded is None
    return Decision(Status.FAILED, said.rounding()) if hidden else None


def level(scalar: Scalar, said: Reasons) -> Decision | None:
    """Before a rise without limit: what the objective is level in is not identified on any path."""
    return Decision(Status.NOT_IDENTIFIED, said.flat(scalar.level)) if scalar.level else None


def without_limit(scalar: Scalar, said: Reasons) -> Decision | None:
    """An objective that rises without limit has no maximum in any scalar."""
    return Decision(Status.UNBOUNDED, said.unbounded()) if scalar.verdict.unbounded is not None else None


def on_the_edge_of_a_simplex(scalar: Scalar, said: Reasons) -> Decision | None:
    """Shares of a whole go away together: each is told by whether it is zero or one at the end."""
    if not on_simplex(scalar) or EMPTY_SHARE < scalar.here < 1 - EMPTY_SHARE:
        return None
    end = float(round(scalar.here))
    return Decision(Status.AT_BOUNDARY, said.edge(end), end)


def along_a_ray(scalar: Scalar, said: Reasons) -> Decision | None:
    """The supremum is at the end of a ray: what becomes of the scalar there decides."""
    if on_simplex(scalar) or not scalar.along:
        return None
    last = scalar.along[-1]
    match last.fate:
        case Fate.INFINITE:
            return Decision(Status.AT_INFINITY, said.infinity(last.ray))
        case Fate.ON_EDGE:
            return Decision(Status.AT_BOUNDARY, said.edge(last.limit), last.limit)
        case Fate.ANY_LIMIT:
            return Decision(Status.NOT_IDENTIFIED, said.any_limit(last.ray))
        case Fate.CERTAIN:
            return Decision(Status.AT_BOUNDARY, said.faded(last.ray, last.limit), last.limit)
    return None


def on_an_edge_of_the_domain(scalar: Scalar, said: Reasons) -> Decision | None:
    """The objective rises up to an edge of its domain, and the scalar moves with it."""
    value = estimate(scalar)
    for v in scalar.verdict.cliff:
        if scalar.touched(v, value) or scalar.gradient[scalar.optimum.active] @ v != 0:
            upon = v if scalar.estimand.positions is None else None
            return Decision(Status.AT_BOUNDARY, said.cliff(value, upon), value)
    return None


def stalled(scalar: Scalar, said: Reasons) -> Decision | None:
    """Nothing else explains why gradient and curvature are not those of a maximum."""
    return None if scalar.optimum.regular else Decision(Status.FAILED, said.stalled())


def not_finite(scalar: Scalar, said: Reasons) -> Decision | None:
    """A function may be infinite where the parameters have their maximum."""
    if np.isfinite(estimate(scalar)):
        return None
    return Decision(Status.FAILED, f"the {said.what} has a maximum, but {scalar.estimand.name} is not finite there")


def on_a_ridge_near_the_start(scalar: Scalar, said: Reasons) -> Decision | None:
    """Far out a ridge may look as if it ran elsewhere; what moves along it keeps the value at which it was held."""
    if scalar.verdict.without_redundant is None or not scalar.moved_near_start:
        return None
    return Decision(Status.NOT_IDENTIFIED, said.flat(scalar.moved_near_start))


RULES: tuple[Rule, ...] = (
    nowhere_finite,
    carried_by_a_ray,
    not_known,
    nothing_but_rounding,
    level,
    without_limit,
    on_the_edge_of_a_simplex,
    along_a_ray,
    on_an_edge_of_the_domain,
    stalled,
    not_finite,
    on_a_ridge_near_the_start,
)


def decide(scalar: Scalar, said: Reasons) -> Decision:
    """Return what the first rule that applies decides; otherwise the scalar has a maximum, perhaps in the limit."""
    for rule in RULES:
        if (decision := rule(scalar, said)) is not None:
            return decision
    in_limit = [] if on_simplex(scalar) else scalar.along
    return Decision(Status.OK, said.in_the_limit(in_limit[-1].ray) if in_limit else "", estimate(scalar))


def on_simplex(scalar: Scalar) -> bool:
    """Whether the scalar is a share of a whole of which parts go away."""
    return bool(scalar.estimand.simplex and scalar.verdict.diverging.size)


def estimate(scalar: Scalar) -> float:
    """Return the value at the maximum, or in the limit."""
    return scalar.here if on_simplex(scalar) else scalar.estimate
