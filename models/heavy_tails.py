"""Heavy tails: how far one observation can pull a line, by the tails of the errors.

Loss of ammonia on 21 days against the flow of air (Brownlee 1965, Statistical Theory and Methodology in Science and
Engineering, 2nd ed.; "stackloss", as shipped by statsmodels). The errors are normal, Laplace, or Student's with FREEDOM
degrees of freedom; p(level, slope, scale) ~ 1/scale. In the variants ``moved`` the loss of one day is MOVE higher, as
if its first digit had been misread. Engel's households, of ``mse_is_gaussian`` (normal errors) and ``mae_is_laplace``,
have Student errors in the variant ``engel``, and one of them is moved in the same way.

Each posterior is an integral over three parameters: over the scale in closed form for normal and Laplace errors, on a
grid for Student's. Student's degrees of freedom are fixed, because the likelihood is unbounded when they are free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from triptych.models import mse_is_gaussian
from triptych.problem.claims import FALSE_ALARM, Claim, at_least, at_most, between, claim, close_to_exact
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

FREEDOM, MOVE, DAY = 4.0, 30.0, 2  # the third day lies above every line, with a large flow of air
# What data are simulated from. A search that starts at zero begins where the slopes of the Laplace likelihood do not
# change, which tell the sampler no scale.
START = {"level": 17.0, "slope": 1.0, "scale": 2.0}
FAR = 1e5  # what is far beyond every observation, in units of the outcome
WIDTH, POINTS = 9.0, 121  # of the grid of coefficients: standard errors to each side, points along each side
COARSE = 61  # points along each side where a figure is drawn
SCALES = 25  # of Student errors, on the grid
SAMPLES, SIZE = 4000, 400  # simulated data sets, and observations in each, of the coverage
MOVES = 17  # places of the observation that is moved, of which the middle one is where it stands
STEPS, SETTLED = 1500, 1e-15  # of EM: most steps, and a step that is rounding, in the largest of the parameters
FAMILIES = ("normal", "laplace", "student")
CALLED = {"normal": "normal", "laplace": "Laplace", "student": "Student"}  # in figures


def data(moved: float = 0.0, of: str = "stackloss") -> Data:
    """Return air flow, centred, and the loss of each day, or what Engel's households have; one is ``moved`` higher."""
    from statsmodels.datasets import stackloss

    if of == "engel":
        return engel(moved)
    table = stackloss.load_pandas().data
    air, loss = table["AIRFLOW"].to_numpy(float), table["STACKLOSS"].to_numpy(float)
    return _data(air, loss + moved * (np.arange(loss.size) == DAY))


def _data(air: np.ndarray, loss: np.ndarray) -> Data:
    dims = {"air": ("observation",), "loss": ("observation",)}
    return Data({"air": air - air.mean(), "loss": loss}, dims=dims)


def engel(moved: float = 0.0) -> Data:
    """Return Engel's households: income in the place of the flow of air, expenditure on food in that of the loss.

    The household at the ninth decile of income spends ``moved`` thousand francs more.
    """
    d = mse_is_gaussian.data()
    return _data(d.income, d.food + moved * (np.arange(d.food.size) == _household(d.income)))


def _household(income: np.ndarray) -> int:
    """Return the household of the ninth decile of income: it pulls the slope, and is none of the few largest."""
    return int(np.argsort(income)[income.size * 9 // 10])


def model(data: Data, errors: str = "student", slope_sd: Any = None) -> None:
    """A line with normal, Laplace or Student errors; p(level, slope, scale) ~ 1/scale, or a normal slope."""
    import pymc as pm
    import pytensor.tensor as pt

    level = pm.Flat("level", initval=START["level"])
    begin = {"initval": START["slope"]}
    slope = pm.Flat("slope", **begin) if slope_sd is None else pm.Normal("slope", 0, slope_sd, **begin)
    scale = pm.HalfFlat("scale", initval=START["scale"])
    pm.Potential("one_over_scale", -pt.log(scale))
    line = level + slope * data.air
    if errors == "normal":
        pm.Normal("y", line, scale, observed=data.loss, dims="observation")
    elif errors == "laplace":
        pm.Laplace("y", line, scale, observed=data.loss, dims="observation")
    else:
        pm.StudentT("y", nu=FREEDOM, mu=line, sigma=scale, observed=data.loss, dims="observation")


def simulate(
    rng: np.random.Generator, n: int = 40, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw ``n`` days with Student errors around a line."""
    true = overridden(START, truth)
    air = rng.normal(0, 9, n)
    air -= air.mean()
    return _data(air, true["level"] + true["slope"] * air + true["scale"] * rng.standard_t(FREEDOM, n)), true


def _line(comparison: Any, variant: str, method: str) -> np.ndarray:
    return np.array([comparison[variant].row(method, name).estimate for name in ("level", "slope")])


def _ols(d: Data) -> np.ndarray:
    return np.array([d.loss.mean(), d.air @ d.loss / (d.air @ d.air)])


def _vertex(d: Data) -> np.ndarray:
    """Return the line of least absolute deviations, from a line through two points to a better one that shares one.

    The best line through a point has the weighted median of the slopes to the others. The sum is convex and linear
    between such lines: where none that shares a point with the line is better, no line is.
    """

    def through(i: int) -> tuple[float, np.ndarray]:
        other = d.air != d.air[i]
        slopes, weights = (d.loss[other] - d.loss[i]) / (d.air[other] - d.air[i]), np.abs(d.air[other] - d.air[i])
        order = np.argsort(slopes)
        half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
        line = np.array([d.loss[i] - slopes[order][half] * d.air[i], slopes[order][half]])
        return _deviations(d, line), line

    least, best = through(0)
    while True:
        on = np.flatnonzero(np.abs(d.loss - best[0] - best[1] * d.air) < 1e-9 * max(1.0, np.abs(d.loss).max()))
        total, line = min((through(int(i)) for i in on), key=lambda found: found[0])
        if total >= least - 1e-12 * least:
            return best
        least, best = total, line


def _deviations(d: Data, line: np.ndarray) -> float:
    """Return the sum of absolute residuals of a line."""
    return float(np.abs(d.loss - line[0] - line[1] * d.air).sum())


def _student(d: Data, extra: float = 0.0) -> np.ndarray:
    """Return level, slope and scale of Student errors by EM; ``extra`` is 1 for the mode under the prior 1/scale."""
    x = np.column_stack([np.ones(d.air.size), d.air])
    found = np.array([*_ols(d), np.std(d.loss)])
    for _ in range(STEPS):
        r = d.loss - x @ found[:2]
        w = (FREEDOM + 1) / (FREEDOM + (r / found[2]) ** 2)
        line = np.linalg.solve(x.T @ (w[:, None] * x), x.T @ (w * d.loss))
        last, r = found, d.loss - x @ line
        found = np.array([*line, np.sqrt(np.sum(w * r**2) / (r.size + extra))])
        if np.max(np.abs(found - last)) <= SETTLED * np.max(np.abs(found)):
            break
    return found


def _highest(d: Data, extra: float = 0.0) -> np.ndarray:
    """Return the same by scipy, which maximises Student's log-likelihood and then solves for a slope of zero."""
    from scipy import optimize, stats

    def down(z: np.ndarray) -> float:
        return float(extra * z[2] - stats.t.logpdf(d.loss, FREEDOM, z[0] + z[1] * d.air, np.exp(z[2])).sum())

    def slope(z: np.ndarray) -> np.ndarray:
        r = (d.loss - z[0] - z[1] * d.air) / np.exp(z[2])
        pull = (FREEDOM + 1) * r / (FREEDOM + r**2)
        scale = np.exp(z[2])
        return np.array([-pull.sum() / scale, -(pull @ d.air) / scale, d.air.size + extra - pull @ r])

    near = optimize.minimize(down, [*_ols(d), np.log(np.std(d.loss))], jac=slope, method="BFGS").x
    top = optimize.root(slope, near, tol=1e-14).x
    return np.array([top[0], top[1], np.exp(top[2])])


def _huber(d: Data) -> np.ndarray:
    import statsmodels.api as sm

    x = sm.add_constant(d.air)
    return np.asarray(sm.RLM(d.loss, x, M=sm.robust.norms.HuberT()).fit(maxiter=500, tol=1e-12).params)


def _student_line(d: Data) -> np.ndarray:
    return _student(d)[:2]


BY_LIBRARY: dict[str, Callable[[Data], np.ndarray]] = {"normal": _ols, "laplace": _vertex, "student": _student_line}
VARIANT = {"normal": "normal", "laplace": "laplace", "student": "default"}


def _moved(family: str) -> str:
    return "moved" if family == "student" else f"{family}_moved"


def _shift(comparison: Any, family: str, method: str) -> float:
    """Return by how much the slope of a panel changes when the day's loss moves."""
    return float(_line(comparison, _moved(family), method)[1] - _line(comparison, VARIANT[family], method)[1])


def _gap(comparison: Any, family: str, method: str) -> float:
    """Return how far a panel is from the other way of finding its line, with the data as they are and moved."""
    found = [
        np.max(np.abs(_line(comparison, v, method) - BY_LIBRARY[family](comparison[v].data)))
        for v in (VARIANT[family], _moved(family))
    ]
    return float(max(found))


@claim("Under normal errors MLE and MAP of level and slope are least squares, with the day's loss as it is and moved "
       "(largest difference)")  # fmt: skip
def normal_is_least_squares(comparison: Any) -> Claim:
    return at_most(max(_gap(comparison, "normal", "mle"), _gap(comparison, "normal", "map")), 1e-8)


@claim("Under Laplace errors MLE and MAP of level and slope are the line of least absolute deviations, found among the "
       "lines through two days, with the day's loss as it is and moved (largest difference)")  # fmt: skip
def laplace_is_least_deviations(comparison: Any) -> Claim:
    return at_most(max(_gap(comparison, "laplace", "mle"), _gap(comparison, "laplace", "map")), 1e-8)


@claim("Median regression, statsmodels' QuantReg, finds no line of a smaller sum of absolute residuals than the MLE "
       "under Laplace errors, with the day's loss as it is and moved (the MLE's sum, less that of QuantReg)"
       )  # fmt: skip
def quantreg_finds_none_better(comparison: Any) -> Claim:
    import statsmodels.api as sm

    excess = []
    for v in ("laplace", "laplace_moved"):
        d = comparison[v].data
        fitted = sm.QuantReg(d.loss, sm.add_constant(d.air)).fit(q=0.5, p_tol=1e-9, max_iter=5000)
        excess.append(_deviations(d, _line(comparison, v, "mle")) - float(np.abs(fitted.resid).sum()))
    return at_most(max(excess), 1e-8)


@claim("Under Laplace errors the MLE of the scale is the sum of absolute residuals divided by n, and the MAP that sum "
       "divided by n + 1, for n days (largest relative difference)")  # fmt: skip
def laplace_scale_is_the_mean_deviation(comparison: Any) -> Claim:
    gaps = []
    for v in ("laplace", "laplace_moved"):
        d = comparison[v].data
        total = _deviations(d, _vertex(d))
        for method, divisor in (("mle", d.air.size), ("map", d.air.size + 1)):
            gaps.append(abs(comparison[v].row(method, "scale").estimate / (total / divisor) - 1))
    return at_most(float(max(gaps)), 1e-8)


@claim("Under Student errors the MLE of level and slope is where the EM algorithm ends (largest difference)")
def student_is_em(comparison: Any) -> Claim:
    return at_most(_gap(comparison, "student", "mle"), 1e-8)


@claim("Under Student errors the MAP of level, slope and scale is where the EM algorithm with the prior 1/scale ends "
       "(largest difference)")  # fmt: skip
def student_map_is_em(comparison: Any) -> Claim:
    gaps = []
    for v in ("default", "moved"):
        ours = np.array([*_line(comparison, v, "map"), comparison[v].row("map", "scale").estimate])
        gaps.append(np.max(np.abs(ours - _student(comparison[v].data, extra=1.0))))
    return at_most(float(max(gaps)), 1e-8)


@claim("A day whose loss moves pulls the slope of least squares in proportion, by its entry in (X'X)^-1 X' for the "
       "predictors X (difference of MLE and MAP under normal errors from it)")  # fmt: skip
def normal_has_no_bound(comparison: Any) -> Claim:
    air = comparison["default"].data.air
    exact = MOVE * air[DAY] / (air @ air)
    return at_most(max(abs(_shift(comparison, "normal", m) - exact) for m in ("mle", "map")), 1e-8)


@claim("A day whose loss moves pulls the posterior mean of the slope under normal errors as far as least squares, by "
       "its entry in (X'X)^-1 X' for the predictors X (in Monte Carlo errors)")  # fmt: skip
def normal_mean_has_no_bound(comparison: Any) -> Claim:
    air = comparison["default"].data.air
    moved, still = (
        comparison[v].panels["mcmc"].native["posterior"]["slope"].values for v in ("normal_moved", "normal")
    )
    n = min(moved.shape[1], still.shape[1])
    return close_to_exact(moved[:, :n] - still[:, :n], MOVE * air[DAY] / (air @ air))


@claim("MLE and MAP of the slope under Laplace errors are not pulled at all by a day that was above the line and moves "
       "up (larger change of the slope)")  # fmt: skip
def laplace_does_not_move(comparison: Any) -> Claim:
    return at_most(max(abs(_shift(comparison, "laplace", m)) for m in ("mle", "map")), 1e-8)


@claim("The posterior mean of the slope under Laplace errors, whose scale grows with a far day, is pulled without "
       "bound: in the end in proportion, by the posterior mean for data that are all 0 but a 1 on that day (ratio, by "
       "quadrature)")  # fmt: skip
def laplace_mean_has_no_bound(comparison: Any) -> Claim:
    d = comparison["default"].data
    one = (np.arange(d.air.size) == DAY).astype(float)
    near, far = (_exact(Data({"air": d.air, "loss": d.loss + move * one}), "laplace")[0][1] for move in (0.0, FAR))
    return between(float((far - near) / FAR / _exact(Data({"air": d.air, "loss": one}), "laplace")[0][1]), 0.99, 1.01)


@claim("A day whose loss moves pulls MLE, MAP and posterior mean of the slope less than a fifth as far under Student "
       "errors as under normal errors (largest ratio of a panel)")  # fmt: skip
def student_hardly_moves(comparison: Any) -> Claim:
    return at_most(
        max(abs(_shift(comparison, "student", m) / _shift(comparison, "normal", m)) for m in ("mle", "map", "mcmc")),
        0.2,
    )


@claim("The MLE of the slope under Student errors comes nearer to the MLE without a day when that day moves very far "
       "than when it stays (distance when the day moves a thousand times as far, in the distance when it stays)"
       )  # fmt: skip
def student_forgets(comparison: Any) -> Claim:
    d = comparison["default"].data
    kept = np.arange(d.air.size) != DAY
    without = _student(Data({"air": d.air[kept], "loss": d.loss[kept]}))[1]
    far = d.loss + 1000 * MOVE * ~kept
    # Its scale remembers that a day was far: one part in n.
    gone = _student(Data({"air": d.air, "loss": far}))[1]
    return at_most(abs(gone - without) / abs(_line(comparison, "default", "mle")[1] - without), 0.5)


@claim("MAP and posterior mean of the slope under Student errors come nearer to those without a day when that day "
       "moves very far than when it stays (larger distance when the day moves a thousand times as far, in the distance "
       "when it stays; the means by quadrature)")  # fmt: skip
def student_forgets_in_all_panels(comparison: Any) -> Claim:
    d = comparison["default"].data
    kept = np.arange(d.air.size) != DAY
    without = Data({"air": d.air[kept], "loss": d.loss[kept]})
    far = Data({"air": d.air, "loss": d.loss + 1000 * MOVE * ~kept})

    def slopes(one: Data) -> np.ndarray:
        mean = _integral(tuple(one.air), tuple(one.loss), "student", COARSE)[0][1]
        return np.array([_student(one, extra=1.0)[1], mean])

    return at_most(float(np.max(np.abs((slopes(far) - slopes(without)) / (slopes(d) - slopes(without))))), 0.5)


@claim("The slope of Huber's M-estimator (RLM), whose loss is linear in the tails, is pulled by a moved day less than "
       "half as far as that of least squares (its pull, in that of least squares)")  # fmt: skip
def huber_is_bounded(comparison: Any) -> Claim:
    pull = _huber(comparison["moved"].data)[1] - _huber(comparison["default"].data)[1]
    return between(float(pull / _shift(comparison, "normal", "mle")), -0.1, 0.5)


@lru_cache(maxsize=64)
def _integral(
    air: tuple[float, ...], loss: tuple[float, ...], family: str, points: int = POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """Return the posterior's means and standard deviations of level and slope by a grid."""
    x, y = np.array(air), np.array(loss)
    d, n = Data({"air": x, "loss": y}), y.size
    centre = BY_LIBRARY[family](d)
    rest = y - centre[0] - centre[1] * x
    if family == "student":
        points = points // 2 + 1  # a density without kinks needs fewer
        sd, scale = _curved(d)
    else:
        spread = np.std(rest) if family == "normal" else 1.4 * np.mean(np.abs(rest))
        sd = spread / np.sqrt(n) * np.array([1.0, 1 / x.std()])
    level, slope = (centre[k] + WIDTH * sd[k] * np.linspace(-1, 1, points) for k in range(2))
    r = y - level[:, None, None] - slope[None, :, None] * x
    if family == "normal":
        density = -n / 2 * np.log(np.sum(r**2, axis=-1))
    elif family == "laplace":
        density = -n * np.log(np.abs(r).sum(axis=-1))
    else:
        scales = scale * np.exp(WIDTH * np.sqrt((FREEDOM + 3) / (2 * FREEDOM * n)) * np.linspace(-1, 1, SCALES))
        terms = [-n * np.log(s) - (FREEDOM + 1) / 2 * np.log1p(r**2 / (FREEDOM * s**2)).sum(axis=-1) for s in scales]
        density = np.logaddexp.reduce(np.array(terms), axis=0)
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    grid = np.meshgrid(level, slope, indexing="ij")
    mean = np.array([np.sum(weight * g) for g in grid])
    return mean, np.sqrt([np.sum(weight * (g - m) ** 2) for g, m in zip(grid, mean, strict=True)])


def _curved(d: Data) -> tuple[np.ndarray, float]:
    """Return standard errors of level and slope by the curvature of Student's log-likelihood, and its scale.

    A far observation, which makes the mean residual large, does not come into them.
    """
    line, scale = np.split(_student(d), [2])
    r = (d.loss - line[0] - line[1] * d.air) / scale
    x = np.column_stack([np.ones(r.size), d.air])
    curved = (FREEDOM + 1) * (FREEDOM - r**2) / (FREEDOM + r**2) ** 2
    return np.sqrt(np.diag(np.linalg.inv(x.T @ (curved[:, None] * x)))) * scale, float(scale[0])


def _exact(d: Data, family: str) -> tuple[np.ndarray, np.ndarray]:
    return _integral(tuple(d.air), tuple(d.loss), family)


@claim("The posterior means of the slope under normal, Laplace and Student errors, with the day's loss as it is and "
       "moved, are their integrals on a grid (in Monte Carlo errors)")  # fmt: skip
def posteriors_are_the_integrals(comparison: Any) -> Claim:
    draws, exact = [], []
    for family in VARIANT:
        for variant in (VARIANT[family], _moved(family)):
            draws.append(comparison[variant].panels["mcmc"].native["posterior"]["slope"].values)
            exact.append(_exact(comparison[variant].data, family)[0][1])
    return close_to_exact(np.stack(draws, axis=-1), exact)


@claim("A day whose loss moves widens the posterior of the slope more under normal than under Laplace and Student "
       "errors (least ratio of the widening, normal to the other)")  # fmt: skip
def normal_widens_most(comparison: Any) -> Claim:
    def widening(family: str) -> float:
        one, other = (comparison[v].row("mcmc", "slope").std_error for v in (_moved(family), VARIANT[family]))
        return float(one / other)

    return at_least(widening("normal") / max(widening("laplace"), widening("student")), 1.2)


def _far_from_engel(family: Callable[[Data], np.ndarray], move: float) -> float:
    """Return by how much the slope of Engel's households changes when one spends more."""
    return float(family(engel(move))[1] - family(engel())[1])


@claim("Among Engel's households the slope of least squares is pulled in proportion when one household spends more: by "
       "the first thousand francs as far as by each of a hundred million (difference of the slopes per thousand francs)"
       )  # fmt: skip
def engel_has_no_bound(comparison: Any) -> Claim:
    return at_most(abs(_far_from_engel(_ols, FAR) / FAR - _far_from_engel(_ols, 1.0)), 1e-8)


@claim("Among Engel's households the slope of least absolute deviations is the same whether one household spends a "
       "thousand or a hundred million francs more (difference of the slopes)")  # fmt: skip
def engel_is_bounded(comparison: Any) -> Claim:
    return at_most(abs(_far_from_engel(_vertex, FAR) - _far_from_engel(_vertex, 1.0)), 1e-8)


@claim("Among Engel's households the slope of Huber's M-estimator (RLM) is the same whether one household spends a "
       "thousand or a hundred million francs more (difference of the slopes)")  # fmt: skip
def engel_huber_is_bounded(comparison: Any) -> Claim:
    return at_most(abs(_far_from_engel(_huber, FAR) - _far_from_engel(_huber, 1.0)), 1e-6)


@claim("Among Engel's households MLE, MAP and posterior mean of the slope under Student errors are pulled by one "
       "household that spends a hundred million francs more at most half as far as by one that spends up to a thousand "
       "more (largest ratio of the pulls; means by quadrature)")  # fmt: skip
def engel_is_forgotten(comparison: Any) -> Claim:
    d, (moves, curves) = comparison["engel"].data, _engel_curves(comparison)
    far = _moved_at(d, _household(d.air), FAR)
    slopes = {
        "MLE": _student(far)[1],
        "MAP": _student(far, extra=1.0)[1],
        "posterior mean": _integral(tuple(far.air), tuple(far.loss), "student", COARSE)[0][1],
    }
    ratios = []
    for panel, gone in slopes.items():
        pulled = np.array(curves[f"Student, {panel}"])
        still = pulled[moves == 0]
        ratios.append(np.abs(gone - still) / np.max(np.abs(pulled - still)[moves > 0]))
    return at_most(float(np.max(ratios)), 0.5)


@claim("Among Engel's households MLE and MAP of level, slope and scale under Student errors are the maxima that scipy "
       "finds of Student's log-likelihood, without and with the prior 1/scale (largest difference)")  # fmt: skip
def engel_is_highest(comparison: Any) -> Claim:
    gaps = []
    for method, extra in (("mle", 0.0), ("map", 1.0)):
        ours = [*_line(comparison, "engel", method), comparison["engel"].row(method, "scale").estimate]
        gaps.append(np.max(np.abs(ours - _highest(comparison["engel"].data, extra))))
    return at_most(float(max(gaps)), 1e-8)


@claim("Among Engel's households the posterior means of level and slope under Student errors are their integrals on a "
       "grid (in Monte Carlo errors)")  # fmt: skip
def engel_posterior_is_the_integral(comparison: Any) -> Claim:
    posterior = comparison["engel"].panels["mcmc"].native["posterior"]
    draws = np.stack([posterior[name].values for name in ("level", "slope")], axis=-1)
    return close_to_exact(draws, _exact(comparison["engel"].data, "student")[0])


@claim("The log-likelihood that is compiled for the panels under Student errors, and that with the prior, are highest "
       "where the EM algorithm ends, as one day or one of Engel's households moves up and down (largest Newton step of "
       "level, slope or log scale)")  # fmt: skip
def student_is_em_wherever_one_moves(comparison: Any) -> Claim:
    steps = []
    for variant, place, reach in _moving(comparison):
        for move in np.linspace(-reach, reach, MOVES):
            d = _moved_at(comparison[variant].data, place, move)
            engine = comparison[variant].engine.with_data(**d.arrays)
            for extra, parts in ((0.0, np.array([1.0, 0.0])), (1.0, np.array([1.0, 1.0]))):
                level, slope, scale = _student(d, extra)
                _, slopes, curvatures = engine.derivatives(np.array([level, slope, np.log(scale)]))
                steps.append(np.max(np.abs(np.linalg.solve(np.tensordot(parts, curvatures, 1), parts @ slopes))))
    return at_most(float(max(steps)), 1e-8)


@lru_cache(maxsize=2)
def _chances(samples: int, size: int) -> np.ndarray:
    """Return the Laplace posterior's probability that the level is below its truth, in samples of normal data.

    With p(level, scale) ~ 1/scale the density of the level is the sum of absolute deviations to the power -size. That
    sum is linear between two observations, and the integral of a power of it known.
    """
    y = np.sort(np.append(np.random.default_rng(3).standard_normal((samples, size)), np.zeros((samples, 1)), axis=1))
    truth = np.argmax(y == 0, axis=1)  # the truth is a point of the grid, and no observation
    rank = np.arange(size + 1)[None] - (np.arange(size + 1)[None] > truth[:, None])  # observations below the point
    slope = 2.0 * (rank + (np.arange(size + 1)[None] != truth[:, None])) - size  # of the sum, right of the point
    step = np.diff(y, axis=1)
    total = np.abs(y).sum(axis=1)  # at the truth, 0
    rise = np.append(np.zeros((samples, 1)), np.cumsum(slope[:, :-1] * step, axis=1), axis=1)
    height = 1 + (rise - np.take_along_axis(rise, truth[:, None], 1)) / total[:, None]
    lowest = height.min(axis=1, keepdims=True)
    height, slope = height / lowest, slope / total[:, None] / lowest
    ends = height ** (1.0 - size)
    flat = slope[:, :-1] == 0
    mass = np.where(flat, step * height[:, 1:] ** -float(size), (ends[:, :-1] - ends[:, 1:]) / (size - 1))
    mass = np.divide(mass, slope[:, :-1], out=mass, where=~flat)
    tail = size / total / lowest[:, 0]  # the slope beyond all observations
    left, right = ends[:, 0] / (size - 1) / tail, ends[:, -1] / (size - 1) / tail
    below = left + np.where(np.arange(size)[None] < truth[:, None], mass, 0.0).sum(axis=1)
    return np.asarray(below / (left + mass.sum(axis=1) + right))


def _covered() -> float:
    """Return how often the Laplace posterior's interval of 95 % holds the level of normal data."""
    chance = _chances(SAMPLES, SIZE)
    return float(np.mean((chance > 0.025) & (chance < 0.975)))


def _narrower(n: float) -> float:
    """Return the Laplace posterior's standard deviation of a level in the sandwich's, of n normal observations.

    Their mean absolute deviation from a level m is that of the normal distribution, and the posterior's density of m,
    with p(m, scale) ~ 1/scale, its power -n. The sandwich's variance is 1/(4 n f^2), with the density f at the median.
    """
    from scipy.stats import norm

    m = np.linspace(-1, 1, 4001) * 14 / np.sqrt(n)
    deviation = m * (2 * norm.cdf(m) - 1) + 2 * norm.pdf(m)
    weight = np.exp(-n * np.log(deviation / (2 * norm.pdf(0))))
    return float(np.sqrt(4 * n * norm.pdf(0) ** 2 * (weight @ m**2) / weight.sum()))


@claim("The posterior of a level under Laplace errors is too narrow where errors are normal: its standard deviation "
       "comes to sqrt(2/pi) of the sandwich's as observations become many (difference of the ratio from that, by "
       "quadrature for 1e5 and 2e5 observations and extrapolation to infinitely many)")  # fmt: skip
def laplace_is_narrower_by_a_known_factor(comparison: Any) -> Claim:
    return at_most(abs(2 * _narrower(2e5) - _narrower(1e5) - np.sqrt(2 / np.pi)), 1e-8)


@claim("The posterior's interval of 95 % under Laplace errors holds the true level where errors are normal in 88 % of "
       "samples: in the limit of many observations in 2 Phi(1.96 sqrt(2/pi)) - 1 of them, with the normal distribution "
       f"function Phi (share of {SAMPLES} samples of {SIZE} observations)")  # fmt: skip
def laplace_is_too_narrow(comparison: Any) -> Claim:
    from scipy.stats import norm

    limit = 2 * norm.cdf(norm.isf(0.025) * np.sqrt(2 / np.pi)) - 1
    margin = norm.isf(FALSE_ALARM / 2) * np.sqrt(limit * (1 - limit) / SAMPLES)
    return between(_covered(), limit - margin, limit + margin)


def _sandwich(d: Data, bandwidth: float) -> np.ndarray:
    """Return standard errors of the line of least absolute deviations, whatever the errors: Powell's sandwich.

    Each observation's density at the line is one over twice the bandwidth where its residual is within the bandwidth,
    and zero elsewhere.
    """
    x = np.column_stack([np.ones(d.air.size), d.air])
    near = np.abs(d.loss - x @ _vertex(d)) < bandwidth
    bread = np.linalg.inv(x[near].T @ x[near] / (2 * bandwidth))
    return np.asarray(np.sqrt(np.diag(bread @ (x.T @ x / 4) @ bread)))


@claim("Among Engel's households, whose spread grows with income, the posterior of the slope under Laplace errors is "
       "too narrow: its standard deviation, by quadrature, is less than two thirds of the sandwich's, at Hall and "
       "Sheather's bandwidth, half of it and twice (largest ratio)")  # fmt: skip
def laplace_is_too_narrow_for_engel(comparison: Any) -> Claim:
    from scipy.stats import norm

    d = comparison["engel"].data
    # The rule in quantiles, of the median, and what it is in residuals whose quartiles are as if they were normal.
    share = d.air.size ** (-1 / 3) * norm.isf(0.025) ** (2 / 3) * (1.5 * norm.pdf(0) ** 2) ** (1 / 3)
    rest = d.loss - _vertex(d) @ np.stack([np.ones(d.air.size), d.air])
    robust = min(rest.std(), float(np.diff(np.quantile(rest, [0.25, 0.75]))[0]) / 1.34)
    bandwidth = robust * (norm.ppf(0.5 + share) - norm.ppf(0.5 - share))
    errors = [_sandwich(d, bandwidth * times)[1] for times in (0.5, 1.0, 2.0)]
    return at_most(float(_exact(d, "laplace")[1][1] / min(errors)), 2 / 3)


def _moved_at(d: Data, place: int, move: float) -> Data:
    return Data({"air": d.air, "loss": d.loss + move * (np.arange(d.loss.size) == place)})


def _moving(comparison: Any) -> tuple[tuple[str, int, float], ...]:
    """Return for stackloss and for Engel's households the variant, which observation is moved, and how far."""
    return ("default", DAY, 60.0), ("engel", _household(comparison["engel"].data.air), 1.0)


@lru_cache(maxsize=2)
def _curves(
    air: tuple[float, ...], loss: tuple[float, ...], place: int, reach: float
) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Return how far one observation is moved, and for each family MLE, MAP and posterior mean of the slope."""
    moves, found = np.linspace(-reach, reach, MOVES), dict[str, list[float]]()
    for move in moves:
        d = _moved_at(Data({"air": np.array(air), "loss": np.array(loss)}), place, move)
        for family in FAMILIES:
            both = "MLE" if family == "student" else "MLE and MAP"
            found.setdefault(f"{CALLED[family]}, {both}", []).append(float(BY_LIBRARY[family](d)[1]))
            mean = _integral(tuple(d.air), tuple(d.loss), family, COARSE)[0][1]
            found.setdefault(f"{CALLED[family]}, posterior mean", []).append(float(mean))
        found.setdefault("Student, MAP", []).append(float(_student(d, extra=1.0)[1]))
        found.setdefault("Huber's M-estimator", []).append(float(_huber(d)[1]))
    return moves, found


def _curves_of(comparison: Any, which: int) -> tuple[np.ndarray, dict[str, list[float]]]:
    variant, place, reach = _moving(comparison)[which]
    d = comparison[variant].data
    return _curves(tuple(d.air), tuple(d.loss), place, reach)


def _engel_curves(comparison: Any) -> tuple[np.ndarray, dict[str, list[float]]]:
    return _curves_of(comparison, 1)


def _sensitivity(comparison: Any, which: int, means: bool, title: str, caption: str) -> Figure:
    moves, curves = _curves_of(comparison, which)
    shown = {name: values for name, values in curves.items() if name.endswith("mean") == means}
    series = tuple(Series(name, moves.tolist(), values) for name, values in shown.items())
    return Figure(title, caption, "moved by, thousand francs" if which else "moved by", "slope", series)


def sensitivity(comparison: Any) -> Figure:
    """The maxima of the slope as one day is moved, under each family."""
    return _sensitivity(
        comparison,
        0,
        False,
        "Under normal errors one day moves the slope without bound",
        "The slope while the loss of one day moves up and down: without bound under normal errors, as far as a jump of "
        "two days under Laplace errors, and back again under Student errors.",
    )


def sensitivity_of_means(comparison: Any) -> Figure:
    """The posterior means of the slope as one day is moved, under each family."""
    return _sensitivity(
        comparison,
        0,
        True,
        "One day moved: posterior means",
        "The posterior mean of the slope, by quadrature, while the loss of one day moves up and down: without bound "
        "under normal errors, slowly on under Laplace errors, and back again under Student errors.",
    )


def engel_sensitivity(comparison: Any) -> Figure:
    """The maxima of the slope of Engel's households as one of them is moved, under each family."""
    return _sensitivity(
        comparison,
        1,
        False,
        "One household moved",
        "The slope of food expenditure on income while one household spends more or less: squared error lets "
        "it pull in proportion, the lines of the other losses stop or come back.",
    )


def engel_sensitivity_of_means(comparison: Any) -> Figure:
    """The posterior means of the slope of Engel's households as one of them is moved, under each family."""
    return _sensitivity(
        comparison,
        1,
        True,
        "One household moved: posterior means",
        "The posterior mean of the slope, by quadrature, while one household spends more or less: without bound "
        "under normal errors, hardly any further once it has crossed the line under Laplace errors, and back again "
        "under Student errors.",
    )


def answer(comparison: Any) -> str:
    """Say how far one day pulls."""
    far, none, near = ([_shift(comparison, family, m) for m in ("mle", "mcmc")] for family in FAMILIES)
    return (
        f"That depends on the errors that the model allows. A day whose loss is moved by {MOVE:g} changes the MLE of "
        f"the slope by {far[0]:.3f} under normal errors (posterior mean: {far[1]:.3f}), by {near[0]:.3f} under "
        f"Student errors, which are now and then large ({near[1]:.3f}), and by {none[0] + 0:.3f} under Laplace errors "
        f"({none[1]:.3f})."
    )


def same_in_panels(comparison: Any) -> str:
    """Say whether a prior or a posterior protects."""
    return (
        f"No: under normal errors the posterior mean moves by {_shift(comparison, 'normal', 'mcmc'):.3f} where the "
        "MLE moves by "
        f"{_shift(comparison, 'normal', 'mle'):.3f}. What protects is the likelihood, not the way it is summarised."
    )


def why_none(comparison: Any) -> str:
    """Say why the Laplace posterior moves though its mode does not."""
    still, moved = (comparison[v].row("mcmc", "slope") for v in ("laplace", "laplace_moved"))
    scales = [comparison[v].row("map", "scale").estimate for v in ("laplace", "laplace_moved")]
    return (
        f"The mode of the line is fixed by the days on it and keeps its slope of "
        f"{comparison['laplace_moved'].row('map', 'slope').estimate:.3f}, but the scale grows with the far day: its "
        f"mode goes from {scales[0]:.2f} to {scales[1]:.2f}. With it the posterior's standard deviation of the slope "
        f"goes from {still.std_error:.3f} to {moved.std_error:.3f}, and its mean from {still.estimate:.3f} to "
        f"{moved.estimate:.3f}."
    )


def huber(comparison: Any) -> str:
    """Say what Huber's estimator is among them."""
    moved = _huber(comparison["moved"].data)[1] - _huber(comparison["default"].data)[1]
    return (
        f"Huber's slope is moved by {moved:.3f}. Its loss is that of errors which are normal in the middle and Laplace "
        "in the tails, but its scale comes from another rule, so that it is no maximum of a likelihood."
    )


scenario = Scenario(
    name="heavy_tails",
    question="How far can one observation pull an estimate?",
    source="Brownlee (1965), Statistical Theory and Methodology in Science and Engineering, 2nd ed.: stackloss; Engel "
    "(1857), in Koenker and Bassett (1982), Econometrica 50(1), 43-61; both as shipped by statsmodels",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("level", "slope", "scale"),
    variants={
        "moved": {"moved": MOVE},
        "normal": {"errors": "normal"},
        "normal_moved": {"errors": "normal", "moved": MOVE},
        "laplace": {"errors": "laplace"},
        "laplace_moved": {"errors": "laplace", "moved": MOVE},
        "engel": {"of": "engel"},
    },
    claims=(
        normal_is_least_squares, laplace_is_least_deviations, quantreg_finds_none_better,
        laplace_scale_is_the_mean_deviation, student_is_em, student_map_is_em, normal_has_no_bound,
        normal_mean_has_no_bound,
        laplace_does_not_move, laplace_mean_has_no_bound, student_hardly_moves, student_forgets,
        student_forgets_in_all_panels, huber_is_bounded, posteriors_are_the_integrals, normal_widens_most,
        laplace_is_narrower_by_a_known_factor, laplace_is_too_narrow, laplace_is_too_narrow_for_engel,
        engel_is_highest, engel_posterior_is_the_integral, student_is_em_wherever_one_moves, engel_has_no_bound,
        engel_is_bounded, engel_huber_is_bounded, engel_is_forgotten,
    ),
    holdout=lambda data: np.arange(data.loss.size) % 5 == 4,
    mathematics=(
        r"y_i = a + b x_i + s\, e_i, \quad p(a, b, s) \propto 1/s",
        rf"e_i \sim t_{{{FREEDOM:g}}}, \ \mathrm{{Laplace}}(0, 1) \ \text{{or}}\ \mathrm{{Normal}}(0, 1)",
    ),
    why=(
        "How far an observation pulls depends on how fast the log-likelihood falls as the observation moves "
        "away: under normal errors ever faster with the distance, under Laplace errors always at the same "
        "rate, and under Student errors more and more slowly. All three panels use the same likelihood, and so "
        "are pulled alike.",
        "A far observation also tells of the scale. Under normal errors it makes every interval longer. Under "
        "Student errors such observations are expected now and then, and the rest of the data keep their "
        "weight.",
    ),
    figures=(sensitivity, sensitivity_of_means, engel_sensitivity, engel_sensitivity_of_means),
    varies={"slope_sd": Range(10.0, 0.01, "prior standard deviation of the slope")},
    null={"slope": 0.0},
    about="Loss of ammonia on 21 days against the flow of air in a plant. level is the loss at the mean flow, slope "
    "what one unit of flow adds, scale the spread of the errors; in the variants moved one day's loss is "
    "misread. In the variant engel expenditure on food stands for the loss and income for the flow, of 235 "
    "households, in thousands of francs.",
    chapter="failures",
    position=5,
    answer=answer,
    questions=(
        Question("Does a posterior mean protect the slope against an outlier where the MLE does not?", same_in_panels),
        Question("Why does a far day move the posterior under Laplace errors and not the mode of the slope?", why_none),
        Question("How does Huber's M-estimator compare with normal, Laplace and Student errors?", huber),
    ),
)  # fmt: skip
