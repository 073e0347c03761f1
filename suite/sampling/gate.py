"""The gate that draws have to pass before anything is reported, and what is tried until they do."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from triptych.base.text import join
from triptych.engine.engine import Engine
from triptych.problem.advice import Advice
from triptych.problem.table import Status
from triptych.sampling.circular import sine_and_cosine
from triptych.sampling.circumstances import Circumstances

# Limits of R-hat and of the effective size of four chains (Vehtari et al. 2021, Bayesian Analysis 16, 667-718), and of
# the energy's Bayesian fraction of missing information (Betancourt 2016, arXiv:1604.00695).
MAX_RHAT, MIN_ESS, MIN_BFMI = 1.01, 400.0, 0.3  # pinned by test_each_threshold_lets_pass_on_one_side_only
# TAILS is pinned by test_each_threshold_lets_pass_on_one_side_only.
TAILS = (0.05, 0.95)  # quantiles of the tail ESS (Vehtari et al. 2021); ArviZ's own default follows its ci_prob
PILOT_RHAT = 1.1  # above it a pilot has seen enough; pinned by test_a_pilot_has_seen_enough_when_its_chains_disagree
# APART is pinned by test_chains_with_an_rhat_of_two_stand_in_different_places.
APART = 2.0  # R-hat of chains that are in different places
# Pareto tail indices from which a posterior is taken to have no mean (in theory 1), and no variance (in theory 0.5; a
# mean of draws tells nothing from about 0.7: Vehtari et al. 2024, J. Mach. Learn. Res. 25(72)).
NO_MEAN, NO_VARIANCE = 0.9, 0.7  # pinned by test_a_heavy_tail_leaves_no_variance_and_a_heavier_one_no_mean


@dataclass(frozen=True)
class Required:
    """What draws must reach before their numbers are reported: the largest R-hat, and the least effective size."""

    max_rhat: float = MAX_RHAT
    min_ess: float = MIN_ESS


REQUIRED = Required()
# A first look takes two chains. Where each is worth 100 independent draws, as for four chains above, split halves of
# chains that agree have an R-hat above 1.05 about once in a thousand times (1.01: 37 in 100), as simulated chains show.
FIRST_LOOK = Required(1.05, 200.0)  # pinned by test_a_first_look_asks_for_a_hundred_draws_a_chain


@dataclass(frozen=True)
class Plan:
    """One attempt: how many times the draws and the tuning asked for, and how the sampler is set."""

    draws: float
    tune: float
    adaptation: int
    target_accept: float
    maxdepth: int = 10


# Each attempt takes more draws than the last one, and smaller steps, which mend divergences, at a higher acceptance.
PLANS = (Plan(1, 1, 0, 0.8), Plan(2, 2, 1, 0.9), Plan(4, 2, 0, 0.99))
LEVEL = (Status.NOT_IDENTIFIED, Status.AT_INFINITY)  # of the MAP: the joint density does not fall somewhere
# MOST_UNSURE is pinned by test_a_standard_deviation_is_known_to_a_tenth.
MOST_UNSURE = 0.1  # relative error of a standard deviation: 25 independent draws that make it up
NOTHING = Circumstances()
BATCHES = 5  # batches of points far away whose largest values are compared, to see a bound
# FAR_SCALES is pinned by test_a_bound_is_seen_where_it_is_reached_thirty_units_away.
# IN_BATCH is pinned by test_a_bound_is_seen_that_few_directions_reach.
FAR_SCALES, IN_BATCH = (10.0, 30.0), 400  # spreads of these points, in coordinates' own units, and points of a batch
# AGREE is pinned by test_a_bound_is_seen_where_it_is_reached_thirty_units_away.
AGREE = 0.95  # least ratio of two batches' largest values under a bound: those of a heavy tail differ by more
# MOSTLY is pinned by test_chains_are_lost_that_stand_still_or_mostly_diverge.
MOSTLY = 0.5  # share of transitions that diverge, above which chains are lost
# A quarter of the draws, in trees of an eighth of the length: where the posterior is improper, draws are slow and vain.
PILOT = Plan(0.25, 0.25, 0, 0.8, maxdepth=7)


def plans(mode: Status | None) -> tuple[Plan, ...]:
    """Return the attempts, the first of them cheap where the status of the MAP warns of an improper posterior."""
    if mode in LEVEL:
        return (PILOT, *PLANS)
    if mode is Status.UNBOUNDED:
        return (replace(PLANS[0], maxdepth=PILOT.maxdepth), *PLANS[1:])
    return PLANS


@dataclass(frozen=True)
class Diagnosis:
    """What ArviZ says of a posterior, per variable, and what fails the gate."""

    rhat: Any
    ess_bulk: Any
    ess_tail: Any
    mcse: Any
    divergences: int
    bfmi: float
    gate: list[str]
    lost: bool  # chains that stand still, or diverge more often than not
    required: Required

    @property
    def only_divergent(self) -> bool:
        """Whether divergences are all that fails: smaller steps mend that, and more draws have more of them."""
        return self.divergences > 0 and len(self.gate) == 1

    @property
    def apart(self) -> bool:
        """Whether the chains are in different places."""
        return extreme(self.rhat, np.nanmax) > APART


def enough(plan: Plan, attempt: int, diagnosis: Diagnosis) -> bool:
    """Whether no further attempt is made."""
    if plan is PILOT:
        return diagnosis.lost or diagnosis.divergences > 0 or not extreme(diagnosis.rhat, np.nanmax) <= PILOT_RHAT
    # Chains that stay apart twice, or energy that does not mix, are due to the geometry: more draws do not help.
    return not diagnosis.gate or diagnosis.lost or (attempt > 0 and (diagnosis.apart or diagnosis.bfmi < MIN_BFMI))


@np.errstate(all="ignore")  # a deterministic may be constant, and chains that are lost go anywhere
def diagnose(
    tree: Any,
    z: np.ndarray,
    periods: dict[str, np.ndarray] | None = None,
    order: str = "",
    required: Required = REQUIRED,
) -> Diagnosis:
    """Return R-hat, effective sizes, Monte Carlo errors, and what fails the gate.

    ``z`` has the draws on the unconstrained scale, ``(chains, draws, p)``; ``periods`` those of the variables that
    have angles; ``order`` says by what rule exchangeable components were sorted before; ``required`` is what R-hat and
    effective sizes must reach.
    """
    import arviz as az

    posterior = tree["posterior"].to_dataset()
    rhat, bulk, tail, mcse = _measured(posterior)
    if periods:
        rhat, bulk, tail, mcse = _on_the_circle(posterior, periods, (rhat, bulk, tail, mcse))
    bfmi = float(az.bfmi(tree)["energy"].min())
    divergences = int(tree["sample_stats"]["diverging"].sum())
    gate, mixing = [], []
    # R-hat of a chain that stands still is not defined, so that is checked on its own.
    if still := int(np.any(~(np.ptp(z, axis=1) > 0), axis=1).sum()):
        gate.append(f"{still} of {len(z)} chains did not move")
    if (worst := extreme(rhat, np.nanmax)) > required.max_rhat:
        mixing.append(f"R-hat {beyond(worst, required.max_rhat, 3)} > {required.max_rhat}")
    for name, sizes in (("bulk", bulk), ("tail", tail)):
        if (least := extreme(sizes, np.nanmin)) < required.min_ess:
            mixing.append(f"{name} ESS {math.floor(least)} < {required.min_ess:.0f}")
    if mixing and order:
        mixing[0] += f" ({order})"
    gate += mixing
    if divergences:
        gate.append(f"{divergences} divergent transitions")
    if bfmi < MIN_BFMI:
        gate.append(f"BFMI {beyond(bfmi, MIN_BFMI, 2)} < {MIN_BFMI}")
    lost = still > 0 or divergences > MOSTLY * z.shape[0] * z.shape[1]
    return Diagnosis(rhat, bulk, tail, mcse, divergences, bfmi, gate, lost, required)


def _measured(posterior: Any) -> tuple[Any, Any, Any, Any]:
    """Return R-hat, bulk and tail effective size, and the Monte Carlo error of the mean."""
    import arviz as az

    tail = az.ess(posterior, method="tail", prob=TAILS)
    return az.rhat(posterior), az.ess(posterior, method="bulk"), tail, az.mcse(posterior)


def _on_the_circle(posterior: Any, periods: dict[str, np.ndarray], linear: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put in the place of what is measured of angles the worse of what it is for their sine and for their cosine.

    Both are of the way from the mean direction, so that nothing hangs on where the circle is cut.
    """
    across, along, length = sine_and_cosine(posterior[list(periods)], periods)
    one, other = _measured(across), _measured(along)
    worse = (np.fmax(one[0], other[0]), np.fmin(one[1], other[1]), np.fmin(one[2], other[2]), one[3] / length)
    angle = {name: (period > 0).reshape(linear[0][name].shape) for name, period in periods.items()}
    return tuple(
        before.assign({name: before[name].where(~angle[name], after[name]) for name in periods})
        for before, after in zip(linear, worse, strict=True)
    )


def extreme(dataset: Any, reduce: Callable[[np.ndarray], Any]) -> float:
    """Return one figure for all variables, of what is finite; NaN when nothing is."""
    values = np.concatenate([np.ravel(v.values) for v in dataset.data_vars.values()])
    values = values[np.isfinite(values)]
    return float(reduce(values)) if values.size else float("nan")


def tail_indices(engine: Engine, posterior: Any) -> dict[str, np.ndarray]:
    """Return the Pareto tail index of every scalar, by variable; NaN for one that cannot lack a moment."""
    found = {str(name): tail_index(values) for name, values in posterior.data_vars.items()}
    for name, k in found.items():
        if np.any(k > NO_VARIANCE):
            k[bounded(engine, name)] = np.nan
    return found


def tail_index(variable: Any) -> np.ndarray:
    """Return the Pareto tail index of every scalar; NaN for one whose largest draws are all the same.

    Draws that overflow have no tail to measure: their index is infinite.
    """
    from arviz_stats.base import array_stats

    draws = variable.transpose("chain", "draw", ...).values
    flat = draws.reshape(*draws.shape[:2], -1)
    found = np.full(flat.shape[2], np.nan)
    for i in range(found.size):
        if np.any(np.isinf(flat[..., i])):
            found[i] = np.inf
            continue
        with suppress(ValueError), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Number of tail draws")
            found[i] = array_stats.pareto_khat(np.ascontiguousarray(flat[..., i]), chain_axis=0, draw_axis=1)
    return found


def bounded(engine: Engine, name: str) -> np.ndarray:
    """Return which scalars of a variable keep to a range however far the parameters go: these have every moment."""
    rng = np.random.default_rng(0)
    reach = []
    for scale in np.repeat(FAR_SCALES, BATCHES):
        z = engine.graph.start + scale * rng.standard_normal((IN_BATCH, engine.size))
        reach.append(np.max(np.abs(engine.natural_values_many(z)[name].reshape(len(z), -1)), axis=0))
    # Largest values of several batches agree where there is a bound; those of a heavy tail never do.
    return np.asarray(np.isfinite(reach).all(axis=0) & (np.min(reach, axis=0) >= AGREE * np.max(reach, axis=0)))


def status_of(
    diagnosis: Diagnosis,
    tail_index: float,
    mode: Status | None,
    known: Circumstances = NOTHING,
    *,
    unsure: float | None = None,
    free: bool = True,
) -> tuple[Status, str]:
    """Return status and reason of one scalar.

    Parameters
    ----------
    diagnosis
        What ArviZ says of the draws.
    tail_index
        The Pareto tail index of the scalar's draws.
    mode
        What the MAP warns of.
    known
        What else is known of the posterior.
    unsure
        Relative error of the standard deviation, where the scalar is known to have every moment; else None.
    free
        Whether it is a free variable, with a prior of its own.
    """
    if diagnosis.gate:
        why = f"the posterior failed the gate ({'; '.join(diagnosis.gate)})"
        return Status.UNRELIABLE, f"{why}: {advice(diagnosis, mode, known)}"
    if not tail_index > NO_VARIANCE:
        return Status.OK, ""
    if known.endless:
        return Status.UNRELIABLE, f"the draws run away (Pareto tail index {tail_index:.2f}): {without_end(known)}"
    if unsure is None:
        lacking = "a mean" if tail_index > NO_MEAN else "a variance, so that draws do not tell its mean"
        also = ", or use a prior with lighter tails" if free else ""
        return (
            Status.NO_MOMENT,
            f"the tails of the posterior are too heavy for {lacking} (Pareto tail index {tail_index:.2f}): read the "
            f"median and the interval{also}",
        )
    if unsure <= MOST_UNSURE:
        return Status.OK, ""
    return (
        Status.UNRELIABLE,
        "mean and variance exist, as the prior has all moments and the likelihood is bounded, but so few draws make up "
        f"the standard deviation that its own error is {unsure:.0%}: read the median and the interval, or take more "
        "draws",
    )


def error_of_deviation(draws: np.ndarray, ess: float) -> float:
    """Return the relative standard error of the standard deviation of draws, by their kurtosis and effective size.

    The variance of a sample variance is ``sigma^4 (kurtosis - 1) / n`` where the fourth moment exists.
    """
    away = (draws - draws.mean()) / max(float(np.max(np.abs(draws))), np.finfo(float).tiny)
    square = float(np.mean(away**2))
    if not (np.isfinite(square) and square > 0 and ess > 0):
        return float("inf")
    return 0.5 * math.sqrt(max(float(np.mean(away**4)) / square**2 - 1, 0.0) / ess)


def advice(diagnosis: Diagnosis, mode: Status | None, known: Circumstances) -> str:
    """Return what may be behind draws that failed the gate, as far as it was looked at, and what to do."""
    if known.no_mode:
        return known.no_mode
    if mode is Status.UNBOUNDED and (diagnosis.lost or diagnosis.apart):
        return f"the joint density has a spike (see the MAP) that may hold all of it: {Advice.VANISHING_PRIOR}"
    if known.endless:
        return without_end(known)
    if known.jumps:
        return f"the joint density jumps in {join(known.jumps)}, which no gradient shows: {Advice.SMOOTH_STEP}"
    if mode not in LEVEL:
        return str(Advice.MORE_DRAWS)
    if known.proper:
        level = "the joint density is level along some direction (see the MAP), where chains are slow"
        return f"{level}: {Advice.MORE_DRAWS}"
    begins = "the joint density does not fall along some direction (see the MAP), so that there may be no posterior"
    if known.improper:
        one = len(known.improper) == 1
        priors = f"the prior{'' if one else 's'} of {join(known.improper)} {'is' if one else 'are'} improper"
        return f"{begins}, as {priors}: {Advice.USE_PROPER}"
    return f"{begins}: {Advice.CHECK_PRIORS}"


def without_end(known: Circumstances) -> str:
    """Say that a posterior is improper, and where."""
    return (
        f"the posterior is improper as far as Laplace's approximation shows, as its density does not fall fast enough "
        f"when {known.endless}, where the prior is improper: {Advice.USE_PROPER}"
    )


def beyond(value: float, limit: float, digits: int) -> str:
    """Return a number with as many decimals as show that it is beyond a limit, and at least ``digits``."""
    for decimals in range(digits, 17):
        if float(text := f"{value:.{decimals}f}") != limit:
            return text
    return repr(value)
