"""Models with a positive scalar whose profile set is known, by a closed form or by grids and searches in SciPy.

Nothing here uses the suite. Where errors are normal with an unknown deviation, that and all coefficients that enter
linearly have closed forms: the deviance is ``n log(RSS / least RSS)``, and what is left is searched on grids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from scipy import special, stats
from scipy.optimize import brentq, minimize, minimize_scalar

LEVEL = float(stats.chi2.ppf(0.95, 1))
Deviance = Callable[[float], float]
Sets = Callable[[], dict[str, tuple[float, float]]]


@dataclass(frozen=True)
class Known:
    """A model with scalars reported as they are, as logarithm and as reciprocal, and the set of each."""

    name: str
    build: Callable[[], pm.Model]
    sets: Sets


def three(name: str, value: Any) -> None:
    """Report a positive scalar in three scales."""
    pm.Deterministic(f"{name}", value)
    pm.Deterministic(f"log {name}", pt.log(value))
    pm.Deterministic(f"inverse {name}", 1 / value)


def crossings(deviance: Deviance, low: float = 1e-9, high: float = 1e9, points: int = 400) -> tuple[float, float]:
    """Return the least and the greatest value with a deviance within the level; 0 or infinity where the grid ends."""
    grid = np.geomspace(low, high, points)
    inside = np.flatnonzero([deviance(v) <= LEVEL for v in grid])
    first, last = inside[0], inside[-1]

    def root(a: float, b: float) -> float:
        return float(float(np.exp(brentq(lambda u: deviance(np.exp(u)) - LEVEL, np.log(a), np.log(b), xtol=1e-12))))

    lower = 0.0 if first == 0 else root(grid[first - 1], grid[first])
    upper = np.inf if last == points - 1 else root(grid[last], grid[last + 1])
    return lower, upper


def rss(columns: Sequence[np.ndarray], y: np.ndarray) -> float:
    """Return the residual sum of squares of a linear fit."""
    X = np.column_stack(columns)
    X = X / np.maximum(np.abs(X).max(axis=0), 1e-300)
    return float(np.sum((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2))


def least(function: Callable[[float], float], grid: np.ndarray) -> float:
    """Return the least value of a function of one variable: a grid, then a bounded search around its best points."""
    values = np.array([function(v) for v in grid])
    best = float(values.min())
    for k in np.argsort(values)[:3]:
        a, b = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
        best = min(
            best, float(minimize_scalar(function, bounds=(a, b), method="bounded", options={"xatol": 1e-11}).fun)
        )
    return best


def normal_deviance(fit: Callable[[float], float], n: int, grid: np.ndarray) -> Deviance:
    """Return the deviance of a normal model from its residual sum of squares with the scalar held."""
    best = least(lambda u: fit(np.exp(u)), np.log(grid))
    return lambda value: n * np.log(fit(value) / best)


# --- Saturation curves: V x / (K + x) ------------------------------------------------------------------------------


def saturating(x: np.ndarray, V: float, K: float, noise: float, seed: int) -> np.ndarray:
    return V * x / (K + x) + noise * np.random.default_rng(seed).normal(size=x.size)


def michaelis(x: np.ndarray, y: np.ndarray) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            V, K = pm.Normal("V", 0, 100), pm.HalfNormal("K", 100)
            pm.Normal("y", V * x / (K + x), pm.HalfNormal("s", 5), observed=y)
            three("Km", K)
        return model

    return build


def michaelis_sets(x: np.ndarray, y: np.ndarray) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        deviance = normal_deviance(lambda K: rss([x / (K + x)], y), x.size, np.geomspace(1e-6, 1e6, 200))
        return {"Km": crossings(deviance)}

    return sets


X_WIDE = np.repeat([0.3, 1.0, 3.0, 10.0], 3)
Y_WIDE = saturating(X_WIDE, 10, 2, 0.4, 1)
X_LOW = np.repeat([0.1, 0.2, 0.4, 0.8], 3)
Y_LOW = saturating(X_LOW, 50, 20, 0.2, 2)
X_HIGH = np.repeat([4.0, 8.0, 16.0], 4)
Y_HIGH = saturating(X_HIGH, 10, 0.05, 0.5, 3)
X_BASE = np.repeat([0.1, 0.3, 1.0, 3.0, 10.0, 30.0], 3)


def far_plateau() -> np.ndarray:
    rng = np.random.default_rng(14)
    rng.normal(size=X_BASE.size)
    return 1 + 10 * X_BASE / (400 + X_BASE) + rng.normal(size=X_BASE.size) * 0.1


Y_BASE = far_plateau()


def hill() -> pm.Model:
    with pm.Model() as model:
        base, top, log_half = pm.Normal("base", 0, 20), pm.Normal("top", 0, 50), pm.Normal("lh", 0, 5)
        slope = pm.LogNormal("slope", 0, 1)
        curve = base + top / (1 + pt.exp(slope * (log_half - np.log(X_BASE))))
        pm.Normal("y", curve, pm.HalfNormal("s", 5), observed=Y_BASE)
        three("ED50", pt.exp(log_half))
    return model


def hill_sets() -> dict[str, tuple[float, float]]:
    def fit(half: float) -> float:
        def of_slope(u: float) -> float:
            share = special.expit(-np.exp(u) * (np.log(half) - np.log(X_BASE)))
            return rss([np.ones_like(share), share], Y_BASE)

        return least(of_slope, np.linspace(-4, 5, 60))

    best = min(fit(v) for v in np.geomspace(1, 1e4, 200))

    def deviance(half: float) -> float:
        return float(X_BASE.size * np.log(fit(half) / best))

    return {"ED50": crossings(deviance, 1e-2, 1e7, 60)}


def emax() -> pm.Model:
    with pm.Model() as model:
        half = pm.LogNormal("half", 0, 3)
        curve = pm.Normal("base", 0, 20) + pm.Normal("top", 0, 50) * X_BASE / (half + X_BASE)
        pm.Normal("y", curve, pm.HalfNormal("s", 5), observed=Y_BASE)
        three("ED50", half)
    return model


def emax_sets() -> dict[str, tuple[float, float]]:

    def fit(half: float) -> float:
        return float(rss([np.ones_like(X_BASE), X_BASE / (half + X_BASE)], Y_BASE))

    return {"ED50": crossings(normal_deviance(fit, X_BASE.size, np.geomspace(1e-4, 1e8, 300)))}


RATE = np.array([1.0, 2, 4, 8, 16, 32, 64, 128, 1, 4, 16, 64])
INHIBITED = 10 * RATE / (3 + RATE + RATE**2 / 900) + 0.3 * np.random.default_rng(5).normal(size=RATE.size)


def inhibition() -> pm.Model:
    with pm.Model() as model:
        V, K, Ki = pm.Normal("V", 0, 50), pm.HalfNormal("K", 20), pm.HalfNormal("Ki", 1e3)
        pm.Normal("y", V * RATE / (K + RATE + RATE**2 / Ki), pm.HalfNormal("s", 5), observed=INHIBITED)
        three("constant", Ki)
    return model


def inhibition_sets() -> dict[str, tuple[float, float]]:
    def fit(Ki: float) -> float:
        return least(lambda u: rss([RATE / (np.exp(u) + RATE + RATE**2 / Ki)], INHIBITED), np.linspace(-5, 6, 40))

    return {"constant": crossings(normal_deviance(fit, RATE.size, np.geomspace(10, 1e7, 60)), 1, 1e9, 60)}


# --- Curves in time ------------------------------------------------------------------------------------------------


def decay(t: np.ndarray, y: np.ndarray) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            a, b, k = pm.Normal("a", 0, 20), pm.Normal("b", 0, 20), pm.HalfNormal("k", 2)
            pm.Normal("y", a + b * pt.exp(-k * t), pm.HalfNormal("s", 5), observed=y)
            three("half-life", np.log(2) / k)
        return model

    return build


def decay_sets(t: np.ndarray, y: np.ndarray) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        # As k goes to zero the curve comes to a line: in its place the exponential has more digits.

        def fit(half: float) -> float:
            return float(rss([np.ones_like(t), np.expm1(-np.log(2) / half * (t - t[0]))], y))

        return {"half-life": crossings(normal_deviance(fit, t.size, np.geomspace(1e-2, 1e4, 300)))}

    return sets


T_FEW = np.array([0.0, 1, 2, 3, 4])
Y_BOTH = np.array([5.0, 3.1, 2.6, 0.9, 1.3])
T_LONG = np.linspace(0, 10, 12)
Y_LONG = 1 + 5 * np.exp(-0.5 * T_LONG) + 0.2 * np.random.default_rng(8).normal(size=12)
T_LATE = np.array([2.0, 3, 4, 5, 6, 7])
Y_LATE = np.array([2.05, 1.1, 0.95, 1.02, 1.08, 0.93])


def levelling() -> pm.Model:
    """Growth to an asymptote that the data may not show (von Bertalanffy)."""
    with pm.Model() as model:
        top, b, k = pm.HalfNormal("top", 50), pm.Normal("b", 0, 50), pm.HalfNormal("k", 2)
        pm.Normal("y", top - b * pt.exp(-k * T_GROW), pm.HalfNormal("s", 5), observed=Y_GROW)
        three("asymptote", top)
    return model


T_GROW = np.arange(1.0, 9)
Y_GROW = 40 - 38 * np.exp(-0.08 * T_GROW) + 0.4 * np.random.default_rng(6).normal(size=8)


def levelling_sets() -> dict[str, tuple[float, float]]:
    def fit(top: float) -> float:
        return least(lambda u: rss([np.exp(-np.exp(u) * T_GROW)], Y_GROW - top), np.linspace(-22, 3, 120))

    return {"asymptote": crossings(normal_deviance(fit, T_GROW.size, np.geomspace(5, 1e6, 60)), 1, 1e7, 60)}


T_TWO = np.linspace(0, 6, 20)
Y_TWO = 3 * np.exp(-0.4 * T_TWO) + 2 * np.exp(-4 * T_TWO) + 0.1 * np.random.default_rng(34).normal(size=20)


def two_rates() -> pm.Model:
    with pm.Model() as model:
        slow, more = pm.HalfNormal("slow", 1), pm.HalfNormal("more", 5)
        curve = pm.Normal("A", 0, 5) * pt.exp(-slow * T_TWO) + pm.Normal("B", 0, 5) * pt.exp(-(slow + more) * T_TWO)
        pm.Normal("y", curve, pm.HalfNormal("s", 1), observed=Y_TWO)
        three("slow rate", slow)
        three("fast rate", slow + more)
    return model


def two_rates_sets() -> dict[str, tuple[float, float]]:
    def fit(slow: float, fast: float) -> float:
        return rss([np.exp(-slow * T_TWO), np.exp(-fast * T_TWO)], Y_TWO)

    def of_fast(fast: float) -> float:
        return least(lambda u: fit(np.exp(u), fast), np.linspace(-6, np.log(fast) - 1e-6, 100))

    def of_slow(slow: float) -> float:
        return least(lambda u: fit(slow, slow + np.exp(u)), np.linspace(-8, 9, 60))

    best = least(lambda u: of_fast(np.exp(u)), np.log(np.geomspace(0.5, 100, 60)))
    return {
        "fast rate": crossings(lambda v: T_TWO.size * np.log(of_fast(v) / best), 0.1, 1e5, 50),
        "slow rate": crossings(lambda v: T_TWO.size * np.log(of_slow(v) / best), 1e-3, 1e2, 50),
    }


T_EARLY = np.arange(0.0, 8)
EARLY = 1 / (1 + np.exp(-(T_EARLY - 9) / 2)) * 50 + 0.15 * np.random.default_rng(11).normal(size=8)


def logistic_growth() -> pm.Model:
    with pm.Model() as model:
        top, middle, width = pm.HalfNormal("top", 100), pm.Normal("middle", 8, 5), pm.HalfNormal("width", 5)
        pm.Normal("y", top * pm.math.invlogit((T_EARLY - middle) / width), pm.HalfNormal("s", 2), observed=EARLY)
        three("capacity", top)
        three("growth rate", 1 / width)
    return model


def logistic_growth_sets() -> dict[str, tuple[float, float]]:
    def shape(middle: float, rate: float) -> np.ndarray:
        # Over its value at zero: far below its middle the curve is an exponential, in all its digits.
        at_zero = np.logaddexp(0, -rate * middle) - max(0.0, -rate * middle)
        return np.asarray(np.exp(rate * T_EARLY + at_zero - np.logaddexp(0, rate * (T_EARLY - middle))))

    def of_rate(rate: float) -> float:
        return least(lambda m: rss([shape(m, rate)], EARLY), np.linspace(-10, 80, 120))

    best = least(lambda u: of_rate(np.exp(u)), np.log(np.geomspace(0.05, 5, 40)))

    def of_top(top: float) -> float:
        def at(p: np.ndarray) -> float:
            return float(np.sum((EARLY - top * special.expit(np.exp(min(p[0], 5.0)) * T_EARLY + p[1])) ** 2))

        starts = [(np.log(r), u) for r in (0.2, 0.45, 0.6, 1.5) for u in (-np.log(top), 1 - np.log(top), -3.0)]
        options = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000}
        ends = [minimize(at, start, method="Nelder-Mead", options=options).fun for start in starts]
        return float(min(ends))

    return {
        "growth rate": crossings(lambda v: 8 * np.log(of_rate(v) / best), 1e-2, 1e2, 60),
        "capacity": crossings(lambda v: 8 * np.log(of_top(v) / best), 5, 1e7, 24),
    }


T_ALL = np.linspace(0, 12, 14)
ALL = 20 * np.exp(-4 * np.exp(-0.4 * T_ALL)) + 0.5 * np.random.default_rng(12).normal(size=14)


def gompertz() -> pm.Model:
    with pm.Model() as model:
        top, b, c = pm.Normal("top", 0, 50), pm.HalfNormal("b", 10), pm.HalfNormal("c", 2)
        pm.Normal("y", top * pt.exp(-b * pt.exp(-c * T_ALL)), pm.HalfNormal("s", 2), observed=ALL)
        three("ageing", c)
    return model


def gompertz_sets() -> dict[str, tuple[float, float]]:
    def fit(c: float) -> float:
        return least(lambda u: rss([np.exp(-np.exp(u) * np.exp(-c * T_ALL))], ALL), np.linspace(-4, 6, 60))

    return {"ageing": crossings(normal_deviance(fit, 14, np.geomspace(0.05, 5, 60)), 1e-2, 1e2, 60)}


X_POWER = np.array([1.0, 2, 4, 8, 16, 32])
Y_POWER = np.array([2.2, 2.1, 3.0, 2.9, 3.9, 3.7])


def power_law() -> pm.Model:
    """An offset and a power: as the power goes to zero the curve comes to a straight line in log x."""
    with pm.Model() as model:
        a, b, c = pm.Normal("a", 0, 20), pm.Normal("b", 0, 20), pm.HalfNormal("c", 2)
        pm.Normal("y", a + b * (X_POWER**c - 1) / c, pm.HalfNormal("s", 5), observed=Y_POWER)
        three("power", c)
    return model


def power_law_sets() -> dict[str, tuple[float, float]]:

    def fit(c: float) -> float:
        return float(rss([np.ones_like(X_POWER), np.expm1(c * np.log(X_POWER))], Y_POWER))

    return {"power": crossings(normal_deviance(fit, 6, np.geomspace(1e-5, 20, 300)), 1e-7, 1e2)}


SERIES = np.random.default_rng(21)
WALK = np.zeros(25)
for _k in range(1, 25):
    WALK[_k] = 0.93 * WALK[_k - 1] + SERIES.normal()


def memory() -> pm.Model:
    """An autoregression's time constant: -1 / log of its coefficient."""
    with pm.Model() as model:
        tau = pm.HalfNormal("tau", 50)
        pm.Normal("y", pt.exp(-1 / tau) * WALK[:-1], pm.HalfNormal("s", 5), observed=WALK[1:])
        three("time constant", tau)
    return model


def memory_sets() -> dict[str, tuple[float, float]]:

    def fit(tau: float) -> float:
        return float(float(np.sum((WALK[1:] - np.exp(-1 / tau) * WALK[:-1]) ** 2)))

    return {"time constant": crossings(normal_deviance(fit, 24, np.geomspace(1e-2, 1e6, 400)))}


# --- Counts, shares, lives -----------------------------------------------------------------------------------------


def compared(events: tuple[int, int], exposure: tuple[float, float]) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            rate = pm.Gamma("rate", 1, 0.1, shape=2)
            pm.Poisson("y", rate * np.array(exposure), observed=np.array(events))
            three("rate ratio", rate[1] / rate[0])
        return model

    return build


def compared_sets(events: tuple[int, int], exposure: tuple[float, float]) -> Sets:
    """Given their sum the second count is binomial with share r t1 / (t0 + r t1), and the sum says nothing of r."""

    def sets() -> dict[str, tuple[float, float]]:
        n, k = sum(events), events[1]

        def height(p: float) -> float:
            return float(special.xlogy(k, p) + special.xlog1py(n - k, -p))

        def fall(p: float) -> float:
            return float(2 * (height(k / n) - height(p)) - LEVEL)

        low = brentq(fall, 1e-12, k / n, xtol=1e-15) if k else 0.0
        high = brentq(fall, k / n, 1 - 1e-12, xtol=1e-15) if k < n else 1.0

        def odds(p: float) -> float:
            return float(p / (1 - p) * exposure[0] / exposure[1] if p < 1 else np.inf)

        return {"rate ratio": (odds(low), odds(high))}

    return sets


def two_shares(cases: tuple[int, int], of: tuple[int, int]) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            p = pm.Beta("p", 1, 1, shape=2)
            pm.Binomial("y", np.array(of), p, observed=np.array(cases))
            three("relative risk", p[1] / p[0])
            three("odds ratio", p[1] / (1 - p[1]) / (p[0] / (1 - p[0])))
        return model

    return build


def two_shares_sets(cases: tuple[int, int], of: tuple[int, int]) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        def height(p: float, q: float) -> float:
            one = special.xlogy(cases[0], p) + special.xlog1py(of[0] - cases[0], -p)
            return float(one + special.xlogy(cases[1], q) + special.xlog1py(of[1] - cases[1], -q))

        best = height(cases[0] / of[0], cases[1] / of[1])

        def relative(r: float) -> float:
            one, other = min(1.0, 1 / r), min(1.0, r)
            inner = least(
                lambda u: -height(one * special.expit(u), other * special.expit(u)), np.linspace(-30, 30, 120)
            )
            return 2 * (best + inner)

        def odds(r: float) -> float:
            inner = least(lambda u: -height(special.expit(u), special.expit(u + np.log(r))), np.linspace(-40, 40, 160))
            return 2 * (best + inner)

        return {"relative risk": crossings(relative, 1e-9, 1e9, 80), "odds ratio": crossings(odds, 1e-9, 1e9, 80)}

    return sets


def dispersed(y: np.ndarray) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            size = pm.HalfNormal("size", 50)
            pm.NegativeBinomial("y", mu=pm.HalfNormal("mu", 20), alpha=size, observed=y)
            three("dispersion size", size)
        return model

    return build


def dispersed_sets(y: np.ndarray) -> Sets:
    """With any size the mean's maximum is the mean of the counts."""

    def sets() -> dict[str, tuple[float, float]]:
        def height(size: float) -> float:
            # log Gamma(y + a) - log Gamma(a) - y log a, without cancellation.
            rising = sum(np.log1p(j / size) for v in y for j in range(int(v)))
            m = y.mean()
            rest = y.sum() * np.log(m) - (y.sum() + y.size * size) * np.log1p(m / size)
            return float(rising - special.gammaln(y + 1).sum() + rest)

        best = -least(lambda u: -height(np.exp(u)), np.linspace(-5, 25, 300))
        return {"dispersion size": crossings(lambda v: 2 * (best - height(v)))}

    return sets


MILD = np.array([3.0, 7, 2, 5, 9, 4, 6, 1, 5, 8, 3, 7])
STRONG = np.array([0.0, 12, 1, 3, 40, 0, 7, 2, 22, 5])


def litters() -> pm.Model:
    """Beta-binomial shares that hardly vary more than binomial ones."""
    with pm.Model() as model:
        mean, total = pm.Beta("mean", 1, 1), pm.HalfNormal("total", 100)
        pm.BetaBinomial("y", alpha=mean * total, beta=(1 - mean) * total, n=12, observed=AFFECTED)
        three("concentration", total)
    return model


AFFECTED = np.array([2, 5, 4, 3, 6, 1, 4, 5, 3, 7])


def litters_sets() -> dict[str, tuple[float, float]]:
    def height(total: float) -> float:
        def minus(u: float) -> float:
            a, b = total * special.expit(u), total * special.expit(-u)
            # Rising factorials over those of the total, without cancellation.

            def up(c: float, k: float) -> float:
                return float(sum(np.log(c / total + j / total) for j in range(int(k))))

            return -sum(up(a, k) + up(b, 12 - k) - up(total, 12) for k in AFFECTED)

        return -minimize_scalar(minus, bounds=(-3, 3), method="bounded", options={"xatol": 1e-10}).fun

    best = max(height(v) for v in np.geomspace(1, 1e4, 200))
    return {"concentration": crossings(lambda v: 2 * (best - height(v)), 1e-2, 1e8, 60)}


def lethal(dead: np.ndarray) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            centre, slope = pm.Normal("centre", 0, 5), pm.HalfNormal("slope", 5)
            pm.Binomial("y", 6, logit_p=slope * (LOG_DOSE - centre), observed=dead)
            three("LD50", pt.exp(centre))
        return model

    return build


LOG_DOSE = np.array([-1.0, 0.0, 1.0, 2.0])


def lethal_sets(dead: np.ndarray) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        def minus(centre: float, slope: float) -> float:
            eta = slope * (LOG_DOSE - centre)
            return float(np.sum(6 * np.logaddexp(0, eta) - dead * eta))

        def of(centre: float) -> float:
            return float(least(lambda u: minus(centre, np.exp(u)), np.linspace(-25, 6, 150)))

        best = least(of, np.linspace(-6, 8, 140))
        return {"LD50": crossings(lambda v: 2 * (of(np.log(v)) - best), 1e-8, 1e8, 100)}

    return sets


def one_hit(infected: np.ndarray) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            units = pm.HalfNormal("units", 50)
            pm.Binomial("y", 5, -pt.expm1(-DILUTED * units), observed=infected)
            three("infectious units", units)
        return model

    return build


DILUTED = np.array([1.0, 0.1, 0.01])


def one_hit_sets(infected: np.ndarray) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        def minus(units: float) -> float:
            p = -np.expm1(-DILUTED * units)
            return float(-np.sum(special.xlogy(infected, p) - (5 - infected) * DILUTED * units))

        best = least(lambda u: minus(np.exp(u)), np.linspace(-25, 25, 300))
        return {"infectious units": crossings(lambda v: 2 * (minus(v) - best))}

    return sets


def above_background(on: int, off: int) -> Callable[[], pm.Model]:
    def build() -> pm.Model:
        with pm.Model() as model:
            signal, back = pm.Gamma("signal", 1, 0.1), pm.Gamma("back", 1, 0.1)
            pm.Poisson("on", (signal + back) * 2.0, observed=on)
            pm.Poisson("off", back * 5.0, observed=off)
            three("signal rate", signal)
        return model

    return build


def above_background_sets(on: int, off: int) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        def minus(signal: float) -> float:

            def of(u: float) -> float:
                return float(
                    2 * (signal + np.exp(u))
                    - on * np.log(2 * (signal + np.exp(u)))
                    + 5 * np.exp(u)
                    - off * (np.log(5) + u)
                )

            return least(of, np.linspace(-15, 6, 100))

        best = min(minus(v) for v in np.r_[1e-12, np.geomspace(1e-6, 1e3, 400)])
        best = min(best, least(lambda u: minus(np.exp(u)), np.linspace(-8, 5, 60)))
        return {"signal rate": crossings(lambda v: 2 * (minus(v) - best), 1e-9, 1e4, 100)}

    return sets


LIVES = np.array([0.8, 1.9, 2.4, 3.3, 3.9, 5.2, 7.7])


def weibull() -> pm.Model:
    with pm.Model() as model:
        shape, scale = pm.HalfNormal("shape", 5), pm.HalfNormal("scale", 20)
        pm.Weibull("y", shape, scale, observed=LIVES)
        three("wear", shape)
        three("first tenth", scale * (-np.log(0.9)) ** (1 / shape))
    return model


def weibull_sets() -> dict[str, tuple[float, float]]:
    def height(shape: float, scale: float) -> float:
        return float(stats.weibull_min.logpdf(LIVES, shape, scale=scale).sum())

    def of_shape(k: float) -> float:
        return float(height(k, np.mean(LIVES**k) ** (1 / k)))

    best = -least(lambda u: -of_shape(np.exp(u)), np.linspace(-2, 3, 100))

    def of_tenth(q: float) -> float:
        return float(-least(lambda u: -height(np.exp(u), q / (-np.log(0.9)) ** np.exp(-u)), np.linspace(-4, 3, 100)))

    return {
        "wear": crossings(lambda v: 2 * (best - of_shape(v)), 1e-2, 50),
        "first tenth": crossings(lambda v: 2 * (best - of_tenth(v)), 1e-6, 1e2, 60),
    }


WAITS = np.array([2.1, 2.9, 3.4])


def gamma_shape() -> pm.Model:
    with pm.Model() as model:
        shape, mean = pm.HalfNormal("shape", 50), pm.HalfNormal("mean", 10)
        pm.Gamma("y", shape, shape / mean, observed=WAITS)
        three("stages", shape)
    return model


def gamma_shape_sets() -> dict[str, tuple[float, float]]:
    """The mean's maximum is that of the data, whatever the shape."""

    def height(a: float) -> float:
        return float(float(stats.gamma.logpdf(WAITS, a, scale=WAITS.mean() / a).sum()))

    best = -least(lambda u: -height(np.exp(u)), np.linspace(-4, 10, 200))
    return {"stages": crossings(lambda v: 2 * (best - height(v)), 1e-3, 1e5)}


def groups(means: np.ndarray) -> Callable[[], pm.Model]:
    """One-way variance components, balanced: the group means and the sum of squares within."""

    def build() -> pm.Model:
        with pm.Model() as model:
            tau, sigma = pm.HalfNormal("tau", 5), pm.HalfNormal("sigma", 5)
            pm.Normal("m", pm.Normal("mu", 0, 10), pt.sqrt(tau**2 + sigma**2 / REPEATS), observed=means)
            pm.Gamma("w", WITHIN / 2, 1 / (2 * sigma**2), observed=SQUARES)
            three("spread", tau)
            three("spread ratio", tau / sigma)
        return model

    return build


REPEATS, WITHIN, SQUARES = 4, 15, 22.0
APART, CLOSE = np.array([1.2, 3.9, 2.2, 5.4, 0.1]), np.array([1.8, 2.9, 2.2, 3.1, 1.4])


def groups_sets(means: np.ndarray) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        between = float(np.sum((means - means.mean()) ** 2))

        def minus(tau: float, sigma: float) -> float:
            v = tau**2 + sigma**2 / REPEATS
            return 0.5 * (means.size * np.log(v) + between / v + WITHIN * np.log(sigma**2) + SQUARES / sigma**2)

        def of_spread(tau: float) -> float:
            return float(least(lambda u: minus(tau, np.exp(u)), np.linspace(-4, 4, 80)))

        def of_ratio(q: float) -> float:
            return float(least(lambda u: minus(q * np.exp(u), np.exp(u)), np.linspace(-12, 4, 120)))

        best = min(of_spread(0.0), least(lambda u: of_spread(np.exp(u)), np.linspace(-6, 4, 60)))
        return {
            "spread": crossings(lambda v: 2 * (of_spread(v) - best), 1e-6, 1e4, 100),
            "spread ratio": crossings(lambda v: 2 * (of_ratio(v) - best), 1e-6, 1e4, 100),
        }

    return sets


def means_ratio(top: float, bottom: float) -> Callable[[], pm.Model]:
    """Two positive means, each measured with a standard error of one."""

    def build() -> pm.Model:
        with pm.Model() as model:
            a, b = pm.HalfNormal("a", 20), pm.HalfNormal("b", 20)
            pm.Normal("x", a, 1, observed=top)
            pm.Normal("y", b, 1, observed=bottom)
            three("ratio of means", a / b)
        return model

    return build


def means_ratio_sets(top: float, bottom: float) -> Sets:
    def sets() -> dict[str, tuple[float, float]]:
        best = min(top, 0) ** 2 + min(bottom, 0) ** 2

        def deviance(r: float) -> float:
            b = max(0.0, (r * top + bottom) / (1 + r**2))
            return (top - r * b) ** 2 + (bottom - b) ** 2 - best

        return {"ratio of means": crossings(deviance)}

    return sets


KNOWN = [
    Known("Michaelis-Menten", michaelis(X_WIDE, Y_WIDE), michaelis_sets(X_WIDE, Y_WIDE)),
    Known("Michaelis-Menten, low concentrations", michaelis(X_LOW, Y_LOW), michaelis_sets(X_LOW, Y_LOW)),
    Known("Michaelis-Menten, high concentrations", michaelis(X_HIGH, Y_HIGH), michaelis_sets(X_HIGH, Y_HIGH)),
    Known("Hill without a plateau", hill, hill_sets),
    Known("Emax without a plateau", emax, emax_sets),
    Known("substrate inhibition", inhibition, inhibition_sets),
    Known("decay, few data", decay(T_FEW, Y_BOTH), decay_sets(T_FEW, Y_BOTH)),
    Known("decay", decay(T_LONG, Y_LONG), decay_sets(T_LONG, Y_LONG)),
    Known("decay, late data", decay(T_LATE, Y_LATE), decay_sets(T_LATE, Y_LATE)),
    Known("von Bertalanffy", levelling, levelling_sets),
    Known("two exponentials", two_rates, two_rates_sets),
    Known("logistic growth, early data", logistic_growth, logistic_growth_sets),
    Known("Gompertz", gompertz, gompertz_sets),
    Known("power law", power_law, power_law_sets),
    Known("autoregression", memory, memory_sets),
    Known("rates, none in one group", compared((0, 6), (1, 1)), compared_sets((0, 6), (1, 1))),
    Known("rates, none in the other", compared((5, 0), (3, 2)), compared_sets((5, 0), (3, 2))),
    Known("rates", compared((3, 9), (2.5, 4)), compared_sets((3, 9), (2.5, 4))),
    Known("shares, no case in one group", two_shares((0, 4), (10, 10)), two_shares_sets((0, 4), (10, 10))),
    Known("shares, no case in the other", two_shares((3, 0), (9, 14)), two_shares_sets((3, 0), (9, 14))),
    Known("shares, all cases in one", two_shares((2, 8), (9, 8)), two_shares_sets((2, 8), (9, 8))),
    Known("counts, little dispersed", dispersed(MILD), dispersed_sets(MILD)),
    Known("counts, much dispersed", dispersed(STRONG), dispersed_sets(STRONG)),
    Known("beta-binomial litters", litters, litters_sets),
    Known("lethal dose, steep", lethal(np.array([0, 1, 4, 6])), lethal_sets(np.array([0, 1, 4, 6]))),
    Known("lethal dose, flat", lethal(np.array([1, 3, 2, 4])), lethal_sets(np.array([1, 3, 2, 4]))),
    Known("dilutions", one_hit(np.array([5, 3, 0])), one_hit_sets(np.array([5, 3, 0]))),
    Known("dilutions, all infected", one_hit(np.array([5, 5, 5])), one_hit_sets(np.array([5, 5, 5]))),
    Known("signal above background", above_background(9, 8), above_background_sets(9, 8)),
    Known("signal below background", above_background(2, 9), above_background_sets(2, 9)),
    Known("Weibull", weibull, weibull_sets),
    Known("gamma", gamma_shape, gamma_shape_sets),
    Known("groups apart", groups(APART), groups_sets(APART)),
    Known("groups close", groups(CLOSE), groups_sets(CLOSE)),
    Known("means' ratio", means_ratio(4.0, 5.0), means_ratio_sets(4.0, 5.0)),
    Known("means' ratio, bottom near zero", means_ratio(4.0, 1.0), means_ratio_sets(4.0, 1.0)),
    Known("means' ratio, top below zero", means_ratio(-0.5, 3.0), means_ratio_sets(-0.5, 3.0)),
]
