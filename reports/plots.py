"""ArviZ's own plots of a posterior, as inline SVG in the colours of the page."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

RANKED = 2  # scalars whose ranks are drawn: those that mix worst
RANKS, FEWEST_RANKS = 500, 20  # draws of a chain in a plot of ranks, at most and at least
LINES = 8  # chains in a plot of ranks, each a line; of more, one of every so many
PREDICTED = 3  # observed variables drawn
REPLICATES = 40  # data sets drawn from the model
CALIBRATED = 10  # rows of a binary variable from which its calibration is drawn
MOST_ROWS = 1000  # of the data in a plot; of more, one of every so many
SIZE = {"figsize": (6.0, 3.0), "figsize_units": "inches"}
# Colours that stand for those of the page, which change with its theme.
INK, SOFT, FAINT, MCMC, MLE, MAP = "#010101", "#020202", "#030303", "#040404", "#060606", "#070707"
CHAINS = tuple(f"#05050{i}" for i in range(8))
MARKED = "#ffffff"  # ArviZ takes a ground without a colour for a black one
PAGE = {
    INK: "ink",
    MARKED: "ink",
    SOFT: "soft",
    FAINT: "faint",
    MCMC: "mcmc",
    MLE: "mle",
    MAP: "map",
    **{c: f"chain{i % 4}" for i, c in enumerate(CHAINS)},
}


@dataclass(frozen=True)
class Plot:
    """One plot: the drawing, what it is called, and what is said below it."""

    svg: Markup
    title: str
    caption: str


def rank_plots(native: Any, summary: Sequence[dict[str, Any]], key: str) -> list[Plot]:
    """Draw, for the scalars with the largest R-hat, how far each chain's ranks among all draws are from uniform.

    Parameters
    ----------
    native
        The DataTree of the posterior.
    summary
        R-hat and effective size of every scalar, in the order of the posterior.
    key
        A prefix that makes identifiers unique on the page.
    """
    import arviz as az

    found: list[Plot] = []
    for row in sorted(summary, key=lambda row: -np.nan_to_num(row["r_hat"], nan=-np.inf)):
        draws = _scalar(native, summary, row)
        if len(found) == RANKED or draws.shape[0] < 2 or not np.all(np.isfinite(draws)) or np.ptp(draws) == 0:
            continue
        name = f"{row['estimand']}[{row['label']}]" if row["label"] else str(row["estimand"])
        skip = -(-draws.shape[0] // LINES)
        step = max(-(-draws.shape[1] // RANKS), _apart(draws, row))
        tree = az.from_dict({"posterior": {"scalar": draws[::skip, ::step]}}, check_conventions=False)

        def plot(tree: Any = tree) -> Any:
            looks = {"credible_interval": {"color": FAINT}, "title": False, "xlabel": False}
            return az.plot_rank(tree, backend="matplotlib", figure_kwargs=SIZE, visuals=looks)

        every = [f"{k} {what}" for k, what in ((skip, "chains"), (step, "draws")) if k > 1]
        thinned = f"; one of every {' and of every '.join(every)} is shown" if every else ""
        said = f"{name}: R-hat {row['r_hat']:.3f}, bulk ESS {row['ess_bulk']:.0f}{thinned}"
        found.append(Plot(_svg(plot, f"{key}{len(found)}"), f"Ranks of {name} by chain", said))
    return found


def _apart(draws: np.ndarray, row: dict[str, Any]) -> int:
    """Return k where one of every k draws of a chain is taken, nearly independent ones by the smaller ESS."""
    sizes = [float(row[name]) for name in ("ess_bulk", "ess_tail") if math.isfinite(row.get(name, math.nan))]
    worth = min(sizes, default=math.inf) / draws.shape[0]
    return max(1, min(math.ceil(draws.shape[1] / worth), draws.shape[1] // FEWEST_RANKS)) if worth > 0 else 1


def _scalar(native: Any, summary: Sequence[dict[str, Any]], row: dict[str, Any]) -> np.ndarray:
    """Return the draws of one scalar, ``(chains, draws)``."""
    place = [r["label"] for r in summary if r["estimand"] == row["estimand"]].index(row["label"])
    values = native["posterior"][row["estimand"]].transpose("chain", "draw", ...).values
    return np.asarray(values.reshape(*values.shape[:2], -1)[..., place])


def predictive_plots(native: Any, key: str) -> list[Plot]:
    """Draw the distribution of each observed variable over those of data sets drawn from the model.

    Parameters
    ----------
    native
        The DataTree of the posterior, with the groups ``observed_data`` and, where they exist,
        ``posterior_predictive`` and ``prior_predictive``.
    key
        A prefix that makes identifiers unique on the page.
    """
    groups = getattr(native, "children", {})
    if "observed_data" not in groups:
        return []
    return [
        _predictive(native, name, group, f"{key}{i}{group[:2]}")
        for i, name in enumerate(list(native["observed_data"].data_vars)[:PREDICTED])
        for group in ("posterior_predictive", "prior_predictive")
        if group in groups and name in native[group].data_vars and np.all(np.isfinite(native[group][name].values))
    ]


def _predictive(native: Any, name: str, group: str, key: str) -> Plot:
    """Draw one check: of a binary variable its calibration, or the share of ones, as a distribution shows nothing."""
    import arviz as az

    observed = np.ravel(native["observed_data"][name].values).astype(float)
    drawn = native[group][name].transpose("chain", "draw", ...).values.astype(float)
    drawn = drawn.reshape(*drawn.shape[:2], -1)
    every = math.ceil(observed.size / MOST_ROWS)
    shown = {group: {name: drawn[..., ::every]}, "observed_data": {name: observed[::every]}}
    tree = az.from_dict(shown, check_conventions=False)

    binary = bool(np.isin(observed, (0.0, 1.0)).all())
    words, posterior = group.replace("_", " "), group.startswith("post")
    rows = f", of one row in {every}" if every > 1 else ""
    if binary and posterior and observed.size >= CALIBRATED:
        drawing, said = _calibration(tree), f"{name}: observed frequency against predicted probability{rows}"
    elif binary:
        drawing, said = _share(drawn, group, name), f"{name}: the share of ones in {words} draws{rows}"
    else:
        said = f"{name}: cumulative distribution of the data (bold) and of {words} draws{rows}"
        drawing = _distribution(tree, group, min(REPLICATES, drawn[..., 0].size))
    return Plot(_svg(drawing, key), f"{words.capitalize()} check of {name}", said)


def _distribution(tree: Any, group: str, replicates: int) -> Callable[[], Any]:
    import arviz as az

    looks: dict[str, Any] = {
        "predictive_dist": {"color": MCMC if group.startswith("post") else FAINT, "alpha": 0.3},
        "observed_dist": {"color": INK},
        "title": False,
    }
    given: dict[str, Any] = {"kind": "ecdf", "num_samples": replicates, "visuals": looks}
    return lambda: az.plot_ppc_dist(tree, group=group, backend="matplotlib", figure_kwargs=SIZE, **given)


def _calibration(tree: Any) -> Callable[[], Any]:
    """Draw predicted probabilities against isotonic frequencies (Dimitriadis et al. 2021, PNAS 118(8))."""
    import arviz as az

    looks: dict[str, Any] = {
        "lines": {"color": MCMC},
        "reference_line": {"color": SOFT},
        "credible_interval": {"color": MCMC, "alpha": 0.2},
        "xlabel": {"text": "predicted probability"},
        "ylabel": {"text": "observed frequency"},
        "title": False,
    }
    return lambda: az.plot_ppc_pava(tree, backend="matplotlib", figure_kwargs=SIZE, visuals=looks)


def _share(drawn: np.ndarray, group: str, name: str) -> Callable[[], Any]:
    """Draw the distribution of the share of ones among data sets, of shape ``(chains, draws, rows)``."""
    import arviz as az

    tree = az.from_dict({group: {name: drawn.mean(axis=-1)}}, check_conventions=False)
    looks: dict[str, Any] = {"dist": {"color": SOFT}, "title": False}
    looks |= dict.fromkeys(("credible_interval", "point_estimate", "point_estimate_text"), False)
    given: dict[str, Any] = {"kind": "ecdf", "visuals": looks}
    return lambda: az.plot_dist(tree, group=group, backend="matplotlib", figure_kwargs=SIZE, **given)


def _svg(plot: Callable[[], Any], key: str) -> Markup:
    """Draw one of ArviZ's plots in the page's colours."""

    def drawn() -> Any:
        figure = plot().get_viz("figure")
        figure = figure.item() if hasattr(figure, "item") else figure
        for axes in figure.axes:
            for words in axes.texts:  # above the curves, not on them
                words.set(transform=axes.transAxes, position=(0, 1), verticalalignment="bottom")
        return figure

    return inlined(drawn, key)


def inlined(draw: Callable[[], Any], key: str) -> Markup:
    """Draw a matplotlib figure with colours that stand for the page's, and put the page's in.

    Parameters
    ----------
    draw
        Returns the figure, drawn in the colours of :data:`PAGE`.
    key
        A prefix that makes identifiers unique on the page.
    """
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib import pyplot as plt

    style: Any = {
        "svg.fonttype": "none", "svg.hashsalt": key, "font.size": 10, "path.simplify_threshold": 1.0,
        "figure.facecolor": "none", "savefig.facecolor": "none", "axes.facecolor": "none", "axes.edgecolor": FAINT,
        "text.color": INK, "axes.labelcolor": SOFT, "xtick.color": SOFT, "ytick.color": SOFT,
        "axes.prop_cycle": cycler(color=CHAINS), "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    with mpl.rc_context(style):
        figure = draw()
        text = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(text, format="svg", metadata=nothing, bbox_inches="tight")
        plt.close(figure)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    for colour, name in PAGE.items():
        svg = svg.replace(colour, f"var(--{name})")
    # Identifiers of another plot on the page may be the same but for the salt.
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{key}-", svg)
    # Its own style sheet would be the whole page's.
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    # Matplotlib escapes what it writes, and no name that a user chose is in it.
    return Markup(svg)
