"""Facts shown with a regression's estimates: the class called success, reference levels, dropped rows, priors."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fact:
    """One fact that every output shows with the estimates.

    Attributes
    ----------
    kind
        ``success`` (the class of the outcome that the coefficients speak of), ``reference`` (the level that a factor's
        coefficients are differences to), ``dropped`` (rows that were left out) or ``left_out`` (columns that were).
    name
        The column, or the coefficient, that it is about; empty for the table as a whole.
    value
        The class, the level (None where each has a coefficient), the numbers of the rows or how many they are.
    text
        The same as a sentence.
    """

    kind: str
    name: str
    value: Any
    text: str

    def plain(self) -> dict[str, Any]:
        """Return it as a dictionary."""
        return asdict(self)


@dataclass(frozen=True)
class Density:
    """The prior of one scalar.

    Attributes
    ----------
    name
        Of the scalar: ``coef[x]``, ``sigma``.
    density
        ``normal``, ``laplace``, ``student``, ``elastic_net``, ``horseshoe``, ``exponential``, ``gamma``, ``flat``,
        ``reciprocal`` or ``fixed``.
    text
        The density as a reader knows it.
    centre, scale
        In the user's own units; None where the density has none. ``scale`` is the standard deviation of a normal
        density, the mean absolute deviation of a Laplace one, the scale parameter of a Student one, the mean of an
        exponential one.
    times_sigma
        Whether the scale is to be multiplied by sigma.
    coefficient
        Whether the scalar is a coefficient, of which a table may have hundreds.
    """

    name: str
    density: str
    text: str
    centre: float | None = None
    scale: float | None = None
    times_sigma: bool = False
    coefficient: bool = field(default=False, kw_only=True)

    def plain(self) -> dict[str, Any]:
        """Return it as a dictionary, without what its name says of its kind."""
        return {key: value for key, value in asdict(self).items() if key != "coefficient"}
