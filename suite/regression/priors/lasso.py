"""The Laplace prior of the lasso (Park & Casella 2008): its scale goes with sigma, which keeps one mode."""

from __future__ import annotations

from triptych.regression.priors.laplace import Laplace


class Lasso(Laplace):
    """``b ~ Laplace(0, width sigma)``."""

    conditional = True
    why = (
        "The Laplace prior of the lasso has a corner at zero: its mode can set slopes to exactly zero, while "
        "posterior means and medians never do."
    )


prior = Lasso()
