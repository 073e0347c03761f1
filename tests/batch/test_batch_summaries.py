"""Summaries of many data sets at once are ArviZ's of each."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from triptych.batch.summaries import Summary, summarise, tail_index

PROBABILITIES = (0.025, 0.5, 0.975)


def autoregressive(phi: float, shape: tuple[int, int, int], seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(shape)
    for t in range(1, shape[2]):
        noise[:, :, t] = phi * noise[:, :, t - 1] + np.sqrt(1 - phi**2) * noise[:, :, t]
    return noise


def with_repeats(seed: int) -> np.ndarray:
    """Return chains that stand still for some draws, as those of a sampler with rejections do."""
    draws = autoregressive(0.3, (5, 2, 501), seed)
    for t in range(1, draws.shape[2]):
        still = np.random.default_rng([seed, t]).random(draws.shape[:2]) < 0.3
        draws[:, :, t] = np.where(still, draws[:, :, t - 1], draws[:, :, t])
    return draws


SAMPLES = {
    "independent": autoregressive(0.0, (6, 2, 500), 1),
    "antithetic": autoregressive(-0.7, (6, 4, 250), 2),
    "slow": autoregressive(0.97, (6, 2, 500), 3),
    "one chain": autoregressive(0.5, (6, 1, 333), 4),
    "repeats": with_repeats(5),
    "heavy tails": np.tan(1.5 * autoregressive(0.2, (6, 2, 400), 6)),
    "chains apart": autoregressive(0.2, (6, 3, 200), 7) + 3 * np.arange(3)[None, :, None],
    "few draws": autoregressive(0.4, (6, 2, 9), 8),
    "large numbers": 1e9 + autoregressive(0.4, (6, 2, 100), 9),
    "two values": (autoregressive(0.4, (6, 2, 100), 10) > 1.0).astype(float),
}


def of_arviz(draws: np.ndarray) -> dict[str, np.ndarray]:
    axes = {"chain_axis": 0, "draw_axis": 1}
    return {
        "mean": np.array([x.mean() for x in draws]),
        "sd": np.array([x.std(ddof=1) for x in draws]),
        "quantiles": np.array([np.quantile(x, PROBABILITIES) for x in draws]),
        "hdi": np.array([array_stats.hdi(x.ravel(), 0.9) for x in draws]),
        "r_hat": np.array([array_stats.rhat(x, **axes) for x in draws]),
        "ess_bulk": np.array([array_stats.ess(x, **axes, method="bulk") for x in draws]),
        "ess_tail": np.array([array_stats.ess(x, **axes, method="tail", prob=(0.05, 0.95)) for x in draws]),
        "mcse_mean": np.array([array_stats.mcse(x, **axes, method="mean") for x in draws]),
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_every_figure_is_arvizs(name: str) -> None:
    draws = SAMPLES[name]
    found = vars(summarise(draws, PROBABILITIES, hdi_prob=0.9))
    wanted = of_arviz(draws)
    if draws.shape[1] == 1:  # ArviZ gives no R-hat of a single chain; its halves have one
        del wanted["r_hat"]
    for figure, values in wanted.items():
        np.testing.assert_allclose(found[figure], values, rtol=1e-10, atol=1e-12, err_msg=figure)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"few draws", "two values"}))
def test_tail_index_is_arvizs_and_a_lanes_own(name: str) -> None:
    draws = SAMPLES[name]
    sizes = summarise(draws, PROBABILITIES).ess_tail
    wanted = [array_stats.pareto_khat(x, chain_axis=0, draw_axis=1) for x in draws]
    found = tail_index(draws, sizes)
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(found[2:3], tail_index(draws[2:3], sizes[2:3]))


def test_draws_of_two_values_have_no_tail_and_infinite_ones_an_endless_one() -> None:
    two = SAMPLES["two values"]
    assert np.isnan(tail_index(two, summarise(two, PROBABILITIES).ess_tail)).all()
    endless = SAMPLES["independent"].copy()
    endless[1, 0, 0] = np.inf
    assert list(np.isinf(tail_index(endless, np.full(6, 500.0)))) == [False, True, *[False] * 4]


def test_constant_draws_count_each_as_effective() -> None:
    found = summarise(np.full((2, 2, 100), 3.0), PROBABILITIES)
    np.testing.assert_array_equal(found.ess_bulk, [200.0, 200.0])
    np.testing.assert_array_equal(found.sd, [0.0, 0.0])


def test_a_lane_that_is_not_finite_leaves_the_others_alone() -> None:
    draws = SAMPLES["independent"].copy()
    draws[2, 0, 7] = np.inf
    found, clean = summarise(draws, PROBABILITIES), summarise(SAMPLES["independent"], PROBABILITIES)
    assert np.isnan(found.r_hat[2])
    assert np.isnan(found.ess_bulk[2])
    others = [0, 1, 3, 4, 5]
    for figure in vars(clean):
        np.testing.assert_array_equal(getattr(found, figure)[others], getattr(clean, figure)[others])


def test_a_lane_does_not_depend_on_how_many_others_there_are() -> None:
    draws = SAMPLES["repeats"]
    together, alone = summarise(draws, PROBABILITIES), [summarise(x[None], PROBABILITIES) for x in draws]
    for figure in Summary.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(together, figure), [getattr(a, figure)[0] for a in alone])
