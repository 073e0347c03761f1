"""Regular models made of several parts: vectors, matrices, simplices, potentials, series."""

from __future__ import annotations

import numpy as np
import pymc as pm

from .case import BOTH, Along, Answers, Case, least_squares, root_of, same

COUNTS = np.array([5, 3, 4])
KIND = {"kind": ["a", "b", "c"]}


def dirichlet_multinomial() -> pm.Model:
    with pm.Model(coords=KIND) as model:
        p = pm.Dirichlet("p", np.array([2.0, 1.0, 3.0]), dims="kind")
        pm.Multinomial("y", n=12, p=p, observed=COUNTS)
    return model


def categorical() -> pm.Model:
    with pm.Model(coords=KIND) as model:
        p = pm.Dirichlet("p", np.ones(3), dims="kind")
        pm.Categorical("y", p=p, observed=np.repeat([0, 1, 2], COUNTS))
    return model


def cut_points() -> pm.Model:
    with pm.Model(coords={"cut": ["c1", "c2", "c3"]}) as model:
        cuts = pm.Normal(
            "cuts", 0, 100, dims="cut", transform=pm.distributions.transforms.ordered,
            initval=[-1.0, 0.0, 1.0],
        )  # fmt: skip
        answers = np.repeat([0, 1, 2, 3], [4, 7, 6, 3])
        pm.OrderedLogistic("y", 0.0, cuts, observed=answers, compute_p=False)
    return model


def cut_points_known() -> Answers:
    below = np.array([4, 11, 17]) / 20
    return {("mle", "cuts"): np.log(below / (1 - below))}


def pairs() -> np.ndarray:
    rng = np.random.default_rng(61)
    return rng.multivariate_normal([1.0, -1.0], [[2.0, 0.8], [0.8, 1.0]], size=25)


def covariance() -> pm.Model:
    with pm.Model(coords={"side": ["left", "right"], "other": ["left", "right"]}) as model:
        mu = pm.Flat("mu", dims="side", initval=np.zeros(2))
        chol, _, _ = pm.LKJCholeskyCov("chol", eta=1, n=2, sd_dist=pm.Exponential.dist(0.1))
        pm.Deterministic("cov", chol @ chol.T, dims=("side", "other"))
        pm.MvNormal("y", mu, chol=chol, observed=pairs())
    return model


def covariance_known() -> Answers:
    y = pairs()
    cov = np.cov(y.T, bias=True)
    factor = np.linalg.cholesky(cov)[np.tril_indices(2)]
    return {
        ("mle", "mu"): y.mean(axis=0), ("map", "mu"): y.mean(axis=0),
        ("mle", "cov"): cov, ("mle", "chol"): factor,
    }  # fmt: skip


def known_covariance() -> pm.Model:
    with pm.Model(coords={"side": ["left", "right"]}) as model:
        mu = pm.Normal("mu", 0, 1, dims="side")
        pm.MvNormal("y", mu, cov=COV, observed=pairs())
    return model


COV = np.array([[2.0, 0.8], [0.8, 1.0]])


def known_covariance_known() -> Answers:
    y = pairs()
    data = y.shape[0] * np.linalg.inv(COV)
    mean = y.mean(axis=0)
    return {("mle", "mu"): mean, ("map", "mu"): np.linalg.solve(data + np.eye(2), data @ mean)}


ROUGH, FINE = np.array([3.0, 5.0, 4.0]), np.array([4.2, 4.4])


def two_instruments() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Normal("rough", mu, 2.0, observed=ROUGH)
        pm.Normal("fine", mu, 0.5, observed=FINE)
    return model


def two_instruments_known() -> Answers:
    total = ROUGH.sum() / 4 + FINE.sum() * 4
    return {("mle", "mu"): total / (3 / 4 + 8), ("map", "mu"): total / (3 / 4 + 8 + 1)}


def potential_as_prior() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        pm.Potential("pull", -0.5 * 3 * mu**2)
        pm.Normal("y", mu, 2.0, observed=ROUGH)
    return model


def potential_as_likelihood() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Potential("evidence", -0.5 * pm.math.sum((ROUGH - mu) ** 2) / 4)
    return model


def one_of_two_potentials() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        pm.Potential("pull", -0.5 * 3 * mu**2)
        pm.Potential("evidence", -0.5 * pm.math.sum((FINE - mu) ** 2) * 4)
        pm.Normal("y", mu, 2.0, observed=ROUGH)
    return model


def one_of_two_known() -> Answers:
    total = ROUGH.sum() / 4 + FINE.sum() * 4
    return {("mle", "mu"): total / (3 / 4 + 8), ("map", "mu"): total / (3 / 4 + 8 + 3)}


SERIES = np.array([0.3, 0.9, 0.4, 1.2, 1.5, 0.7, 0.2, -0.4, -0.1, -0.9, -0.3, 0.4, 0.6])


def autoregression() -> pm.Model:
    with pm.Model() as model:
        rho = pm.Flat("rho")
        sigma = pm.HalfFlat("sigma")
        pm.AR("y", rho=pm.math.stack([rho]), sigma=sigma, init_dist=pm.Normal.dist(0, 10),
              constant=False, ar_order=1, observed=SERIES)  # fmt: skip
    return model


def autoregression_known() -> Answers:
    (rho,), sigma = least_squares(SERIES[:-1, None], SERIES[1:])
    return same({"rho": rho, "sigma": sigma})


FIRST, SECOND = np.array([5.1, 4.8, 6.0, 5.5]), np.array([6.9, 7.4, 6.1, 8.8, 7.0])


def two_groups() -> pm.Model:
    group = np.repeat([0, 1], [4, 5])
    with pm.Model(coords={"arm": ["control", "treated"]}) as model:
        mu = pm.Flat("mu", dims="arm", initval=np.zeros(2))
        sigma = pm.HalfFlat("sigma", dims="arm")
        pm.Deterministic("effect", mu[1] - mu[0])
        pm.Deterministic("ratio", sigma[1] / sigma[0])
        pm.Normal("y", mu[group], sigma[group], observed=np.concatenate([FIRST, SECOND]))
    return model


def two_groups_known() -> Answers:
    return same({
        "mu": np.array([FIRST.mean(), SECOND.mean()]),
        "sigma": np.array([FIRST.std(), SECOND.std()]),
        "effect": SECOND.mean() - FIRST.mean(),
        "ratio": SECOND.std() / FIRST.std(),
    })  # fmt: skip


def matrix_data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(62)
    X = np.column_stack([np.ones(15), rng.normal(size=15)])
    return X, X @ [[1.0, 2.0, 0.0], [0.5, -1.0, 1.0]] + rng.normal(size=(15, 3))


def matrix_regression() -> pm.Model:
    X, y = matrix_data()
    coords = {"predictor": ["one", "x"], "outcome": ["u", "v", "w"]}
    with pm.Model(coords=coords) as model:
        beta = pm.Normal("beta", 0, 1, dims=("predictor", "outcome"))
        pm.Normal("y", X @ beta, 1.0, observed=y)
    return model


def matrix_known() -> Answers:
    X, y = matrix_data()
    return {
        ("mle", "beta"): np.linalg.lstsq(X, y, rcond=None)[0],
        ("map", "beta"): np.linalg.solve(X.T @ X + np.eye(2), X.T @ y),
    }


def odds_ratio() -> pm.Model:
    with pm.Model(coords={"arm": ["control", "treated"]}) as model:
        p = pm.Beta("p", 2, 2, dims="arm")
        odds = p / (1 - p)
        pm.Deterministic("odds_ratio", odds[1] / odds[0])
        pm.Binomial("y", n=[20, 25], p=p, observed=[6, 15])
    return model


def odds_ratio_known() -> Answers:
    return {
        ("mle", "p"): np.array([0.3, 0.6]), ("mle", "odds_ratio"): 3.5,
        ("map", "p"): np.array([7 / 22, 16 / 27]), ("map", "odds_ratio"): (16 / 11) / (7 / 15),
    }  # fmt: skip


EFFECTS = np.array([[1.0, 2.0], [4.0, 5.0], [0.0, 3.0]])


def sum_to_zero() -> pm.Model:
    with pm.Model(coords={"group": ["a", "b", "c"]}) as model:
        mean = pm.Flat("mean")
        effect = pm.ZeroSumNormal("effect", 2.0, dims="group")
        pm.Normal("y", mean + effect[:, None], 1.0, observed=EFFECTS)
    return model


def sum_to_zero_known() -> Answers:
    mean = EFFECTS.mean()
    effect = EFFECTS.mean(axis=1) - mean
    return {
        ("mle", "mean"): mean, ("mle", "effect"): effect,
        ("map", "mean"): mean, ("map", "effect"): effect * 2 / (2 + 1 / 4),
    }  # fmt: skip


INFLATED = np.array([0, 0, 0, 0, 2, 3, 1, 4, 2, 0])


def zero_inflated() -> pm.Model:
    with pm.Model() as model:
        psi = pm.Uniform("psi", 0, 1)
        mu = pm.HalfFlat("mu")
        pm.ZeroInflatedPoisson("y", psi, mu, observed=INFLATED)
    return model


def zero_inflated_known() -> Answers:
    """The mean of the positive counts is that of the zero-truncated Poisson."""
    positive = INFLATED[INFLATED > 0]
    mu = root_of(lambda m: float(m / -np.expm1(-m) - positive.mean()), 0.01, 20)
    return same({"mu": mu, "psi": positive.size / INFLATED.size / -np.expm1(-mu)})


def by_precision() -> Answers:
    return {("mle", "mu"): ROUGH.mean(), ("map", "mu"): ROUGH.sum() / 4 / (3 / 4 + 1)}


def two_parts() -> pm.Model:
    """A mean and a rate that have nothing to do with each other."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        nuisance = pm.HalfNormal("nuisance", 1)
        pm.Normal("y", mu, 2.0, observed=ROUGH)
        pm.Poisson("events", nuisance, observed=np.zeros(3, int))
    return model


def no_events(method: str) -> Along:
    mu = by_precision()[method, "mu"]
    return Along(method, "at_boundary", lambda t: {"mu": mu, "nuisance": np.exp(-t)})


CASES = (
    Case("dirichlet_multinomial", dirichlet_multinomial, {},
         known=lambda: {("mle", "p"): COUNTS / 12, ("map", "p"): np.array([6, 3, 6]) / 15},
         note="Conjugate: (count + a - 1) / (n + sum(a) - K)."),
    Case("categorical_simplex", categorical, {}, known=lambda: same({"p": COUNTS / 12}),
         note="Uniform on the simplex: shares are counts over n."),
    Case("ordered_cut_points", cut_points, {}, known=cut_points_known,
         note="Without predictors the cut points are logits of cumulative shares."),
    Case("covariance_lkj", covariance, {}, known=covariance_known, estimands=("mu", "cov"),
         note="The sample covariance with denominator n; the mean is the mean whatever it is."),
    Case("mean_known_covariance", known_covariance, {}, known=known_covariance_known,
         note="Conjugate multivariate normal."),
    Case("two_instruments", two_instruments, {}, known=two_instruments_known,
         note="Two observed variables: weights are precisions."),
    Case("potential_as_prior", potential_as_prior, {},
         known=lambda: {("mle", "mu"): 4.0, ("map", "mu"): 3.0 / (3 / 4 + 3)},
         note="A potential is a prior unless it is named: it moves the mode, not the MLE."),
    Case("potential_as_likelihood", potential_as_likelihood, {}, known=by_precision,
         options={"likelihood": ("evidence",)},
         note="A normal likelihood written by hand and named as the likelihood."),
    Case("one_potential_of_each_kind", one_of_two_potentials, {}, known=one_of_two_known,
         options={"likelihood": ("evidence",)},
         note="One potential is more data, the other a prior: weights are precisions."),
    Case("autoregression", autoregression, {}, known=autoregression_known,
         note="Given the first value: least squares on the lag, sigma with denominator n - 1."),
    Case("two_groups", two_groups, {}, known=two_groups_known,
         estimands=("mu", "sigma", "effect", "ratio"),
         note="Each group's own mean and standard deviation (n), and functions of them."),
    Case("matrix_of_coefficients", matrix_regression, {}, known=matrix_known,
         note="Ridge regression column by column."),
    Case("odds_ratio", odds_ratio, {}, known=odds_ratio_known, estimands=("p", "odds_ratio"),
         note="Conjugate proportions and a function of them."),
    Case("sum_to_zero_effects", sum_to_zero, {}, known=sum_to_zero_known,
         note="Balanced: deviations of group means, shrunk by n/(n + sigma^2/tau^2)."),
    Case("zero_inflated_counts", zero_inflated, {}, known=zero_inflated_known,
         note="Positive counts give the Poisson mean, then psi matches the share of zeros."),
    Case("one_part_on_its_edge", two_parts, {m: {"nuisance": "at_boundary"} for m in BOTH},
         known=lambda: {**by_precision(), **same({"nuisance": 0.0})},
         note="Two parts that share nothing: a normal mean, and a rate without events.",
         along=(no_events("mle"), no_events("map"))),
)  # fmt: skip
