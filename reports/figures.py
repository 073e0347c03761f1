"""Prior, likelihood and posterior of one scalar in one picture, and the paths that decided a status."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from triptych.base.text import join_all
from triptych.problem.table import SHORT
from triptych.reports.marks import SHAPES, Chart
from triptych.reports.scales import Scale, spread
from triptych.reports.scenario_figures import special
from triptych.reports.view import Scalar, abridged, words

SMALL = (340.0, 214.0)
# How far, in ranges of the posterior, a point estimate may stretch the axis.
STRETCH = 1.5
FEWEST = 50  # draws of a prior within the axis, from which its density is drawn
HEIGHT = "density (likelihood: scaled)"
BEFORE = (0.05, 0.95)  # the part of a prior that the axis makes room for
SEEN = 2.0  # pixels between MAP and the posterior's top from which they are seen apart
TOP = 1.12  # of the axis, in heights of the posterior
HIGHEST = 3.0  # heights of the posterior up to which a prior is drawn
# What the three curves are, below the first of the pictures.
CURVES = (
    "Prior: what is plausible before the data. Likelihood: how well each value explains the data, the other parameters "
    "at their best. Posterior: what is plausible given both."
)
# What is said of the heights, once below all pictures.
HEIGHTS = (
    "Prior and posterior have the same area; the likelihood, which is no density, is drawn as high as the posterior. "
    "The curve of a posterior, and of a prior that is said to be estimated, is ArviZ's kernel estimate from draws."
)


def drawable(draws: np.ndarray) -> bool:
    """Whether finite draws differ by more than rounding, and by no more than numbers can hold."""
    if draws.size < 2:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.var(draws)) and np.ptp(draws) > 1e-12 * np.abs(draws).max())


def density(
    scalar: Scalar,
    draws: np.ndarray,
    prior: np.ndarray,
    optima: Sequence[dict[str, Any]],
    profile: Sequence[tuple[float, float]] | None,
    key: str,
    unit: str = "",
    size: tuple[float, float] = SMALL,
    given: str = "",
    exact: tuple[np.ndarray, np.ndarray] | None = None,
) -> Chart:
    """Draw prior, likelihood and posterior of one scalar, with the MAP mode and the MLE.

    Parameters
    ----------
    scalar
        The headline rows.
    draws
        The posterior draws of this scalar.
    prior
        Draws of its prior; empty where the prior cannot be drawn from.
    optima
        Local maxima of the likelihood, drawn when there is no MLE.
    profile
        Values with the signed root of the profile likelihood, in rising order, if there are any; without
        them the likelihood is drawn as the Wald approximation.
    key
        A prefix that makes identifiers unique on the page.
    unit
        The unit of the scalar, if it is known.
    size
        Width and height of the drawing.
    given
        What is fixed in the prior; empty for the prior as a whole.
    exact
        Places and heights of the prior's density where it is known exactly; else it is estimated from its draws.
    """
    from arviz_stats.base import array_stats

    width, height = size
    grid, pdf, _ = array_stats.kde(draws[np.isfinite(draws)], grid_len=128)
    curve, source = _likelihood(scalar.rows.get("mle"), profile)
    low, high = _window(scalar, draws, optima, curve, prior)
    before = (_prior(prior, low, high) if exact is None else _seen(exact, low, high)) / np.array([[1.0], [pdf.max()]])
    before[1] = np.minimum(before[1], HIGHEST)  # a density may be infinite at the end of a range
    top = TOP * max([1.0, *before[1]])
    x, y = Scale(low, high, 22.0, width - 12), Scale(0.0, top, height - 36, 26.0)
    status = str(scalar.rows["mcmc"]["status"]) if "mcmc" in scalar.rows else "ok"
    name = scalar.name
    label = abridged(f"{name}, {unit}" if unit else name, 46)
    chart = Chart(key, "", "", width, height, x, top=4.0, floor=y(0.0), x_label=label)
    chart.add("text", "axis", HEIGHT, transform=f"translate(12 {(y(0.0) + y(top)) / 2:.1f}) rotate(-90)",
              text_anchor="middle")  # fmt: skip
    doubt = "" if status == "ok" else " doubt"
    points = [(x(a), y(b / pdf.max())) for a, b in zip(grid, pdf, strict=True) if low <= a <= high]
    chart.curve(f"mcmc area{doubt}", points, base=y(0.0))
    chart.curve("n0 line", [(x(a), y(b)) for a, b in before.T], "prior density")
    chart.curve(f"mcmc line{doubt}", points, "posterior density")
    chart.legend.append(("mcmc", "area", "posterior" if not doubt else f"posterior: {status}"))
    if before.size:
        said = [given] * bool(given) + ["estimated from draws"] * (exact is None)
        chart.legend.append(("n0", "line", f"prior ({', '.join(said)})" if said else "prior"))
    likely = [(x(a), y(b)) for a, b in zip(*curve, strict=True) if low <= a <= high]
    if likely:
        chart.curve(f"mle line{' dashed' if 'Wald' in source else ''}", likely, source)
        chart.legend.append(("mle dashed" if "Wald" in source else "mle", "line", source))
    _points(chart, scalar, optima, y(0.0))
    chart.title = _describe(scalar, ["prior"] * bool(before.size) + [source] * bool(likely))
    return chart


def joint_maximum(chart: Chart, scalar: Scalar, draws: np.ndarray, panel: Any) -> str:
    """Say why the MAP of a drawn scalar is not the top of its density: where that is seen, or takes others as known.

    Parameters
    ----------
    chart
        The drawing of this scalar.
    scalar, draws
        As drawn.
    panel
        The MAP; nothing is said where it has only one parameter, as then the curve is the joint density.
    """
    from arviz_stats.base import array_stats

    row = scalar.rows.get("map")
    if panel is None or row is None or not math.isfinite(row["estimate"]):
        return ""
    grid, pdf, _ = array_stats.kde(draws[np.isfinite(draws)], grid_len=512)
    known = panel.held.get((scalar.estimand, scalar.label))
    apart = abs(chart.x(float(row["estimate"])) - chart.x(float(grid[np.argmax(pdf)]))) > SEEN
    several = panel.z is not None and np.size(panel.z) > 1
    if known is None and not (apart and several):
        return ""
    here = f", where {known.as_equations()}" if known is not None else ""
    return (
        f" The MAP is the top of the joint density of all parameters{here}. That need not be the top of the "
        "posterior's curve, an average over the others."
    )


def _likelihood(row: dict[str, Any] | None, profile: Sequence[tuple[float, float]] | None) -> tuple[np.ndarray, str]:
    """Return the likelihood of one scalar as a curve that is one at its maximum, and what it is.

    A profile is known by its signed root at a few values, in which it is nearly straight.
    """
    if row is None or str(row["status"]) not in ("ok", "at_boundary"):
        return np.zeros((2, 0)), ""
    if profile is not None and len(profile) > 2:
        from scipy.interpolate import PchipInterpolator

        values, roots = np.array(profile).T
        if not (np.all(np.isfinite(values)) and np.all(np.diff(values) > 0)):
            return np.zeros((2, 0)), ""
        places = np.linspace(values[0], values[-1], 241)
        heights = np.exp(-(PchipInterpolator(values, roots)(places) ** 2) / 2)
        # One end may be so far that no place is near the maximum.
        return (np.array([places, heights]), "likelihood (profile)") if heights.any() else (np.zeros((2, 0)), "")
    centre, error = float(row["estimate"]), float(row["std_error"])
    if not 0 < error < math.inf:
        return np.zeros((2, 0)), ""
    steps = np.linspace(-4, 4, 121)
    return np.array([centre + steps * error, np.exp(-(steps**2) / 2)]), "likelihood (Wald approximation)"


def _prior(draws: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the density of a prior within the axis, ``(2, points)``; none where too few of its draws lie there."""
    from arviz_stats.base import array_stats

    draws = draws[np.isfinite(draws)]
    inside = draws[(draws >= low) & (draws <= high)]
    if inside.size < FEWEST or not drawable(inside):
        return np.zeros((2, 0))
    first, middle, third = np.quantile(draws, (0.25, 0.5, 0.75))
    scale = (third - first) or np.ptp(inside)
    # Far out, where draws are few, kernels that grow with the distance from the centre leave no bumps.
    grid, pdf, _ = array_stats.kde(np.arcsinh((draws - middle) / scale), grid_len=512, bound_correction=True)
    values = middle + scale * np.sinh(grid)
    seen = (values >= low) & (values <= high)
    return np.array([values, pdf / (scale * np.cosh(grid))])[:, seen]


def _seen(exact: tuple[np.ndarray, np.ndarray], low: float, high: float) -> np.ndarray:
    """Return the part of an exact density that lies on an axis, ``(2, points)``; none where it is zero there."""
    places, heights = exact
    seen = (places >= low) & (places <= high)
    return np.array([places, heights])[:, seen] if np.any(heights[seen] > 0) else np.zeros((2, 0))


def _window(
    scalar: Scalar, draws: np.ndarray, optima: Sequence[dict[str, Any]], curve: np.ndarray, prior: np.ndarray
) -> tuple[float, float]:
    """Return the axis: the posterior, stretched a bounded way to the other panels and a shorter one to the prior."""
    low, high = (float(q) for q in np.nanquantile(draws, (0.002, 0.998)))
    room = STRETCH * (high - low)
    wanted = [low, high, *(row["estimate"] for row in [*scalar.rows.values(), *optima])]
    if curve.size:
        above = curve[0][curve[1] > 0.03 * curve[1].max()]
        wanted += [float(above.min()), float(above.max())]
    kept = [min(max(v, low - room), high + room) for v in wanted if math.isfinite(v)]
    before = prior[np.isfinite(prior)]
    if before.size >= FEWEST:
        kept += [float(np.clip(v, low - room / 3, high + room / 3)) for v in np.quantile(before, BEFORE)]
    return spread(kept, 0.03)


def _points(chart: Chart, scalar: Scalar, optima: Sequence[dict[str, Any]], base: float) -> None:
    """Mark the point estimates as lines with their shapes on top."""
    write = scalar.style
    marks = [(m, False, scalar.rows[m]) for m in ("mle", "map", "mcmc") if m in scalar.rows]
    marks += [("mle", True, row) for row in optima]
    level = {"mle": 8.0, "map": 14.0, "mcmc": 20.0}
    for method, local, row in marks:
        value, status = float(row["estimate"]), str(row["status"])
        if not math.isfinite(value):
            chart.legend.append((method, "absent", f"{SHORT[method]}: {words(status)}"))
            continue
        kind = "local maximum, not the MLE" if local else SHORT[method]
        kind = "posterior mean" if kind == "posterior" else kind
        label = f"{kind} {write(value)}"
        css = " doubt" if local or status != "ok" else ""
        if not chart.x.holds(value):
            _beyond(chart, method, value > chart.x.high, level[method])
            label += ", beyond the axis"
        else:
            place = chart.x(value)
            chart.line(f"{method} rule{css}", place, level[method], place, base, label)
            if not local:  # a hollow mark is an estimate with a status, and a local maximum is no estimate
                chart.dot(f"{method} point{css}", SHAPES[method], place, level[method], 3.6, label)
        chart.legend.append((f"{method}{css}", "line" if local else SHAPES[method], label))


def _beyond(chart: Chart, method: str, above: bool, y: float) -> None:
    x, way = (chart.x.stop, -6) if above else (chart.x.start, 6)
    chart.curve(f"{method} bar", [(x + way, y - 4), (x, y), (x + way, y + 4)])


def _describe(scalar: Scalar, others: Sequence[str]) -> str:
    """Return the result as a screen reader says it."""
    write = scalar.style
    said = [f"{SHORT[m]} {write(r['estimate']) or words(r['status'])}" for m, r in scalar.rows.items()]
    return f"{scalar.name}: {', '.join(said)}; drawn are {join_all([*others, 'posterior'])}."


def evidence(path: Any, method: str, key: str) -> Chart:
    """Draw the objective along the path that decided a status.

    Parameters
    ----------
    path
        Coordinate, values, objective, status and reason.
    method
        The panel whose objective it is.
    key
        A prefix that makes identifiers unique on the page.
    """
    from triptych.problem.scenario import Figure, Series

    values = np.asarray(path.values, dtype=float)
    finite = values[np.isfinite(values)]
    # Over more than two decades only a logarithmic axis shows where it goes.
    log = finite.size > 0 and finite.min() > 0 and finite.max() > 100 * finite.min()
    series = Series("", path.values, path.objective)
    title = f"{SHORT[method]}: along {path.coordinate} it is {words(path.status)}"
    height = "log-likelihood" if method == "mle" else "log-likelihood + log-prior"
    labels = (path.reason, path.coordinate, height)
    return special(Figure(title, *labels, (series,), x_log=bool(log)), key)
