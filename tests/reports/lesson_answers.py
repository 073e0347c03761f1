"""The lesson's models again, by quadrature over their joint densities as SciPy has them: what the page has to find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import integrate, interpolate, optimize, stats


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
    """Return the figures of sigma; for each sigma the mean is integrated over nine of its standard deviations."""
    y, prior = np.array(given["y"]), given["prior"]
    widest = np.sqrt(prior * (y.std() + prior)) * 9
    u = np.linspace(-14 if y.size == 1 else -6, np.log(widest), 8001)
    sigma = np.exp(u)[:, None]
    precision = y.size / sigma**2 + 0.01
    mu = y.sum() / sigma**2 / precision + np.linspace(-9, 9, 61) * precision**-0.5
    joint = stats.norm.logpdf(y[:, None, None], mu, sigma).sum(0) + stats.norm.logpdf(mu, 0, 10)
    top = joint.max(axis=1)
    inner = top + np.log(integrate.simpson(np.exp(joint - top[:, None]), x=mu, axis=1))
    return summary(u, inner + stats.halfnorm.logpdf(sigma[:, 0], scale=prior) + u, sigma[:, 0])
