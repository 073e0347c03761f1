"""What a reason advises; each piece supposes a fact, and is given only where that was looked at."""

from __future__ import annotations

from enum import StrEnum


class Advice(StrEnum):
    """A piece of advice; ``supposes`` names the fact of the model without which it would be wrong."""

    PROPER_PRIOR = "give it a proper prior"
    PROPER_PRIORS = "give them a proper prior"
    USE_PROPER = "use proper priors"
    PRIOR_DECIDES = "leave it to the prior: see the MAP and the posterior"
    SEE_POSTERIOR = "see the posterior"
    REDUNDANCY = "remove the redundancy"
    CENTRE = "centre and scale the predictors, and the powers of them"
    SMOOTH_STEP = "sum over where the step may be, or put a smooth one in its place"
    VANISHING_PRIOR = "use a prior that vanishes there"
    CHECK_PRIORS = "check that priors and potentials together have a finite integral"
    MORE_DRAWS = "reparameterise, or use more draws"
    REWRITE = "rescale or reparameterise the model"
    FALLING_PRIOR = "under a prior whose density falls to zero that way a mode exists"

    @property
    def supposes(self) -> str:
        """The fact: ``improper`` (some prior is), ``proper`` (all are known to be), and so on; empty for none."""
        return {
            Advice.PROPER_PRIOR: "improper",
            Advice.PROPER_PRIORS: "improper",
            Advice.USE_PROPER: "improper",
            Advice.PRIOR_DECIDES: "proper",
            Advice.CHECK_PRIORS: "not proper",
            Advice.VANISHING_PRIOR: "unbounded",
            Advice.CENTRE: "dependent",
            Advice.SMOOTH_STEP: "jump",
        }.get(self, "")
