"""Cross-entropy is a categorical likelihood, and where the classes separate its loss has no minimiser.

Which party do Americans feel close to? The American National Election Study of 1996 (as shipped by statsmodels): 944
voters, three classes of party identification, put together from seven; their place from left to right, education and
income, standardised.
Under weights for each class that are independent Normal(0, PRIOR_SD), the differences to the reference class are
multivariate normal with covariance PRIOR_SD^2 (I + 1 1'): that prior is scikit-learn's L2 penalty at C = PRIOR_SD^2,
exactly.

The variant ``flowers`` is the counter-example: petals of three species of iris (Fisher 1936, as shipped by
scikit-learn). Setosa is separated from the other two, so that the loss falls for ever along a ray (Albert & Anderson
1984, Biometrika 71(1), 1-10); virginica, the reference, and versicolor overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, between, claim, close_to_exact, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

PRIOR_SD = 1.0
EXACT = 1e-8
PREDICTORS = ["selfLR", "educ", "income"]
PARTIES = ["independent", "Democrat", "Republican"]  # the first is the reference
SPECIES = ["virginica", "versicolor", "setosa"]
STEPS = 1500  # of each descent


def data(flowers: bool = False) -> Data:
    """Return the voters, or the flowers: standardised predictors and the number of the class."""
    if flowers:
        from sklearn.datasets import load_iris

        bunch = load_iris()
        return _data(bunch.data[:, 2:], 2 - bunch.target, ["petal length", "petal width"], SPECIES)
    from statsmodels.datasets import anes96

    table = anes96.load_pandas().data
    party = table["PID"].to_numpy()  # 0 and 1 are Democrats, 5 and 6 Republicans
    label = np.where(party < 2, 1, np.where(party > 4, 2, 0))
    return _data(table[PREDICTORS].to_numpy(float), label, PREDICTORS, PARTIES)


def _data(x: np.ndarray, label: np.ndarray, names: list[str], classes: list[str]) -> Data:
    return Data(
        {"X": (x - x.mean(0)) / x.std(0), "label": label.astype("int64")},
        dims={"X": ("example", "predictor"), "label": ("example",)},
        coords={"predictor": names, "class": classes, "other": classes[1:]},
        constants={"classes": len(classes)},
    )


def model(data: Data, prior_sd: Any = PRIOR_SD, **_: Any) -> None:
    """Softmax of linear scores, the reference class's being zero; unpenalised levels."""
    import pymc as pm
    import pytensor.tensor as pt

    others = data.classes - 1
    level = pm.Flat("level", dims="other")
    covariance = prior_sd**2 * (np.eye(others) + 1)
    coef = pm.MvNormal("coef", np.zeros(others), cov=covariance, dims=("predictor", "other"))
    score = level + data.X @ coef
    score = pt.concatenate([pt.zeros_like(score[:, :1]), score], axis=1)
    pm.Categorical("y", logit_p=score, observed=data.label, dims="example")


def simulate(
    rng: np.random.Generator, n: int = 600, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw three predictors of which two matter by default, and classes from the softmax of their scores."""
    x = rng.standard_normal((n, len(PREDICTORS)))
    x = (x - x.mean(0)) / x.std(0)
    true = overridden({"level": [0.0, 0.5], "coef": [[-1.0, 1.0], [0.5, -0.5], [0.0, 0.0]]}, truth)
    true = {name: np.asarray(value, dtype=float) for name, value in true.items()}
    scores = np.column_stack([np.zeros(n), true["level"] + x @ true["coef"]])
    # The largest score with Gumbel noise is a draw from the softmax.
    label = np.argmax(scores + rng.gumbel(size=(n, 3)), axis=1)
    return _data(x, label, PREDICTORS, PARTIES), true


def _theta(solved: Any, method: str) -> np.ndarray:
    """Return a panel's estimates, levels in the first row, shape (1 + predictors, classes - 1)."""
    coef = solved.values(method, "coef").reshape(solved.data.X.shape[1], -1)
    return np.vstack([solved.values(method, "level"), coef])


def _design(d: Data) -> np.ndarray:
    return np.column_stack([np.ones(len(d.X)), d.X])


def _one_hot(d: Data) -> np.ndarray:
    return np.asarray(d.label[:, None] == np.arange(d.classes), dtype=float)


def _log_p(d: Data, theta: np.ndarray) -> np.ndarray:
    """Return the logarithm of each class's probability for each example."""
    from scipy.special import log_softmax

    scores = _design(d) @ theta
    return np.asarray(log_softmax(np.column_stack([np.zeros(len(scores)), scores]), axis=1))


def _slope(d: Data, theta: np.ndarray) -> np.ndarray:
    """Return the gradient of the summed cross-entropy."""
    return np.asarray(_design(d).T @ (np.exp(_log_p(d, theta)) - _one_hot(d))[:, 1:])


def _descent(d: Data, steps: int = STEPS) -> tuple[np.ndarray, list[float]]:
    """Return where gradient descent on the mean cross-entropy ends, and its loss after each step."""
    x, losses = _design(d), []
    theta = np.zeros((x.shape[1], d.classes - 1))
    rate = 2 / np.linalg.eigvalsh(x.T @ x)[-1]  # the Hessian of a softmax is at most half of x x'
    for _ in range(steps):
        log_p = _log_p(d, theta)
        losses.append(float(-np.mean(np.sum(_one_hot(d) * log_p, axis=1))))
        theta = theta - rate * x.T @ (np.exp(log_p) - _one_hot(d))[:, 1:]
    return theta, losses


@claim("Each voter's cross-entropy of the model's probabilities with a one-hot target is -log p of the party chosen, "
       "the voter's term of the negative log-likelihood (largest difference at the MLE)")  # fmt: skip
def loss_is_likelihood(comparison: Any) -> Claim:
    d, theta = comparison["default"].data, _theta(comparison["default"], "mle")
    cross_entropy = -np.sum(_one_hot(d) * _log_p(d, theta), axis=1)
    z = np.concatenate([theta[0], theta[1:].ravel()])
    return at_most(float(np.max(np.abs(comparison["default"].engine.pointwise(z)["y"] + cross_entropy))), 1e-12)


@claim("The log_loss of scikit-learn at the MLE is the negative log-likelihood per voter (difference)")
def log_loss_is_the_likelihood(comparison: Any) -> Claim:
    from sklearn.metrics import log_loss

    d = comparison["default"].data
    loss = log_loss(d.label, np.exp(_log_p(d, _theta(comparison["default"], "mle"))))
    return at_most(abs(loss + comparison["default"].panels["mle"].native.llf / d.label.size), 1e-10)


def _mnlogit(comparison: Any) -> Any:
    import statsmodels.api as sm

    d = comparison["default"].data
    return sm.MNLogit(d.label, _design(d)).fit(method="newton", tol=1e-14, maxiter=100, disp=False)


@claim("The MLE of levels and coefficients is that of statsmodels' MNLogit (largest difference)")
def mle_is_mnlogit(comparison: Any) -> Claim:
    return at_most(
        float(np.max(np.abs(_theta(comparison["default"], "mle") - np.asarray(_mnlogit(comparison).params)))), EXACT
    )


@claim("The standard errors of the coefficients are those of statsmodels' MNLogit (largest difference)")
def errors_are_mnlogits(comparison: Any) -> Claim:
    ours = comparison["default"].std_errors("mle", "coef").reshape(len(PREDICTORS), -1)
    return at_most(float(np.max(np.abs(ours - np.asarray(_mnlogit(comparison).bse)[1:]))), EXACT)


@claim("Plain gradient descent on the voters' mean cross-entropy ends at the MLE of levels and coefficients (largest "
       "difference)")  # fmt: skip
def descent_ends_at_mle(comparison: Any) -> Claim:
    return at_most(
        float(np.max(np.abs(_theta(comparison["default"], "mle") - _descent(comparison["default"].data)[0]))), EXACT
    )


def _sklearn(d: Data, c: float) -> np.ndarray:
    """Return scikit-learn's fit as differences to the reference class; infinite C is no penalty."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(d.X, d.label)
    theta = np.column_stack([fitted.intercept_, fitted.coef_]).T
    return np.asarray(theta[:, 1:] - theta[:, :1])


@claim("The MLE of levels and coefficients is where scikit-learn's LogisticRegression, without a penalty, minimises "
       "the voters' cross-entropy (largest difference)")  # fmt: skip
def mle_minimises_the_loss(comparison: Any) -> Claim:
    theirs = _sklearn(comparison["default"].data, np.inf)
    return at_most(float(np.max(np.abs(_theta(comparison["default"], "mle") - theirs))), EXACT)


@claim("The MAP of levels and coefficients is scikit-learn's LogisticRegression at C = PRIOR_SD^2, the prior variance "
       "of a class's weight (largest difference, voters and flowers)")  # fmt: skip
def map_is_sklearn(comparison: Any) -> Claim:
    gaps = [np.max(np.abs(_theta(s, "map") - _sklearn(s.data, PRIOR_SD**2))) for s in comparison.solutions.values()]
    return at_most(float(max(gaps)), EXACT)


def _posterior_slopes(solved: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return for each draw the slope of the log-density by level and coef, and their product with the coordinate."""
    d, posterior = solved.data, solved.panels["mcmc"].native["posterior"].ds.isel(draw=slice(None, None, 4))
    precision = np.linalg.inv(PRIOR_SD**2 * (np.eye(d.classes - 1) + 1))
    level, coef = posterior["level"].values, posterior["coef"].values
    theta = np.concatenate([level[:, :, None], coef], axis=2)
    slopes = np.array([[-_slope(d, one) for one in chain] for chain in theta])
    slopes[:, :, 1:] -= coef @ precision
    return slopes, theta * slopes


@claim("The slope of log-likelihood and log-prior, by SciPy's softmax, is zero on average over the flowers' posterior, "
       "as Stein's identity demands (in Monte Carlo errors)")  # fmt: skip
def posterior_has_no_mean_slope(comparison: Any) -> Claim:
    return close_to_exact(_posterior_slopes(comparison["flowers"])[0], 0.0)


@claim("Each level and coefficient, times the slope of the log-density along it, is -1 on average over the flowers' "
       "posterior, as Stein's identity demands (in Monte Carlo errors)")  # fmt: skip
def posterior_has_the_right_spread(comparison: Any) -> Claim:
    return close_to_exact(_posterior_slopes(comparison["flowers"])[1], -1.0)


@claim("The slope of log-likelihood and log-prior, by SciPy's softmax, is zero on average over the voters' posterior, "
       "as Stein's identity demands (in Monte Carlo errors)")  # fmt: skip
def voters_have_no_mean_slope(comparison: Any) -> Claim:
    return close_to_exact(_posterior_slopes(comparison["default"])[0], 0.0)


@claim("Each level and coefficient's distance from the MLE, times the slope of the log-density along it, is -1 on "
       "average over the voters' posterior, as Stein's identity demands (in Monte Carlo errors)")  # fmt: skip
def voters_have_the_right_spread(comparison: Any) -> Claim:
    # Far from zero for its spread, a coordinate is measured from near its middle: the identity holds for any constant.
    solved = comparison["default"]
    slopes, products = _posterior_slopes(solved)
    return close_to_exact(products - _theta(solved, "mle") * slopes, -1.0)


def _ray(d: Data) -> tuple[np.ndarray, float]:
    """Return scores that separate the last class from the others, and by how much, by a linear programme."""
    from scipy.optimize import linprog

    x, sign = _design(d), np.where(d.label == d.classes - 1, 1.0, -1.0)
    # Widest margin of sign * x @ w with every |w| at most one.
    found = linprog(
        [0.0] * x.shape[1] + [-1.0],
        A_ub=np.hstack([-sign[:, None] * x, np.ones((len(x), 1))]),
        b_ub=np.zeros(len(x)),
        bounds=[(-1, 1)] * x.shape[1] + [(None, None)],
        method="highs",
    )
    return np.asarray(found.x[:-1]), float(found.x[-1])


@claim(
    "No linear score separates the Republicans from the other voters (the widest margin that a linear programme finds)"
)
def voters_overlap(comparison: Any) -> Claim:
    return at_most(_ray(comparison["default"].data)[1], 1e-9)


@claim("A line separates setosa from the other two species (margin, in standardised scores)")
def flowers_separate(comparison: Any) -> Claim:
    return at_least(_ray(comparison["flowers"].data)[1], 0.01)


@claim("The summed cross-entropy of the flowers has no minimum: a step of ten in the direction that separates setosa "
       "lowers it from whatever point (the least gain at a hundred random points)")  # fmt: skip
def loss_has_no_minimiser(comparison: Any) -> Claim:
    d, rng = comparison["flowers"].data, np.random.default_rng(5)
    ray = np.column_stack([np.zeros((3, 1)), _ray(d)[0]])

    def loss(theta: np.ndarray) -> float:
        return float(-np.sum(_one_hot(d) * _log_p(d, theta)))

    points = rng.normal(0, 2, (100, 3, 2))
    return at_least(min(loss(p) - loss(p + 10 * ray) for p in points), 1e-6)


@claim("The panel reports every coefficient that sets setosa apart as having its MLE at infinity (statuses)")
def mle_is_at_infinity(comparison: Any) -> Claim:
    found = {r.status.value for r in comparison["flowers"].rows("mle", "coef") if r.label.endswith("setosa")}
    return equal(", ".join(sorted(found)), "at_infinity")


@claim("The MLE for versicolor against virginica, which overlap, is statsmodels' Logit of these two species alone "
       "(largest relative difference)")  # fmt: skip
def the_rest_is_two_classes(comparison: Any) -> Claim:
    import statsmodels.api as sm

    d = comparison["flowers"].data
    two = d.label < 2
    fitted = sm.Logit(d.label[two], _design(d)[two]).fit(method="newton", tol=1e-14, maxiter=200, disp=False)
    return at_most(float(np.max(np.abs(_theta(comparison["flowers"], "mle")[:, 0] / fitted.params - 1))), 1e-6)


@claim("Gradient descent on the flowers' cross-entropy does not arrive: over the last half of its steps the length of "
       "setosa's coefficients still grows (ratio)")  # fmt: skip
def descent_goes_on(comparison: Any) -> Claim:
    half, whole = (_descent(comparison["flowers"].data, steps)[0][:, 1] for steps in (STEPS // 2, STEPS))
    return between(float(np.linalg.norm(whole) / np.linalg.norm(half)), 1.02, 2.0)


def descents(comparison: Any) -> Figure:
    """The loss along gradient descent, for voters and flowers."""
    series = []
    for name, variant in (("voters", "default"), ("flowers", "flowers")):
        losses = _descent(comparison[variant].data)[1]
        steps = np.unique(np.logspace(0, np.log10(STEPS), 60).astype(int))
        series.append(Series(f"{name}: mean cross-entropy", steps.tolist(), [losses[k - 1] for k in steps]))
    return Figure(
        "The loss of the voters has a minimum, that of the separated flowers has none",
        "The voters' loss arrives at its minimum, the MLE. That of the flowers falls on: one species is separated, and "
        "whoever reports the coefficients reports when the descent was stopped.",
        "step",
        "mean cross-entropy",
        tuple(series),
        x_log=True,
        y_log=True,
    )


def answer(comparison: Any) -> str:
    """Say what cross-entropy is and when it has no minimum."""
    d = comparison["default"].data
    return (
        "Cross-entropy is the negative log-likelihood per example, "
        f"{-comparison['default'].panels['mle'].native.llf / d.label.size:.4f} at the MLE of the voters; it has no "
        "minimum where a line separates one class from the others, as it does setosa among the flowers (by a margin of "
        f"{_ray(comparison['flowers'].data)[1]:.2f} standard deviations)."
    )


def one_voter(comparison: Any) -> str:
    """Say what the first voter adds."""
    d = comparison["default"].data
    p = np.exp(_log_p(d, _theta(comparison["default"], "mle")))[0]
    return (
        f"Minus the logarithm of the probability that the model gave to the party chosen: of the first voter, "
        f"{d.coords['class'][d.label[0]]}, -log {p[d.label[0]]:.3f} = {-np.log(p[d.label[0]]):.3f}."
    )


def whatever(comparison: Any) -> str:
    """Say how the length of setosa's coefficients grows with the steps."""
    half, whole = (np.linalg.norm(_descent(comparison["flowers"].data, k)[0][:, 1]) for k in (STEPS // 2, STEPS))
    return (
        f"Those at which it stopped: after {STEPS // 2} steps of gradient descent setosa's coefficients have length "
        f"{half:.1f}, after {STEPS} steps {whole:.1f}. The MLE is at infinity; under the prior the mode has length "
        f"{np.linalg.norm(_theta(comparison['flowers'], 'map')[:, 1]):.1f}."
    )


def what_is_left(comparison: Any) -> str:
    """Say what the limit of the likelihood leaves."""
    return (
        "The rest of the problem: given that setosa is told apart without error, versicolor against virginica is a "
        "logistic regression of the two, with coefficients "
        f"{', '.join(f'{value:.2f}' for value in _theta(comparison['flowers'], 'mle')[:, 0])}."
    )


scenario = Scenario(
    name="cross_entropy_is_categorical",
    question="What is a classifier's cross-entropy, and when has it no minimum?",
    source="American National Election Study 1996, as shipped by statsmodels; Fisher (1936), as shipped by "
    "scikit-learn; Albert and Anderson (1984), Biometrika 71(1), 1-10",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("level", "coef"),
    variants={"flowers": {"flowers": True}},
    expect={"flowers": {"mle": {
        "level[setosa]": "at_infinity",
        "coef[petal length, setosa]": "at_infinity",
        "coef[petal width, setosa]": "at_infinity",
    }}},
    claims=(
        loss_is_likelihood, log_loss_is_the_likelihood, mle_is_mnlogit, errors_are_mnlogits, mle_minimises_the_loss,
        descent_ends_at_mle, map_is_sklearn, posterior_has_no_mean_slope, posterior_has_the_right_spread,
        voters_have_no_mean_slope, voters_have_the_right_spread, voters_overlap, flowers_separate,
        loss_has_no_minimiser, mle_is_at_infinity, the_rest_is_two_classes, descent_goes_on,
    ),
    holdout=lambda data: np.arange(data.label.size) % 5 == 4,
    mathematics=(
        r"p(y_i = k) \propto \exp(a_k + x_i^\top w_k), \quad a_0 = 0,\ w_0 = 0",
        r"-\log L = -\sum_i \sum_k 1[y_i = k] \log p(y_i = k) = -\sum_i \log p(y_i)",
        rf"w_j \sim \mathrm{{Normal}}(0, {PRIOR_SD:g}^2 (I + 1 1^\top)), \quad p(a) \propto 1",
    ),
    why=(
        "The cross-entropy of one example is minus the logarithm of the probability that the model gave to its "
        "class. The sum over the examples is minus the log-likelihood, so minimising the loss is maximising a "
        "likelihood.",
        "The prior, a normal one on the weights of every class, is the L2 penalty of the usual libraries. "
        "Among the voters it moves little. Among the flowers it alone keeps the coefficients finite. One "
        "species can be told apart without error: larger coefficients say so with more confidence, and the "
        "likelihood rises with them for ever.",
        "The numbers that a library prints for the flowers without a penalty are those at which it gave up. "
        "This report says that they are at infinity, and gives those that exist, of the two species that "
        "overlap.",
    ),
    figures=(descents,),
    varies={"prior_sd": Range(30.0, 0.05, "prior standard deviation of a class's weight of a standardised predictor")},
    null={"coef": 0.0},
    about="944 American voters of 1996 in three classes of party identification, with their place from left to "
    "right, education and income, each standardised. The study has seven classes, from strong Democrat to strong "
    "Republican; they are put together in three, as the argument is the same for any number and seven would take 24 "
    "coefficients in place of 8. coef is what one standard deviation of a predictor adds "
    "to the log-odds of a class against the reference class; level is the log-odds at the mean.",
    chapter="losses",
    position=4,
    answer=answer,
    questions=(
        Question("What does one voter add to the cross-entropy of a classifier?", one_voter),
        Question("Which coefficients does a program report for separated flowers without a prior?", whatever),
        Question("What is left to estimate when a line separates one class from the others?", what_is_left),
    ),
)  # fmt: skip
