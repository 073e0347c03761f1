"""Why the three panels of a variant differ, and what follows from it, in sentences that were computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from triptych.base.text import counted
from triptych.comparisons.explanation.consequences import CONSEQUENCES, chosen_from_data
from triptych.comparisons.explanation.existence_rules import corner, edge, held, no_map, no_mle
from triptych.comparisons.explanation.in_short import in_short, most_different
from triptych.comparisons.explanation.measured import measure, posterior_draws
from triptych.comparisons.explanation.posterior_rules import agreement, lengths, marginal_top, skewed
from triptych.comparisons.explanation.power_scaling import Scaled, power_scaled
from triptych.comparisons.explanation.prior_rules import pooling, pull, written
from triptych.comparisons.explanation.prior_sample import Between, put_by_the_prior
from triptych.comparisons.explanation.sentences import Rule, Sentence
from triptych.panels.solution import Solution
from triptych.problem.told import Density
from triptych.problem.varied import Chosen

if TYPE_CHECKING:
    import pandas as pd


# Causes come before what they do to the shape of the posterior and to intervals.
CAUSES: tuple[Rule, ...] = (no_mle, no_map, pooling, edge, corner, pull, written)
SHAPES: tuple[Rule, ...] = (marginal_top, skewed, held, lengths, agreement)


@dataclass(frozen=True)
class Explanation:
    """The reasons of one variant and what follows from them.

    Attributes
    ----------
    scenario, variant
        Where it belongs.
    answer
        What the panels say together, in one sentence.
    headline
        The scalar on which the three differ most.
    reasons
        Why the panels differ, or that they agree.
    consequences
        Which number answers which question here, and what to write down.
    before
        Between which values the prior puts the headline; NaN where it cannot be drawn from.
    chosen
        Settings of the model that were chosen from the same data.
    scaled
        The posterior mean of the headline under a prior that counts a little less or more.
    """

    scenario: str
    variant: str
    answer: str
    headline: str
    reasons: tuple[Sentence, ...]
    consequences: tuple[Sentence, ...]
    before: Between = field(default_factory=Between)
    chosen: tuple[Chosen, ...] = ()
    scaled: Scaled = field(default_factory=Scaled)

    def __repr__(self) -> str:
        reasons, what = counted(len(self.reasons), "reason"), counted(len(self.consequences), "consequence")
        return f"<Explanation {self.scenario}, {self.variant}: {reasons}, {what}; print it to read them>"

    def __str__(self) -> str:
        why = [f"- {s.text}" for s in self.reasons] or ["- Nothing that was looked for makes a visible difference."]
        what = [f"- {s.text}" for s in self.consequences]
        return "\n".join(
            [
                *([self.answer] if self.answer else []),
                "Why they differ",
                *why,
                *(["What follows", *what] if what else []),
            ]
        )

    def frame(self) -> pd.DataFrame:
        """Return one row a sentence: ``scenario, variant, kind, rule, scalars, text``."""
        import pandas as pd

        rows = [
            (self.scenario, self.variant, kind, s.rule, ", ".join(s.scalars), s.text)
            for kind, some in (("reason", self.reasons), ("consequence", self.consequences))
            for s in some
        ]
        if self.answer:
            rows.insert(0, (self.scenario, self.variant, "answer", "in_short", "", self.answer))
        return pd.DataFrame(rows, columns=["scenario", "variant", "kind", "rule", "scalars", "text"])


def explain(solution: Solution, told: Sequence[Density] = (), chosen: Sequence[Chosen] = ()) -> Explanation:
    """Return why the panels of a solved variant differ.

    Parameters
    ----------
    solution
        A variant with any of the three panels; rules that need one that is missing are silent.
    told
        What its scenario says of the prior.
    chosen
        Settings of its model that were chosen from the same data.
    """
    scalars = measure(solution, told)
    consequences = [sentence for rule in CONSEQUENCES for sentence in rule(scalars)]
    # What concerns the numbers to report as a whole comes behind which these are.
    consequences[1:1] = [chosen_from_data(one, scalars) for one in chosen]
    answer, headline = in_short(scalars), most_different(scalars)
    place = _place(solution, headline)
    reasons: list[Sentence] = []
    for rules in (CAUSES, SHAPES):
        found = [sentence for rule in rules for sentence in rule(scalars)]
        # What concerns the scalar on which the panels differ most is told first.
        reasons += sorted(found, key=lambda sentence: headline not in sentence.scalars)
    return Explanation(
        solution.scenario, solution.variant, answer, headline, tuple(reasons), tuple(consequences),
        put_by_the_prior(solution, *place) if place else Between(), tuple(chosen),
        power_scaled(solution, posterior_draws(solution, *place)) if place else Scaled(),
    )  # fmt: skip


def _place(solution: Solution, scalar: str) -> tuple[str, int] | None:
    """Return the estimand of a scalar and its place there; None of an angle."""
    for name, variable in solution.variables.items():
        for place, label in enumerate(variable.labels):
            if scalar == (f"{name}[{label}]" if label else name) and not solution.period(name, label):
                return name, place
    return None
