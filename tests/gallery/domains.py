"""Parameters that a link or another parameter bounds, and places far from where a model starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from scipy import special, stats

from .case import BOTH, Along, Answers, Case, Near, root_of, same, zero_of

EDGE, FAR, UP = "at_boundary", "at_infinity", "unbounded"

DOSE = np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0])
EVENTS = np.array([2, 1, 4, 5, 4, 8, 6, 9])
PRIOR_SD = 5.0


def poisson_line() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.Normal("a", 1, PRIOR_SD), pm.Normal("b", 1, PRIOR_SD)
        pm.Poisson("y", a + b * DOSE, observed=EVENTS)
    return model


def poisson_line_known() -> Answers:
    X = np.column_stack([np.ones(DOSE.size), DOSE])

    def score(beta: np.ndarray, pull: float) -> Any:
        return X.T @ (EVENTS / (X @ beta) - 1) - pull * (beta - 1) / PRIOR_SD**2

    found = {
        method: zero_of(lambda b, p=pull: score(b, p), [0.5, 2.0]) for method, pull in zip(BOTH, (0, 1), strict=True)
    }
    return {(method, name): found[method][i] for method in BOTH for i, name in enumerate("ab")}


SHARE = stats.beta.ppf((np.arange(1, 13) - 0.5) / 12, 20 * np.linspace(0.25, 0.65, 12)[::-1], 12)
PLACE = np.linspace(0, 1, 12)


def beta_line() -> pm.Model:
    with pm.Model() as model:
        a, b, nu = pm.Normal("a", 0.5, 1), pm.Normal("b", 0, 1), pm.HalfFlat("nu")
        pm.Beta("y", mu=a + b * PLACE, nu=nu, observed=SHARE)
    return model


def beta_line_known() -> Answers:
    def score(at: np.ndarray) -> Any:
        a, b, nu = at
        mu = a + b * PLACE
        by_mu = nu * (np.log(SHARE / (1 - SHARE)) - special.digamma(mu * nu) + special.digamma((1 - mu) * nu))
        by_nu = (
            special.digamma(nu)
            - mu * (special.digamma(mu * nu) - np.log(SHARE))
            - (1 - mu) * (special.digamma((1 - mu) * nu) - np.log1p(-SHARE))
        )
        return np.array([by_mu.sum(), by_mu @ PLACE, by_nu.sum()])

    return {
        ("mle", name): value for name, value in zip(("a", "b", "nu"), zero_of(score, [0.5, 0.2, 30.0]), strict=True)
    }


ARM = np.repeat([0.0, 1.0], 10)
REPLIES = np.r_[np.zeros(10, int), np.repeat([1, 0], [4, 6])]


def linear_probability() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.Normal("a", 0.5, 1), pm.Normal("b", 0, 1)
        pm.Bernoulli("y", p=a + b * ARM, observed=REPLIES)
    return model


HIGH, LOW = np.array([0.7, 0.75]), np.array([0.5, 0.45])


def bound_by_another() -> pm.Model:
    with pm.Model() as model:
        a = pm.Uniform("a", 0, 1)
        b = pm.Uniform("b", a, 1)
        pm.Normal("high", a, 0.1, observed=HIGH)
        pm.Normal("low", b, 0.1, observed=LOW)
    return model


COUNTS = np.array([6, 4, 0, 0, 0])
UNSEEN = {m: {"p": {"c": EDGE, "d": EDGE, "e": EDGE}} for m in BOTH}


def several_unseen() -> pm.Model:
    with pm.Model(coords={"category": list("abcde")}) as model:
        p = pm.Dirichlet("p", np.ones(5), dims="category")
        pm.Multinomial("y", 10, p, observed=COUNTS)
    return model


def to_the_faces(t: float) -> dict[str, Any]:
    rest = np.exp(-t) * np.array([1.0, 2.0, 3.0]) / 10
    return {"p": np.r_[(1 - rest.sum()) * np.array([0.6, 0.4]), rest]}


def far_above() -> pm.Model:
    with pm.Model() as model:
        rate = pm.LogNormal("rate", 0, 10)  # its mean, where PyMC starts, is exp(50)
        pm.Poisson("y", rate, observed=[3, 5, 2])
    return model


CONVEX = 2 * DOSE + 0.1 * DOSE**2


def saturating() -> pm.Model:
    with pm.Model() as model:
        top, half = pm.HalfFlat("top"), pm.HalfFlat("half")
        pm.Normal("y", top * DOSE / (half + DOSE), pm.HalfFlat("sigma"), observed=CONVEX)
    return model


SLOPE = float(DOSE @ CONVEX / (DOSE @ DOSE))
LINE_SD = float(np.sqrt(np.mean((CONVEX - SLOPE * DOSE) ** 2)))


def steep_dose() -> pm.Model:
    with pm.Model() as model:
        steep, middle = pm.HalfFlat("steep"), pm.HalfFlat("middle")
        pm.Normal("y", 1 / (1 + (middle / DOSE) ** steep), 0.1, observed=(DOSE > 2.2).astype(float))
    return model


def gamma_half_slope() -> pm.Model:
    with pm.Model() as model:
        b, sigma = pm.Gamma("b", 0.5, 1), pm.HalfFlat("sigma")
        pm.Normal("y", b * DOSE, sigma, observed=CONVEX)
    return model


LEFT, RIGHT = np.array([0.5, 1, 1, 2, 2, 3, 4, 0.5]), np.array([1.0, 2, 3, 3, 4, 5, 6, 2])


def between_visits() -> pm.Model:
    with pm.Model() as model:
        shape, scale = pm.HalfFlat("shape"), pm.HalfFlat("scale")
        survived = [pt.exp(-((t / scale) ** shape)) for t in (LEFT, RIGHT)]
        pm.Potential("visits", pt.log(survived[0] - survived[1]))
    return model


def between_visits_known() -> Answers:
    def score(log: np.ndarray) -> Any:
        shape, scale = np.exp(log)
        s, by_shape, by_scale = [], [], []
        for t in (LEFT, RIGHT):
            power = (t / scale) ** shape
            s.append(np.exp(-power))
            by_shape.append(-s[-1] * power * np.log(t / scale) * shape)
            by_scale.append(s[-1] * power * shape)
        p = s[0] - s[1]
        return np.array([np.sum((d[0] - d[1]) / p) for d in (by_shape, by_scale)])

    return same(dict(zip(("shape", "scale"), np.exp(zero_of(score, [0.5, 1.0])), strict=True)))


FIRST, SECOND = np.repeat([0, 0, 1, 1], 10), np.tile(np.repeat([0, 1], 10), 2)
CURED = np.r_[np.repeat([1, 0], [4, 6]), np.repeat([1, 0], [6, 4]), np.repeat([1, 0], [5, 5]), np.ones(10, int)]


def interaction() -> pm.Model:
    design = np.column_stack([np.ones(40), FIRST, SECOND, FIRST * SECOND])
    with pm.Model(coords={"term": ["one", "first", "second", "both"]}) as model:
        beta = pm.Normal("beta", 0, 5, dims="term")
        pm.Bernoulli("y", logit_p=design @ beta, observed=CURED)
    return model


def interaction_limit(t: float) -> dict[str, Any]:
    logits = np.log([4 / 6, 6 / 4, 1.0])
    return {"beta": np.array([logits[0], logits[2] - logits[0], logits[1] - logits[0], t])}


def complementary() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.Normal("a", 0, 10), pm.Normal("b", 0, 10)
        pm.Bernoulli("y", p=1 - pt.exp(-pt.exp(a + b * DOSE)), observed=(DOSE > 2.2).astype(int))
    return model


DAYS, UNTIL = np.array([1.0, 2.0, 3.0, 5.0]), np.array([1.0, 2.0, 3.0, np.inf])


def last_alone() -> pm.Model:
    with pm.Model() as model:
        shape, scale = pm.HalfNormal("shape", 5), pm.HalfNormal("scale", 10)
        pm.Censored("y", pm.Weibull.dist(shape, scale), lower=None, upper=UNTIL, observed=DAYS)
    return model


DRAWN = np.array([1.2, 2.9, 1.9, 3.4, 2.2])


def both_ends() -> pm.Model:
    with pm.Model() as model:
        low, width = pm.Normal("low", 0, 10), pm.HalfFlat("width")
        pm.Uniform("y", low, low + width, observed=DRAWN)
    return model


KINDS = np.repeat([0, 1], [6, 4])


def shares_by_hand() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.Uniform("a", 0, 1), pm.Uniform("b", 0, 1)
        pm.Categorical("y", p=pt.stack([a, b, 1 - a - b]), observed=KINDS)
    return model


LEVELS, SICK = np.repeat([0.0, 1, 2, 3], 25), np.concatenate([np.repeat([1, 0], [k, 25 - k]) for k in (0, 3, 5, 9)])


def risk_difference() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.Normal("a", 0.1, 0.5), pm.Normal("b", 0, 0.5)
        pm.Bernoulli("y", p=a + b * LEVELS, observed=SICK)
    return model


def risk_known() -> Answers:
    """Return what is best on the edge a = 0; the score of a is negative there."""
    b = root_of(lambda b: 17 / b - 22 / (1 - b) - 40 / (1 - 2 * b) - 48 / (1 - 3 * b), 1e-3, 0.3)
    return {("mle", "a"): Near(0.0, atol=1e-12), ("mle", "b"): b}


def log_binomial() -> pm.Model:
    with pm.Model() as model:
        a, b = pm.Normal("a", -1, 2), pm.Normal("b", 0, 2)
        pm.Bernoulli("y", p=pt.exp(a + b * ARM), observed=np.r_[np.repeat([1, 0], [3, 7]), np.ones(10, int)])
    return model


SPAN = np.array([0.4, 1.1, 1.9, 2.3, 3.2, 5.9])


def ends_without_prior() -> pm.Model:
    with pm.Model() as model:
        low, high = pm.Flat("low", initval=-3.0), pm.Flat("high", initval=9.0)
        pm.Uniform("y", low, high, observed=SPAN)
    return model


def centre_and_half() -> pm.Model:
    with pm.Model() as model:
        centre, half = pm.Flat("centre"), pm.HalfFlat("half", initval=20.0)
        pm.Uniform("y", centre - half, centre + half, observed=SPAN)
    return model


CASES = (
    Case("poisson_identity_link", poisson_line, {}, known=poisson_line_known,
         note="Where the line is negative the density is zero; the maximum is inside."),
    Case("beta_identity_link", beta_line, {}, known=beta_line_known,
         note="The mean is a line, not a logit: beyond (0, 1) the density is zero."),
    Case("linear_probability_edge", linear_probability, {m: {"a": EDGE} for m in BOTH}, smooth=False,
         note="No reply at x = 0: a is best at zero, where the probability ends; a + b is the share at x = 1.",
         known=lambda: {("mle", "a"): Near(0.0, atol=1e-12), ("mle", "b"): 0.4, ("map", "a"): Near(0.0, atol=1e-12)},
         along=(Along("mle", EDGE, lambda t: {"a": np.exp(-t) / 9, "b": 0.4 - np.exp(-t) / 9}),)),
    Case("both_ends_of_a_uniform", both_ends, {m: EDGE for m in BOTH}, smooth=False,
         note="width^-n down to the range, the lower end on the smallest datum: a corner of the domain.",
         known=lambda: same({"low": DRAWN.min(), "width": np.ptp(DRAWN)}),
         along=tuple(Along(m, EDGE, lambda t: {"low": 1.2 - np.exp(-t), "width": 2.2 + 2 * np.exp(-t)}, stop=14.0)
                     for m in BOTH)),
    Case("shares_by_hand", shares_by_hand, {m: EDGE for m in BOTH},
         note="No third kind was seen: the shares of the others sum to one, on a slanted edge.",
         known=lambda: same({"a": Near(0.6, atol=1e-6), "b": Near(0.4, atol=1e-6)}), smooth=False,
         along=tuple(Along(m, EDGE, lambda t: {"a": 0.6 - np.exp(-t) / 9, "b": 0.4 - np.exp(-t) / 9}) for m in BOTH)),
    Case("risk_difference", risk_difference, {m: {"a": EDGE} for m in BOTH}, known=risk_known, smooth=False,
         note="None is sick at level 0: the line starts at zero risk. Newton's steps lead out of the domain.",
         along=(Along("mle", EDGE, lambda t: {"a": np.exp(-t) / 9, "b": risk_known()["mle", "b"]}),)),
    Case("log_binomial_edge", log_binomial, {m: EDGE for m in BOTH}, smooth=False,
         note="All of one arm respond: their log risk is zero, a + b = 0.",
         known=lambda: {("mle", "a"): np.log(0.3), ("mle", "b"): -np.log(0.3)},
         along=(Along("mle", EDGE, lambda t: {"a": np.log(0.3), "b": -np.log(0.3) - np.exp(-t)}),)),
    Case("bound_by_another", bound_by_another, {"mle": {"b": EDGE}, "map": UP},
         note="Reversed means tie at their common one, b on its bound a; the prior 1/(1 - a) has no limit at one.",
         known=lambda: {("mle", "a"): 0.6, ("mle", "b"): 0.6},
         along=(Along("mle", EDGE, lambda t: {"a": 0.6 - np.exp(-t) / 9, "b": 0.6 + np.exp(-t) / 9}),
                Along("map", UP, lambda t: {"a": 1 - np.exp(-t), "b": 1 - np.exp(-t) / 2}, start=6.0))),
    Case("several_categories_unseen", several_unseen, UNSEEN, known=lambda: same({"p": COUNTS / 10}),
         note="Shares are counts over n; three are zero.",
         along=tuple(Along(m, EDGE, to_the_faces) for m in BOTH)),
    Case("start_far_above", far_above, {},
         note="The root of 10/r - 3 - prior'; the ascent begins at exp(50).",
         known=lambda: {("mle", "rate"): 10 / 3, ("map", "rate"): root_of(
             lambda r: 10 / r - 3 - 1 / r - np.log(r) / (100 * r), 1, 10)}),
    Case("saturation_not_seen", saturating, {m: {"top": FAR, "half": FAR} for m in BOTH},
         known=lambda: same({"sigma": LINE_SD}), elsewhere={m: {"top": SLOPE * 1e9, "half": 1e9} for m in BOTH},
         note="The response bends upwards: the best saturating curve is the line, top and half without end.",
         along=tuple(Along(m, FAR, lambda t: {"top": SLOPE * (np.exp(t) + 2.9), "half": np.exp(t), "sigma": LINE_SD},
                           start=4.0) for m in BOTH)),
    Case("steep_dose_response", steep_dose, {m: {"steep": FAR, "middle": "not_identified"} for m in BOTH},
         note="None below a dose, all above it: a steeper curve is nearer to both, wherever between the two it lies.",
         along=(*(Along(m, FAR, lambda t: {"steep": 10 * t, "middle": 2.2}) for m in BOTH),
                *(Along(m, "not_identified", lambda t: {"steep": 1e4, "middle": 2.15 + t / 50}) for m in BOTH))),
    Case("gamma_half_on_a_slope", gamma_half_slope, {"map": UP},
         known=lambda: {("mle", "b"): SLOPE, ("mle", "sigma"): LINE_SD},
         note="b^(-1/2) has no limit at b = 0, far from the data's slope; the likelihood there is finite.",
         along=(Along("map", UP, lambda t: {"b": np.exp(-t), "sigma": 5.0}, start=8.0, stop=18.0),)),
    Case("interval_censored_weibull", between_visits, {}, options={"likelihood": ("visits",)},
         known=between_visits_known, note="Differences of survival, from two functions that both may vanish."),
    Case("all_cured_in_one_cell", interaction, {"mle": {"beta": {"both": FAR}}},
         note="Four cells, one with cures alone: the interaction diverges, the rest are logits of the others.",
         known=lambda: {("mle", "beta"): np.append(interaction_limit(0)["beta"][:3], np.nan)},
         along=(Along("mle", FAR, interaction_limit),)),
    Case("complementary_log_log_separation", complementary, {"mle": FAR},
         note="Every dose above 2.2 responds, none below.",
         along=(Along("mle", FAR, lambda t: {"a": -2.25 * t, "b": t}, start=1.0, stop=30.0),)),
    Case("last_event_alone", last_alone, {"mle": UP},
         note="The one event is the last: with the scale on it, shape / scale gains one a log unit; censored earlier.",
         along=(Along("mle", UP, lambda t: {"shape": np.exp(t), "scale": 5.0}, start=4.0, stop=14.0),)),
    Case("both_ends_without_prior", ends_without_prior, {m: EDGE for m in BOTH}, smooth=False,
         known=lambda: same({"low": SPAN.min(), "high": SPAN.max()}),
         note="Inside its domain the likelihood knows the difference alone; its ends tell both."),
    Case("centre_and_half_width", centre_and_half, {m: EDGE for m in BOTH}, smooth=False,
         known=lambda: same({"centre": np.ptp(SPAN) / 2 + SPAN.min(), "half": np.ptp(SPAN) / 2}),
         note="Where it is defined the likelihood does not change with the centre; the shortest interval has one."),
)  # fmt: skip
