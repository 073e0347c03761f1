"""The normal prior of ridge regression: its scale goes with sigma, so the penalty does not depend on the noise."""

from __future__ import annotations

from triptych.regression.priors.normal import Normal


class Ridge(Normal):
    """``b ~ Normal(0, width sigma)``."""

    conditional = True
    why = (
        "The normal prior of ridge regression pulls the slopes, taken together, towards zero: its mode is that of "
        "the likelihood with a penalty on the sum of their squares."
    )


prior = Ridge()
