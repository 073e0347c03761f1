"""The mode that the MAP panel found, as an object with the methods that a statistician looks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from triptych.problem.table import Row

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Mode:
    """The mode with what is known about it.

    Attributes
    ----------
    params
        Value of each free variable and deterministic, in its natural shape.
    log_density
        Log-likelihood plus log-prior at the mode, without Jacobians.
    covariance
        Inverse of the negative Hessian over the unconstrained coordinates.
    kkt_residual
        Largest violation of the stationarity conditions, in standard errors.
    zeros
        How many kinks the mode sits on.
    rows
        What is reported of it.
    scalar_covariance
        Laplace's covariance of the reported scalars, in the order of ``rows``.
    """

    params: dict[str, np.ndarray]
    log_density: float
    covariance: np.ndarray
    kkt_residual: float
    zeros: int
    rows: tuple[Row, ...] = field(default=(), repr=False)
    scalar_covariance: np.ndarray | None = field(default=None, repr=False)

    def summary(self) -> pd.DataFrame:
        """Return one row a reported scalar: ``estimate, std_error, lower, upper, interval_kind, status``."""
        import pandas as pd

        columns = ("estimate", "std_error", "lower", "upper", "interval_kind", "status")
        data = [[getattr(row, name) for name in columns] for row in self.rows]
        return pd.DataFrame(data, columns=list(columns), index=[row.name for row in self.rows])

    def conf_int(self) -> pd.DataFrame:
        """Return the ends of the Laplace intervals, credible ones at the level that was asked for, one row a scalar."""
        return self.summary()[["lower", "upper"]]

    def cov_params(self) -> pd.DataFrame:
        """Return Laplace's covariance of the reported scalars (delta method), rows and columns named by them.

        Raises
        ------
        ValueError
            Where the curvature at the mode has none.
        """
        import pandas as pd

        if self.scalar_covariance is None or not np.all(np.isfinite(self.scalar_covariance)):
            raise ValueError("the curvature at the mode gives no covariance of what is reported; see the rows' reasons")
        names = [row.name for row in self.rows]
        return pd.DataFrame(self.scalar_covariance, index=names, columns=names)

    def __repr__(self) -> str:
        return f"<Mode of {len(self.rows)} scalars; log-density {self.log_density:.6g}; {self.zeros} at corners>"
