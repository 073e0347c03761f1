"""What a family of outcomes is: the likelihood, its formula and words, what other libraries find, where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from triptych.design.design import Design
from triptych.design.outcome import Kind
from triptych.problem.claims import Claim
from triptych.problem.table import Status
from triptych.problem.told import Density
from triptych.regression.exact_fits import ExactFit, fits_exactly

Measure = Callable[[Any], Claim]


class Asked(Protocol):
    """The settings that families and priors read."""

    @property
    def nu(self) -> float | None:
        """Degrees of freedom of Student errors; None estimates them."""

    @property
    def l1_ratio(self) -> float:
        """The share of the Laplace part in an elastic net."""


class Family:
    """The likelihood of a regression's outcome; its name is that of its file in ``families/``.

    The file has a subclass and one object of it, called ``family``. What a subclass does not define is as it is for
    a likelihood that is smooth, has no parameters beside coefficients and error scale, and has no reference.

    Attributes
    ----------
    kind
        How the outcome is coded, whether it has an error scale sigma, and the link of its mean.
    errors
        What the errors of a measurement are called.
    formula
        The likelihood as LaTeX, of the linear predictor ``eta_i``.
    why
        Why its panels differ: sentences of the report.
    options
        Options of ``fit`` that belong to this family alone, and what each is.
    kinked
        Whether the log-likelihood has kinks at rows that are fitted exactly.
    heeds_small_residuals
        Whether estimates rest on digits of residuals that least squares does not need.
    conjugate
        The density of slopes with which, sigma given, the posterior is normal; empty without one.
    flat_mode_is_mle
        Whether under flat priors of the coefficients their mode is the maximum-likelihood estimate.
    """

    kind: ClassVar[Kind]
    errors: ClassVar[str] = ""
    formula: ClassVar[str]
    why: ClassVar[str]
    options: ClassVar[Mapping[str, str]] = {}
    kinked: ClassVar[bool] = False
    heeds_small_residuals: ClassVar[bool] = False
    conjugate: ClassVar[str] = ""
    flat_mode_is_mle: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name by which users choose it."""
        return type(self).__module__.rpartition(".")[2]

    def likelihood(self, asked: Asked, data: Any, mu: Any, sigma: Any) -> None:
        """Define ``y_observed`` in the open PyMC model, and the family's own parameters.

        Parameters
        ----------
        asked
            The settings.
        data
            With ``y``, and ``trials`` where the kind has them; shape ``(n,)``.
        mu
            The linear predictor, shape ``(n,)``.
        sigma
            The error scale of a measurement; None for other kinds.
        """
        raise NotImplementedError

    def parameters(self, asked: Asked) -> tuple[str, ...]:
        """Return the names of what is estimated beside coefficients and sigma."""
        return ()

    def priors(self, asked: Asked) -> list[Density]:
        """Return the priors of the family's own parameters, and settings that stand in their place."""
        return []

    def mathematics(self, asked: Asked) -> list[str]:
        """Return the same as LaTeX lines."""
        return []

    def likelihood_claims(self, design: Design, asked: Asked) -> list[Measure]:
        """Return the claims that hold the maximum-likelihood estimate to other libraries."""
        return []

    def flat_claims(self, design: Design) -> list[Measure]:
        """Return the claims on a posterior under flat priors."""
        return []

    def score(self, design: Design, coef: np.ndarray, other: float | None) -> np.ndarray | None:
        """Return the gradient of the log-likelihood by the coefficients over ``design.full``, plain NumPy.

        Parameters
        ----------
        design
            Predictors and outcome.
        coef
            On the user's own scale.
        other
            Sigma, or the family's own parameter.

        Returns
        -------
        ndarray or None
            Shape ``(p,)``; None where the mode is not held to it.
        """
        return None

    def penalised(self, design: Design, penalty: str, noise: float, width: float, l1: float) -> Any:
        """Return the unfitted scikit-learn estimator of the mode, with an unpenalised intercept; None without one.

        Parameters
        ----------
        design
            Predictors and outcome.
        penalty
            ``ridge``, ``lasso`` or ``elastic_net``.
        noise
            The error scale, in units of ``design.outcome_scale``; 1 without one.
        width
            The prior's scale of a slope.
        l1
            The Laplace share of an elastic net.
        """
        return None

    def solves(self, penalty: str) -> bool:
        """Whether :meth:`penalised` has an estimator for a penalty."""
        return False

    def exact_fits(self, design: Design, asked: Asked) -> list[ExactFit]:
        """Return the exact fits at which the likelihood may go to infinity or slowly to zero as sigma goes to zero."""
        n = design.n
        return [ExactFit(n, design.rank, False, -float(n))] if fits_exactly(design) else []

    def several_maxima(self, design: Design) -> tuple[list[str], str]:
        """Return terms that differ between maxima of the likelihood at full rank, and a sentence on it."""
        return [], ""

    def ends(self, design: Design, asked: Asked) -> Iterable[tuple[str, Status, str]]:
        """Yield the family's parameters whose likelihood is highest at an end: name, status, sentence."""
        return ()

    def no_flat_posterior(self, design: Design) -> str:
        """Return why flat priors of the coefficients leave no posterior at full rank; empty when they do."""
        return ""
