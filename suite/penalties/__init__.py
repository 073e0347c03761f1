"""Priors and penalties: exact conversion, both ways, for each library's own scaling.

A penalised fit is a posterior mode. Which prior it belongs to depends on what the library divides
its loss by, so the same number means different priors in different libraries; here each is
converted by the factor between its objective and the negative log posterior. ``sigma`` is the
residual standard deviation, taken as known: with a prior conditional on it, as in the Bayesian
lasso, pass the value at which the mode was found. ``n`` is the number of observations.

Examples
--------
>>> to_penalty(Normal(0.5), "sklearn.Ridge", sigma=1.0, n=100)
{'alpha': 4.0}
>>> to_prior("sklearn.Ridge", alpha=4.0, sigma=1.0, n=100)
Normal(sd=0.5)
"""

from triptych.penalties.convert import count, find_library, to_penalty, to_prior
from triptych.penalties.libraries import LIBRARIES, NotAPrior
from triptych.penalties.priors import ElasticNet, Laplace, Normal, Prior

__all__ = [
    "LIBRARIES",
    "ElasticNet",
    "Laplace",
    "Normal",
    "NotAPrior",
    "Prior",
    "count",
    "find_library",
    "to_penalty",
    "to_prior",
]
