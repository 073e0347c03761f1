"""What chooses a point of a path: held-out score, leave-one-out score, marginal likelihood."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from triptych.comparisons.study.fits import Fit
from triptych.engine.engine import Engine

PROPOSED = 4000  # points of importance sampling
FREEDOM = 7.0  # degrees of freedom of Student's t from which they come
WORST_TAIL = 0.7  # Pareto tail index from which importance weights tell nothing (Vehtari et al. 2024)
LOOKS = 4  # random points besides the mode at which a density is seen to be normal
SAME = 1e-8  # relative difference of two Hessians that is rounding
EXACT, SAMPLED, NONE = "exact", "importance sampling", "none"


@dataclass(frozen=True)
class Criterion:
    """One figure with its standard error; NaN with the reason where there is none.

    Attributes
    ----------
    value, std_error
        In units of the logarithm.
    kind
        How it was found.
    reason
        Why there is none.
    """

    value: float
    std_error: float
    kind: str
    reason: str = ""


def none(reason: str) -> Criterion:
    """Return what stands for a figure that does not exist."""
    return Criterion(float("nan"), float("nan"), NONE, reason)


def terms_of(engine: Engine, z: np.ndarray) -> np.ndarray:
    """Return the log-likelihood terms of all observations at points ``(m, p)``: ``(m, terms)``."""
    found = engine.pointwise_many(z)
    return np.concatenate([values.reshape(len(values), -1) for values in found.values()], axis=1)


def score_of_point(engine: Engine, z: np.ndarray | None, held: np.ndarray) -> Criterion:
    """Return the log predictive density of the held-out terms at a point: their sum, and its standard error."""
    if z is None:
        return none("there is no maximum in all parameters on the rows that are kept")
    return _summed(terms_of(engine, z[None])[0][held], "plug-in")


def score_of_draws(engine: Engine, fit: Fit, held: np.ndarray) -> Criterion:
    """Return the log predictive density of the held-out terms, averaged over the draws."""
    if fit.draws is None or not fit.passed:
        return none("there are no draws on the rows that are kept that pass the gate")
    terms = terms_of(engine, fit.draws.reshape(-1, engine.size))[:, held]
    return _summed(np.logaddexp.reduce(terms, axis=0) - np.log(len(terms)), "average over draws")


def _summed(terms: np.ndarray, kind: str) -> Criterion:
    total = float(np.sum(terms))
    if not np.isfinite(total):
        return none("a held-out row has predictive density zero")
    error = float(np.sqrt(terms.size) * terms.std(ddof=1)) if terms.size > 1 else float("nan")
    return Criterion(total, error, kind)


def leave_one_out(engine: Engine, fit: Fit) -> Criterion:
    """Return ArviZ's leave-one-out log predictive density by Pareto-smoothed importance sampling.

    Vehtari, Gelman and Gabry (2017), Statistics and Computing 27, 1413-1432.
    """
    import arviz as az

    if fit.draws is None or not fit.passed:
        return none("there are no draws that pass the gate")
    if sum(w.size for w in engine.weights.values()) < 2:
        return none("the likelihood is one term, of which none can be left out")
    if any(np.any(w != 1) for w in engine.weights.values()):
        return none("some rows have no weight in the likelihood")
    chains, draws, size = fit.draws.shape
    terms = terms_of(engine, fit.draws.reshape(-1, size)).reshape(chains, draws, -1)
    shown = {"z": fit.draws}
    tree = az.from_dict({"posterior": shown, "log_likelihood": {"terms": terms}}, check_conventions=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the warning says of the tail indices is the reason below
        found = az.loo(tree, pointwise=True)
    far = int(np.sum(np.asarray(found.pareto_k) > found.good_k))
    said = f"{far} of {terms.shape[2]} Pareto tail indices are above {found.good_k:.2f}" if far else ""
    return Criterion(float(found.elpd), float(found.se), "Pareto-smoothed importance sampling", said)


def log_marginal(engine: Engine, fit: Fit, rng: np.random.Generator) -> Criterion:
    """Return the logarithm of the marginal likelihood.

    Exact where the joint density is normal in the parameters as they are sampled; else by importance sampling from
    Student's t with the draws' mean and covariance. Where a prior is improper it is known up to a constant, the same at
    all points of a path.
    """
    if fit.draws is None or not fit.passed:
        return none("there are no draws that pass the gate")
    exact = _normal(engine, fit.draws)
    return Criterion(exact, 0.0, EXACT) if exact is not None else _sampled(engine, fit.draws, rng)


def _normal(engine: Engine, draws: np.ndarray) -> float | None:
    """Return the integral of a density whose logarithm is a quadratic; None where it is not one."""
    flat = draws.reshape(-1, draws.shape[-1])
    if np.any(engine.transformed) or engine.kink_arguments(flat[0]):
        return None
    places = flat[np.linspace(0, len(flat) - 1, LOOKS).astype(int)]
    hessians = [engine.sampled_hessian(z) for z in places]
    unit = np.sqrt(np.abs(np.diag(hessians[0])))
    if not np.all(unit > 0):
        return None
    scaled = [hessian / np.outer(unit, unit) for hessian in hessians]
    if any(np.max(np.abs(other - scaled[0])) > SAME for other in scaled[1:]):
        return None
    value, *gradient = engine.sampled(places[0])
    step = np.linalg.solve(-scaled[0], np.array(gradient) / unit)
    sign, log_determinant = np.linalg.slogdet(-scaled[0])
    if sign <= 0:
        return None
    top = value + 0.5 * float(step @ (np.array(gradient) / unit))
    return float(top + 0.5 * len(unit) * np.log(2 * np.pi) - 0.5 * log_determinant - np.log(unit).sum())


def _sampled(engine: Engine, draws: np.ndarray, rng: np.random.Generator) -> Criterion:
    from arviz_stats.base import array_stats
    from scipy.stats import multivariate_t

    flat = draws.reshape(-1, draws.shape[-1])
    covariance = np.atleast_2d(np.cov(flat.T))
    if not np.linalg.eigvalsh(covariance).min() > 0:
        return none("the draws have no covariance of full rank")
    proposal = multivariate_t(flat.mean(axis=0), covariance, df=FREEDOM)
    points = proposal.rvs(PROPOSED, random_state=rng).reshape(PROPOSED, -1)
    weights = _densities(engine, points) - np.atleast_1d(proposal.logpdf(points))
    weights = np.where(np.isnan(weights), -np.inf, weights)
    top = float(np.max(weights))
    if not np.isfinite(top):
        return none("importance sampling met no point of the support")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tail = float(array_stats.pareto_khat(np.exp(weights - top)[None], chain_axis=0, draw_axis=1, tail="right"))
    if tail > WORST_TAIL:
        return none(f"importance weights are too uneven (Pareto tail index {tail:.2f})")
    share = np.exp(weights - top)
    error = float(share.std(ddof=1) / share.mean() / np.sqrt(PROPOSED))
    return Criterion(top + float(np.log(share.mean())), error, SAMPLED)


def _densities(engine: Engine, z: np.ndarray) -> np.ndarray:
    """Return the log-density with Jacobian at each row of ``z``."""
    traced = engine.backend.traced
    if traced is None:
        return np.array([engine.sampled(row)[0] for row in z])
    import jax

    many = traced.program("densities", jax.vmap(traced.density, in_axes=(0, None, None)))
    return np.asarray(many(z, engine.device_weights, engine.device_data))
