"""The lesson's models again, by quadrature over their joint densities as SciPy has them: what the page has to find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import integrate, interpolate, optimize, special, stats


def summary(points: np.ndarray, log_density: np.ndarray, values: np.ndarray) -> list[float]:
    """Return mean, 2.5 % and 97.5 % point of what has this log-density on a fine grid: Simpson's rule and splines."""
    density = np.exp(log_density - log_density.max())
    total = integrate.cumulative_simpson(density, x=points, initial=0)
    mean = integrate.simpson(density * values, x=points) / total[-1]
    shares = interpolate.CubicSpline(points, total / total[-1])
    value = interpolate.CubicSpline(points, values)
    ends = (optimize.brentq(lambda u, p=p: shares(u) - p, points[0], points[-1]) for p in (0.025, 0.975))
    return [float(mean), *(float(value(end)) for end in ends)]


def small_n(given: Mapping[str, Any], switch: str) -> list[float]:
    """Return the figures of sigma."""
    y, prior = np.array(given["y"]), given["prior"]
    widest = np.sqrt(prior * (y.std() + prior)) * 9
    u = np.linspace(-14 if y.size == 1 else -6, np.log(widest), 3001)
    return summary(u, small_n_density(given, switch, u) + u, np.exp(u))


def small_n_density(given: Mapping[str, Any], switch: str, u: np.ndarray) -> np.ndarray:
    """Return the log-density of sigma at log sigma; the mean is integrated over nine of its standard deviations."""
    y, prior = np.array(given["y"]), given["prior"]
    sigma = np.exp(u)[:, None]
    precision = y.size / sigma**2 + 0.01
    mu = y.sum() / sigma**2 / precision + np.linspace(-9, 9, 41) * precision**-0.5
    joint = stats.norm.logpdf(y[:, None, None], mu, sigma).sum(0) + stats.norm.logpdf(mu, 0, 10)
    top = joint.max(axis=1)
    inner = top + np.log(integrate.simpson(np.exp(joint - top[:, None]), x=mu, axis=1))
    return np.asarray(inner + stats.halfnorm.logpdf(sigma[:, 0], scale=prior))


def weight_decay(given: Mapping[str, Any], switch: str) -> list[float]:
    """Return the figures of the first weight: its posterior is normal, by the conjugate update."""
    x = np.column_stack([given["first"], given["second"]])
    covariance = np.linalg.inv(x.T @ x + np.eye(2) / given["prior"] ** 2)
    mean = float((covariance @ x.T @ np.array(given["y"]))[0])
    return [mean, *stats.norm.interval(0.95, mean, np.sqrt(covariance[0, 0]))]


def lasso(given: Mapping[str, Any], switch: str) -> list[float]:
    """Return the figures of the effect; zero, where the prior has its corner, is a node of the grid."""
    y = np.array(given["y"])
    effect = np.linspace(-1, 1, 40001) * (abs(y.mean()) + 12 / np.sqrt(y.size))
    log_density = stats.norm.logpdf(y[:, None], effect).sum(0) + stats.laplace.logpdf(effect, scale=given["prior"])
    return summary(effect, log_density, effect)


def separation(given: Mapping[str, Any], switch: str) -> list[float]:
    """Return the figures of the slope; the level is integrated over seven of its prior's standard deviations."""
    x, y, prior = (np.array(given[key], dtype=float) for key in ("x", "y", "prior"))
    slope, level = np.linspace(-8 * prior, 8 * prior, 1601), np.linspace(-35, 35, 561)
    joint = stats.norm.logpdf(slope, 0, prior)[:, None] + stats.norm.logpdf(level, 0, 5)
    for xi, yi in zip(x, y, strict=True):
        joint = joint - np.logaddexp(0, (1 - 2 * yi) * (level + slope[:, None] * xi))
    top = joint.max(axis=1)
    return summary(slope, top + np.log(integrate.simpson(np.exp(joint - top[:, None]), x=level, axis=1)), slope)


def chances(given: Mapping[str, Any], values: np.ndarray) -> np.ndarray:
    """Return the chance to pass at each value, averaged over the posterior on a grid of slope and level."""
    x, y, prior = (np.array(given[key], dtype=float) for key in ("x", "y", "prior"))
    slope, level = (grid.ravel() for grid in np.meshgrid(np.linspace(-6, 6, 401) * prior, np.linspace(-35, 35, 561)))
    joint = stats.norm.logpdf(slope, 0, prior) + stats.norm.logpdf(level, 0, 5)
    joint -= np.logaddexp(0, (1 - 2 * y)[:, None] * (level + slope * x[:, None])).sum(0)
    weights = np.exp(joint - joint.max())
    return np.array([weights @ special.expit(level + slope * v) for v in values]) / weights.sum()


def outlier(given: Mapping[str, Any], switch: str) -> list[float]:
    """Return the figures of the centre on a grid that has the kinks of Laplace errors among its nodes."""
    y, errors = np.array(given["y"]), {"normal": stats.norm, "laplace": stats.laplace, "student": stats.t(4)}[switch]
    centre = np.linspace(-40, 40, 80001)  # tenths are nodes, at even places for Simpson's rule
    log_density = errors.logpdf(y[:, None] - centre).sum(0) + stats.norm.logpdf(centre, 0, given["prior"])
    return summary(centre, log_density, centre)


def _of_sigma(prior: float, switch: str) -> Any:
    return stats.halfnorm(scale=prior) if switch == "half_normal" else stats.invgamma(3, scale=3 * prior)


def mixture(given: Mapping[str, Any], switch: str) -> list[float]:
    """Return the figures of sigma."""
    prior = given["prior"]
    widest = _of_sigma(prior, switch).isf(1e-13)
    u = np.linspace(-17 if switch == "half_normal" else np.log(prior / 20), np.log(widest), 801)
    return summary(u, mixture_density(given, switch, u) + u, np.exp(u))


def mixture_density(given: Mapping[str, Any], switch: str, u: np.ndarray) -> np.ndarray:
    """Return the log-density of sigma at log sigma; the mean is integrated from value to value, where spikes stand."""
    y = np.array(given["y"])

    def over_mean(sigma: float) -> float:
        spots = np.unique(np.concatenate([y, *(y + k * sigma for k in (-9, -3, 3, 9)), [-40.0, 40.0]]))
        nodes, weights = np.polynomial.legendre.leggauss(24)
        half = np.diff(spots)[:, None] / 2
        mu = (spots[:-1, None] + half + half * nodes)[..., None]
        own = np.exp(-0.5 * ((y - mu) / sigma) ** 2) / sigma
        density = np.prod(np.exp(-0.5 * y**2) + own, axis=-1) / (8 * np.pi) ** (y.size / 2)
        return float(np.sum(density * stats.norm.pdf(mu[..., 0], 0, 5) * half * weights))

    sigma = np.exp(u)
    inner = np.log([over_mean(s) for s in sigma])
    return np.asarray(inner + _of_sigma(given["prior"], switch).logpdf(sigma))


def exponent_at_zero(name: str, given: Mapping[str, Any], switch: str) -> float:
    """Return k where the density of sigma goes like sigma^k towards zero, by quadrature."""
    density = {"small_n": small_n_density, "mixture": mixture_density}[name]
    u = np.log([1e-4, 1e-5])
    high, low = density(given, switch, u)
    return float((high - low) / (u[0] - u[1]))
