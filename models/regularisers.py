"""Regularisers that do not look like priors: early stopping, dropout, noise on the inputs, label smoothing.

Linear regression on four predictors of diabetes (Efron et al. 2004, Annals of Statistics 32, 407-499; as shipped by
scikit-learn), standardised, with a known standard deviation of the errors. Each variant has the normal prior that its
regulariser is in disguise; each of these priors is computed from the predictors.

- Early stopping: gradient descent on RSS/(2n) from zero has, after k steps of size e, the factor 1 - (1 - e s)^k along
  an eigenvector of X'X/n with eigenvalue s. A ridge with the weight s ((1 - e s)^-k - 1)^-1 there has the same factor
  s/(s + weight) (Ali, Kolter & Tibshirani 2019, AISTATS, lemma 3; the risks of gradient flow and plain ridge: theorem
  1).
- Dropout: a predictor kept with probability q (Srivastava et al. 2014, JMLR 15(56), 1929-1958, section 9.1) costs on
  average RSS(q X w) + q (1 - q) sum |x_j|^2 w_j^2.
- Noise of standard deviation t on the inputs costs on average RSS + n t^2 |w|^2 (Bishop 1995, Neural Computation 7(1),
  108-116).

Weight decay, lasso and elastic net, which have scenarios of their own, stand beside them in one picture. A loss is told
apart by what it gives to a single label: with a prior it is the likelihood's, times a constant, and a term that no
label enters; with another likelihood each label has a constant of its own; and some losses are neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal, worst
from triptych.problem.scenario import Data, Figure, Scenario, Series, Table
from triptych.problem.varied import Question, Range, overridden

SIGMA = 0.75  # of the errors, in standard deviations of the outcome
STEPS, SIZE = 60, 0.05  # of gradient descent
KEPT = 0.8  # probability with which dropout keeps a predictor
NOISE = 0.5  # standard deviation of the noise on the inputs
SMOOTHING = 0.1  # of the labels
DECAY, RATE = 1.0, 0.3  # of weight decay and of the lasso, per observation; the elastic net has half of each
COUNTS, ADDED = np.array([7.0, 2.0, 0.0]), 0.5  # of three symbols; what additive smoothing adds to each
CLASS_WEIGHT, FOCUS = 9.0, 2.0  # of the rare class; of the focal loss
SAME = 1e-9  # relative spread up to which objectives at random parameters are taken to be the same
KINDS = ("a prior", "another likelihood", "neither")
PREDICTORS = ["bmi", "s1", "s2", "s3"]


def data(kind: str = "early_stopping") -> Data:
    """Return standardised predictors and outcome, and the precision of the prior that the regulariser is."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()
    columns = [bunch.feature_names.index(name) for name in PREDICTORS]
    return _data(bunch.data[:, columns], bunch.target, kind)


def _data(x: np.ndarray, y: np.ndarray, kind: str) -> Data:
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
    return Data(
        {"X": x, "progression": y, "precision": _weights(x, kind) / SIGMA**2},
        dims={"X": ("patient", "predictor"), "progression": ("patient",), "precision": ("predictor", "other")},
        coords={"predictor": PREDICTORS, "other": PREDICTORS},
    )


def _weights(x: np.ndarray, kind: str) -> np.ndarray:
    """Return the matrix W of the penalty w' W w that a regulariser adds to the residual sum of squares."""
    n = len(x)
    if kind == "early_stopping":
        values, vectors = np.linalg.eigh(x.T @ x / n)
        return np.asarray(n * (vectors * (values / ((1 - SIZE * values) ** -float(STEPS) - 1))) @ vectors.T)
    if kind == "dropout":
        return np.diag((1 - KEPT) / KEPT * np.sum(x**2, axis=0))
    return np.asarray(n * NOISE**2 * np.eye(x.shape[1]))


def model(data: Data, width: Any = 1.0, **_: Any) -> None:
    """Normal outcome with known sigma; the normal prior with the given precision, ``width`` times as wide."""
    import pymc as pm

    weight = pm.MvNormal("weight", np.zeros(len(PREDICTORS)), tau=data.precision / width**2, dims="predictor")
    pm.Normal("y", data.X @ weight, SIGMA, observed=data.progression, dims="patient")


def simulate(
    rng: np.random.Generator,
    n: int = 400,
    truth: Mapping[str, Any] | None = None,
    kind: str = "early_stopping",
    **_: Any,
) -> tuple[Data, dict[str, Any]]:
    """Draw four predictors and an outcome of variance one but for chance, so that sigma is the known one."""
    true = overridden({"slopes": [0.5, -0.3, 0.3, 0.0]}, truth)
    slopes = np.asarray(true["slopes"], dtype=float)
    x = rng.standard_normal((n, 4))
    y = x @ slopes + SIGMA * rng.standard_normal(n)
    drawn = _data(x, y, kind)
    return drawn, {"slopes": slopes, "weight": slopes * x.std(0) / y.std()}


def _descent(d: Data, steps: int) -> np.ndarray:
    """Return the weights of gradient descent on RSS/(2n) from zero, shape ``(steps + 1, p)``."""
    path = [np.zeros(d.X.shape[1])]
    for _ in range(steps):
        path.append(path[-1] + SIZE * d.X.T @ (d.progression - d.X @ path[-1]) / len(d.X))
    return np.array(path)


def _gap(comparison: Any, variant: str, method: str, other: np.ndarray) -> float:
    return float(np.max(np.abs(comparison[variant].values(method, "weight") - other)))


@claim("The MLE of the weights is least squares under every regulariser, for none of them is in the likelihood "
       "(largest difference)")  # fmt: skip
def mle_is_least_squares(comparison: Any) -> Claim:
    d = comparison["default"].data
    least = np.linalg.lstsq(d.X, d.progression, rcond=None)[0]
    return at_most(max(_gap(comparison, variant, "mle", least) for variant in comparison.solutions), 1e-8)


@claim("Gradient descent that is stopped early ends at the MAP of the weights under a normal prior (largest difference "
       "after the last step)")  # fmt: skip
def stopping_is_a_mode(comparison: Any) -> Claim:
    return at_most(_gap(comparison, "default", "map", _descent(comparison["default"].data, STEPS)[-1]), 1e-8)


@claim("Gradient descent is at a MAP of the weights after every single step, each under a normal prior of its own "
       "(largest difference)")  # fmt: skip
def every_step_is_a_mode(comparison: Any) -> Claim:
    d = comparison["default"].data
    values, vectors = np.linalg.eigh(d.X.T @ d.X / len(d.X))
    moment, gaps = d.X.T @ d.progression / len(d.X), []
    for k, there in enumerate(_descent(d, STEPS)[1:], start=1):
        weight = (vectors * (values / ((1 - SIZE * values) ** -float(k) - 1))) @ vectors.T
        gaps.append(np.max(np.abs(np.linalg.solve(d.X.T @ d.X / len(d.X) + weight, moment) - there)))
    return at_most(float(max(gaps)), 1e-8)


@claim("The posterior mean of the weights under the normal prior of early stopping is where gradient descent stops (in "
       "Monte Carlo errors)")  # fmt: skip
def stopping_is_a_mean(comparison: Any) -> Claim:
    draws = comparison["default"].panels["mcmc"].native["posterior"]["weight"].values
    return close_to_exact(draws, _descent(comparison["default"].data, STEPS)[-1])


@claim("The posterior variances of the weights, which gradient descent does not give, are those of the normal closed "
       "form (in Monte Carlo errors, all regularisers)")  # fmt: skip
def variances_are_closed(comparison: Any) -> Claim:
    draws, exact = [], []
    for solved in comparison.solutions.values():
        d = solved.data
        covariance = np.linalg.inv(d.X.T @ d.X / SIGMA**2 + d.precision)
        mean = covariance @ d.X.T @ d.progression / SIGMA**2
        draws.append((solved.panels["mcmc"].native["posterior"]["weight"].values - mean) ** 2)
        exact.append(np.diag(covariance))
    return close_to_exact(np.concatenate(draws, axis=-1), np.concatenate(exact))


@claim("The posterior means of the weights under the priors of dropout and of noise on the inputs are the minimisers "
       "of their losses, averaged over masks and over signs (in Monte Carlo errors)")  # fmt: skip
def disguises_are_means(comparison: Any) -> Claim:
    draws = [comparison[v].panels["mcmc"].native["posterior"]["weight"].values for v in ("dropout", "noise")]
    exact = [_dropped_out(comparison["dropout"].data), _noisy(comparison["noise"].data)]
    return worst(map(close_to_exact, draws, exact))


def _factor_bound() -> float:
    """Return the largest ratio of the factors of gradient flow and of ridge at 1/t, by a one-dimensional search."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(lambda x: (np.exp(-x) - 1) * (1 + x) / x, bounds=(0.1, 10), method="bounded")
    return float(-found.fun)


def _ratios(comparison: Any) -> np.ndarray:
    """Return the ratios of the factors of the stopped descent and of plain ridge at 1/(steps size)."""
    x = comparison["default"].data.X
    values, t = np.linalg.eigvalsh(x.T @ x / len(x)), STEPS * SIZE
    return np.asarray((1 - (1 - SIZE * values) ** STEPS) * (values + 1 / t) / values)


@claim("Plain ridge at the penalty 1/t, for t the number of steps times their size, shrinks more than gradient descent "
       "stopped there, by at most the factor that a search finds for gradient flow and five per cent for its finite "
       "steps (largest ratio of factors)")  # fmt: skip
def plain_ridge_is_near(comparison: Any) -> Claim:
    return between(float(_ratios(comparison).max()), 1.01, 1.05 * _factor_bound())


def _risks(comparison: Any) -> tuple[float, float]:
    """Return the risks of the stopped descent and of plain ridge at 1/t where least squares is the truth."""
    d, t = comparison["default"].data, STEPS * SIZE
    values, vectors = np.linalg.eigh(d.X.T @ d.X / len(d.X))
    truth = vectors.T @ np.linalg.lstsq(d.X, d.progression, rcond=None)[0]

    def risk(factor: np.ndarray) -> float:  # squared bias and variance along each eigenvector
        return float(np.sum((truth * (1 - factor)) ** 2 + SIGMA**2 / (len(d.X) * values) * factor**2))

    return risk(1 - (1 - SIZE * values) ** STEPS), risk(values / (values + 1 / t))


@claim("The risk of the stopped descent is at most that of plain ridge at the penalty 1/t times the square of the "
       "factor that a search finds for gradient flow, where the weights of least squares are the truth (ratio of the "
       "risks)")  # fmt: skip
def risk_is_near(comparison: Any) -> Claim:
    stopped, plain = _risks(comparison)
    return at_most(stopped / plain, _factor_bound() ** 2)


def _stacked(d: Data, patterns: np.ndarray, chances: np.ndarray, *, add: bool) -> np.ndarray:
    """Return least squares over all patterns that multiply the inputs, or are added to them, by their chances."""
    inputs = [d.X + p if add else d.X * p for p in patterns]
    x = np.concatenate([np.sqrt(chance) * one for one, chance in zip(inputs, chances, strict=True)])
    y = np.concatenate([np.sqrt(chance) * d.progression for chance in chances])
    return np.asarray(np.linalg.lstsq(x, y, rcond=None)[0])


def _dropped_out(d: Data) -> np.ndarray:
    """Return the weights that minimise the loss averaged over all masks, times the share that is kept."""
    masks = np.array(list(product([0.0, 1.0], repeat=d.X.shape[1])))
    chances = np.prod(np.where(masks == 1, KEPT, 1 - KEPT), axis=1)
    return KEPT * _stacked(d, masks, chances, add=False)


@claim("Dropout, averaged over all masks, is the MAP of the weights under a normal prior whose precisions grow with "
       "the predictors (largest difference)")  # fmt: skip
def dropout_is_a_mode(comparison: Any) -> Claim:
    return at_most(_gap(comparison, "dropout", "map", _dropped_out(comparison["dropout"].data)), 1e-8)


def _noisy(d: Data) -> np.ndarray:
    """Return the weights that minimise the loss averaged over noise of plus or minus its standard deviation."""
    signs = NOISE * np.array(list(product([-1.0, 1.0], repeat=d.X.shape[1])))
    return _stacked(d, signs, np.full(len(signs), 1 / len(signs)), add=True)


@claim("Noise on the inputs, averaged over all its signs, which a quadratic loss cannot tell from normal noise, is "
       "plain ridge (largest difference from the MAP of the weights)")  # fmt: skip
def noise_is_a_mode(comparison: Any) -> Claim:
    return at_most(_gap(comparison, "noise", "map", _noisy(comparison["noise"].data)), 1e-8)


def _smoothed(share: float) -> float:
    """Return the probability that minimises the cross-entropy with smoothed labels, by the root of its slope."""
    from scipy.optimize import brentq

    target = (1 - SMOOTHING) * share + SMOOTHING / 2
    return float(brentq(lambda p: target / p - (1 - target) / (1 - p), 1e-9, 1 - 1e-9, xtol=1e-15))


def _beta_mode(successes: float, n: float) -> float:
    extra = n * SMOOTHING / (2 * (1 - SMOOTHING))
    return (successes + extra) / (n + 2 * extra)


@claim("Label smoothing by e of a constant classifier of n labels is the mode under Beta(1 + a, 1 + a) with a = n e/(2 "
       "(1 - e)), for every count out of twenty (largest difference)")  # fmt: skip
def smoothing_is_a_beta_prior(comparison: Any) -> Claim:
    return at_most(_gap_of_labels(), 1e-10)


def _gap_of_labels() -> float:
    """Return the largest difference of label smoothing and Beta mode, for every count out of twenty."""
    return max(abs(_smoothed(k / 20) - _beta_mode(k, 20)) for k in range(21))


@claim("The prior of label smoothing grows with the number of labels, so that no number overcomes it: with a true "
       "share of a tenth the estimate stays above a tenth (error with a million labels)")  # fmt: skip
def smoothing_is_inconsistent(comparison: Any) -> Claim:
    return at_least(_beta_mode(1e5, 1e6) - 0.1, 0.01)


@claim("Label smoothing by e has a minimum where the classes separate: in two cells that hold a single class each the "
       "log-odds are those of e/2 and 1 - e/2, by statsmodels' binomial GLM on the smoothed labels (largest difference)"
       )  # fmt: skip
def smoothing_is_finite_under_separation(comparison: Any) -> Claim:
    import statsmodels.api as sm

    # A row for each cell and label, weighted by the share of the label after smoothing.
    cell, label = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    share = np.where(cell == label, 1 - SMOOTHING / 2, SMOOTHING / 2)
    glm = sm.GLM(label, sm.add_constant(cell), family=sm.families.Binomial(), freq_weights=share)
    fitted = glm.fit(tol=1e-14).params
    odds = np.log(SMOOTHING / 2) - np.log1p(-SMOOTHING / 2)
    return at_most(float(np.max(np.abs(fitted - [odds, -2 * odds]))), 1e-8)


@claim("Adding a to each count is a prior: log-likelihood and log-density of Dirichlet(1 + a), by SciPy, are the "
       "log-likelihood of the counts with a added to each, but for a constant (largest spread, at random shares)"
       )  # fmt: skip
def additive_smoothing_is_a_prior(comparison: Any) -> Claim:
    return at_most(_spread_of_counts(), 1e-10)


def _spread_of_counts() -> float:
    """Return the spread of what a Dirichlet prior and additive smoothing differ by, at random shares."""
    from scipy.stats import dirichlet, multinomial

    shares = np.random.default_rng(6).dirichlet(np.ones(COUNTS.size), 100)
    both = multinomial.logpmf(COUNTS, COUNTS.sum(), shares) + dirichlet.logpdf(
        shares.T, np.full(COUNTS.size, 1 + ADDED)
    )
    return float(np.ptp(both - np.log(shares) @ (COUNTS + ADDED)))


def _outright(z: np.ndarray, decay: float, rate: float) -> np.ndarray:
    """Return the mode of a standardised predictor's weight, with least squares at z, under the two penalties."""
    return np.asarray(np.sign(z) * np.maximum(np.abs(z) - rate, 0.0) / (1 + decay))


def _by_library(d: Data, decay: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return least squares of body mass on outcomes that it explains more and more, and what scikit-learn makes of it.

    The outcomes are the patients' own with a multiple of the predictor added.
    """
    from sklearn.linear_model import ElasticNet

    x, n = d.X[:, :1], len(d.X)
    net = ElasticNet(alpha=decay + rate, l1_ratio=rate / (decay + rate), fit_intercept=False, tol=1e-15)
    outcomes = [d.progression + shift * x[:, 0] for shift in np.linspace(-2, 1, 13)]
    least = np.array([x[:, 0] @ y / n for y in outcomes])
    return least, np.array([net.fit(x, y).coef_[0] for y in outcomes])


# Of the three priors that are outright ones: the strengths of square and absolute value.
OUTRIGHT = {"weight decay": (DECAY, 0.0), "lasso": (0.0, RATE), "elastic net": (DECAY / 2, RATE / 2)}


@claim("Weight decay divides the least squares weight of a single predictor, the lasso moves it towards zero by a "
       "constant, and the elastic net does both, as scikit-learn finds them (largest difference on a range of weights)"
       )  # fmt: skip
def outright_priors_are_sklearn(comparison: Any) -> Claim:
    return at_most(_from_the_library(comparison["default"].data), 1e-8)


def _from_the_library(d: Data) -> float:
    """Return the largest difference of scikit-learn's weights from the modes under the outright priors."""
    gaps = []
    for strengths in OUTRIGHT.values():
        least, theirs = _by_library(d, *strengths)
        gaps.append(np.max(np.abs(theirs - _outright(least, *strengths))))
    return float(max(gaps))


@dataclass(frozen=True)
class Objective:
    """What is minimised under a regulariser, beside the negative log-likelihood that it changes.

    Both are functions of parameters, a row each, of what is known beforehand, and of the outcomes.
    """

    total: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    likelihood: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    places: np.ndarray
    known: np.ndarray
    other_known: np.ndarray
    outcomes: tuple[np.ndarray, np.ndarray]
    counts: bool = False  # whether the outcomes are counts, of which more data are larger ones and not more

    def kind(self) -> tuple[str, str]:
        """Return what the regulariser is, and what its prior, if it is one, depends on."""
        x, (one, other) = self.known, self.outcomes
        share = self._change(self.total, x) / self._change(self.likelihood, x)
        if np.ptp(share) > SAME * np.abs(share).max():
            ratios = [self.total(self.places, x, y) / self.likelihood(self.places, x, y) for y in (one, other)]
            return ("another likelihood" if max(map(np.ptp, ratios)) < SAME else "neither"), ""
        twice = (x, 2 * one) if self.counts else (np.concatenate([x, x]), np.concatenate([one, one]))
        added, elsewhere, doubled = (
            self._added(share.mean(), *at) for at in ((x, one), (self.other_known, one), twice)
        )
        on = [
            name
            for name, there in (("the predictors", elsewhere), ("the number of rows", doubled))
            if np.max(np.abs(there - added)) > SAME * np.abs(added).max()
        ]
        return "a prior", " and ".join(on) or "nothing but its own constants"

    def _change(self, of: Callable[..., np.ndarray], x: np.ndarray) -> np.ndarray:
        """Return by how much a function of parameters changes with the outcomes."""
        return np.asarray(of(self.places, x, self.outcomes[0]) - of(self.places, x, self.outcomes[1]))

    def _added(self, share: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return what the regulariser adds to the negative log-likelihood, when a multiple of that is divided out."""
        return np.asarray(self.total(self.places, x, y) / share - self.likelihood(self.places, x, y))


def _squares(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * np.sum((y - w @ x.T) ** 2, axis=1))


def _of_weights(d: Data) -> dict[str, Objective]:
    """Return the objectives of linear regression; of early stopping that of the MAP at which descent stops."""
    masks = np.array(list(product([0.0, 1.0], repeat=d.X.shape[1])))
    chances = np.prod(np.where(masks == 1, KEPT, 1 - KEPT), axis=1)
    signs = NOISE * np.array(list(product([-1.0, 1.0], repeat=d.X.shape[1])))

    def penalised(decay: float, rate: float) -> Callable[..., np.ndarray]:
        return lambda w, x, y: _squares(w, x, y) + decay / 2 * np.sum(w**2, 1) + rate * np.sum(np.abs(w), 1)

    def stopped(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _squares(w, x, y) + 0.5 * np.sum(w @ _weights(x, "early_stopping") * w, axis=1)

    def dropped(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        each = [c * _squares(w, x * m / KEPT, y) for c, m in zip(chances, masks, strict=True)]
        return np.asarray(np.sum(each, axis=0))

    def noisy(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(np.mean([_squares(w, x + s, y) for s in signs], axis=0))

    places = np.random.default_rng(7).standard_normal((30, d.X.shape[1]))
    outcomes = (d.progression, d.progression[::-1])
    totals = {name: penalised(*strengths) for name, strengths in OUTRIGHT.items()}
    totals |= {"early stopping": stopped, "dropout": dropped, "noise on the inputs": noisy}
    return {
        name: Objective(total, _squares, places, d.X, 1.5 * d.X[:, ::-1], outcomes) for name, total in totals.items()
    }


def _of_shares() -> dict[str, Objective]:
    """Return the objectives of a classifier without predictors, of two classes or of three symbols."""

    def labels(one: Callable[..., np.ndarray], zero: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        return lambda p, x, y: np.sum(y) * one(p[:, 0]) + np.sum(1 - y) * zero(p[:, 0])

    def surprise(p: np.ndarray) -> np.ndarray:
        return -np.log(p)

    def smoothed(p: np.ndarray) -> np.ndarray:
        return (1 - SMOOTHING / 2) * surprise(p) + SMOOTHING / 2 * surprise(1 - p)

    def focal(p: np.ndarray) -> np.ndarray:
        return np.asarray((1 - p) ** FOCUS * surprise(p))

    def counted(added: float) -> Callable[..., np.ndarray]:
        return lambda p, x, y: surprise(p) @ (y + added)

    alone = labels(surprise, lambda p: surprise(1 - p))
    totals = {
        "label smoothing": labels(smoothed, lambda p: smoothed(1 - p)),
        "class weights": labels(lambda p: CLASS_WEIGHT * surprise(p), lambda p: surprise(1 - p)),
        "focal loss": labels(focal, lambda p: focal(1 - p)),
    }
    places, nothing = np.linspace(0.01, 0.99, 98)[:, None], np.zeros((3, 0))
    found = {
        name: Objective(total, alone, places, nothing, nothing, (np.ones(3), np.zeros(3)))
        for name, total in totals.items()
    }
    shares = np.random.default_rng(8).dirichlet(np.ones(COUNTS.size), 98)
    symbols = (COUNTS, COUNTS[::-1])
    smoothing = Objective(counted(ADDED), counted(0.0), shares, nothing, nothing, symbols, counts=True)
    return {"additive smoothing": smoothing, **found}


def _kinds(d: Data) -> dict[str, tuple[str, str]]:
    """Return what each regulariser is: a prior (and what it depends on), another likelihood, or neither."""
    return {name: one.kind() for name, one in {**_of_weights(d), **_of_shares()}.items()}


@claim("Of ten regularisers eight add to a multiple of the negative log-likelihood a term that no outcome enters, "
       "which is a prior; class weights multiply it by a constant of each class, which is another likelihood; the "
       "focal loss does neither (by the objectives at random parameters, each on two sets of outcomes)")  # fmt: skip
def losses_are_told_apart(comparison: Any) -> Claim:
    kinds = _kinds(comparison["default"].data)
    said = [f"{kind}: {', '.join(name for name, (k, _) in kinds.items() if k == kind)}" for kind in KINDS]
    return equal(
        "; ".join(said),
        "a prior: weight decay, lasso, elastic net, early stopping, dropout, noise on the inputs, additive smoothing, "
        "label smoothing; another likelihood: class weights; neither: focal loss",
    )


@claim("The priors of early stopping, dropout, noise on the inputs and label smoothing depend on the number of rows, "
       "so that more data do not overcome them; those of weight decay, lasso, elastic net and additive smoothing do "
       "not (by what each adds to the loss of all rows, once and twice)")  # fmt: skip
def some_priors_grow_with_the_data(comparison: Any) -> Claim:
    growing = [name for name, (_, on) in _kinds(comparison["default"].data).items() if "number of rows" in on]
    return equal(", ".join(growing), "early stopping, dropout, noise on the inputs, label smoothing")


def kinds(comparison: Any) -> Table:
    """What each regulariser is, what its prior depends on, and what it was held against."""
    d = comparison["default"].data
    descent, library = _descent(d, STEPS)[-1], _from_the_library(d)
    held = {
        **dict.fromkeys(OUTRIGHT, f"scikit-learn's weights, within {library:.0e}"),
        "early stopping": f"gradient descent, within {_gap(comparison, 'default', 'map', descent):.0e} of the MAP",
        "dropout": f"all masks, within {_gap(comparison, 'dropout', 'map', _dropped_out(d)):.0e} of the MAP",
        "noise on the inputs": f"all signs, within {_gap(comparison, 'noise', 'map', _noisy(d)):.0e} of the MAP",
        "additive smoothing": f"SciPy's Dirichlet density, within {_spread_of_counts():.0e}",
        "label smoothing": f"modes under Beta priors, within {_gap_of_labels():.0e}",
    }
    rows = [
        (name, kind, on or "it has no prior", held.get(name, "the losses of the two labels"))
        for name, (kind, on) in _kinds(d).items()
    ]
    return Table(
        "What is a prior, what a change of the likelihood, and what neither",
        "A regulariser is a prior where it adds to a multiple of the negative log-likelihood a term that no outcome "
        "enters, and another likelihood where each outcome's term has a constant of its own. What the prior depends on "
        "is seen by other predictors and by twice the rows. Weight decay, lasso and elastic net stand here beside the "
        "sum of the losses; with a fixed strength beside their mean, these priors grow with the rows too.",
        ("regulariser", "what it is", "what its prior depends on", "held against"),
        tuple(rows),
    )


def stopped(comparison: Any) -> Figure:
    """The weights along gradient descent, with the MAP where it stops."""
    path = _descent(comparison["default"].data, 6 * STEPS)
    steps = np.arange(0, 6 * STEPS + 1, 4)
    lines = [Series(name, steps.tolist(), path[steps, j].tolist()) for j, name in enumerate(PREDICTORS)]
    mode = comparison["default"].values("map", "weight")
    return Figure(
        "Gradient descent passes through posterior modes",
        "A line for each weight; the points are the MAP under the prior of the step where it stops.",
        "step",
        "weight",
        (*lines, Series("MAP", [float(STEPS)] * mode.size, mode.tolist(), "points")),
    )


def outright(comparison: Any) -> Figure:
    """What weight decay, lasso and elastic net make of one weight."""
    d, series = comparison["default"].data, []
    for name, strengths in OUTRIGHT.items():
        least, theirs = _by_library(d, *strengths)
        z = np.linspace(least.min(), least.max(), 121)
        series += [
            Series(name, z.tolist(), _outright(z, *strengths).tolist()),
            Series(f"{name}, scikit-learn", least.tolist(), theirs.tolist(), "points"),
        ]
    ends = [float(least.min()), float(least.max())]
    return Figure(
        "Weight decay, lasso and elastic net on one weight",
        "The posterior mode of the weight of body mass against its least squares value. A normal prior divides it, a "
        "Laplace prior takes a constant off and stops at zero, the elastic net's does half of each.",
        "least squares",
        "posterior mode",
        (Series("no prior", ends, ends), *series),
    )


def answer(comparison: Any) -> str:
    """Say which regularisers are priors."""
    d = comparison["default"].data
    gap, told = _gap(comparison, "default", "map", _descent(d, STEPS)[-1]), _kinds(d)
    smoothed, weighted, focal = (told[name][0] for name in ("label smoothing", "class weights", "focal loss"))
    return (
        f"Early stopping, dropout and noise on the inputs are normal priors in linear regression: after {STEPS} steps "
        f"descent is within {gap:.0e} of the MAP; label smoothing is {smoothed} that grows with the "
        f"data, weights on classes are {weighted}, and the focal loss is {focal}."
    )


def ridge(comparison: Any) -> str:
    """Say how near plain ridge is to the stopped descent."""
    stopped, plain = _risks(comparison)
    return (
        f"Nearly: the factors of the two differ by up to {_ratios(comparison).max():.3f} here, and by no more than "
        f"{_factor_bound():.4f} for gradient flow on any data; the risk of the descent is {stopped / plain:.3f} of "
        "that of ridge. The ridge that is the same has another penalty in each direction."
    )


def dropping(comparison: Any) -> str:
    """Say what the prior of dropout depends on."""
    ours = comparison["dropout"].values("map", "weight")
    return (
        "On the data: its precision for a predictor is the predictor's sum of squares. No belief about the weights is "
        f"expressed by it; the mode here is {', '.join(f'{w:.3f}' for w in ours)}."
    )


def smoothing(comparison: Any) -> str:
    """Say what label smoothing estimates."""
    return (
        f"No. Where one label in ten is a success, smoothing by {SMOOTHING:g} answers {_beta_mode(1e5, 1e6):.3f} from "
        f"a million labels as from ten. Additive smoothing, whose prior stays what it is, answers "
        f"{(1 + ADDED) / (10 + 2 * ADDED):.3f} from ten labels and {(1e5 + ADDED) / (1e6 + 2 * ADDED):.3f} from a "
        "million."
    )


scenario = Scenario(
    name="regularisers",
    question="Which regularisers are priors in disguise?",
    source="Ali, Kolter and Tibshirani (2019), AISTATS, lemma 3 and theorem 1; Srivastava et al. (2014), JMLR 15(56), "
    "1929-1958, section 9.1; Bishop (1995), Neural Computation 7(1), 108-116; data of Efron et al. (2004), as shipped "
    "by scikit-learn",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("weight",),
    variants={"dropout": {"kind": "dropout"}, "noise": {"kind": "noise"}},
    claims=(
        mle_is_least_squares, stopping_is_a_mode, every_step_is_a_mode, stopping_is_a_mean, variances_are_closed,
        plain_ridge_is_near, risk_is_near, dropout_is_a_mode, noise_is_a_mode, disguises_are_means,
        smoothing_is_a_beta_prior, smoothing_is_inconsistent, smoothing_is_finite_under_separation,
        additive_smoothing_is_a_prior, outright_priors_are_sklearn, losses_are_told_apart,
        some_priors_grow_with_the_data,
    ),
    holdout="the prior is computed from all predictors",
    mathematics=(
        rf"y_i \sim \mathrm{{Normal}}(x_i^\top w, {SIGMA:g}), \quad w \sim \mathrm{{Normal}}(0, \sigma^2 W^{{-1}})",
        r"W = n V \mathrm{diag}\left(\frac{s_j}{(1 - \epsilon s_j)^{-k} - 1}\right) V^\top, \quad "
        r"\frac{1 - q}{q} \mathrm{diag}(|x_j|^2) \ \text{or}\ n t^2 I",
    ),
    why=(
        "None of these regularisers is in the likelihood: the MLE is least squares under each. Each adds a "
        "quadratic function of the weights to the loss. That is minus the logarithm of a normal prior, and the "
        "MAP is the minimum of the sum.",
        "The prior that stands for early stopping depends on the number of steps and on the predictors, that "
        "for dropout on the predictors. They are priors in form and not beliefs. What writing them as priors "
        "adds is a posterior, and with it intervals, which descent and dropout do not give.",
    ),
    figures=(stopped, outright),
    tables=(kinds,),
    varies={"width": Range(30.0, 0.05, "how many times as wide the prior is as that of the regulariser")},
    null={"weight": 0.0},
    about="442 patients: how far diabetes had progressed after a year, and four predictors measured before, all "
    "standardised. weight is what one standard deviation of a predictor adds; each variant has the prior that "
    "one regulariser is in disguise.",
    chapter="regularisers",
    position=4,
    answer=answer,
    units={"weight": "standard deviations of progression, for one of the predictor"},
    questions=(
        Question("Is early stopping of gradient descent the same as ridge?", ridge),
        Question("What does the prior that dropout stands for depend on?", dropping),
        Question("Do more labels overcome the bias of label smoothing?", smoothing),
    ),
)  # fmt: skip
