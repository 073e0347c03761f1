"""Suprema that no finite value attains: separation, light tails, no dispersion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
from scipy import special, stats

from .case import BOTH, Along, Answers, Case, root_of, same, zero_of

FAR = "at_infinity"

DOSE = np.array([1.0, 2.0, 3.0, 6.0, 7.0, 9.0])
DEAD = np.array([0, 0, 0, 1, 1, 1])


def complete() -> pm.Model:
    with pm.Model() as model:
        intercept = pm.Normal("intercept", 0, 10)
        slope = pm.Normal("slope", 0, 2)
        pm.Bernoulli("y", logit_p=intercept + slope * DOSE, observed=DEAD)
    return model


def complete_known() -> Answers:
    X = np.column_stack([np.ones(6), DOSE])
    precision = np.array([1 / 100, 1 / 4])
    mode = zero_of(lambda b: X.T @ (DEAD - special.expit(X @ b)) - precision * b, [-4, 1.0])
    return {("map", "intercept"): mode[0], ("map", "slope"): mode[1]}


AGE = np.array([-1.2, -0.7, -0.3, 0.1, 0.4, 0.9, 1.3, 1.8, -0.5, 0.2, 0.8, 1.5])
TREATED = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
CURED = np.array([0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1])
QUASI = np.column_stack([np.ones(12), AGE, TREATED])


def quasi() -> pm.Model:
    with pm.Model(coords={"predictor": ["one", "age", "treated"]}) as model:
        beta = pm.Normal("beta", 0, 3, dims="predictor")
        pm.Bernoulli("y", logit_p=QUASI @ beta, observed=CURED)
    return model


def quasi_limit() -> np.ndarray:
    """Return intercept and age from the untreated alone."""
    X, y = QUASI[:8, :2], CURED[:8]
    return zero_of(lambda b: X.T @ (y - special.expit(X @ b)), [0.0, 1.0])


def quasi_known() -> Answers:
    mode = zero_of(lambda b: QUASI.T @ (CURED - special.expit(QUASI @ b)) - b / 9, [0.0, 1.0, 2.0])
    return {("mle", "beta"): np.append(quasi_limit(), np.nan), ("map", "beta"): mode}


MEANS = QUASI[:, 1:].mean(axis=0)


def quasi_centred() -> pm.Model:
    with pm.Model(coords={"predictor": ["age", "treated"]}) as model:
        middle = pm.Flat("middle")
        slope = pm.Flat("slope", dims="predictor")
        pm.Deterministic("intercept", middle - pm.math.dot(slope, MEANS))
        pm.Bernoulli("y", logit_p=middle + (QUASI[:, 1:] - MEANS) @ slope, observed=CURED)
    return model


def quasi_centred_ray(t: float) -> dict[str, Any]:
    slope = np.array([quasi_limit()[1], 2 * t])
    return {"middle": quasi_limit()[0] + slope @ MEANS, "slope": slope}


TIED_X = np.array([1.0, 2.0, 3.0, 3.0, 3.0, 4.0, 5.0])
TIED_Y = np.array([0, 0, 1, 1, 0, 1, 1])


def quasi_tied() -> pm.Model:
    with pm.Model() as model:
        intercept = pm.Normal("intercept", 0, 10)
        slope = pm.Normal("slope", 0, 10)
        pm.Deterministic("logit_at_3", intercept + 3 * slope)
        pm.Bernoulli("y", logit_p=intercept + slope * TIED_X, observed=TIED_Y)
    return model


def quasi_tied_known() -> Answers:
    X = np.column_stack([np.ones(7), TIED_X])
    mode = zero_of(lambda b: X.T @ (TIED_Y - special.expit(X @ b)) - b / 100, [-8, 3.0])
    return {
        ("mle", "logit_at_3"): np.log(2),
        ("map", "intercept"): mode[0], ("map", "slope"): mode[1],
        ("map", "logit_at_3"): mode[0] + 3 * mode[1],
    }  # fmt: skip


APART_X = np.array([-2.0, 0.95, 1.0, 1.05, 4.0])
APART_Y = np.array([0, 0, 3, 5, 5])


def far_apart() -> pm.Model:
    with pm.Model() as model:
        intercept, slope = pm.Flat("intercept"), pm.Flat("slope")
        pm.Deterministic("logit_at_1", intercept + slope)
        pm.Binomial("y", n=5, logit_p=intercept + slope * APART_X, observed=APART_Y)
    return model


GROUP = np.repeat([0, 1, 2], 4)
EVENTS = np.array([3, 5, 2, 4, 7, 6, 9, 8, 0, 0, 0, 0])


def empty_group() -> pm.Model:
    with pm.Model(coords={"level": ["a", "b", "c"]}) as model:
        beta = pm.Normal("beta", 0, 5, dims="level")
        X = np.column_stack([np.ones(12), GROUP == 1, GROUP == 2]).astype(float)
        pm.Poisson("y", pm.math.exp(X @ beta), observed=EVENTS)
    return model


def empty_group_known() -> Answers:
    X = np.column_stack([np.ones(12), GROUP == 1, GROUP == 2]).astype(float)
    mode = zero_of(lambda b: X.T @ (EVENTS - np.exp(X @ b)) - b / 25, [1.2, 0.7, -4])
    return {
        ("mle", "beta"): np.array([np.log(3.5), np.log(7.5 / 3.5), np.nan]),
        ("map", "beta"): mode,
    }


def two_empty_groups() -> pm.Model:
    level = np.repeat([0, 1, 2], 3)
    with pm.Model(coords={"level": ["a", "b", "c"]}) as model:
        base = pm.Normal("base", 0, 3)
        effect = pm.Normal("effect", 0, 3, shape=2)
        pm.Deterministic("third", base + effect[1])
        eta = base + pm.math.stack([0.0, effect[0], effect[1]])[level]
        pm.Poisson("y", pm.math.exp(eta), observed=np.array([0, 0, 0, 0, 0, 0, 3, 1, 2]))
    return model


def log_rate() -> pm.Model:
    with pm.Model() as model:
        eta = pm.Normal("eta", 0, 2)
        pm.Poisson("y", pm.math.exp(eta), observed=np.zeros(4, int))
    return model


def log_odds() -> pm.Model:
    with pm.Model() as model:
        eta = pm.Normal("eta", 0, 1.5)
        pm.Binomial("y", n=12, logit_p=eta, observed=12)
    return model


def censored_scale() -> pm.Model:
    alive = np.array([2.0, 3.0, 5.0])
    with pm.Model() as model:
        mean = pm.HalfNormal("mean", 50)
        pm.Censored("y", pm.Exponential.dist(scale=mean), lower=None, upper=alive, observed=alive)
    return model


LIGHT = np.linspace(-3.0, 5.0, 25)


def student(y: np.ndarray) -> Callable[[], pm.Model]:
    """Student errors, nu bounded below by one so that the likelihood is bounded."""

    def build() -> pm.Model:
        with pm.Model() as model:
            mu = pm.Flat("mu")
            sigma = pm.HalfFlat("sigma")
            excess = pm.Exponential("excess", 1 / 10)
            nu = pm.Deterministic("nu", 1 + excess)
            pm.StudentT("y", nu=nu, mu=mu, sigma=sigma, observed=y)
        return model

    return build


def student_nu_score(nu: float, y: np.ndarray, rate: float) -> tuple[float, float]:
    """Return the profile score by nu at the centre of symmetric data, and its sigma."""
    centred = y - y.mean()

    def sigma_score(sigma: float) -> float:
        z2 = (centred / sigma) ** 2
        return float(np.mean((nu + 1) * z2 / (nu + z2)) - 1)

    sigma = root_of(sigma_score, y.std() / 50, 2 * y.std())
    z2 = (centred / sigma) ** 2
    terms = (
        special.digamma((nu + 1) / 2) - special.digamma(nu / 2) - 1 / nu
        - np.log1p(z2 / nu) + (nu + 1) / (nu + z2) * z2 / nu
    )  # fmt: skip
    return 0.5 * float(np.sum(terms)) - rate, sigma


def student_answers(y: np.ndarray, rate: float, high: float, method: str) -> Answers:
    """Solve for symmetric data, whose centre is the mean; the prior on nu is exponential."""
    nu = root_of(lambda v: student_nu_score(v, y, rate)[0], 1.001, high)
    sigma = student_nu_score(nu, y, rate)[1]
    return same({"mu": y.mean(), "sigma": sigma, "excess": nu - 1, "nu": nu}, (method,))


def heavy(nu: float = 3) -> np.ndarray:
    return np.asarray(stats.t.ppf((np.arange(40) + 0.5) / 40, nu))


UNDER = np.array([4, 5, 5, 6, 5, 4, 6, 5])


def underdispersed() -> pm.Model:
    with pm.Model() as model:
        mu = pm.HalfFlat("mu")
        alpha = pm.Exponential("alpha", 0.5)
        pm.NegativeBinomial("y", mu=mu, alpha=alpha, observed=UNDER)
    return model


def underdispersed_known() -> Answers:
    m = UNDER.mean()

    def score(a: float) -> float:
        gain = special.digamma(UNDER + a) - special.digamma(a)
        return float(np.sum(gain) + UNDER.size * np.log(a / (a + m)) - 0.5)

    return {
        ("mle", "mu"): m, ("map", "mu"): m, ("map", "alpha"): root_of(score, 1e-3, 1e3),
    }  # fmt: skip


def empty_top() -> pm.Model:
    y = np.repeat([0, 1], [6, 4])
    with pm.Model(coords={"cut": ["low", "high"]}) as model:
        cuts = pm.Normal(
            "cuts", 0, 5, dims="cut", transform=pm.distributions.transforms.ordered,
            initval=[-1.0, 1.0],
        )  # fmt: skip
        pm.OrderedLogistic("y", 0.0, cuts, observed=y, compute_p=False)
    return model


def rises(point: Callable[[float], dict[str, Any]], **span: float) -> tuple[Along, ...]:
    return (Along("mle", FAR, point, **span),)


def partial_likelihood() -> pm.Model:
    with pm.Model() as model:
        hazard = pm.Normal("hazard", 0, 2)
        risk = hazard * np.array([1.0, 1.0, 1.0, 0.0, 0.0])
        at_risk = [pm.math.logsumexp(risk[i:]) for i in range(5)]
        pm.Potential("partial", sum(risk[i] - at_risk[i] for i in range(5)))
    return model


def partial_known() -> Answers:
    def score(b: float) -> float:
        e = np.exp(b)
        return float(sum(1 - k * e / (k * e + 2) for k in (3, 2, 1)) - b / 4)

    return {("map", "hazard"): root_of(score, 0.1, 10.0)}


STEP_AT = np.arange(10.0)
STEPPED = np.where(STEP_AT < 5, 0.0, 3.0) + 0.3 * np.random.default_rng(2).normal(size=10)


def steep_step() -> pm.Model:
    with pm.Model() as model:
        steepness = pm.HalfNormal("steepness", 10)
        when = pm.Normal("when", 4.5, 3)
        low, rise = pm.Normal("low", 0, 3), pm.Normal("rise", 0, 3)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", low + rise * pm.math.sigmoid(steepness * (STEP_AT - when)), sigma, observed=STEPPED)
    return model


def step_levels() -> tuple[float, float, float, float]:
    """Return the two levels, sigma, and the share of the step that the datum at 4 has taken."""
    low, high = STEPPED[:4].mean(), STEPPED[5:].mean()
    inside = low < STEPPED[4] < high
    assert inside, "the datum on the step would not be met"
    residual = np.where(STEP_AT < 4, STEPPED - low, np.where(STEP_AT > 4, STEPPED - high, 0.0))
    return low, high - low, float(np.sqrt(np.mean(residual**2))), (STEPPED[4] - low) / (high - low)


def steeper(t: float) -> dict[str, Any]:
    low, rise, sigma, share = step_levels()
    return {"steepness": np.exp(t), "when": 4 - special.logit(share) * np.exp(-t),
            "low": low, "rise": rise, "sigma": sigma}  # fmt: skip


def step_known() -> Answers:
    low, rise, sigma, _ = step_levels()
    return {("mle", "low"): low, ("mle", "rise"): rise, ("mle", "sigma"): sigma}


def ordered_apart() -> pm.Model:
    with pm.Model() as model:
        slope = pm.Normal("slope", 0, 2)
        cuts = pm.Normal("cuts", 0, 5, shape=2, transform=pm.distributions.transforms.ordered, initval=[-1.0, 1.0])
        grades = np.repeat([0, 1, 2], 3)
        spread = np.array([-3.0, -2.0, -1.5, 0.0, 0.2, 0.3, 2.0, 3.0, 4.0])
        pm.OrderedLogistic("y", eta=slope * spread, cutpoints=cuts, observed=grades, compute_p=False)
    return model


SPREAD = np.array([0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 4.0])


def truncated_spread() -> pm.Model:
    with pm.Model() as model:
        mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
        pm.Truncated("y", pm.Normal.dist(mu, sigma), lower=0, observed=SPREAD)
    return model


def to_the_exponential(t: float) -> dict[str, Any]:
    return {"mu": -np.exp(2 * t) / SPREAD.mean(), "sigma": np.exp(t)}


CASES = (
    Case("complete_separation", complete, {"mle": FAR}, known=complete_known,
         note="Doses 1-3 live and 6-9 die: any line between them, made steeper, is better.",
         along=rises(lambda t: {"intercept": -4.5 * t, "slope": t})),
    Case("quasi_separation", quasi, {"mle": {"beta": {"treated": FAR}}}, known=quasi_known,
         note="All treated are cured: their coefficient diverges, the rest fits the untreated.",
         along=rises(lambda t: {"beta": np.append(quasi_limit(), 2 * t)})),
    Case("quasi_separation_centred", quasi_centred,
         {m: {"middle": FAR, "slope": {"treated": FAR}} for m in ("mle", "map")},
         known=lambda: {(m, name): value for m in ("mle", "map") for name, value in (
             ("intercept", quasi_limit()[0]), ("slope", np.array([quasi_limit()[1], np.nan])))},
         note="After centring, intercept and treated diverge together; on the user's scale only treated.",
         along=rises(quasi_centred_ray)),
    Case("quasi_separation_at_a_tie", quasi_tied,
         {"mle": {"intercept": FAR, "slope": FAR}}, known=quasi_tied_known,
         note="Outcomes overlap at x = 3 alone: the line turns about log-odds log 2 there.",
         along=rises(lambda t: {"intercept": np.log(2) - 6 * t, "slope": 2 * t})),
    Case("quasi_separation_far_apart", far_apart,
         {m: {"intercept": FAR, "slope": FAR} for m in ("mle", "map")},
         known=lambda: {(m, "logit_at_1"): np.log(1.5) for m in ("mle", "map")},
         note="Overlap at x = 1 alone, its neighbours near: far off exp overflows before the slope has settled.",
         along=rises(lambda t: {"intercept": np.log(1.5) - 20 * t, "slope": 20 * t})),
    Case("poisson_empty_group", empty_group, {"mle": {"beta": {"c": FAR}}},
         known=empty_group_known,
         note="No event at level c: its log rate goes to minus infinity, others are log means.",
         along=rises(lambda t: {"beta": np.array([np.log(3.5), np.log(7.5 / 3.5), -t])})),
    Case("two_empty_groups", two_empty_groups, {"mle": {"base": FAR, "effect": FAR}},
         known=lambda: {("mle", "third"): np.log(2.0)},
         note="Both log rates go to minus infinity, and nothing is known of their difference.",
         along=rises(lambda t: {"base": -t, "effect": np.array([0.3, np.log(2.0) + t])})),
    Case("log_rate_of_zero_counts", log_rate, {"mle": FAR},
         known=lambda: {("map", "eta"): root_of(lambda e: -4 * np.exp(e) - e / 4, -10, 0)},
         note="The rate's zero lies at minus infinity on the log scale.",
         along=rises(lambda t: {"eta": -t})),
    Case("log_odds_of_all_successes", log_odds, {"mle": FAR},
         known=lambda: {
             ("map", "eta"): root_of(lambda e: 12 * special.expit(-e) - e / 2.25, 0, 20)},
         note="The proportion's one lies at infinity on the logit scale.",
         along=rises(lambda t: {"eta": t})),
    Case("mean_of_censored_times", censored_scale, {"mle": FAR},
         known=lambda: {("map", "mean"): (10 * 2500) ** (1 / 3)},
         note="-10/mean rises to zero; with the half-normal, 10/m^2 = m/2500.",
         along=rises(lambda t: {"mean": np.exp(t)})),
    Case("student_light_tails", student(LIGHT), {"mle": {"excess": FAR, "nu": FAR}},
         known=lambda: {**same({"mu": LIGHT.mean(), "sigma": LIGHT.std()}, ("mle",)),
                        **student_answers(LIGHT, 0.1, 500.0, "map")},
         note="Evenly spread data have lighter tails than the normal, the limit as nu grows.",
         along=rises(lambda t: {"mu": LIGHT.mean(), "sigma": LIGHT.std(), "excess": np.exp(t)},
                     start=3.0, stop=12.0)),
    Case("student_heavy_tails", student(heavy()), {},
         known=lambda: {**student_answers(heavy(), 0.0, 50.0, "mle"),
                        **student_answers(heavy(), 0.1, 50.0, "map")},
         note="Quantiles of the t with three degrees of freedom: an interior nu."),
    Case("student_tails_beyond_the_edge", student(heavy(0.6)),
         {m: {"excess": "at_boundary", "nu": "at_boundary"} for m in ("mle", "map")},
         known=lambda: same({"mu": 0.0, "sigma": student_nu_score(1.0, heavy(0.6), 0.0)[1], "nu": 1.0}),
         note="Tails heavier than Cauchy's, and nu at least one: the Cauchy is the best of those allowed.",
         along=tuple(Along(m, "at_boundary", lambda t: {
             "mu": 0.0, "sigma": student_nu_score(1.0, heavy(0.6), 0.0)[1], "excess": np.exp(-t)})
             for m in ("mle", "map"))),
    Case("negative_binomial_underdispersed", underdispersed, {"mle": {"alpha": FAR}},
         known=underdispersed_known,
         note="The variance is below the mean: no finite alpha (Levin and Reeds 1977).",
         along=rises(lambda t: {"mu": UNDER.mean(), "alpha": np.exp(t)}, start=3.0, stop=12.0)),
    Case("empty_top_category", empty_top, {"mle": {"cuts": {"high": FAR}}},
         known=lambda: {("mle", "cuts"): np.array([np.log(1.5), np.nan])},
         note="Nobody answered the top category: its cut point goes off, the other is a logit.",
         along=rises(lambda t: {"cuts": np.array([np.log(1.5), 1 + 2 * t])})),
    Case("partial_likelihood", partial_likelihood, {"mle": FAR}, known=partial_known,
         options={"likelihood": ("partial",)},
         note="Those at higher risk all die first: the partial likelihood rises with the hazard.",
         along=rises(lambda t: {"hazard": 2 * t})),
    Case("steep_step", steep_step, {"mle": {"steepness": FAR}}, known=step_known,
         estimands=("steepness", "low", "rise", "sigma"),
         note="One datum lies on the step and is met exactly however steep, as the step moves towards it.",
         along=(Along("mle", FAR, steeper, start=1.0, stop=3.0),)),
    Case("ordered_classes_apart", ordered_apart, {"mle": FAR},
         note="Three grades that a line orders without overlap.",
         along=rises(lambda t: {"slope": 3 * t, "cuts": np.array([-2.25, 3.45]) * t})),
    Case("truncated_normal_of_wide_spread", truncated_spread, {m: FAR for m in BOTH},
         note="Spread wider than the mean: the exponential is the best of the family, and its limit.",
         along=tuple(Along(m, FAR, to_the_exponential, start=0.0, stop=5.0) for m in BOTH)),
)  # fmt: skip
