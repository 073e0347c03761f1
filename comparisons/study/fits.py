"""Where the three methods ended on one data set, on the unconstrained scale, for what is computed of fits later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fit:
    """One data set's fits.

    Attributes
    ----------
    mle, map
        Unconstrained coordinates of the maximum, ``(p,)``; None where there is none in all of them.
    draws
        The posterior's, ``(chains, draws, p)``; None where there are none.
    passed
        Whether the draws passed the gate.
    """

    mle: np.ndarray | None = None
    map: np.ndarray | None = None
    draws: np.ndarray | None = None
    passed: bool = False


Kept = dict[int, Fit]  # by the position of the data set
