"""Coordinates along principal components, for predictors that nearly depend on each other.

The information matrix squares the condition number of the predictors: beyond a million or so nothing
of a coefficient is left in it. In orthogonal coordinates it is diagonal, and the digits that the data
hold come back. A flat prior is flat in any of them, and a normal prior of one scale does not see a
rotation; other priors have axes of their own, and keep them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triptych.design.design import Design

NEARLY_DEPENDENT = 1e5  # condition number, columns brought to one length
ROUNDING = 1e-11  # singular values below this share of the largest are rounding


@dataclass(frozen=True)
class Components:
    """Orthogonal columns, and the way back: ``slopes = back @ coordinates``.

    Attributes
    ----------
    columns
        What takes the place of the standardised predictors, shape ``(n, p)``.
    back
        Shape ``(p, p)``.
    """

    columns: np.ndarray
    back: np.ndarray


def components(design: Design, relative: np.ndarray | None = None) -> Components | None:
    """Return the components to work in; None where the predictors themselves serve.

    Parameters
    ----------
    design
        The predictors.
    relative
        The normal prior's scale of each slope in units that all share, shape ``(p,)``; None for a flat prior.
    """
    if len(design.labels) < 2 or not design.full_rank:
        return None
    if design.condition_of_slopes < NEARLY_DEPENDENT:
        return None
    unit = np.linalg.norm(design.z, axis=0) if relative is None else 1 / relative
    _, values, right = np.linalg.svd(design.z / unit, full_matrices=False)
    if values[-1] < ROUNDING * values[0]:
        return None
    # Under a flat prior every coordinate may have the same standard error; a normal one fixes their lengths.
    length = np.sqrt(design.n) / values if relative is None else np.ones_like(values)
    back = right.T * length / unit[:, None]
    # The predictors cancel in the small components: extended precision, where the machine has it, keeps these.
    z = (design.columns.astype(np.longdouble) - design.centre) / design.scale
    return Components((z @ back).astype(float), back)
