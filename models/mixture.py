"""A likelihood without a maximum: two normal components with unequal variances.

Put one mean on an observation and let its standard deviation go to zero: the likelihood rises
without limit (Kiefer & Wolfowitz 1956, Ann. Math. Stat. 27, p. 887; Day 1969, "Estimating the
components of a mixture of normal distributions", Biometrika 56(3), p. 463), at a rate that is the
number m of observations tied there. A prior closes that path when it vanishes faster than sigma^m:
the inverse-gamma does for every m, the half-normal for none.

The variable is the petal length of 150 irises (Anderson 1935, Fisher 1936; as shipped by
scikit-learn), in centimetres to the nearest millimetre, so many are tied. It is bimodal because one
of the three species has short petals. The components are exchangeable in the model, and sorted by
their means in every panel.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, between, claim, equal
from triptych.problem.scenario import Data, Figure, Relabel, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

NAMES = ("w", "mu", "sigma")
WEIGHTS, CENTRE, CENTRE_SD = (2.0, 2.0), 3.5, 2.0
INVERSE_GAMMA, HALF_NORMAL_SD = (3.0, 1.0), 1.0  # the two priors of the standard deviations
COMPONENTS = ["short", "long"]
CAPS = (1e-5, 0.1, 0.2)  # cm, below which standard deviations may not go: low, middle, high


def data() -> Data:
    """Return petal lengths in centimetres."""
    from sklearn.datasets import load_iris

    return _petals(load_iris().data[:, 2])


def _petals(length: np.ndarray) -> Data:
    return Data({"length": length}, dims={"length": ("flower",)}, coords={"component": COMPONENTS})


def model(data: Data, prior: str = "inverse_gamma", centre_sd: Any = CENTRE_SD) -> None:
    """Two exchangeable normal components; the settings are the priors of their standard deviations and means."""
    import pymc as pm

    w = pm.Dirichlet("w", np.array(WEIGHTS), dims="component")
    # Just off the saddle where both components are one; a chain may settle on either labelling.
    mu = pm.Normal("mu", CENTRE, centre_sd, dims="component", initval=CENTRE + np.array([-0.1, 0.1]))
    if prior == "inverse_gamma":
        sigma = pm.InverseGamma("sigma", *INVERSE_GAMMA, dims="component")
    else:
        sigma = pm.HalfNormal("sigma", HALF_NORMAL_SD, dims="component")
    pm.NormalMixture("y", w, mu, sigma, observed=data.length)


def simulate(
    rng: np.random.Generator, n: int = 400, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw lengths of two components, by default well separated, not rounded."""
    own = {"w": [0.3, 0.7], "mu": [1.5, 5.0], "sigma": [0.2, 0.8]}
    true = {name: np.asarray(value, dtype=float) for name, value in overridden(own, truth).items()}
    short = rng.random(n) < true["w"][0]
    one, other = (rng.normal(true["mu"][k], true["sigma"][k], n) for k in range(2))
    return _petals(np.where(short, one, other)), true


def _spike(solved: Any, at: float, log_sd: float) -> np.ndarray:
    """Return log-likelihood and log-prior with the first component narrow and on ``at``.

    The second component has mean and standard deviation of all the data, and half of the weight.
    """
    start = {block.variable.name: block.start for block in solved.engine.blocks}
    z, y = solved.engine.graph.start.copy(), solved.data.length  # sigma stands in z as its logarithm
    z[start["mu"] : start["mu"] + 2] = at, y.mean()
    z[start["sigma"] : start["sigma"] + 2] = log_sd, np.log(y.std())
    return np.asarray(solved.engine.value(z))


def _slopes(solved: Any, log_sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what log-likelihood and log-prior gain over the next unit of log(1/sigma), and the ties, per value."""
    values, ties = np.unique(solved.data.length, return_counts=True)
    return np.array([_spike(solved, v, log_sd - 1) - _spike(solved, v, log_sd) for v in values]), ties


def _interior(solved: Any) -> dict[str, np.ndarray]:
    """Return the best interior local maximum of the likelihood: it stands in optima, not in estimates."""
    rows = [r for r in solved.panels["mle"].optima if r.reason.startswith("local maximum 1,")]
    return {name: np.array([r.estimate for r in rows if r.estimand == name]) for name in NAMES}


def _interior_height(solved: Any) -> float:
    """Return the log-likelihood at the best interior local maximum."""
    from scipy.stats import norm

    best = _interior(solved)
    return float(np.log(norm.pdf(solved.data.length[:, None], best["mu"], best["sigma"]) @ best["w"]).sum())


def _all_statuses(solved: Any, method: str) -> str:
    return ", ".join(sorted({status for name in NAMES for status in solved.statuses(method, name)}))


@claim("The log-likelihood rises by the number of flowers of length x per unit of log(1/sigma) as a component with its "
       "mean on x narrows to a standard deviation sigma of zero (largest deviation, every length x)")  # fmt: skip
def slope_is_the_ties(comparison: Any) -> Claim:
    gains, ties = _slopes(comparison["default"], -20.0)
    return at_most(float(np.max(np.abs(gains[:, 0] - ties))), 1e-6)


@claim("The MLE of every parameter of the mixture has the status unbounded")
def mle_is_unbounded(comparison: Any) -> Claim:
    return equal(_all_statuses(comparison["default"], "mle"), "unbounded")


@claim("The panel keeps a path along which the likelihood is unbounded, and the path ends with the slope of a number "
       "of flowers of one length (distance to it)")  # fmt: skip
def path_is_kept(comparison: Any) -> Claim:
    path = comparison["default"].panels["mle"].paths[0]
    slope = np.diff(path.objective[-2:]) / -np.diff(np.log(path.values[-2:]))
    ties = np.unique(comparison["default"].data.length, return_counts=True)[1]
    return at_most(float(np.min(np.abs(slope - ties))), 1e-6)


@claim("The paths of the likelihood and of the density under a half-normal prior narrow on the length that most "
       "flowers have (distance of the slopes from the number of these flowers)")  # fmt: skip
def paths_narrow_on_the_most(comparison: Any) -> Claim:
    most = np.unique(comparison["default"].data.length, return_counts=True)[1].max()
    paths = (comparison["default"].panels["mle"].paths[0], comparison["half_normal"].panels["map"].paths[0])
    slopes = [np.diff(path.objective[-2:])[0] / -np.diff(np.log(path.values[-2:]))[0] for path in paths]
    return at_most(float(np.max(np.abs(np.array(slopes) - most))), 1e-6)


@claim("The path along which the likelihood is unbounded begins at the best interior local maximum (difference in "
       "log-likelihood)")  # fmt: skip
def path_begins_at_the_interior(comparison: Any) -> Claim:
    return at_most(
        abs(comparison["default"].panels["mle"].paths[0].objective[0] - _interior_height(comparison["default"])), 1e-6
    )


@claim("The path along which the likelihood is unbounded ends above the best interior local maximum (gain in "
       "log-likelihood)")  # fmt: skip
def path_passes_the_interior(comparison: Any) -> Claim:
    return at_least(
        comparison["default"].panels["mle"].paths[0].objective[-1] - _interior_height(comparison["default"]), 1.0
    )


@claim("The best interior local maximum of the likelihood is what EM (scikit-learn) finds (largest difference, all six "
       "parameters)")  # fmt: skip
def interior_is_em(comparison: Any) -> Claim:
    from sklearn.mixture import GaussianMixture

    em = GaussianMixture(2, tol=1e-13, reg_covar=0.0, max_iter=10_000, random_state=0)
    em.fit(comparison["default"].data.length[:, None])
    order = np.argsort(em.means_[:, 0])
    theirs = {"w": em.weights_, "mu": em.means_[:, 0], "sigma": np.sqrt(em.covariances_[:, 0, 0])}
    ours = _interior(comparison["default"])
    return at_most(float(max(np.max(np.abs(ours[k] - theirs[k][order])) for k in NAMES)), 1e-6)


@claim("The best interior local maximum of the likelihood is not reported as the MLE: the MLE column holds no number "
       "(how many it holds)")  # fmt: skip
def interior_is_not_the_mle(comparison: Any) -> Claim:
    return equal(int(sum(np.isfinite(comparison["default"].values("mle", name)).sum() for name in NAMES)), 0)


@claim("Under an inverse-gamma prior the joint density falls as a component on any measured length narrows below a "
       "standard deviation of exp(-4) cm (largest change of its logarithm)")  # fmt: skip
def inverse_gamma_closes_the_path(comparison: Any) -> Claim:
    return at_most(float(max(_slopes(comparison["default"], s)[0].sum(axis=1).max() for s in (-4.0, -8.0))), 0.0)


@claim("Under an inverse-gamma prior the mixture has a mode: the MAP of every parameter has the status ok")
def inverse_gamma_has_a_mode(comparison: Any) -> Claim:
    return equal(_all_statuses(comparison["default"], "map"), "ok")


@claim("The MAP under an inverse-gamma prior is close to EM's answer, the best interior local maximum (largest "
       "difference, in posterior standard deviations)")  # fmt: skip
def mode_is_close_to_em(comparison: Any) -> Claim:
    solved, best = comparison["default"], _interior(comparison["default"])
    gaps = [np.abs(solved.values("map", k) - best[k]) / solved.std_errors("mcmc", k) for k in NAMES]
    return at_most(float(np.max(gaps)), 0.25)


@claim("The posterior means hardly depend on whether the prior of the standard deviations is inverse-gamma or "
       "half-normal (largest difference, in posterior standard deviations)")  # fmt: skip
def posterior_hardly_differs(comparison: Any) -> Claim:
    one, other = comparison["default"], comparison["half_normal"]
    gaps = [np.abs(one.values("mcmc", k) - other.values("mcmc", k)) / one.std_errors("mcmc", k) for k in NAMES]
    return at_most(float(np.max(gaps)), 0.25)


@claim("Under a half-normal prior the joint density rises at the likelihood's own slope as a component on any measured "
       "length narrows (largest difference of the slopes)")  # fmt: skip
def half_normal_leaves_it_open(comparison: Any) -> Claim:
    gains, ties = _slopes(comparison["half_normal"], -20.0)
    return at_most(float(np.max(np.abs(gains.sum(axis=1) - ties))), 1e-6)


@claim("Under a half-normal prior the mixture has no mode: the MAP of every parameter has the status unbounded")
def half_normal_has_no_mode(comparison: Any) -> Claim:
    return equal(_all_statuses(comparison["half_normal"], "map"), "unbounded")


@claim("Exchanging the labels of the two components changes neither the log-likelihood nor the log-prior (largest "
       "relative change)")  # fmt: skip
def labels_are_exchangeable(comparison: Any) -> Claim:
    engine, rng = comparison["default"].engine, np.random.default_rng(3)
    changes = []
    for z in engine.graph.start + rng.normal(0, 0.5, (50, engine.size)):
        # Two weights have one coordinate, half their log-ratio.
        other = np.concatenate([-z[:1], z[[2, 1]], z[[4, 3]]])
        here, there = engine.natural_values(z), engine.natural_values(other)
        pairs = [(here[k][::-1], there[k]) for k in NAMES] + [(engine.value(z), engine.value(other))]
        changes += [np.max(np.abs(a - b) / (1 + np.abs(a))) for a, b in pairs]
    return at_most(float(max(changes)), 1e-12)


@claim("The two components are ordered by their means in all panels (smallest distance of the two means, in cm)")
def labels_are_sorted(comparison: Any) -> Claim:
    means = [_interior(s)["mu"] for s in comparison.solutions.values()] + [comparison["default"].values("map", "mu")]
    means += [draw for s in comparison.solutions.values() for draw in s.draws("mu")]
    return at_least(float(np.min(np.diff(means, axis=1))), 0.0)


@claim("R-hat of the components' means exceeds the limit of 1.01 when labels are exchanged in every second chain of "
       "the same draws (largest R-hat)")  # fmt: skip
def rhat_without_the_rule(comparison: Any) -> Claim:
    import arviz as az

    draws = comparison["default"].panels["mcmc"].native["posterior"]["mu"].values.copy()
    draws[1::2] = draws[1::2, :, ::-1]
    return at_least(float(np.max(az.rhat(draws))), 1.01)


@claim("R-hat stays within the limit of 1.01 when the components are ordered by their means (largest R-hat)")
def rhat_with_the_rule(comparison: Any) -> Claim:
    return between(comparison["default"].panels["mcmc"].diagnostics["max_rhat"], 0.0, 1.01)


def _capped_em(y: np.ndarray, cap: float, mu: np.ndarray, sigma: np.ndarray) -> tuple[float, np.ndarray]:
    """Return where EM ends that keeps standard deviations at the cap or above: height, and rows w, mu, sigma."""
    from scipy.special import logsumexp
    from scipy.stats import norm

    w, height = np.array([0.1, 0.9]), -np.inf
    while True:
        joint = np.log(w) + norm.logpdf(y[:, None], mu, sigma)
        each = logsumexp(joint, axis=1)
        if each.sum() - height < 1e-11:
            return float(each.sum()), np.array([w, mu, sigma])
        height = float(each.sum())
        share = np.exp(joint - each[:, None])
        size = share.sum(axis=0)
        w, mu = size / y.size, share.T @ y / size
        sigma = np.maximum(np.sqrt((share * (y[:, None] - mu) ** 2).sum(axis=0) / size), cap)


@lru_cache(maxsize=8)
def _capped(cap: float) -> tuple[float, np.ndarray]:
    """Return the highest maximum of the petals' likelihood where no standard deviation is below ``cap``.

    EM starts from a component on each length, as narrow as it may be, and from two broad ones.
    """
    y = data().length
    starts = [(np.array([v, y.mean()]), np.array([cap, y.std()])) for v in np.unique(y)]
    starts.append((np.array([1.5, 5.0]), np.maximum([0.2, 0.8], cap)))
    height, at = max((_capped_em(y, cap, *start) for start in starts), key=lambda found: found[0])
    return height, at[:, np.argsort(at[1])]


@claim("Where standard deviations may not go below a cap, the likelihood's slope along everything else is zero at the "
       "maximum, for a low, a middling and a high cap, and its slope towards a smaller standard deviation on the cap "
       "is not negative (largest slope of the log-likelihood against this, per flower)")  # fmt: skip
def capped_is_stationary(comparison: Any) -> Claim:
    solved, found = comparison["default"], []
    start = {block.variable.name: block.start for block in solved.engine.blocks}
    for cap in CAPS:
        w, mu, sigma = _capped(cap)[1]
        z = np.zeros(solved.engine.size)  # half the log-ratio of the weights, means, logarithms of sigma
        z[start["w"]] = np.log(w[0] / w[1]) / 2
        z[start["mu"] : start["mu"] + 2], z[start["sigma"] : start["sigma"] + 2] = mu, np.log(sigma)
        slope = np.array(solved.engine.slopes(z)[1][0])
        # A step of mu counts in standard deviations, as one of log sigma does.
        slope[start["mu"] : start["mu"] + 2] *= sigma
        held = start["sigma"] + np.flatnonzero(sigma == cap)
        found += [*np.abs(np.delete(slope, held)), *np.maximum(slope[held], 0.0)]
    return at_most(float(max(found)) / solved.data.length.size, 1e-7)


@claim("Where standard deviations may not go below a low cap, the likelihood has a maximum with one component as "
       "narrow as it may be (its standard deviation over the cap)")  # fmt: skip
def capped_is_on_the_cap(comparison: Any) -> Claim:
    return equal(float(_capped(CAPS[0])[1][2].min() / CAPS[0]), 1.0)


@claim("Where standard deviations may not go below a low cap, the maximum of the log-likelihood is m log(1/cap) and a "
       "constant, for the m flowers of the commonest length (gain when the cap is a tenth, less m log 10)")  # fmt: skip
def height_is_the_caps(comparison: Any) -> Claim:
    ties = np.unique(comparison["default"].data.length, return_counts=True)[1].max()
    gain = _capped(CAPS[0] / 10)[0] - _capped(CAPS[0])[0]
    return at_most(abs(gain - ties * np.log(10.0)), 1e-3)


@claim("Where standard deviations may not go below a cap that is less than the narrower of EM's two components, but "
       "not too low, the maximum of the likelihood is EM's answer (largest difference of six parameters)")  # fmt: skip
def middle_cap_is_em(comparison: Any) -> Claim:
    best = _interior(comparison["default"])
    ours = np.array([best[name][np.argsort(best["mu"])] for name in NAMES])
    return at_most(float(np.max(np.abs(_capped(CAPS[1])[1] - ours))), 1e-5)


@claim("Where standard deviations may not go below a cap that is more than the narrower of EM's two components, the "
       "maximum has a component on the cap that holds more flowers than under a low cap (its weight, high cap over low "
       "cap)")  # fmt: skip
def place_depends_on_the_cap(comparison: Any) -> Claim:
    low, high = _capped(CAPS[0])[1], _capped(CAPS[2])[1]
    if high[2].min() != CAPS[2]:
        return at_least(np.nan, 2.0)
    return at_least(float(high[0, np.argmin(high[2])] / low[0, np.argmin(low[2])]), 2.0)


def blow_up(comparison: Any) -> Figure:
    """The paths along which likelihood and density rise, and the one that a prior closes."""
    free, half = comparison["default"].panels["mle"].paths[0], comparison["half_normal"].panels["map"].paths[0]
    values, ties = np.unique(comparison["default"].data.length, return_counts=True)
    at, lowest = float(values[np.argmax(ties)]), min(*free.objective, *half.objective) - 50
    log_sd = np.linspace(np.log(free.values[0]), -12, 200)
    closed = np.array([_spike(comparison["default"], at, s).sum() for s in log_sd])
    shown = closed > lowest
    return Figure(
        "The likelihood rises without limit",
        f"One component narrows on {ties.max()} flowers of {at:g} cm and the log-likelihood gains {ties.max()} for "
        "each unit of log(1/sigma), past its best interior maximum, where the paths begin on the right. A half-normal "
        "prior does not stop it; under the inverse-gamma prior (rest of the parameters held) the density falls in the "
        "end.",
        "standard deviation of the narrow component, cm",
        "log-density",
        (
            Series("likelihood", free.values, free.objective),
            Series("times half-normal prior", half.values, half.objective),
            Series("times inverse-gamma prior", np.exp(log_sd[shown]).tolist(), closed[shown].tolist()),
            Series("best interior maximum", [min(free.values), max(free.values)], [free.objective[0]] * 2),
        ),
        x_log=True,
    )


def answer(comparison: Any) -> str:
    """Say that there is no maximum, and what is reported in its place."""
    solved, best = comparison["default"], _interior(comparison["default"])
    gap = {
        m: max(float(np.max(np.abs(solved.values(m, k) - best[k]) / solved.std_errors("mcmc", k))) for k in NAMES)
        for m in ("map", "mcmc")
    }
    return (
        "Nowhere: the likelihood rises without limit as one component narrows on equal lengths. Its best interior "
        f"local maximum has means {best['mu'][0]:.2f} and {best['mu'][1]:.2f} cm; under an inverse-gamma prior the MAP "
        f"lies within {gap['map']:.2f} posterior standard deviations of it, and the posterior mean within "
        f"{gap['mcmc']:.2f}."
    )


def capping(comparison: Any) -> str:
    """Say what a cap on the standard deviations does."""
    said = []
    for cap in CAPS:
        height, (w, mu, sigma) = _capped(cap)
        k = int(np.argmin(sigma))
        said.append(
            f"with {cap:g} cm the narrow component has {w[k]:.0%} of the flowers around {mu[k]:.2f} cm and a standard "
            f"deviation of {sigma[k]:.3g} (log-likelihood {height:.1f})"
        )
    return f"The cap gives a maximum, and chooses which: {'; '.join(said)}."


def volume(comparison: Any) -> str:
    """Say why the posterior does not see the spike."""
    path = comparison["default"].panels["mle"].paths[0]
    return (
        f"Because the spike is narrow. Along the path the log-likelihood passes {path.objective[-1]:.0f} where the "
        "best interior "
        f"maximum has {path.objective[0]:.0f}, but only at a standard deviation of {path.values[-1]:.0e} cm, and in an "
        "interval as short for the mean: next to no probability."
    )


def which_prior(comparison: Any) -> str:
    """Say which priors leave a mode."""
    return (
        "One that vanishes faster than sigma to the power of the number of tied flowers: the MAP is "
        f"{_all_statuses(comparison['default'], 'map')} under the inverse-gamma, and "
        f"{_all_statuses(comparison['half_normal'], 'map')} under the half-normal."
    )


scenario = Scenario(
    name="mixture",
    question="Where is the maximum of the likelihood of two normal components?",
    source="Day (1969), Biometrika 56(3), 463-474; petal lengths of Fisher (1936), as shipped by scikit-learn",
    model=model,
    data=data,
    simulate=simulate,
    estimands=NAMES,
    variants={"half_normal": {"prior": "half_normal"}},
    expect={"default": {"mle": "unbounded"}, "half_normal": {"mle": "unbounded", "map": "unbounded"}},
    relabel=Relabel(by="mu", dim="component", variables=NAMES),
    claims=(
        slope_is_the_ties, mle_is_unbounded, path_is_kept, paths_narrow_on_the_most, path_begins_at_the_interior,
        path_passes_the_interior, interior_is_em, interior_is_not_the_mle, inverse_gamma_closes_the_path,
        inverse_gamma_has_a_mode, mode_is_close_to_em, posterior_hardly_differs,
        half_normal_leaves_it_open, half_normal_has_no_mode, labels_are_exchangeable, labels_are_sorted,
        rhat_without_the_rule, rhat_with_the_rule, capped_is_stationary, capped_is_on_the_cap,
        height_is_the_caps,
        middle_cap_is_em, place_depends_on_the_cap,
    ),
    holdout=lambda data: np.arange(data.length.size) % 5 == 4,
    mathematics=(
        r"y_i \sim w_1 \mathrm{Normal}(\mu_1, \sigma_1) + w_2 \mathrm{Normal}(\mu_2, \sigma_2)",
        rf"w \sim \mathrm{{Dirichlet}}({WEIGHTS[0]:g}, {WEIGHTS[1]:g}), "
        rf"\quad \mu_k \sim \mathrm{{Normal}}({CENTRE:g}, {CENTRE_SD:g})",
        rf"\sigma_k \sim \mathrm{{InverseGamma}}({INVERSE_GAMMA[0]:g}, {INVERSE_GAMMA[1]:g}) "
        rf"\ \text{{or}}\ \mathrm{{HalfNormal}}({HALF_NORMAL_SD:g})",
    ),
    why=(
        "One component can sit on a single measured length: as its standard deviation goes to zero the "
        "likelihood has no limit, whatever the rest of the data say. What EM and most programs report is a "
        "local maximum. It is shown here among the other maxima: a sensible summary, and not the MLE.",
        "Where m lengths are equal, a prior stops this rise only if its density goes to zero faster than "
        "sigma^m. The inverse-gamma's does, and its MAP is close to EM's answer; the half-normal's is positive "
        "at zero, and there is no MAP.",
        "A least value that no standard deviation may go below gives a maximum too, but its choice decides "
        "where: with a low or a high one the smaller standard deviation is that value, with one between them "
        "the maximum is EM's.",
        "The posterior exists under either prior and hardly differs between them: the region of the rise is "
        "too narrow to hold probability.",
        "Exchanging the two components changes nothing in the model, so each chain of the sampler may name "
        "them either way. Where two chains differ, the mean over chains means nothing, and R-hat says so; "
        "where all agree, they do so by luck. Here the components are sorted by their means, in every panel "
        "alike.",
    ),
    figures=(blow_up,),
    varies={"centre_sd": Range(20.0, 0.2, "prior standard deviation of a component's mean, cm")},
    answer=answer,
    chapter="failures",
    position=3,
    units={"mu": "cm", "sigma": "cm"},
    about="The lengths of 150 iris petals, to the nearest millimetre, as two normal components: weight is the share of "
    "each, mu its mean and sigma its standard deviation. Many lengths are equal.",
    questions=(
        Question("What becomes of the maximum when standard deviations may not go below a cap?", capping),
        Question("Why does the posterior hold next to no probability where the likelihood is unbounded?", volume),
        Question("Which prior of the standard deviations gives two normal components a mode?", which_prior),
    ),
)  # fmt: skip
