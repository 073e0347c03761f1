"""Three priors of a coefficient, by the weights they give ``|b|`` and ``b**2/2``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from triptych.base.errors import InputError


def number(value: Any, name: str, *, zero: bool = False, infinite: bool = False) -> float:
    """Return a float that is more than zero, or say what is wrong with ``name``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise InputError(f"{name} must be a number, not {value!r}")
    number = float(value)
    wrong = math.isnan(number) or number < 0 or (number == 0 and not zero)
    if wrong or (math.isinf(number) and not infinite):
        least = "zero or more" if zero else "more than zero"
        raise InputError(f"{name} must be {least}{'' if infinite else ' and finite'}, not {value}")
    return number


def _proper(scale: float) -> None:
    if math.isinf(scale):
        raise InputError("a flat prior has no density to evaluate; give it a finite scale")


@dataclass(frozen=True)
class Normal:
    """``p(b) = exp(-b**2 / (2 sd**2)) / (sd sqrt(2 pi))``; an infinite sd is the flat prior."""

    sd: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sd", number(self.sd, "the sd of a Normal prior", infinite=True))

    @property
    def weights(self) -> tuple[float, float]:
        """``(l1, l2)`` of the negative log density ``l1*|b| + l2*b**2/2``."""
        return 0.0, (1 / self.sd) * (1 / self.sd)

    def logp(self, b: Any) -> np.ndarray:
        """Log density at ``b``."""
        _proper(self.sd)
        return np.asarray(-((np.asarray(b) / self.sd) ** 2) / 2) - math.log(self.sd * math.sqrt(2 * math.pi))


@dataclass(frozen=True)
class Laplace:
    """``p(b) = exp(-|b| / scale) / (2 scale)``; an infinite scale is the flat prior."""

    scale: float

    def __post_init__(self) -> None:
        scale = number(self.scale, "the scale of a Laplace prior", infinite=True)
        object.__setattr__(self, "scale", scale)

    @property
    def weights(self) -> tuple[float, float]:
        """``(l1, l2)`` of the negative log density ``l1*|b| + l2*b**2/2``."""
        return 1 / self.scale, 0.0

    def logp(self, b: Any) -> np.ndarray:
        """Log density at ``b``."""
        _proper(self.scale)
        return np.asarray(-np.abs(b) / self.scale) - math.log(2 * self.scale)


@dataclass(frozen=True)
class ElasticNet:
    """``p(b)`` proportional to ``exp(-l1*|b| - l2*b**2/2)``, for one coefficient.

    ``ElasticNet(0, 1/sd**2)`` is ``Normal(sd)``; ``ElasticNet(1/scale, 0)`` is ``Laplace(scale)``.
    """

    l1: float
    l2: float

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            value = number(getattr(self, name), f"{name} of an elastic net prior", zero=True)
            object.__setattr__(self, name, value)

    @property
    def weights(self) -> tuple[float, float]:
        """``(l1, l2)`` of the negative log density ``l1*|b| + l2*b**2/2``."""
        return self.l1, self.l2

    def logp(self, b: Any) -> np.ndarray:
        """Log density at ``b``; the integral is ``sqrt(2 pi/l2) erfcx(l1/sqrt(2 l2))``."""
        from scipy.special import erfcx

        plain = simplest(self.l1, self.l2)
        if not isinstance(plain, ElasticNet):
            return plain.logp(b)
        mass = math.sqrt(2 * math.pi / self.l2) * float(erfcx(self.l1 / math.sqrt(2 * self.l2)))
        return np.asarray(-self.l1 * np.abs(b) - self.l2 * np.square(b) / 2) - math.log(mass)


Prior = Normal | Laplace | ElasticNet


def simplest(l1: float, l2: float) -> Prior:
    """Return the simplest prior with these weights."""
    if l1 == 0:
        return Normal(math.inf if l2 == 0 else 1 / math.sqrt(l2))
    return Laplace(1 / l1) if l2 == 0 else ElasticNet(l1, l2)
