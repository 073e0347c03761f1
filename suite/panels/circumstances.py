"""What is known of a posterior besides its draws: improper priors, jumps of its density, and whether it is proper."""

from __future__ import annotations

import numpy as np

from triptych.engine.engine import LIKELIHOOD, Engine
from triptych.engine.jumps import jumps
from triptych.existence.verdict import ALL_ROUNDING
from triptych.graph.graph import Block
from triptych.graph.moments import with_every_moment
from triptych.graph.priors import improper, is_proper
from triptych.optimise.newton import newton
from triptych.optimise.objective import make_objective
from triptych.panels.solution import Panel
from triptych.problem.table import Status
from triptych.sampling.circumstances import Circumstances

MOST = 8  # coordinates of improper priors that are pushed away
FAR, FURTHER = 6.0, 4.0  # logarithmic units from the draws to the first of two far points, and between these
# FALLS is pinned by test_an_improper_posterior_is_told_by_its_density_far_out.
FALLS = 0.05  # decrease of the log-density per logarithmic unit from which its integral is taken to be finite
INNER = (0.05, 0.95)  # quantiles of the draws between which jumps are looked for


def circumstances(engine: Engine, z: np.ndarray) -> Circumstances:
    """Look at the model where the draws are; ``z`` has them on the unconstrained scale, ``(draws, p)``."""
    model = engine.model
    finite = z[np.all(np.isfinite(z), axis=1)]
    if not len(finite):
        return Circumstances(improper(model), is_proper(model))
    low, high = np.quantile(finite, INNER, axis=0)
    centre = np.median(finite, axis=0)
    found = jumps(engine, lambda x: float(engine.sampled(x)[0]), centre, low, high)
    return Circumstances(improper(model), is_proper(model), tuple(found), endless(engine, finite))


def known_moments(engine: Engine, mle: Panel | None) -> frozenset[str]:
    """Return the names of what has every moment under the posterior, by prior and likelihood.

    Parameters
    ----------
    engine
        The compiled model.
    mle
        The panel of the MLE, if it was solved: it says whether the likelihood is bounded.
    """
    found = with_every_moment(engine.model)
    return frozenset(found) if found and is_bounded(engine, mle) else frozenset()


def is_bounded(engine: Engine, mle: Panel | None) -> bool:
    """Whether the likelihood is bounded: all data are discrete, or the MLE's search found no unlimited rise."""
    objective, _ = make_objective(engine, LIKELIHOOD)
    if objective.discrete:
        return True
    if mle is not None:
        return not any(row.status in (Status.UNBOUNDED, Status.FAILED) for row in mle.estimates)
    from triptych.existence.search import find

    verdict = find(objective)
    return verdict.starts > 0 and verdict.unbounded is None and not verdict.rounding_error > ALL_ROUNDING


def endless(engine: Engine, z: np.ndarray) -> str:
    """Return in which variable the posterior has no finite integral, and which way; empty when none is found.

    Laplace's approximation gives the marginal density of one coordinate far out, the others integrated. Per unit of
    the logarithm of what goes away the integral is finite if that falls at a constant rate.
    """
    flat = improper(engine.model)
    tried = 0
    for block in engine.blocks:
        if block.variable.name not in flat or block.transform not in (None, "LogTransform"):
            continue
        for j in range(block.start, block.stop):
            tried += 1
            if tried > MOST:
                return ""
            for sign in (1.0, -1.0):
                rate = _rate(engine, block, z, j, sign)
                if rate is not None and rate > -FALLS:
                    end = "zero" if block.transform and sign < 0 else f"{'+' if sign > 0 else '-'}infinity"
                    return f"{block.variable.names[j - block.start]} goes to {end}"
    return ""


def _rate(engine: Engine, block: Block, z: np.ndarray, j: int, sign: float) -> float | None:
    """Return the slope of the log of a marginal density, times the measure, per unit of a logarithm far out."""
    ends = sign * float(np.max(sign * z[:, j]))
    start = z[int(np.argmax(sign * z[:, j]))]
    heights = []
    for away in (FAR, FAR + FURTHER):
        if block.transform:
            at, measure = ends + sign * away, 0.0  # the sampled density includes the Jacobian, the measure's share
        else:
            size = max(abs(ends), float(np.ptp(z[:, j])))
            at = sign * size * np.exp(away)
            measure = float(np.log(abs(at)))
        found = _marginal(engine, start, j, at)
        if found is None:
            return None
        start, height = found
        heights.append(height + measure)
    return (heights[1] - heights[0]) / FURTHER


def _marginal(engine: Engine, start: np.ndarray, j: int, at: float) -> tuple[np.ndarray, float] | None:
    """Return where the density is highest with one coordinate held, and Laplace's log of the integral of the others."""
    rest = np.delete(np.arange(engine.size), j)
    x = start.copy()
    x[j] = at

    def whole(part: np.ndarray) -> np.ndarray:
        full = x.copy()
        full[rest] = part
        return full

    def value(part: np.ndarray) -> float:
        found = float(engine.sampled(whole(part))[0])
        return found if not np.isnan(found) else -np.inf

    def derivatives(part: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        full = whole(part)
        both, hessian = engine.sampled(full), engine.sampled_hessian(full)
        return float(both[0]), both[1:][rest], hessian[np.ix_(rest, rest)]

    if rest.size == 0:
        height = value(np.zeros(0))
        return (x, height) if np.isfinite(height) else None
    transformed = np.array([bool(b.transform) for b in engine.blocks for _ in range(b.stop - b.start)])[rest]
    point = newton(derivatives, value, x[rest], transformed=transformed)
    if not point.usable or point.decrement > 1e-4:
        return None
    sign, log_size = np.linalg.slogdet(-point.hessian)
    if not sign > 0 or not np.all(np.linalg.eigvalsh(-point.hessian) > 0):
        return None
    return whole(point.z), point.value - 0.5 * float(log_size) + 0.5 * rest.size * float(np.log(2 * np.pi))
