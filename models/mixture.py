"""A likelihood without a maximum: the two-component Gaussian mixture with unequal variances.

Kiefer and Wolfowitz (1956, Ann. Math. Stat. 27, 887) and Day (1969, Biometrika 56, 463): put one mean on a
datum and let its standard deviation go to zero. The variable is petal length of Fisher's irises (1936), as
shipped by scikit-learn: bimodal, because setosa is smaller.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.claims import Claim, at_least, at_most, claim, equal
from triptych.scenario import Data, Figure, Relabel, Scenario, Series


def data() -> Data:
    """Return petal lengths in centimetres."""
    from sklearn.datasets import load_iris

    return Data(
        {"length": load_iris().data[:, 2]}, dims={"length": ("flower",)}, coords={"component": ["short", "long"]}
    )


def model(data: Data, prior: str = "inverse_gamma") -> None:
    """Two normal components; the prior on their standard deviations is the setting."""
    import pymc as pm

    w = pm.Dirichlet("w", np.array([2.0, 2.0]), dims="component")
    mu = pm.Normal("mu", 3.5, 2, dims="component", initval=np.array([1.5, 5.0]))
    if prior == "inverse_gamma":
        sigma = pm.InverseGamma("sigma", 3, 1, dims="component")
    else:
        sigma = pm.HalfNormal("sigma", 1, dims="component")
    pm.NormalMixture("y", w, mu, sigma, observed=data.length)


def simulate(rng: np.random.Generator, n: int = 400, **_: Any) -> tuple[Data, dict[str, Any]]:
    """Draw from two well-separated components."""
    first = rng.random(n) < 0.3
    y = np.where(first, rng.normal(1.5, 0.2, n), rng.normal(5, 0.8, n))
    return (
        Data({"length": y}, dims={"length": ("flower",)}, coords={"component": ["short", "long"]}),
        {"w": np.array([0.3, 0.7]), "mu": np.array([1.5, 5.0]), "sigma": np.array([0.2, 0.8])},
    )


def _along(y: np.ndarray, at: float, log_sd: np.ndarray) -> np.ndarray:
    """Return the log-likelihood with one component on ``at`` and its standard deviation going to zero."""
    from scipy.stats import norm

    sd = np.exp(log_sd)[:, None]
    density = 0.5 * norm.pdf(y, at, sd) + 0.5 * norm.pdf(y, y.mean(), y.std())
    return np.asarray(np.log(density).sum(axis=1))


@claim("Along mu1 = x_i, sigma1 -> 0 the log-likelihood rises by the number of observations tied at x_i per unit")
def slope_is_the_ties(c: Any) -> Claim:
    y = c["default"].data.length
    values, counts = np.unique(y, return_counts=True)
    steps = np.array([-20.0, -21.0])  # theory is the limit: what is left of the rest shrinks with sigma1
    slopes = [float(np.diff(_along(y, v, steps))[0]) for v in values]
    return at_most(np.max(np.abs(np.array(slopes) - counts)), 1e-6)


@claim("The MLE therefore has status unbounded")
def mle_is_unbounded(c: Any) -> Claim:
    return equal(", ".join(sorted(set(c["default"].statuses("mle", "sigma")))), "unbounded")


@claim("and the path along which it rises is kept (points)")
def path_is_kept(c: Any) -> Claim:
    return at_least(float(sum(len(p.values) for p in c["default"].panels["mle"].paths)), 8)


def _interior(c: Any) -> dict[str, np.ndarray]:
    """Return the best interior local maximum, which stands in optima and not in estimates."""
    rows = c["default"].panels["mle"].optima
    first = [r for r in rows if r.reason.startswith("local maximum 1,")]
    return {name: np.array([r.estimate for r in first if r.estimand == name]) for name in ("w", "mu", "sigma")}


@claim("The best interior local maximum is what EM (scikit-learn) finds (largest difference, in cm)")
def interior_is_em(c: Any) -> Claim:
    from sklearn.mixture import GaussianMixture

    y = c["default"].data.length
    em = GaussianMixture(2, tol=1e-13, reg_covar=0.0, max_iter=10_000, random_state=0).fit(y[:, None])
    order = np.argsort(em.means_[:, 0])
    found = _interior(c)
    gaps = [found["mu"] - em.means_[order, 0], found["sigma"] - np.sqrt(em.covariances_[order, 0, 0])]
    return at_most(np.max(np.abs(np.concatenate(gaps))), 1e-5)


@claim("An inverse-gamma prior, which vanishes fast at zero, gives a mode")
def inverse_gamma_has_a_mode(c: Any) -> Claim:
    return equal(", ".join(sorted(set(c["default"].statuses("map", "sigma")))), "ok")


@claim("A half-normal prior does not")
def half_normal_has_none(c: Any) -> Claim:
    return equal(", ".join(sorted(set(c["half_normal"].statuses("map", "sigma")))), "unbounded")


@claim("Labels follow one rule in all panels: components are sorted by their means")
def labels_are_sorted(c: Any) -> Claim:
    means = [c["default"].values("map", "mu"), c["default"].values("mcmc", "mu"), _interior(c)["mu"]]
    return at_least(float(min(np.diff(m)[0] for m in means)), 0.0)


@claim("Without the rule R-hat is at least what it is with it")
def rhat_without_the_rule(c: Any) -> Claim:
    diagnostics = c["default"].panels["mcmc"].diagnostics
    return at_least(diagnostics["max_rhat_before_relabelling"], diagnostics["max_rhat"] - 0.01)


def blow_up(c: Any) -> Figure:
    """The log-likelihood along the path to a single datum and to the most tied one."""
    y = c["default"].data.length
    values, counts = np.unique(y, return_counts=True)
    log_sd = np.linspace(0, -12, 80)
    series = [
        Series(f"mean at {values[k]:g} cm ({counts[k]} flowers)", (-log_sd).tolist(), _along(y, values[k], log_sd).tolist())
        for k in (int(np.argmin(counts)), int(np.argmax(counts)))
    ]
    return Figure(
        "The likelihood rises without limit",
        "One component on a datum, its standard deviation going to zero; the slope is the number of ties.",
        "log(1 / sigma1)",
        "log-likelihood",
        tuple(series),
    )


scenario = Scenario(
    name="mixture",
    question="Where is the maximum of a likelihood that has none?",
    source="Day (1969), Biometrika 56(3), 463-474; petal lengths of Fisher (1936), as shipped by scikit-learn",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("w", "mu", "sigma"),
    variants={"half_normal": {"prior": "half_normal"}},
    expect={"default": {"mle": "unbounded"}, "half_normal": {"mle": "unbounded", "map": "unbounded"}},
    relabel=Relabel(by="mu", dim="component", variables=("w", "mu", "sigma")),
    claims=(
        slope_is_the_ties, mle_is_unbounded, path_is_kept, interior_is_em, inverse_gamma_has_a_mode,
        half_normal_has_none, labels_are_sorted, rhat_without_the_rule,
    ),
    holdout=lambda data: np.arange(data.length.size) % 5 == 4,
    mathematics=(
        r"y_i \sim \sum_k w_k \mathrm{Normal}(\mu_k, \sigma_k)",
        r"\sigma_k \sim \mathrm{InverseGamma}(3, 1)",
    ),
    why=(
        "One component can sit on a single flower: as its standard deviation goes to zero the likelihood has no limit.",
        "A prior that vanishes fast enough at zero closes that path; a half-normal one is positive there and does not.",
        "The posterior integrates over the spike, which is too narrow to hold any probability.",
    ),
    figures=(blow_up,),
)  # fmt: skip
