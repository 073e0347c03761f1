"""What a prior of the slopes is: its density, its formula and words, and what an exact fit does to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from triptych.design.design import Design
from triptych.regression.exact_fits import ExactFit, likelihood_unbounded
from triptych.regression.family import Asked

AUTO_SCALE = 2.5


class Prior:
    """The prior of a regression's slopes; its name is that of its file in ``priors/``.

    The file has a subclass and one object of it, called ``prior``. What a subclass does not define is as it is for
    independent slopes with a proper density of one scale that does not know sigma.

    Attributes
    ----------
    density
        What the density of a slope is called: a ridge's is normal. The prior's name where nothing else is said.
    why
        Why its panels differ: sentences of the report.
    options
        Options of ``fit`` that belong to this prior alone, and what each is.
    flat
        Whether it says nothing of the slopes.
    conditional
        Whether, for measured outcomes, its scale goes with sigma.
    times_sigma
        Whether its scale is stated as a multiple of sigma; so it is for what is ``conditional``.
    rotates
        Whether a density of one scale is the same in all orthogonal coordinates.
    hierarchical
        Whether the slopes are products with scales of their own, which are free variables too.
    penalty
        What scikit-learn calls the penalty that is minus its logarithm; empty without one.
    ties
        Whether the mode may choose between columns that say the same.
    note
        A sentence that the report has of every such fit.
    """

    density: ClassVar[str] = ""
    why: ClassVar[str]
    options: ClassVar[Mapping[str, str]] = {}
    flat: ClassVar[bool] = False
    conditional: ClassVar[bool] = False
    times_sigma: ClassVar[bool] = False
    rotates: ClassVar[bool] = False
    hierarchical: ClassVar[bool] = False
    penalty: ClassVar[str] = ""
    ties: ClassVar[bool] = False
    note: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.times_sigma = cls.times_sigma or cls.conditional

    @property
    def name(self) -> str:
        """The name by which users choose it."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def shape(self) -> str:
        """The name of the density of a slope."""
        return self.density or self.name

    @property
    def called(self) -> str:
        """What sentences call the part of it that does not go with sigma."""
        return f"{self.name} prior"

    def slopes(self, name: str, width: Any, noise: Any, asked: Asked, data: Any, dims: str) -> Any:
        """Define the slopes in the open PyMC model and return them.

        Parameters
        ----------
        name
            Of the variable.
        width
            The scale of each slope, a number or of shape ``(p,)``; times sigma where the prior is conditional.
        noise
            Sigma in units of the outcome's scale; 1 without one.
        asked
            The settings.
        data
            The model's arrays; ``x_error`` is there for a hierarchical prior.
        dims
            Name of the dimension of slopes.
        """
        raise NotImplementedError

    def line(self, width: str, scale: float, sigma: str, asked: Asked) -> str:
        """Return the prior of ``b_j`` as LaTeX.

        Parameters
        ----------
        width
            The scale, with the sigma that a conditional prior has.
        scale
            The scale as a number.
        sigma
            Sigma on the scale of the slopes; empty without one.
        asked
            The settings.
        """
        raise NotImplementedError

    def text(self, size: str, slab: float, asked: Asked) -> str:
        """Return the density as a reader knows it; ``slab`` is the outcome's unit over the predictor's."""
        raise NotImplementedError

    def automatic_scale(self, design: Design, noise: Callable[[Design], float]) -> float:
        """Return the scale that ``auto`` is; ``noise`` is the pseudo standard deviation of one outcome."""
        return AUTO_SCALE

    def l1_share(self, asked: Asked) -> float:
        """Return the share of absolute values in the penalty."""
        return math.nan

    def mode_unbounded(self, fits: Sequence[ExactFit], slopes: int) -> bool | None:
        """Whether likelihood times prior rises without limit at an exact fit; None where this was not derived."""
        if self.conditional and slopes:
            return any(fit.level and fit.power < slopes for fit in fits)
        return likelihood_unbounded(fits)

    def posterior_power(self, fit: ExactFit, slopes: bool, intercept: bool) -> float:
        """Return the power of sigma that the posterior's mass around an exact fit goes as."""
        if self.conditional and slopes:
            return fit.power + intercept if fit.level else math.inf
        return fit.power + fit.rank
