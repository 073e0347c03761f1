"""What is measured of one scalar across the panels; the rules of an explanation read nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from triptych.base.numbers import Style, style
from triptych.comparisons.explanation.corners import corner_of
from triptych.comparisons.explanation.log_scales import mode_on_log_scales
from triptych.comparisons.explanation.off_the_edge import Off, off_the_edge
from triptych.comparisons.explanation.prior import ENOUGH, centres_and_scales, drawn_prior, rests_on
from triptych.comparisons.explanation.prior_words import prior_words
from triptych.panels.solution import NoEstimate, Solution
from triptych.problem.fixed import Fixed
from triptych.problem.table import METHODS, Row, Status
from triptych.problem.told import Density

NAN = float("nan")
EQUAL = 1e-6  # standard errors up to which an MLE is called the same as a datum
MOST_PARTS = 16  # parts of the draws whose spread is a Monte Carlo error: it is known to 18 % then, and more cost time
STILL = 1e-12  # range of a chain, relative to its values, below which the chain did not move


@dataclass(frozen=True)
class Sampled:
    """Figures of a marginal posterior, each with its Monte Carlo error: the deviation between chains over their root.

    ``sd`` is its standard deviation, ``top`` where ArviZ's estimate of its density is highest, ``skewness`` the third
    standardised moment. The error of the top is measured on ``parts``, each the draws of a chain or of a few, when it
    is first asked for.
    """

    sd: float = NAN
    median: float = NAN
    top: float = NAN
    skewness: float = NAN
    skewness_error: float = NAN
    share_above_zero: float = NAN
    parts: Sequence[np.ndarray] = field(default=(), repr=False, compare=False)

    @cached_property
    def top_error(self) -> float:
        """The Monte Carlo error of the top."""
        return _error([_top(part) for part in self.parts])


@dataclass(frozen=True)
class Measured:
    """One scalar: its rows, its marginal posterior, its prior, and what an interval holds fixed.

    Attributes
    ----------
    rows
        Method to the headline row.
    posterior
        Figures of its draws; NaN where the posterior was not sampled, and for angles.
    prior_centre, prior_scale
        As in :func:`triptych.comparisons.explanation.prior.centres_and_scales`; NaN where they are not known.
    prior_correlation
        Mean rank correlation with the other scalars of its estimand under the prior.
    on_log_scales
        The mode of the same density written in the logarithms of its positive parameters; NaN where it is not known.
    rewritten
        Whether the model has positive parameters, so that this mode is another one.
    held
        Method to what its interval holds fixed.
    corner
        Of what the corner is on which the MAP lies, see :mod:`triptych.comparisons.explanation.corners`; empty where
        it lies on none.
    signed
        Whether draws of the prior or the posterior lie on both sides of zero, so that an interval might contain it.
    partner, partner_correlation
        The other scalar of its estimand with which it is most correlated in the posterior; none where there is none.
    parameters
        Names of the free variables that it is computed from, in the order of the model; its own where it is free.
    priors
        How the model writes the priors of these, ``mu ~ Normal(0, 5)``, and the potentials that weigh them.
    datum
        Name of the data whose values are the MLEs of this scalar's vector, each of its own; empty where none are.
    off_edge
        Where the MAP lies on an edge: how many times as high likelihood and prior density are at the posterior mean.
    """

    name: str
    estimand: str
    rows: Mapping[str, Row]
    posterior: Sampled = field(default_factory=Sampled)
    prior_centre: float = NAN
    prior_scale: float = NAN
    prior_correlation: float = NAN
    on_log_scales: float = NAN
    rewritten: bool = False
    held: Mapping[str, Fixed] = field(default_factory=dict)
    corner: str = ""
    signed: bool = False
    partner: str = ""
    partner_correlation: float = NAN
    parameters: tuple[str, ...] = ()
    priors: tuple[str, ...] = ()
    datum: str = ""
    off_edge: Off = field(default_factory=Off)

    @cached_property
    def style(self) -> Style:
        """The digits that suit all panels, those of the reports' tables."""
        return style(asdict(row) for row in self.rows.values())

    def write(self, value: float) -> str:
        """Return a value of this scalar in the digits of the reports' tables."""
        return self.style(value)

    def estimate(self, method: str) -> float:
        """Return the estimate of a panel where its status is ``ok``, else NaN."""
        row = self.rows.get(method)
        return row.estimate if row is not None and row.status is Status.OK else NAN

    def value(self, method: str) -> float:
        """Return the estimate of a panel where it exists, on an edge too, else NaN."""
        row = self.rows.get(method)
        return row.estimate if row is not None and row.status in (Status.OK, Status.AT_BOUNDARY) else NAN

    def said(self, method: str) -> str:
        """Return the estimate of a panel in these digits."""
        return self.write(self.estimate(method))

    def status(self, method: str) -> Status | None:
        """Return the status of a panel; None where it was not asked for."""
        row = self.rows.get(method)
        return None if row is None else row.status

    def length(self, method: str) -> float:
        """Return the length of a panel's interval; NaN without one."""
        row = self.rows.get(method)
        return NAN if row is None else row.upper - row.lower

    @property
    def shift(self) -> float:
        """MAP minus MLE in posterior standard deviations."""
        return (self.estimate("map") - self.estimate("mle")) / self.posterior.sd

    @property
    def beyond(self) -> float:
        """Posterior mean minus MAP in posterior standard deviations."""
        return (self.estimate("mcmc") - self.estimate("map")) / self.posterior.sd


def measure(solution: Solution, told: Sequence[Density] = ()) -> list[Measured]:
    """Return what is measured of each reported scalar of a solved variant, in the order of its rows.

    Parameters
    ----------
    solution
        A variant; where it was solved in another process its engine is gone, and modes on other scales are NaN.
    told
        What its scenario says of the prior.
    """
    panels = solution.panels
    first = next(iter(panels.values()), None)
    if first is None:
        return []
    priors = centres_and_scales(solution, told)
    before = drawn_prior(solution)
    ties = {name: _prior_correlations(values) for name, values in before.items()}
    known = {name: rests_on(solution, name) for name in dict.fromkeys(row.estimand for row in first.estimates)}
    data = {name: _datum(solution, name) for name in known}
    partners = {name: _partners(solution, name) for name in known}
    logs, rewritten = mode_on_log_scales(solution)
    mode = panels["map"].native if "map" in panels else None
    cornered = mode is not None and not isinstance(mode, NoEstimate) and getattr(mode, "zeros", 0) > 0
    corner = corner_of(solution) if cornered else ""
    found = []
    for position, row in enumerate(first.estimates):
        rows = {m: panels[m].estimates[position] for m in METHODS if m in panels}
        place = solution.variables[row.estimand].labels.index(row.label)
        angle = solution.period(row.estimand, row.label) > 0
        of_map = rows.get("map")
        draws = posterior_draws(solution, row.estimand, place)
        prior = before[row.estimand][:, place] if row.estimand in before else np.zeros(0)
        found.append(
            Measured(
                row.name,
                row.estimand,
                rows,
                Sampled() if angle else _sampled(draws),
                *priors.get((row.estimand, row.label), (NAN, NAN)),
                float(ties[row.estimand][place]) if row.estimand in ties else NAN,
                float(logs[row.estimand][place]) if row.estimand in logs else NAN,
                rewritten,
                {m: panels[m].held[key] for m in rows if (key := (row.estimand, row.label)) in panels[m].held},
                corner if of_map and of_map.status is Status.OK and of_map.interval_kind == "none" else "",
                not angle and any(bool(np.any(some < 0) and np.any(some > 0)) for some in (prior, draws)),
                *partners[row.estimand][place],
                tuple(known[row.estimand]),
                prior_words(solution, row.estimand),
                data[row.estimand],
                Off() if of_map is None else off_the_edge(solution, of_map),
            )
        )
    return found


def posterior_draws(solution: Solution, estimand: str, place: int) -> np.ndarray:
    """Return the posterior draws of a scalar, ``(chains, draws)``; none where it was not sampled."""
    native: Any = solution.panels["mcmc"].native if "mcmc" in solution.panels else None
    group = getattr(native, "children", {}).get("posterior")
    if group is None or estimand not in group.data_vars:
        return np.zeros((0, 0))
    values = np.asarray(group[estimand].values, dtype=float)
    return values.reshape(*values.shape[:2], -1)[..., place]


def _datum(solution: Solution, estimand: str) -> str:
    """Return the name of the data whose values are the MLEs of a vector, one by one; empty where none are."""
    panel = solution.panels.get("mle")
    mles = [row for row in panel.estimates if row.estimand == estimand] if panel is not None else []
    values = np.array([row.estimate for row in mles])
    reach = EQUAL * np.array([row.std_error for row in mles])
    if len(mles) < 2 or not np.all(np.isfinite(values)) or not np.all(reach > 0):
        return ""
    for name, data in solution.data.arrays.items():
        same = np.issubdtype(data.dtype, np.number) and data.size == values.size
        if same and np.all(np.abs(np.ravel(data) - values) <= reach):
            return str(name)
    return ""


def _partners(solution: Solution, estimand: str) -> list[tuple[str, float]]:
    """Return for each scalar of an estimand the other with which it is most correlated in the posterior."""
    labels = solution.variables[estimand].labels
    draws = np.array([posterior_draws(solution, estimand, k).ravel() for k in range(len(labels))])
    if len(draws) < 2 or not draws.size or not np.all(np.isfinite(draws)) or not np.all(np.ptp(draws, axis=1) > 0):
        return [("", NAN)] * len(labels)
    correlations = np.corrcoef(draws)
    np.fill_diagonal(correlations, 0.0)
    most = np.argmax(np.abs(correlations), axis=1)
    return [(f"{estimand}[{labels[k]}]", float(row[k])) for row, k in zip(correlations, most, strict=True)]


def _sampled(draws: np.ndarray) -> Sampled:
    """Return the figures of draws of shape ``(chains, draws)``.

    Their Monte Carlo errors are those of the chains, or of several chains together where there are many.
    """
    if not draws.size or not np.all(np.isfinite(draws)) or np.ptp(draws) == 0:
        return Sampled()
    from scipy.stats import skew

    flat = draws.ravel()
    parts = [part.ravel() for part in np.array_split(draws, min(len(draws), MOST_PARTS))]
    # A chain that stands still has no skewness, and then nothing is known of its Monte Carlo error.
    moves = [float(np.ptp(part)) > STILL * float(np.abs(part).max()) for part in parts]
    skews = [float(skew(part)) if moving else NAN for part, moving in zip(parts, moves, strict=True)]
    return Sampled(
        sd=float(flat.std(ddof=1)),
        median=float(np.median(flat)),
        top=_top(flat),
        skewness=float(skew(flat)),
        skewness_error=_error(skews),
        share_above_zero=float(np.mean(flat > 0)),
        parts=parts,
    )


def _error(values: list[float]) -> float:
    """Return the Monte Carlo error of the mean of a figure that was measured on each part of the draws."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else NAN


def _top(draws: np.ndarray) -> float:
    """Return where ArviZ's estimate of a density is highest."""
    import arviz as az

    if np.ptp(draws) == 0:
        return float(draws[0])
    grid, density, _ = az.kde(draws)
    return float(grid[int(np.argmax(density))])


def _prior_correlations(draws: np.ndarray) -> np.ndarray:
    """Return each scalar's mean rank correlation with the others of its estimand; NaN where it cannot be had.

    Parameters
    ----------
    draws
        Of the prior, shape ``(draws, size)``.
    """
    if draws.shape[0] < ENOUGH or draws.shape[1] < 2:
        return np.full(draws.shape[1], NAN)
    from scipy.stats import rankdata

    ranks = rankdata(draws, axis=0)
    deviations = ranks - ranks.mean(axis=0)
    sizes = np.linalg.norm(deviations, axis=0)
    if not np.all(sizes > 0):
        return np.full(draws.shape[1], NAN)
    unit = deviations / sizes
    return np.asarray((unit.T @ unit.sum(axis=1) - 1) / (draws.shape[1] - 1))
