"""What each library minimises, as multiples of the negative log posterior.

Throughout, the negative log prior of one coefficient is ``l1*|b| + l2*b**2/2``, and ``c1``, ``c2``
are the factors that turn ``l1``, ``l2`` into the library's own weights of ``|b|`` and ``b**2/2``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from triptych.base.errors import InputError
from triptych.base.options import nearest

# Families of a generalised linear model: with a free dispersion, and with one fixed at 1.
DISPERSED = ("gaussian", "gamma", "inverse_gaussian")
UNDISPERSED = ("binomial", "poisson", "negative_binomial")
LOSSES = ("mse", "bce", "gaussian_nll")
REDUCTIONS = ("mean", "sum")
WORDS = {"family": DISPERSED + UNDISPERSED, "loss": LOSSES, "reduction": REDUCTIONS}


class Refused(InputError):
    """What a library's penalty cannot say; ``why`` is the message without the library's name, where it begins so."""

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why or message


class NotAPrior(Refused):
    """A setting that is the mode under no prior; the message says why."""


@dataclass(frozen=True)
class Problem:
    """What a conversion depends on besides the prior."""

    n: int
    sigma: float | None = None
    family: str | None = None
    loss: str | None = None
    reduction: str | None = None
    y_sd: float | None = None
    x_sd: float | None = None


@dataclass(frozen=True)
class Factors:
    """``c1`` and ``c2``; None where the library cannot say that part, and then why."""

    c1: float | None
    c2: float | None
    why: str = ""


@dataclass(frozen=True)
class Library:
    """How a library spells its penalty.

    ``total`` names the argument that holds the sum of the two weights (its inverse when
    ``inverse``), ``ratio`` the one that holds the share of ``|b|``, if there is one. ``standardizes``: whether the
    call has an argument ``standardize``, which goes with ``x_sd``. ``names_penalty``: whether it has an argument
    ``penalty`` that is ``l1``, ``l2`` or ``elasticnet``, and counts ``ratio`` under the last one alone.
    ``refits_dispersion``: whether a free dispersion is estimated anew where ``ratio`` is zero. ``has_sigma``: whether
    some likelihood of it has a residual standard deviation.
    """

    name: str
    call: str
    total: str
    factors: Callable[[Problem], Factors]
    ratio: str | None = None
    ratio_default: float = 0.0
    inverse: bool = False
    standardizes: bool = False
    names_penalty: bool = False
    refits_dispersion: bool = False
    has_sigma: bool = True
    options: tuple[str, ...] = ()
    note: str = ""

    @property
    def derivation(self) -> str:
        """The derivation of the conversion, from the docstring of ``factors``."""
        return " ".join((self.factors.__doc__ or "").split())


def _variance(problem: Problem) -> float:
    if problem.sigma is None:
        raise InputError(
            "sigma is missing: the weight of a Gaussian likelihood against the prior depends on "
            "the residual standard deviation; pass sigma"
        )
    return problem.sigma**2


def _no_sigma(problem: Problem) -> None:
    if problem.sigma not in (None, 1.0):
        raise InputError(
            f"sigma = {problem.sigma:g} has no meaning here: this likelihood has no residual "
            "standard deviation; leave sigma out"
        )


def chosen(value: str | None, allowed: tuple[str, ...], name: str) -> str:
    """Return an option that is one of some words, the first of them if it is left out."""
    if value is None:
        return allowed[0]
    if value not in allowed:
        raise InputError(f"{name} {value!r} is not known; {nearest(value, allowed)}")
    return value


def _statsmodels_ols(problem: Problem) -> Factors:
    """RSS/(2n) + alpha*(L1_wt*|b| + (1 - L1_wt)*b^2/2) is sigma^2/n times the negative log
    posterior RSS/(2 sigma^2) + l1*|b| + l2*b^2/2, so alpha*L1_wt = sigma^2*l1/n and
    alpha*(1 - L1_wt) = sigma^2*l2/n (the exact ridge path, L1_wt = 0, scales alike)."""
    c = _variance(problem) / problem.n
    return Factors(c, c)


def _statsmodels_glm(problem: Problem) -> Factors:
    """-loglike/n + alpha*(L1_wt*|b| + (1 - L1_wt)*b^2/2), with the log-likelihood at dispersion 1,
    is phi/n times the negative log posterior: alpha*L1_wt = phi*l1/n and alpha*(1 - L1_wt) =
    phi*l2/n, where phi = sigma^2 for gaussian, gamma and inverse gaussian, and 1 otherwise."""
    if chosen(problem.family, DISPERSED + UNDISPERSED, "family") in DISPERSED:
        c = _variance(problem) / problem.n
    else:
        _no_sigma(problem)
        c = 1 / problem.n
    return Factors(c, c)


def _statsmodels_logit(problem: Problem) -> Factors:
    """-loglike + alpha*|b| is the negative log posterior itself: alpha = l1, whatever n is."""
    _no_sigma(problem)
    return Factors(1.0, None, "method='l1' has no quadratic term; use statsmodels.GLM")


def _sklearn_ridge(problem: Problem) -> Factors:
    """RSS + alpha*b^2 is 2 sigma^2 times RSS/(2 sigma^2) + l2*b^2/2: alpha = sigma^2*l2,
    whatever n is."""
    return Factors(None, _variance(problem), "its penalty is quadratic; use sklearn.ElasticNet")


def _sklearn_lasso(problem: Problem) -> Factors:
    """RSS/(2n) + alpha*|b| is sigma^2/n times RSS/(2 sigma^2) + l1*|b|: alpha = sigma^2*l1/n."""
    return Factors(
        _variance(problem) / problem.n,
        None,
        "its penalty is |b| alone; use sklearn.ElasticNet",
    )


def _sklearn_elastic_net(problem: Problem) -> Factors:
    """RSS/(2n) + alpha*(l1_ratio*|b| + (1 - l1_ratio)*b^2/2) is sigma^2/n times the negative log
    posterior: alpha*l1_ratio = sigma^2*l1/n and alpha*(1 - l1_ratio) = sigma^2*l2/n."""
    c = _variance(problem) / problem.n
    return Factors(c, c)


def _sklearn_logistic(problem: Problem) -> Factors:
    """C*sum(loss) + l1_ratio*|b| + (1 - l1_ratio)*b^2/2 is C times the negative log posterior:
    C = 1/(l1 + l2) and l1_ratio = l1/(l1 + l2), whatever n is."""
    _no_sigma(problem)
    return Factors(1.0, 1.0)


def _sklearn_sgd(problem: Problem) -> Factors:
    """The mean of (y - Xb)^2/2 plus alpha*(l1_ratio*|b| + (1 - l1_ratio)*b^2/2) is sigma^2/n
    times the negative log posterior: alpha*l1_ratio = sigma^2*l1/n and alpha*(1 - l1_ratio) =
    sigma^2*l2/n."""
    c = _variance(problem) / problem.n
    return Factors(c, c)


def _glmnet_gaussian(problem: Problem) -> Factors:
    """glmnet divides y by its sd s (1/n), x by its sd t (1/n, standardize=TRUE) and lambda by s;
    on the user's scale that is RSS/(2n) + lambda*(alpha*t*|b| + (1 - alpha)*t^2*b^2/(2 s)), so
    lambda*alpha = sigma^2*l1/(n t) and lambda*(1 - alpha) = sigma^2*l2*s/(n t^2)."""
    c = _variance(problem) / problem.n
    t = 1.0 if problem.x_sd is None else problem.x_sd
    if problem.y_sd is None:
        return Factors(c / t, None, "its quadratic part depends on the sd of y (1/n); pass y_sd (--y-sd)")
    return Factors(c / t, c * problem.y_sd / t**2)


def _glmnet_binomial(problem: Problem) -> Factors:
    """-loglike/n + lambda*(alpha*t*|b| + (1 - alpha)*t^2*b^2/2), with t the sd of x (1/n) under
    standardize=TRUE and 1 otherwise, is 1/n times the negative log posterior:
    lambda*alpha = l1/(n t) and lambda*(1 - alpha) = l2/(n t^2)."""
    _no_sigma(problem)
    t = 1.0 if problem.x_sd is None else problem.x_sd
    return Factors(1 / (problem.n * t), 1 / (problem.n * t**2))


def _torch(problem: Problem) -> Factors:
    """Adding weight_decay*b to the gradient minimises loss + weight_decay*b^2/2. MSELoss has no
    1/2: RSS/n (mean) is 2 sigma^2/n times, RSS (sum) 2 sigma^2 times RSS/(2 sigma^2), so
    weight_decay = 2 sigma^2*l2/n or 2 sigma^2*l2. Cross-entropy, and GaussianNLLLoss at
    var = sigma^2, are the log-likelihood: weight_decay = l2/n (mean) or l2 (sum)."""
    loss = chosen(problem.loss, LOSSES, "loss")
    if loss == "bce":
        _no_sigma(problem)
    c = 2 * _variance(problem) if loss == "mse" else 1.0
    if chosen(problem.reduction, REDUCTIONS, "reduction") == "mean":
        c /= problem.n
    return Factors(None, c, "weight_decay is quadratic; add |b| to the loss yourself")


def _decoupled(problem: Problem) -> Factors:
    """AdamW multiplies the weights by 1 - lr*weight_decay beside the adaptive step."""
    why = (
        "decoupled weight decay is not a prior. It shrinks the weights outside the "
        "adaptive step, so it comes to rest where weight_decay*w balances the gradient divided by "
        "its own running size, not where the gradient of a loss plus a penalty vanishes: that "
        "point is no posterior mode. Use torch.Adam or torch.SGD, whose weight_decay is coupled"
    )
    raise NotAPrior(f"torch.AdamW: {why}", why)


_EVERY_COLUMN = "penalises every column, a constant too: pass alpha as a vector with 0 for the intercept"
_REVISIT = "with |b| pass zero_tol=0, or the solver may leave at zero a coefficient that passed through it"
_CENTRED = "the intercept is not penalised"
_GLMNET = (
    "the intercept is not penalised; x_sd is the sd of the predictor with 1/n under "
    "standardize=TRUE (leave it out for standardize=FALSE); penalty.factor is rescaled to mean 1, "
    "so a zero in it raises the others"
)
_TORCH = (
    "decays every parameter of its group, biases too: give those a group with weight_decay=0; n "
    "is the whole training set; for a sum over mini-batches of B rows take B times the mean's value"
)

_ALL = (
    Library(
        "statsmodels.OLS",
        "OLS(y, X).fit_regularized",
        "alpha",
        _statsmodels_ols,
        ratio="L1_wt",
        ratio_default=1.0,
        note=f"{_EVERY_COLUMN}; {_REVISIT}",
    ),
    Library(
        "statsmodels.GLM",
        "GLM(y, X, family=...).fit_regularized",
        "alpha",
        _statsmodels_glm,
        ratio="L1_wt",
        ratio_default=1.0,
        refits_dispersion=True,
        options=("family",),
        note=f"{_EVERY_COLUMN}; {_REVISIT}; L1_wt=0 re-estimates a free dispersion on the way, "
        "so a Normal prior is written with an L1_wt too small to matter",
    ),
    Library(
        "statsmodels.Logit",
        "Logit(y, X).fit_regularized",
        "alpha",
        _statsmodels_logit,
        has_sigma=False,
        note=f"{_EVERY_COLUMN}; Probit, Poisson and MNLogit scale alike",
    ),
    Library("sklearn.Ridge", "Ridge", "alpha", _sklearn_ridge, note=_CENTRED),
    Library("sklearn.Lasso", "Lasso", "alpha", _sklearn_lasso, note=_CENTRED),
    Library(
        "sklearn.ElasticNet",
        "ElasticNet",
        "alpha",
        _sklearn_elastic_net,
        ratio="l1_ratio",
        ratio_default=0.5,
        note=_CENTRED,
    ),
    Library(
        "sklearn.LogisticRegression",
        "LogisticRegression",
        "C",
        _sklearn_logistic,
        ratio="l1_ratio",
        inverse=True,
        has_sigma=False,
        note=f"{_CENTRED} (liblinear penalises it); l1_ratio > 0 needs solver='saga', and before "
        "scikit-learn 1.8 also penalty='elasticnet'",
    ),
    Library(
        "sklearn.SGDRegressor",
        "SGDRegressor",
        "alpha",
        _sklearn_sgd,
        ratio="l1_ratio",
        ratio_default=0.15,
        names_penalty=True,
        note=f"{_CENTRED}; stochastic: it comes near the mode, and nearer with average=True",
    ),
    Library(
        "glmnet.gaussian",
        "glmnet(x, y, family='gaussian')",
        "lambda",
        _glmnet_gaussian,
        ratio="alpha",
        ratio_default=1.0,
        standardizes=True,
        options=("y_sd", "x_sd"),
        note=f"{_GLMNET}; y_sd is the root mean square of y under intercept=FALSE",
    ),
    Library(
        "glmnet.binomial",
        "glmnet(x, y, family='binomial')",
        "lambda",
        _glmnet_binomial,
        ratio="alpha",
        ratio_default=1.0,
        standardizes=True,
        has_sigma=False,
        options=("x_sd",),
        note=_GLMNET,
    ),
    Library(
        "torch.SGD",
        "torch.optim.SGD(model.parameters(), lr=...)",
        "weight_decay",
        _torch,
        options=("loss", "reduction"),
        note=_TORCH,
    ),
    Library(
        "torch.Adam",
        "torch.optim.Adam(model.parameters())",
        "weight_decay",
        _torch,
        options=("loss", "reduction"),
        note=_TORCH,
    ),
    Library(
        "torch.AdamW",
        "torch.optim.AdamW(model.parameters())",
        "weight_decay",
        _decoupled,
    ),
)

LIBRARIES = {library.name: library for library in _ALL}
