"""Why the three panels of a variant differ, and what follows from it, in sentences that were computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from triptych.base.text import counted
from triptych.comparisons.explanation.consequences import CONSEQUENCES, chosen_from_data
from triptych.comparisons.explanation.existence_rules import corner, edge, held, no_map, no_mle
from triptych.comparisons.explanation.in_short import in_short, most_different
from triptych.comparisons.explanation.measured import measure
from triptych.comparisons.explanation.posterior_rules import agreement, lengths, marginal_top, skewed
from triptych.comparisons.explanation.prior_rules import pooling, pull, written
from triptych.comparisons.explanation.prior_sample import Between, between, prior_sample
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
    """

    scenario: str
    variant: str
    answer: str
    headline: str
    reasons: tuple[Sentence, ...]
    consequences: tuple[Sentence, ...]
    before: Between = field(default_factory=Between)
    chosen: tuple[Chosen, ...] = ()

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
    reasons: list[Sentence] = []
    for rules in (CAUSES, SHAPES):
        found = [sentence for rule in rules for sentence in rule(scalars)]
        # What concerns the scalar on which the panels differ most is told first.
        reasons += sorted(found, key=lambda sentence: headline not in sentence.scalars)
    return Explanation(
        solution.scenario, solution.variant, answer, headline, tuple(reasons), tuple(consequences),
        _before(solution, headline), tuple(chosen),
    )  # fmt: skip


def _before(solution: Solution, headline: str) -> Between:
    """Return between which values the prior puts a scalar; NaN of an angle, and where nothing can be drawn."""
    for name, variable in solution.variables.items():
        for place, label in enumerate(variable.labels):
            if headline == (f"{name}[{label}]" if label else name) and not solution.period(name, label):
                draws = prior_sample(solution, name)
                return between(draws[:, place]) if draws.size else Between()
    return Between()
