"""What a further attempt at sampling is expected to cost and to yield, from the one before: whether it is made.

Costs are counted in gradients, which is what a sampler computes, and which are the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triptych.sampling.gate import PLANS, Diagnosis, Plan, extreme

MOST = 4e6  # gradients of a further attempt on a model of few rows; pinned by test_the_limit_of_a_further_attempt
# ROWS is pinned by test_the_limit_of_a_further_attempt.
ROWS = 1000  # rows of data for which a gradient costs as much as the sampler's own work
# TIMES is pinned by test_the_limit_of_a_further_attempt.
TIMES = 10  # multiple of what was asked for that a further attempt may always cost
# GAIN is pinned by test_twice_the_draws_may_be_eight_times_as_efficient.
GAIN = 8  # largest factor in efficiency that another adaptation and smaller steps may bring


@dataclass(frozen=True)
class Spent:
    """What one attempt cost: gradients for each draw of each chain, and in all.

    Attributes
    ----------
    plan
        How it was made.
    per_draw
        Gradients for a draw.
    total
        Gradients of all draws and of the tuning, of which a step is taken to cost as much as a draw.
    """

    plan: Plan
    per_draw: float
    total: float

    @classmethod
    def of(cls, plan: Plan, steps: np.ndarray, tune: int) -> Spent:
        """Count the gradients of an attempt from the ``steps`` of its draws, shape ``(chains, draws)``."""
        per_draw = float(np.mean(steps))
        return cls(plan, per_draw, per_draw * len(steps) * (steps.shape[1] + tune))

    def expected(self, plan: Plan) -> float:
        """Return the gradients that another attempt is expected to take.

        The share of rejected energy errors goes with the square of the step (Beskos et al. 2013, Bernoulli 19(5A)), so
        that a greater acceptance takes shorter, and more, steps.
        """
        shorter = np.sqrt((1 - self.plan.target_accept) / (1 - plan.target_accept))
        draws = (plan.draws + plan.tune) / (self.plan.draws + self.plan.tune)
        return float(self.total * draws * max(shorter, 1.0))


def why_not(spent: list[Spent], plan: Plan, diagnosis: Diagnosis, rows: int) -> str:
    """Return why no attempt is made as planned; empty where it is.

    Parameters
    ----------
    spent
        The attempts so far.
    plan
        What would come next.
    diagnosis
        What the last attempt failed on.
    rows
        Number of observations, on which the cost of a gradient hangs.
    """
    cost = spent[-1].expected(plan)
    ess = min(extreme(diagnosis.ess_bulk, np.nanmin), extreme(diagnosis.ess_tail, np.nanmin))
    needed = diagnosis.required.min_ess
    reach = ess * plan.draws / spent[-1].plan.draws
    # A second adaptation may help much more than more draws, and is tried where it costs little.
    whole = [one for one in spent if one.plan.draws >= PLANS[0].draws]
    hopeless = len(whole) > 1 and GAIN * reach < needed
    limit = max(MOST / (1 + rows / ROWS), TIMES * spent[0].expected(PLANS[0]))
    if not hopeless and not cost > limit:
        return ""
    said = f"another attempt of {plan.draws / spent[-1].plan.draws:g} times the draws would take about {rounded(cost)} "
    if hopeless:
        return f"{said}gradients for an effective size of about {max(reach, 1.0):.0f} of {needed:.0f}"
    return f"{said}gradients, more than the {rounded(limit)} that follow from the first look"


def told(spent: list[Spent], stopped: str) -> str:
    """Return what was tried, and why it ended there."""
    count = f"{len(spent)} attempt{'s' if len(spent) > 1 else ''} took {rounded(sum(s.total for s in spent))} gradients"
    return f"{count}; {stopped}" if stopped else count


def rounded(gradients: float) -> str:
    """Return a number of gradients to two digits."""
    for size, name in ((1e9, " billion"), (1e6, " million")):
        if gradients >= size:
            return f"{gradients / size:.2g}{name}"
    return f"{float(f'{gradients:.2g}'):,.0f}"
