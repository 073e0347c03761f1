"""How often unchanged estimates alarm: the rate of comparisons of draws at several levels, and far out in the tail.

    python tests/benchmarks/false_alarms.py rates     # Markov chains of known distributions, every figure
    python tests/benchmarks/false_alarms.py far       # 1e8 statistics of independent draws, at the levels of a budget

What it prints is in docs/agreement.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
from scipy import stats

from triptych.testing.statistics import ESS_PER_DEGREE, QUANTITIES, describe, difference_errors, most_errors

LEVELS = (0.05, 0.01, 0.001)
PAIRS, BLOCK = 4000, 200
CHAINS = (
    (0.0, 1000, 1000),
    (0.8, 1000, 1000),
    (0.8, 8000, 1000),
)  # lag-one correlation, draws of a chain on both sides
MARGINALS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "normal": lambda z: z,
    "exponential": lambda z: -np.log(stats.norm.sf(z)),
    "Student t, 5": lambda z: stats.t.ppf(stats.norm.cdf(z), 5),
}


def chains(rng: np.random.Generator, count: int, phi: float, draws: int) -> np.ndarray:
    """Return stationary autoregressions of unit variance, ``(count, 4, draws)``."""
    from scipy.signal import lfilter

    noise = rng.standard_normal((count, 4, draws)) * np.sqrt(1 - phi**2)
    first = rng.standard_normal((count, 4, 1))
    noise[..., :1] = first
    return np.asarray(lfilter([1], [1, -phi], noise, axis=2))


def rates(
    marginal: str, phi: float, reference: int, draws: int, pairs: int = PAIRS, seed: int = 1
) -> dict[str, tuple[float, list[float]]]:
    """Return for each figure its mean effective size and the share of pairs that differ at each level."""
    rng = np.random.default_rng(seed)
    shape = MARGINALS[marginal]
    beyond, sizes = [], []
    for _ in range(pairs // BLOCK):
        a = describe(shape(chains(rng, BLOCK, phi, reference)))
        b = describe(shape(chains(rng, BLOCK, phi, draws)), a.places)
        errors, degrees = difference_errors(a, b)
        away = np.abs(b.values - a.values) / errors
        beyond.append([away > most_errors(level, degrees) for level in LEVELS])
        sizes.append(degrees * ESS_PER_DEGREE)
    found = np.concatenate(beyond, axis=1).mean(axis=1)
    effective = np.concatenate(sizes).mean(axis=0)
    return {q: (float(effective[k]), found[:, k].tolist()) for k, q in enumerate(QUANTITIES)}


def far(draws: int, reference: int, kind: str, blocks: int, seed: int = 2) -> Iterator[np.ndarray]:
    """Yield blocks of statistics of independent draws: exact laws of mean and share, so that 1e8 of them are cheap.

    ``mean`` is of exponential draws, skewed as posteriors of scales are: sums are Gamma, and the estimated deviation is
    taken as exact. ``share`` is the probability beyond the reference's own quantile: its true level there is Beta.
    """
    rng = np.random.default_rng(seed)
    size = 1_000_000
    for _ in range(blocks):
        if kind == "mean":
            a, b = rng.gamma(reference, 1 / reference, size), rng.gamma(draws, 1 / draws, size)
            yield (b - a) / np.hypot(reference**-0.5, draws**-0.5)
        else:
            below = round(0.1 * reference)
            level = rng.beta(below, reference - below + 1, size)
            share = rng.binomial(draws, level) / draws
            both = (share * draws + 0.1 * reference) / (draws + reference)
            yield (share - 0.1) / np.sqrt(both * (1 - both) * (1 / draws + 1 / reference))


def main(what: str) -> None:
    """Print one of the two tables."""
    if what == "rates":
        print("| marginal | chain | reference, draws | figure | effective draws | 5 % | 1 % | 0.1 % |")
        print("|---|---|---|---|---|---|---|---|")
        for marginal in MARGINALS:
            for phi, reference, draws in CHAINS:
                for quantity, (size, shares) in rates(marginal, phi, reference, draws).items():
                    cells = " | ".join(f"{100 * share:.2f}" for share in shares)
                    chain = f"{marginal} | {phi} | {reference}, {draws}"
                    print(f"| {chain} | {quantity} | {size:.0f} | {cells} |", flush=True)
        return
    print("| figure | effective draws | level | expected of 1e8 | beyond |\n|---|---|---|---|---|")
    for kind in ("share", "mean"):
        for reference, draws in ((32000, 32000), (4000, 4000)):
            levels = (1e-4, 1e-6, 2e-8)
            most = [float(most_errors(v, np.array([min(reference, draws) / ESS_PER_DEGREE]))[0]) for v in levels]
            counts = np.zeros(len(levels), dtype=int)
            for z in far(draws, reference, kind, 100):
                counts += [int((np.abs(z) > m).sum()) for m in most]
            for level, count in zip(levels, counts, strict=True):
                print(f"| {kind} | {reference}, {draws} | {level:g} | {1e8 * level:.0f} | {count} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
