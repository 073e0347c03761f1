"""What is asked of a regression: a family for the outcome, a prior for the slopes, and their settings."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import real
from triptych.base.text import said
from triptych.design.design import Design
from triptych.design.outcome import LARGEST, SMALLEST, Kind
from triptych.regression.catalogue import family_of, prior_of
from triptych.regression.components import Components, components
from triptych.regression.family import Family
from triptych.regression.prior import Prior

LARGEST_NU = 1e6  # beyond, the difference of the density's gamma functions is rounding


@dataclass(frozen=True)
class Regression:
    """What is asked for: family, prior and their settings.

    Parameters
    ----------
    family
        The name of a file in ``families/``. ``student`` has ``nu`` degrees of freedom; ``laplace`` is median
        regression, its ``sigma`` the mean absolute deviation.
    prior
        The name of a file in ``priors/``, on every slope and never on the intercept, which is flat. ``ridge``,
        ``lasso`` and ``elastic_net`` are, for measured outcomes, conditional on sigma (Park & Casella
        2008): their mode is that of the penalty whose size goes with the noise. ``normal``,
        ``laplace`` and ``student`` do not know sigma, which a slope far from zero would otherwise
        inflate. Without a sigma ``ridge`` is ``normal`` and ``lasso`` is ``laplace``.
    prior_scale
        The prior's scale on the scale of ``Design.z``; ``auto`` is 2.5, and 2.5 sd(y) / sd(x) on the
        user's own scale for measured outcomes, whether or not the predictors are standardised (the
        default of Stan's rstanarm). For the horseshoe it is the global scale; ``auto`` follows
        Piironen & Vehtari (2017) with a quarter of the slopes relevant.
    l1_ratio
        The share of the Laplace part in an elastic net.
    nu
        Degrees of freedom of Student errors; ``None`` estimates them (above 2).
    """

    family: str = "gaussian"
    prior: str = "normal"
    prior_scale: float | str = "auto"
    l1_ratio: float = 0.5
    nu: float | None = 4.0
    likelihood: Family = field(init=False, repr=False, compare=False)
    slopes: Prior = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "likelihood", family_of(self.family))
        object.__setattr__(self, "slopes", prior_of(self.prior))
        if not (isinstance(self.prior_scale, str) and self.prior_scale == "auto"):
            object.__setattr__(self, "prior_scale", self._checked_scale())
        ratio = real(self.l1_ratio)
        if ratio is None or not SMALLEST <= ratio < 1:
            raise InputError(
                f"--l1-ratio must lie between 0 and 1 ({SMALLEST:g} at least), not be {said(self.l1_ratio)}; its ends "
                "are the ridge and lasso priors"
            )
        nu = real(self.nu)
        if self.nu is not None and (nu is None or nu < 1):
            raise InputError(f"--nu must be a number of at least 1, or estimate (in Python None), not {said(self.nu)}")
        if nu is not None and nu > LARGEST_NU:
            raise InputError(
                f"--nu {nu:g} makes Student errors normal ones in all their digits but those that double precision "
                f"loses; use one up to {LARGEST_NU:g}, or --family gaussian"
            )
        object.__setattr__(self, "l1_ratio", ratio)
        object.__setattr__(self, "nu", nu)

    def _checked_scale(self) -> float:
        scale = real(self.prior_scale)
        if scale is None or scale <= 0:
            raise InputError(f"--prior-scale must be auto or a positive number, not {said(self.prior_scale)}")
        if not SMALLEST <= scale <= LARGEST:
            raise InputError(
                f"--prior-scale {scale:g} has a square beyond double precision; use one from {SMALLEST:g} to "
                f"{LARGEST:g} and rescale the predictors"
            )
        if self.slopes.flat:
            raise InputError("--prior-scale: a flat prior has no scale; leave it out")
        return scale

    @property
    def measured(self) -> bool:
        """Whether the outcome is a measurement with an error scale sigma."""
        return self.likelihood.kind is Kind.MEASUREMENT

    @property
    def conditional(self) -> bool:
        """Whether the prior of the slopes is scaled by sigma."""
        return self.measured and self.slopes.conditional

    @property
    def free_of_noise(self) -> bool:
        """Whether the penalty does not depend on sigma: a square on a scale that goes with it."""
        return self.conditional and self.slopes.l1_share(self) == 0

    @property
    def estimands(self) -> tuple[str, ...]:
        """Names of what is reported."""
        return ("coef", *(("sigma",) if self.measured else ()), *self.likelihood.parameters(self))

    @property
    def shape(self) -> str:
        """The density of the slopes: a ridge's is normal, a lasso's Laplace."""
        return self.slopes.shape

    def plain(self, design: Design) -> bool:
        """Whether slopes are written as under a flat prior, so that the likelihood is seen as clearly."""
        if self.slopes.flat or self.slopes.hierarchical:
            return self.slopes.flat
        return self.components(design) is not None or components(design) is None

    def components(self, design: Design) -> Components | None:
        """Return the principal components in which the slopes are written; None where they serve themselves."""
        if not self.slopes.rotates:
            return None
        return components(design, None if self.slopes.flat else self.relative(design))

    def scale(self, design: Design) -> float:
        """The prior's scale as a number; with ``relative`` that of each slope."""
        if self.prior_scale != "auto":
            return float(self.prior_scale)
        return self.slopes.automatic_scale(design, self._noise)

    def relative(self, design: Design) -> np.ndarray:
        """Return each slope's own unit of the prior's scale, over ``design.z``, shape ``(p,)``.

        It is 1 on the scale that the user chose, and sd(y) / sd(x) where the scale is automatic.
        """
        if self.prior_scale != "auto" or not self.measured or self.slopes.times_sigma:
            return np.ones(design.z.shape[1])
        return np.asarray((design.spread / design.outcome_scale) * (design.scale / design.deviations))

    def widths(self, design: Design, sigma: float | None = None) -> np.ndarray:
        """Return the prior's scale of each slope over ``design.z``, shape ``(p,)``.

        Parameters
        ----------
        design
            The predictors and the outcome.
        sigma
            The error scale in the outcome's own units, for a prior that goes with it.
        """
        noise = sigma / design.outcome_scale if self.conditional and sigma is not None else 1.0
        return np.asarray(self.scale(design) * noise * self.relative(design))

    def slope_errors(self, design: Design) -> np.ndarray:
        """Return the standard error that each slope of ``design.z`` would have by itself, shape ``(p,)``."""
        noise = self._noise(design)
        if self.measured and design.n > design.rank:
            left = design.residuals
            noise = float(np.sqrt(left @ left / (design.n - design.rank))) or noise
        return np.asarray(noise / np.linalg.norm(design.z, axis=0))

    def _noise(self, design: Design) -> float:
        """Pseudo standard deviation of one outcome on the linear predictor's scale."""
        if self.measured:
            return 1.0  # multiplied by sigma in the model
        if self.likelihood.kind is Kind.COUNTS:
            return 1.0 / math.sqrt(design.outcome.mean())
        trials = np.ones(design.n) if design.trials is None else design.trials
        share = float(design.outcome.sum() / trials.sum())
        return 1.0 / math.sqrt(share * (1 - share) * trials.mean())
