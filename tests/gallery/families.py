"""Regular one-sample fits whose likelihood equations are textbook."""

from __future__ import annotations

import numpy as np
import pymc as pm
from scipy import special, stats

from .case import Answers, Case, root_of, same, zero_of


def sample(name: str, n: int = 40) -> np.ndarray:
    """Return the sample that a case of this module is fitted to."""
    rng = np.random.default_rng(20)
    if name == "normal":
        return rng.normal(3, 2, n)
    if name == "gamma":
        return rng.gamma(2.5, 1.5, n)
    if name == "weibull":
        return 2 * rng.weibull(1.7, n)
    if name == "beta":
        return rng.beta(2, 5, n)
    if name == "student":
        return 1 + 2 * rng.standard_t(4, n)
    if name == "vonmises":
        return rng.vonmises(0.7, 2.0, n)
    if name == "wald":
        return rng.wald(2, 3, n)
    if name == "truncated":
        draw = stats.truncnorm.rvs(-1, np.inf, loc=1, scale=1, size=80, random_state=rng)
        return np.asarray(draw)
    raise KeyError(name)


def normal() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", mu, sigma, observed=sample("normal"))
    return model


def normal_known() -> Answers:
    y = sample("normal")
    n = y.size

    def score(p: np.ndarray) -> list[float]:
        mu, s = p
        return [
            np.sum(y - mu) / s**2 - mu,
            -n / s + np.sum((y - mu) ** 2) / s**3 - s,
        ]

    mode = zero_of(score, [y.mean(), y.std()])
    return {
        ("mle", "mu"): y.mean(), ("mle", "sigma"): y.std(),
        ("map", "mu"): mode[0], ("map", "sigma"): mode[1],
    }  # fmt: skip


def log_sigma() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        log_sd = pm.Flat("log_sd")
        pm.Deterministic("sigma", pm.math.exp(log_sd))
        pm.Normal("y", mu, pm.math.exp(log_sd), observed=sample("normal"))
    return model


def precision() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        tau = pm.Gamma("tau", 2, 1)
        pm.Normal("y", mu, tau=tau, observed=sample("normal"))
    return model


def precision_known() -> Answers:
    y = sample("normal")
    half = y.size / 2
    return {
        ("mle", "mu"): y.mean(), ("mle", "tau"): 1 / y.var(),
        ("map", "mu"): y.mean(), ("map", "tau"): (half + 1) / (half * y.var() + 1),
    }  # fmt: skip


TIMES = np.array([1.2, 0.3, 2.5, 0.8, 4.1, 0.6, 1.9])


def exponential() -> pm.Model:
    with pm.Model() as model:
        rate = pm.Gamma("rate", 3, 2)
        pm.Exponential("y", rate, observed=TIMES)
    return model


def exponential_known() -> Answers:
    n, total = TIMES.size, TIMES.sum()
    return {("mle", "rate"): n / total, ("map", "rate"): (n + 2) / (total + 2)}


def gamma() -> pm.Model:
    with pm.Model() as model:
        alpha = pm.HalfFlat("alpha")
        beta = pm.HalfFlat("beta")
        pm.Gamma("y", alpha, beta, observed=sample("gamma"))
    return model


def gamma_known() -> Answers:
    y = sample("gamma")
    gap = np.log(y.mean()) - np.log(y).mean()
    alpha = root_of(lambda a: float(np.log(a) - special.digamma(a) - gap), 1e-3, 1e3)
    return same({"alpha": alpha, "beta": alpha / y.mean()})


def weibull() -> pm.Model:
    with pm.Model() as model:
        alpha = pm.HalfFlat("alpha")
        beta = pm.HalfFlat("beta")
        pm.Weibull("y", alpha, beta, observed=sample("weibull"))
    return model


def weibull_known() -> Answers:
    y = sample("weibull")
    log = np.log(y)
    alpha = root_of(lambda a: float(np.sum(y**a * log) / np.sum(y**a) - 1 / a - log.mean()), 0.1, 50)
    return same({"alpha": alpha, "beta": float(np.mean(y**alpha) ** (1 / alpha))})


def beta() -> pm.Model:
    with pm.Model() as model:
        a = pm.HalfNormal("a", 5)
        b = pm.HalfNormal("b", 5)
        pm.Beta("y", a, b, observed=sample("beta"))
    return model


def beta_known() -> Answers:
    y = sample("beta")
    n, up, down = y.size, np.log(y).sum(), np.log1p(-y).sum()
    out: dict[tuple[str, str], float] = {}
    for method, weight in (("mle", 0.0), ("map", 1 / 25)):

        def score(p: np.ndarray, w: float = weight) -> np.ndarray:
            both = special.digamma(p.sum())
            return np.asarray(n * (both - special.digamma(p)) + [up, down] - w * p)

        found = zero_of(score, [2.0, 5.0])
        out |= {(method, "a"): found[0], (method, "b"): found[1]}
    return out


def student() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        sigma = pm.HalfFlat("sigma")
        pm.StudentT("y", nu=4, mu=mu, sigma=sigma, observed=sample("student"))
    return model


def student_known() -> Answers:
    y = sample("student")

    def score(p: np.ndarray) -> list[float]:
        z = (y - p[0]) / p[1]
        weight = 5 / (4 + z**2)
        return [np.sum(weight * z), np.sum(weight * z**2 - 1)]

    mu, sigma = zero_of(score, [np.median(y), y.std() / 2])
    return same({"mu": mu, "sigma": sigma})


def vonmises() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Uniform("mu", -np.pi, np.pi)
        kappa = pm.HalfFlat("kappa")
        pm.VonMises("y", mu, kappa, observed=sample("vonmises"))
    return model


def vonmises_known() -> Answers:
    y = sample("vonmises")
    c, s = np.cos(y).mean(), np.sin(y).mean()
    length = np.hypot(c, s)
    kappa = root_of(lambda k: float(special.i1e(k) / special.i0e(k) - length), 1e-6, 500)
    return same({"mu": np.arctan2(s, c), "kappa": kappa})


def wald() -> pm.Model:
    with pm.Model() as model:
        mu = pm.HalfFlat("mu")
        lam = pm.HalfFlat("lam")
        pm.Wald("y", mu=mu, lam=lam, observed=sample("wald"))
    return model


def wald_known() -> Answers:
    y = sample("wald")
    return same({"mu": y.mean(), "lam": 1 / np.mean(1 / y - 1 / y.mean())})


def truncated() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        sigma = pm.HalfNormal("sigma", 5)
        pm.TruncatedNormal("y", mu, sigma, lower=0, observed=sample("truncated"))
    return model


def truncated_known() -> Answers:
    y = sample("truncated")
    n = y.size
    out: dict[tuple[str, str], float] = {}
    for method, weight in (("mle", 0.0), ("map", 1 / 25)):

        def score(p: np.ndarray, w: float = weight) -> list[float]:
            mu, s = p
            hazard = np.exp(stats.norm.logpdf(mu / s) - stats.norm.logcdf(mu / s))
            by_mu = np.sum(y - mu) / s**2 - n * hazard / s
            by_s = -n / s + np.sum((y - mu) ** 2) / s**3 + n * hazard * mu / s**2
            return [by_mu - w * mu, by_s - w * s]

        found = zero_of(score, [1.0, 1.0])
        out |= {(method, "mu"): found[0], (method, "sigma"): found[1]}
    return out


def censored() -> pm.Model:
    y = np.minimum(sample("normal"), 4.0)
    with pm.Model() as model:
        mu = pm.Flat("mu")
        sigma = pm.HalfFlat("sigma")
        latent = pm.Normal.dist(mu, sigma)
        pm.Censored("y", latent, lower=None, upper=4.0, observed=y)
    return model


def censored_known() -> Answers:
    y = sample("normal")
    seen, m = y[y < 4.0], int(np.sum(y >= 4.0))

    def score(p: np.ndarray) -> list[float]:
        mu, s = p
        c = (4.0 - mu) / s
        hazard = np.exp(stats.norm.logpdf(c) - stats.norm.logsf(c))
        z = (seen - mu) / s
        return [np.sum(z) + m * hazard, np.sum(z**2 - 1) + m * hazard * c]

    mu, sigma = zero_of(score, [3.0, 2.0])
    return same({"mu": mu, "sigma": sigma})


def proportion(a: float, b: float) -> pm.Model:
    with pm.Model() as model:
        p = pm.Beta("p", a, b)
        pm.Binomial("y", n=10, p=p, observed=7)
    return model


CASES = (
    Case("normal_mean_and_sd", normal, {}, known=normal_known,
         note="Mean and standard deviation (n); the mode solves two penalised equations."),
    Case("normal_log_sigma", log_sigma, {}, estimands=("mu", "sigma"),
         known=lambda: same({"mu": sample("normal").mean(), "sigma": sample("normal").std(),
                             "log_sd": np.log(sample("normal").std())}),
         note="The MLE is invariant to writing sigma as an exponential."),
    Case("normal_precision", precision, {}, known=precision_known,
         note="Gamma(2, 1) on the precision: (n/2 + 1) / (S/2 + 1) with mu flat."),
    Case("exponential_rate", exponential, {}, known=exponential_known,
         note="Conjugate: n / sum, and (n + a - 1) / (sum + b)."),
    Case("gamma_fit", gamma, {}, known=gamma_known, note="log a - psi(a) = log mean - mean log."),
    Case("weibull_fit", weibull, {}, known=weibull_known, note="The profile equation in alpha."),
    Case("beta_fit", beta, {}, known=beta_known, note="Two digamma equations; concave."),
    Case("student_nu_4", student, {}, known=student_known,
         note="Weighted-mean equations of the t with four degrees of freedom."),
    Case("von_mises", vonmises, {}, known=vonmises_known,
         note="Mean direction, and I1/I0 equals the mean resultant length."),
    Case("inverse_gaussian", wald, {}, known=wald_known,
         note="mu is the mean, 1/lambda the mean of 1/y less 1/mean."),
    Case("truncated_normal", truncated, {}, known=truncated_known,
         note="The truncated normal's two score equations."),
    Case("censored_normal", censored, {}, known=censored_known,
         note="Tobit's two score equations, censored from above."),
    Case("proportion_beta_2_2", lambda: proportion(2, 2), {},
         known=lambda: {("mle", "p"): 0.7, ("map", "p"): 8 / 12},
         note="Conjugate: k/n and (k + 1)/(n + 2)."),
    Case("proportion_beta_1_1", lambda: proportion(1, 1), {},
         known=lambda: same({"p": 0.7}), note="Conjugate, uniform prior."),
)  # fmt: skip
