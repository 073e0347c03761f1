"""Small linear algebra: equilibration of coordinates, null spaces and ranks of sets of directions."""

from __future__ import annotations

import numpy as np

DECOMPOSED = 64 * np.finfo(float).eps  # share of the largest eigenvalue or singular value that is its rounding
SAME_DIRECTION = 1e-10  # relative singular value up to which a direction repeats others; their parts are told to 1e-9
NEXT_TO_ZERO = 1e-300  # stands for zero in a denominator or as a size: far below any number of a model


def equilibrate(hessian: np.ndarray) -> np.ndarray:
    """Return the scale of each coordinate: one over the root of its own curvature.

    Parameters
    ----------
    hessian
        Shape ``(p, p)``; a coordinate without curvature has the scale 1.
    """
    diagonal = np.abs(np.diag(hessian))
    return np.where(diagonal > 0, 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 1.0)


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Return rows of length 1; rows of zeros stay."""
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(size > 0, size, 1.0))


def null_space(rows: np.ndarray, rcond: float | None = None) -> np.ndarray:
    """Return an orthonormal basis of the directions that all rows, brought to length 1, leave free.

    Parameters
    ----------
    rows
        Shape ``(m, p)``.
    rcond
        Singular values below this share of the largest count as zero; None is that of double precision.

    Returns
    -------
    ndarray
        Shape ``(p, p - rank)``, a direction a column.
    """
    from scipy.linalg import null_space as basis

    if not len(rows):
        return np.eye(rows.shape[1])
    return np.asarray(basis(unit_rows(rows), rcond=rcond))


def independent(rows: np.ndarray) -> int:
    """Return how many of the rows, brought to length 1, are linearly independent."""
    return int(np.linalg.matrix_rank(unit_rows(rows)))
