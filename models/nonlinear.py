"""Curves that level off: a nonlinear regression with certified figures and a hard start, and one that never levels off.

Biochemical oxygen demand after one to ten days (Box, Hunter & Hunter 1978, Statistics for Experimenters, pp. 483-487):
"BoxBOD" of NIST's Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd), of the higher level of
difficulty, with certified estimates and standard deviations to eleven digits. Its first start, plateau 1 and rate 1,
sends Gauss-Newton and Levenberg-Marquardt to a rate at which nothing changes any more.

Optical density against the dose of an enzyme (Davidian & Giltinan 1995, Nonlinear Models for Repeated Measurement Data,
section 5.2.4; run 1 of R's dataset DNase), with all doses and with the lowest six measurements only, which cannot tell
a high plateau from a straight line.

The model is written with the response at the last measurement, which is well known, in place of the plateau. The curve
is linear in both. With p(response, sigma) ~ 1/sigma, likelihood, profile and posterior are therefore functions of the
rate alone: of the sum of squares S(rate) with the best plateau, and of the length of the curve of plateau one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, claim, close_to_exact, equal, worst
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.table import Status
from triptych.problem.varied import Question, Range, overridden

DAYS, OXYGEN = np.array([1.0, 2.0, 3.0, 5.0, 7.0, 10.0]), np.array([109.0, 149.0, 149.0, 191.0, 213.0, 224.0])
DOSES = np.repeat([0.04882812, 0.1953125, 0.390625, 0.78125, 1.5625, 3.125, 6.25, 12.5], 2)
DENSITY = np.array(
    [0.017, 0.018, 0.121, 0.124, 0.206, 0.215, 0.377, 0.374, 0.614, 0.609, 1.019, 1.001, 1.334, 1.364, 1.730, 1.710]
)
CERTIFIED = np.array([213.80940889, 0.54723748542])  # plateau and rate
CERTIFIED_SD, CERTIFIED_RESIDUAL_SD = np.array([12.354515176, 0.10455993237]), 17.088072423
START = (1.0, 1.0)  # NIST's first
MEDIAN, PRIOR_SD = 0.5, 0.7  # of the rate, and of its logarithm: between an eighth and two
LOW = 6  # measurements at the lowest doses
NO_INTEGRAL = (
    Status.NO_POSTERIOR,
    "with the rate flat the posterior density comes to a constant as the rate grows, where the curve is level from the "
    "first day on, and has no integral; use a proper prior of the rate",
)


def data(curve: str = "exponential", doses: int = DOSES.size) -> Data:
    """Return days and oxygen demand, or the first ``doses`` of the doses and their optical density."""
    return _data(DAYS, OXYGEN) if curve == "exponential" else _data(DOSES[:doses], DENSITY[:doses])


def _data(x: np.ndarray, y: np.ndarray) -> Data:
    return Data({"x": x, "y": y}, dims={"x": ("measurement",), "y": ("measurement",)})


def model(data: Data, curve: str = "exponential", prior: str = "log_normal", prior_sd: Any = PRIOR_SD) -> None:
    """A curve that starts at zero and levels off; p(last, sigma) ~ 1/sigma, the rate log-normal or flat."""
    import pymc as pm
    import pytensor.tensor as pt

    # At NIST's first start the curve has all but reached its plateau at the last measurement.
    last, sigma = pm.HalfFlat("last", initval=START[0]), pm.HalfFlat("sigma")
    pm.Potential("one_over_sigma", -pt.log(sigma))
    if prior == "flat":
        rate = pm.HalfFlat("rate", initval=START[1])
    else:
        rate = pm.LogNormal("rate", np.log(MEDIAN), prior_sd, initval=START[1])
    if curve == "exponential":
        share, half = -pt.expm1(-rate * data.x), np.log(2.0) / rate
    else:
        share, half = rate * data.x / (1 + rate * data.x), 1 / rate
    pm.Deterministic("half", half)
    plateau = pm.Deterministic("plateau", last / share[-1])
    pm.Normal("y_observed", plateau * share, sigma, observed=data.y, dims="measurement")


def simulate(
    rng: np.random.Generator,
    n: int = 30,
    truth: Mapping[str, Any] | None = None,
    curve: str = "exponential",
    **_: Any,
) -> tuple[Data, dict[str, Any]]:
    """Draw ``n`` measurements, equally spaced to ten units, of a curve that has levelled off by then."""
    true = overridden({"plateau": 200.0, "rate": 0.5, "sigma": 10.0}, truth)
    x = np.linspace(0, 10, n + 1)[1:]
    y = true["plateau"] * _share(curve, true["rate"], x) + true["sigma"] * rng.standard_normal(n)
    return _data(x, y), {**true, "half": (np.log(2.0) if curve == "exponential" else 1.0) / true["rate"]}


def _share(curve: str, rate: Any, x: np.ndarray) -> np.ndarray:
    """Return the curve of plateau one."""
    return np.asarray(-np.expm1(-rate * x) if curve == "exponential" else rate * x / (1 + rate * x))


def _slope(curve: str, rate: float, x: np.ndarray) -> np.ndarray:
    """Return the derivative of that curve by the rate."""
    return np.asarray(x * np.exp(-rate * x) if curve == "exponential" else x / (1 + rate * x) ** 2)


def _curve(solved: Any) -> str:
    return str(solved.settings.get("curve", "exponential"))


def _plateau(solved: Any, rate: float) -> float:
    """Return the best plateau at a rate: least squares on one predictor."""
    share = _share(_curve(solved), rate, solved.data.x)
    return float(share @ solved.data.y / (share @ share))


def _squares(solved: Any, rate: float) -> float:
    """Return the residual sum of squares at a rate with the best plateau."""
    rest = solved.data.y - _plateau(solved, rate) * _share(_curve(solved), rate, solved.data.x)
    return float(rest @ rest)


def _best(solved: Any, n: float, prior: bool) -> np.ndarray:
    """Return plateau and rate where ``n/2 log S(rate)``, less the log-prior, has slope zero."""
    from scipy.optimize import brentq

    x, y, curve = solved.data.x, solved.data.y, _curve(solved)

    def slope(log_rate: float) -> float:  # by the logarithm of the rate
        rate = float(np.exp(log_rate))
        top = _plateau(solved, rate)
        rest = y - top * _share(curve, rate, x)
        of_squares = -2 * top * (rest @ _slope(curve, rate, x)) * rate
        return float(
            n / 2 * of_squares / (rest @ rest) + (1 + (log_rate - np.log(MEDIAN)) / PRIOR_SD**2 if prior else 0.0)
        )

    rate = float(np.exp(brentq(slope, *np.log([0.05, 2.0]), xtol=1e-15, rtol=1e-15)))
    return np.array([_plateau(solved, rate), rate])


def _ours(solved: Any, method: str) -> np.ndarray:
    return np.array([solved.row(method, name).estimate for name in ("plateau", "rate")])


@claim("From NIST's hard start, plateau 1 and rate 1, the MLE of plateau and rate is the certified one of BoxBOD "
       "(largest relative difference)")  # fmt: skip
def mle_is_certified(comparison: Any) -> Claim:
    return at_most(float(np.max(np.abs(_ours(comparison["default"], "mle") / CERTIFIED - 1))), 1e-9)


@claim("The MLE of sigma is BoxBOD's certified residual standard deviation times sqrt((n - 2)/n), for n measurements "
       "(relative difference)")  # fmt: skip
def sigma_is_certified(comparison: Any) -> Claim:
    n = DAYS.size
    exact = CERTIFIED_RESIDUAL_SD * np.sqrt((n - 2) / n)
    return at_most(abs(comparison["default"].row("mle", "sigma").estimate / exact - 1), 1e-9)


def _nist_sd(comparison: Any) -> np.ndarray:
    """Return the standard deviations of plateau and rate as NIST has them: from the slopes of the curve, n - 2."""
    top, rate = _ours(comparison["default"], "mle")
    slopes = np.column_stack([_share("exponential", rate, DAYS), top * _slope("exponential", rate, DAYS)])
    sigma = comparison["default"].row("mle", "sigma").estimate * np.sqrt(DAYS.size / (DAYS.size - 2))
    return np.asarray(sigma * np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes))))


@claim("BoxBOD's certified standard deviations of plateau and rate are those from the slopes of the curve at the MLE "
       "(largest relative difference)")  # fmt: skip
def sd_is_certified(comparison: Any) -> Claim:
    return at_most(float(np.max(np.abs(_nist_sd(comparison) / CERTIFIED_SD - 1))), 1e-9)


def _levenberg_marquardt() -> tuple[np.ndarray, float]:
    """Return where MINPACK's Levenberg-Marquardt ends from the hard start, and its residual sum of squares."""
    from scipy.optimize import least_squares

    found = least_squares(lambda p: p[0] * _share("exponential", p[1], DAYS) - OXYGEN, START, method="lm")
    return found.x, float(2 * found.cost)


@claim("MINPACK's Levenberg-Marquardt ends elsewhere than at the MLE from NIST's hard start: at the mean of the data, "
       "with a rate at which the curve is level from the first day on (distance of its plateau from the mean)"
       )  # fmt: skip
def start_is_hard(comparison: Any) -> Claim:
    (top, rate), _ = _levenberg_marquardt()
    return at_most(float(abs(top - OXYGEN.mean()) + np.exp(-rate)), 1e-6)


@claim("MINPACK's Levenberg-Marquardt from NIST's hard start ends with a residual sum of squares more than twice the "
       "certified one (ratio)")  # fmt: skip
def start_ends_badly(comparison: Any) -> Claim:
    return at_least(_levenberg_marquardt()[1] / _squares(comparison["default"], CERTIFIED[1]), 2.0)


@claim("MLE and MAP of plateau and rate, for both curves, with all doses and with low ones, are where the slope of the "
       "log-density along the rate is zero, plateau and sigma taken out by hand (largest relative difference)"
       )  # fmt: skip
def modes_are_roots(comparison: Any) -> Claim:
    gaps = []
    for variant in ("default", "assay", "assay_low"):
        solved = comparison[variant]
        for method, extra in (("mle", 0), ("map", 1)):
            exact = _best(solved, solved.data.y.size + extra, prior=method == "map")
            gaps.append(np.max(np.abs(_ours(solved, method) / exact - 1)))
    return at_most(float(max(gaps)), 1e-8)


def _deviance(solved: Any, rate: float) -> float:
    """Return twice the fall of the profile log-likelihood from its maximum."""
    n = solved.data.y.size
    return float(n * np.log(_squares(solved, rate) / _squares(solved, _best(solved, n, prior=False)[1])))


def _profile_ends(solved: Any, ends: tuple[int, ...]) -> list[float]:
    """Return the lower (0) or upper (1) ends of the rate's profile interval by a root search."""
    from scipy.optimize import brentq
    from scipy.stats import chi2

    best = _best(solved, solved.data.y.size, prior=False)[1]
    level = chi2.ppf(solved.interval("mle", "profile", "rate").ci_prob, 1)
    outside = (1e-3, 50.0)
    return [brentq(lambda r: _deviance(solved, r) - level, *sorted((best, outside[k])), xtol=1e-13) for k in ends]


@claim("The profile intervals of the rate end where the sum of squares reaches the limit of the likelihood ratio, by a "
       "root search (largest relative difference of the ends, both curves, all doses)")  # fmt: skip
def profile_ends_are_roots(comparison: Any) -> Claim:
    gaps = []
    for variant in ("default", "assay"):
        row = comparison[variant].interval("mle", "profile", "rate")
        low, high = _profile_ends(comparison[variant], (0, 1))
        gaps += [abs(row.lower / low - 1), abs(row.upper / high - 1)]
    return at_most(max(gaps), 1e-6)


@claim("The profile intervals of the plateau and of the dose at half of it, from the lowest doses alone, have no upper "
       "end (upper ends)")  # fmt: skip
def low_doses_leave_it_open(comparison: Any) -> Claim:
    ends = {str(comparison["assay_low"].interval("mle", "profile", name).upper) for name in ("plateau", "half")}
    return equal(", ".join(sorted(ends)), "inf")


def _fall(comparison: Any) -> float:
    """Return by how much the deviance rises on the way to the straight line, which is the limit of a rate of zero."""
    solved = comparison["assay_low"]
    x, y = solved.data.x, solved.data.y
    rest = y - (x @ y) / (x @ x) * x
    return float(y.size * np.log(rest @ rest / _squares(solved, _best(solved, y.size, prior=False)[1])))


@claim("A straight line, which never levels off, is not rejected by the lowest doses (rise of the deviance up to it; "
       "the level is 3.84)")  # fmt: skip
def line_is_not_rejected(comparison: Any) -> Claim:
    from scipy.stats import chi2

    return at_most(_fall(comparison), float(chi2.ppf(0.95, 1)))


@claim("The profile interval of the dose at half of the plateau, from the lowest doses alone, begins where the sum of "
       "squares reaches the limit of the likelihood ratio, by a root search (relative difference)")  # fmt: skip
def open_intervals_begin_at_roots(comparison: Any) -> Claim:
    solved = comparison["assay_low"]
    (highest,) = _profile_ends(solved, (1,))
    return at_most(abs(solved.interval("mle", "profile", "half").lower * highest - 1), 1e-6)


def _posterior(solved: Any, log_rate: Any) -> np.ndarray:
    """Return the posterior density of the logarithm of the rate, up to a factor: plateau and sigma integrated out.

    Given the rate the plateau has Student's t with n - 1 degrees of freedom around least squares, cut off at zero.
    """
    from scipy.stats import t

    n, found = solved.data.y.size, []
    for value in np.atleast_1d(log_rate):
        rate = float(np.exp(value))
        share = _share(_curve(solved), rate, solved.data.x)
        length, squares = float(share @ share), _squares(solved, rate)
        above = t.cdf(_plateau(solved, rate) * np.sqrt(length * (n - 1) / squares), n - 1)
        prior = (
            1.0
            if solved.settings.get("prior") == "flat"
            else np.exp(-(((value - np.log(MEDIAN)) / PRIOR_SD) ** 2) / 2 - value)
        )
        of_last = share[-1]  # the response at the last measurement is flat, not the plateau
        found.append(rate * prior * above * of_last * length**-0.5 * squares ** (-(n - 1) / 2))
    return np.array(found)


def _moment(solved: Any, power: float) -> float:
    """Return a moment of the rate in the posterior by quadrature."""
    from scipy.integrate import quad

    top = _best(solved, solved.data.y.size, prior=True)[1]
    unit = float(_posterior(solved, np.log(top))[0])

    def integral(p: float) -> float:
        return float(sum(
            quad(lambda u: float(np.exp(p * u) * _posterior(solved, u)[0] / unit), *ends, epsabs=1e-12)[0]
            for ends in ((-9, np.log(top)), (np.log(top), 9))
        ))  # fmt: skip

    return integral(power) / integral(0)


@claim("The posterior means of the rate are their integrals, for both curves, with all doses and with low ones (in "
       "Monte Carlo errors)")  # fmt: skip
def rates_are_integrals(comparison: Any) -> Claim:
    names = ("default", "assay", "assay_low")
    gaps = []
    for variant in names:  # panels that sampled longer have more draws than others
        draws = comparison[variant].panels["mcmc"].native["posterior"]["rate"].values
        gaps.append(close_to_exact(draws, _moment(comparison[variant], 1.0)))
    return worst(gaps)


def _quantiles(solved: Any, probs: tuple[float, ...]) -> np.ndarray:
    """Return quantiles of the rate in the posterior, by sums over equal steps of its logarithm."""
    coarse = np.linspace(-6, 5, 111)
    found = _posterior(solved, coarse)
    near = np.flatnonzero(found > 1e-10 * found.max())
    log_rate = np.linspace(coarse[near[0] - 1], coarse[near[-1] + 1], 501)
    mass = np.cumsum(_posterior(solved, log_rate))
    # The sum up to a step holds half of its own mass too much.
    middle = (mass - np.diff(mass, prepend=0.0) / 2) / mass[-1]
    return np.exp(np.interp(probs, middle, log_rate))


@claim("The posterior intervals of the rate, for both curves, with all doses and with low ones, begin and end at the "
       "quantiles of its density, plateau and sigma integrated out by hand (largest gap in Monte Carlo errors)"
       )  # fmt: skip
def intervals_are_integrals(comparison: Any) -> Claim:
    gaps = []
    for variant in ("default", "assay", "assay_low"):
        solved = comparison[variant]
        outside = (1 - solved.interval("mcmc", "eti", "rate").ci_prob) / 2
        draws = solved.panels["mcmc"].native["posterior"]["rate"].values
        for prob, end in zip((outside, 1 - outside), _quantiles(solved, (outside, 1 - outside)), strict=True):
            gaps.append(close_to_exact(draws, end, prob=prob))
    return worst(gaps)


def _mass(comparison: Any, k: int) -> float:
    """Return the posterior mass of the rate between two powers of two, under the flat prior."""
    from scipy.integrate import quad

    solved = comparison["flat"]
    return float(quad(lambda u: float(_posterior(solved, u)[0]), k * np.log(2), (k + 1) * np.log(2), epsrel=1e-11)[0])


@claim("A flat prior of the rate leaves no posterior: far out the mass doubles with each doubling of the rate (largest "
       "relative deviation from twice)")  # fmt: skip
def flat_has_no_posterior(comparison: Any) -> Claim:
    masses = np.array([_mass(comparison, k) for k in range(6, 12)])
    return at_most(float(np.max(np.abs(masses[1:] / masses[:-1] / 2 - 1))), 1e-8)


@claim("The panel reports that a flat prior of the rate leaves no posterior, while the same prior has a mode of "
       "plateau and rate at the certified values (status)")  # fmt: skip
def no_posterior_is_told(comparison: Any) -> Claim:
    solved = comparison["flat"]
    gap = float(np.max(np.abs(_ours(solved, "map") / CERTIFIED - 1)))
    return equal(
        f"{solved.row('mcmc', 'rate').status}, {'certified' if gap < 1e-9 else gap}", "no_posterior, certified"
    )


def _lengths(comparison: Any, variant: str, name: str) -> dict[str, float]:
    """Return how many times as far each interval goes up as down, measured from the MLE."""
    solved = comparison[variant]
    best = solved.row("mle", name).estimate
    rows = {kind: solved.interval(method, kind, name) for method, kind in
            (("mle", "wald"), ("mle", "profile"), ("mcmc", "eti"))}  # fmt: skip
    return {kind: float((row.upper - best) / (best - row.lower)) for kind, row in rows.items()}


@claim("The profile interval of the rate has another shape than the Wald interval: its upper arm, in lengths of its "
       "lower arm, is longer than Wald's (ratio of the two)")  # fmt: skip
def shapes_differ(comparison: Any) -> Claim:
    shape = _lengths(comparison, "default", "rate")
    return at_least(shape["profile"] / shape["wald"], 1.1)


@claim("The posterior interval of the time at which half of the plateau is reached has a shape of its own: its upper "
       "arm from the MLE, in lengths of its lower arm, is longer than Wald's and the profile's (smaller ratio)"
       )  # fmt: skip
def posterior_has_another_shape(comparison: Any) -> Claim:
    shape = _lengths(comparison, "default", "half")
    return at_least(shape["eti"] / max(shape["wald"], shape["profile"]), 1.05)


def shapes(comparison: Any) -> Figure:
    """Profile likelihood, posterior and Wald's normal curve of the rate, oxygen demand."""
    solved = comparison["default"]
    rates = np.linspace(0.15, 1.5, 136)
    profile = np.exp([-_deviance(solved, r) / 2 for r in rates])
    posterior = _posterior(solved, np.log(rates)) / rates
    row = solved.interval("mle", "wald", "rate")
    middle, spread = np.log(row.lower * row.upper) / 2, np.log(row.upper / row.lower) / 3.92
    wald = np.exp(-(((np.log(rates) - middle) / spread) ** 2) / 2)
    return Figure(
        "To the right Wald's curve falls faster than the likelihood",
        "The rate of the oxygen demand, each curve with its largest value set to one: the likelihood with plateau and "
        "sigma at their best, the posterior density, and the normal curve behind the Wald interval, which is formed on "
        "the logarithm.",
        "rate, per day",
        "relative height",
        tuple(
            Series(name, rates.tolist(), (values / values.max()).tolist(), panel=panel)
            for name, values, panel in (
                ("profile likelihood", profile, "mle"),
                ("posterior", posterior, "mcmc"),
                ("Wald (MLE)", wald, "mle"),
            )
        ),
    )


def reach(comparison: Any) -> Figure:
    """What the low doses say of the plateau, beside what all doses say."""
    low, every = comparison["assay_low"], comparison["assay"]
    x = np.linspace(0, 3.2, 97)
    (highest,) = _profile_ends(low, (1,))
    d = every.data
    line = float(low.data.x @ low.data.y / (low.data.x @ low.data.x))
    curves = {
        "MLE, all doses": _ours(every, "mle"),
        f"MLE, lowest {LOW}": _ours(low, "mle"),
        f"lowest {LOW}, least plateau": np.array([_plateau(low, highest), highest]),
    }
    near = d.x <= x[-1]
    return Figure(
        "A plateau out of sight",
        f"From the lowest {LOW} measurements everything between the least plateau and the straight line is within the "
        "95 % profile interval; the higher doses decide.",
        "dose, ng/ml",
        "optical density",
        (
            Series("measured", d.x[near].tolist(), d.y[near].tolist(), "points"),
            *(Series(name, x.tolist(), (a * _share("assay", r, x)).tolist()) for name, (a, r) in curves.items()),
            Series(f"lowest {LOW}, straight line", x.tolist(), (line * x).tolist()),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what each panel says of a plateau that is in sight, and of one that is not."""
    row, low = comparison["default"].row("mle", "plateau"), comparison["assay_low"]
    start = low.interval("mle", "profile", "plateau").lower
    eti = low.interval("mcmc", "eti", "plateau")
    return (
        f"Where the data come near it, all three find it: an oxygen demand of {row.estimate:.0f} by the MLE and "
        f"{comparison['default'].row('mcmc', 'plateau').estimate:.0f} by the posterior mean. Where they do not (the "
        f"enzyme at low doses), the confidence interval by the profile begins at {start:.2f} and has no upper end. "
        f"The posterior's interval runs from {eti.lower:.2f} to {eti.upper:.1f}, and ends there because of the prior."
    )


def starting(comparison: Any) -> str:
    """Say what goes wrong from the hard start."""
    (top, rate), squares = _levenberg_marquardt()
    best = _squares(comparison["default"], CERTIFIED[1])
    return (
        f"Levenberg-Marquardt ends at a plateau of {top:.1f}, the mean of the data, and a rate of {rate:.0f}, with a "
        "sum "
        f"of squares of {squares:.0f} where {best:.0f} is possible. The curve is level there, so every slope is zero; "
        "the panel tries several starts and keeps the best."
    )


def shaping(comparison: Any) -> str:
    """Say how the intervals of the rate differ."""
    shape = _lengths(comparison, "default", "rate")
    return (
        f"In how far they go up, in units of how far they go down from the MLE: {shape['wald']:.2f} for Wald (formed "
        "on "
        f"the logarithm), {shape['profile']:.2f} for the profile, {shape['eti']:.2f} for the posterior. A normal curve "
        "on any one scale has one shape; the likelihood has its own."
    )


def ending(comparison: Any) -> str:
    """Say where the posterior's end comes from."""
    return (
        f"The prior. The deviance rises by {_fall(comparison):.2f} on the way to a straight line and by no more, "
        "so "
        "the data alone rule out no plateau however high. The log-normal prior of the rate gives high plateaus little "
        "weight; with a flat one there would be no posterior, as with the oxygen demand, where the mass of large rates "
        "has no end."
    )


scenario = Scenario(
    name="nonlinear",
    question="How high is the plateau of a curve that the data do not follow to its end?",
    source="BoxBOD, NIST Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd), from Box, Hunter and "
    "Hunter (1978), Statistics for Experimenters, pp. 483-487; Davidian and Giltinan (1995), section 5.2.4",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("plateau", "rate", "half", "sigma"),
    variants={
        "flat": {"prior": "flat"},
        "assay": {"curve": "assay"},
        "assay_low": {"curve": "assay", "doses": LOW},
    },
    expect={"flat": {"mcmc": "no_posterior"}},
    no_posterior={"flat": NO_INTEGRAL},
    claims=(
        mle_is_certified, sigma_is_certified, sd_is_certified, start_is_hard, start_ends_badly, modes_are_roots,
        profile_ends_are_roots, low_doses_leave_it_open, line_is_not_rejected, open_intervals_begin_at_roots,
        rates_are_integrals, intervals_are_integrals, flat_has_no_posterior, no_posterior_is_told, shapes_differ,
        posterior_has_another_shape,
    ),
    holdout="six measurements are too few to keep any back",
    mathematics=(
        r"y_i \sim \mathrm{Normal}(a\, s(b x_i), \sigma), \quad s(u) = 1 - e^{-u} \ \text{or}\ u / (1 + u)",
        rf"p(a\, s(b x_n), \sigma) \propto 1/\sigma, \quad "
        rf"\log b \sim \mathrm{{Normal}}(\log {MEDIAN:g}, {PRIOR_SD:g})",
    ),
    why=(
        "Along the rate the likelihood falls fast on one side and slowly on the other. A Wald interval is that "
        "of a normal curve at its maximum, which falls alike on both sides. The profile interval follows the "
        "likelihood itself, and the posterior averages over the plateaus that go with each rate.",
        "Where no measurement comes near the plateau, a higher plateau with a lower rate is nearly the same "
        "curve, and in the limit it is a straight line. The profile interval then has no upper end. A Wald "
        "interval has two ends whatever the data say; the posterior has two because the prior does.",
        "That the MLE exists does not make a posterior exist: at high rates the likelihood does not fall to "
        "zero, and under a flat prior there is infinitely much probability to be shared among them.",
    ),
    figures=(shapes, reach),
    varies={"prior_sd": Range(5.0, 0.05, "prior standard deviation of the logarithm of the rate")},
    about="Oxygen that bacteria use up in one to ten days, on a curve that levels off: plateau is where it ends, "
    "rate how fast it gets there, half when half of it is reached, sigma the standard deviation around the "
    "curve. In the variants assay the curve is that of an enzyme's optical density by dose.",
    chapter="limits",
    position=2,
    answer=answer,
    questions=(
        Question("Where does Levenberg-Marquardt end from NIST's hard start?", starting),
        Question("How do Wald, profile and posterior intervals of the rate differ in shape?", shaping),
        Question("What decides the upper end of a plateau's posterior interval when no measurement nears it?", ending),
    ),
)  # fmt: skip
