"""One orthogonal decomposition of a design, from which its rank, condition and least squares all follow.

The triangle of a QR decomposition has the singular values of the whole matrix and keeps all of their digits, of which
the matrix of cross products would lose half (Golub and Van Loan, Matrix Computations, sections 5.2 and 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Decomposed:
    """The triangle of columns ``X`` of one length, with what it makes of an outcome.

    Attributes
    ----------
    triangle
        Shape ``(min(n, p), p)``; ``triangle.T @ triangle`` is ``X.T @ X``.
    turned
        The outcome along the orthogonal columns, shape ``(min(n, p),)``.
    """

    triangle: np.ndarray
    turned: np.ndarray

    @classmethod
    def of(cls, columns: np.ndarray, outcome: np.ndarray) -> Decomposed:
        """Decompose columns ``(n, p)`` and bring an outcome ``(n,)`` along."""
        joined = np.linalg.qr(np.column_stack([columns, outcome]), mode="r")
        n, p = columns.shape
        return cls(joined[: min(n, p), :p], joined[: min(n, p), p])

    @cached_property
    def singular_values(self) -> np.ndarray:
        """Return the singular values of the columns, the largest first."""
        return _singular_values(self.triangle)

    def condition(self, without: int = 0) -> float:
        """Return the ratio of the largest singular value to the least, ``without`` the first columns."""
        values = _singular_values(self.triangle[:, without:]) if without else self.singular_values
        if not values.size:
            return 1.0
        return float(values[0] / values[-1]) if values[-1] > 0 else np.inf

    def least_squares(self) -> np.ndarray:
        """Return the coefficients ``(p,)`` that are nearest to the outcome, where the columns are independent."""
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self.triangle, self.turned))


def _singular_values(matrix: np.ndarray) -> np.ndarray:
    return np.linalg.svd(matrix, compute_uv=False) if matrix.size else np.zeros(0)
