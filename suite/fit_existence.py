"""What a regression's data leave undecided: which estimates exist, known before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from triptych.design import Design
from triptych.families import Regression, estimands
from triptych.fit_edges import edge_of_nu, fits_enough, ties, underdispersed
from triptych.outcomes import COUNTS
from triptych.principal import components
from triptych.table import Status
from triptych.tables import listed

Expected = Mapping[str, Mapping[str, Status | None]]
OWN_SCALE_PRIORS = ("student", "horseshoe")  # not scaled by sigma: nothing stops sigma at zero
MOST_DEPENDENT = 1e6  # condition number whose square leaves no digits
MOST_CELLS_FOR_PROGRAMS = 2_000_000
MOST_TERMS_APART = 60  # beyond it separation is not sought for each coefficient
FEWEST_SPARE_ROWS = 3  # Student's t has a variance from three degrees of freedom


@dataclass(frozen=True)
class Existence:
    """Statuses other than ``ok`` by method and estimand, and a sentence for each finding.

    A status of None is one that the fit itself has to decide.
    """

    expected: Expected
    notes: tuple[str, ...]
    no_posterior: tuple[Status, str] | None = None

    def mle_exists(self, estimand: str = "coef") -> bool:
        """Whether a finite, unique maximum-likelihood estimate is expected."""
        return self.expected.get("mle", {}).get(estimand, Status.OK) is Status.OK

    def map_exists(self, estimand: str = "coef") -> bool:
        """Whether a posterior mode is expected."""
        return self.expected.get("map", {}).get(estimand, Status.OK) is Status.OK


def existence(design: Design, spec: Regression) -> Existence:
    """Decide from the data alone which estimates exist.

    Where the prior is flat, or does not hold sigma away from zero, the data may leave the posterior
    improper: sampling it would give numbers that mean nothing, so it is not sampled.
    """
    mle: dict[str, Status | None] = {}
    mode: dict[str, Status | None]
    notes: list[str] = []
    if not design.full_rank:
        mle |= _of_terms(design, Status.NOT_IDENTIFIED, design.undetermined)
        notes.append(_rank_note(design))
    no_posterior = None
    if spec.measured:
        mode = _measured(design, spec, mle, notes)
        if mode and _fits_exactly(design) and design.rank < design.n:
            no_posterior = (
                Status.FAILED,
                f"no posterior exists: {design.outcome_name!r} is an exact linear function of the predictors, and a "
                f"{spec.prior} prior lets sigma go to zero; look for the error in the data, or use --prior normal, "
                "whose scale shrinks with sigma",
            )
        if spec.family == "student" and spec.conditional:
            unbounded, reason = ties(design, spec.nu or 2.0)
            mode = dict.fromkeys(estimands(spec), Status.UNBOUNDED) if unbounded else mode
            no_posterior = (Status.FAILED, reason) if reason else no_posterior
    else:
        mode = {}
        if away := _separated(design):
            # What the data leave open is not identified before anything else.
            left = [term for term in away if term not in design.undetermined]
            mle = _of_terms(design, Status.AT_INFINITY, left) if left else mle
            mle |= {f"coef[{term}]": Status.NOT_IDENTIFIED for term in design.undetermined if left}
            if spec.family == "negative_binomial":
                mle["alpha"] = None  # the rows that stay may be underdispersed, or fitted exactly
            notes.append(
                "The predictors separate the outcome: along some direction the likelihood keeps "
                "rising, so maximum likelihood has no finite coefficients. A proper prior gives "
                "finite ones, which then depend on its scale."
            )
    if spec.prior == "flat":
        no_posterior = _improper(design, spec, mle, notes)
        # Without a prior on the slopes both objectives have the same trouble.
        mode = {**mode, **mle}
    if spec.family == "negative_binomial" and not mle and underdispersed(design):
        mle["alpha"] = Status.AT_INFINITY
        notes.append(
            "The counts vary no more than Poisson counts would, so the likelihood is highest at "
            "alpha = infinity, the Poisson model itself; the prior on alpha decides the rest."
        )
    if "nu" in _free(spec) and not mle and (edge := edge_of_nu(design)):
        mle["nu"] = edge
        notes.append(
            "The residuals have no heavier tails than normal ones, so the likelihood is highest at "
            "nu = infinity, the normal model itself; the prior on nu decides the rest."
            if edge is Status.AT_INFINITY
            else "The residuals' tails are so heavy that the likelihood is highest at nu = 2, the "
            "smallest value allowed."
        )
    if design.full_rank and design.condition > MOST_DEPENDENT and components(design, spec.prior) is None:
        mle.setdefault("coef", None)
        mode.setdefault("coef", None)
        notes.append(
            f"The predictors nearly depend on each other (condition number {design.condition:.1g}), so the curvature "
            "holds no digits of some directions: where the data leave them open, estimates are not identified to "
            "double precision. A flat or normal prior works in principal components, which keep the digits."
        )
    if not design.full_rank and spec.prior == "laplace":
        mode.setdefault("coef", None)  # of columns that say the same, the lasso may take either
    if spec.family == "laplace" and spec.prior != "flat" and design.intercept and design.n % 2 == 0:
        # The prior holds the slopes; half of an even number of rows may lie on each side for a range of intercepts.
        mode.setdefault("coef", None)
    if spec.prior == "horseshoe" and design.labels:
        notes.append(
            "The horseshoe is written as a product of scales; another way of writing it would move "
            "its mode (centred, it has none), so the posterior is the answer to read."
        )
    expected: dict[str, dict[str, Status | None]] = {}
    if mle:
        expected["mle"] = mle
    if mode:
        expected["map"] = mode
    if no_posterior is not None:
        expected["mcmc"] = dict.fromkeys(estimands(spec), no_posterior[0])
        notes.append(no_posterior[1][0].upper() + no_posterior[1][1:] + ".")
    return Existence(expected, tuple(notes), no_posterior)


def _of_terms(design: Design, status: Status, terms: list[str]) -> dict[str, Status | None]:
    """Return the status of ``coef``, and of the terms that it does not concern."""
    spared = [term for term in design.terms if term not in terms]
    return {"coef": status, **{f"coef[{term}]": Status.OK for term in spared}}


def _rank_note(design: Design) -> str:
    p, n = len(design.terms), design.n
    if p > n:
        why = f"There are {p} coefficients and {n} rows"
    else:
        why = f"The columns {listed(design.undetermined)} depend linearly on each other"
    return (
        f"{why}: the data determine {design.rank} of {p} coefficients. Maximum likelihood is not "
        "unique; mode and posterior exist because of the prior, and along the undetermined "
        "directions they show nothing but the prior."
    )


def _measured(
    design: Design, spec: Regression, mle: dict[str, Status | None], notes: list[str]
) -> dict[str, Status | None]:
    """Exact fits let sigma go to zero; medians need not be unique. Returns the mode's statuses."""
    exact = _fits_exactly(design)
    if not exact and not (spec.family == "student" and fits_enough(design, spec.nu or 2.0)):
        if spec.family == "laplace" and not mle and (loose := _several_medians(design)):
            mle |= _of_terms(design, Status.NOT_IDENTIFIED, loose)
            notes.append(
                "Several coefficient vectors have the same, least sum of absolute deviations: "
                "the median regression is not unique."
            )
        return {}
    # Without full rank the exact fit is one of many, and that is what coef's status says.
    spared = dict.fromkeys((name for name in mle if name != "coef"), Status.UNBOUNDED)
    rest: dict[str, Status | None] = dict.fromkeys(("sigma", *_free(spec)), Status.UNBOUNDED)
    mle |= {"coef": mle.get("coef", Status.UNBOUNDED), **spared, **rest}
    what = "all rows" if exact else "enough rows"
    notes.append(
        f"Some coefficients fit {what} exactly, so the likelihood grows without limit as sigma "
        "goes to zero: there is no maximum-likelihood estimate."
    )
    if spec.prior in OWN_SCALE_PRIORS:
        return {"coef": Status.UNBOUNDED, **rest}
    return {}


def _fits_exactly(design: Design) -> bool:
    if design.rank == design.n:
        return True
    y = design.outcome
    unit = design.outcome_scale if design.outcome_scale != 1.0 else design.spread
    target = (y - design.outcome_centre) / unit
    coef, *_ = np.linalg.lstsq(design.full, target, rcond=None)
    left = float(np.abs(target - design.full @ coef).max())
    rounding = 64 * np.finfo(float).eps
    return bool(left <= rounding * max(np.abs(y).max() / unit, np.abs(target).max()))


def _improper(
    design: Design, spec: Regression, mle: Mapping[str, Status | None], notes: list[str]
) -> tuple[Status, str] | None:
    """Return why a flat prior leaves no posterior, or none with a mean and a variance."""
    status = mle.get("coef")
    spare = design.n - design.rank
    if status is Status.NOT_IDENTIFIED and spec.family == "laplace" and design.full_rank:
        status = None  # several medians, yet the posterior is proper
    advice = "use --prior normal or another proper one"
    if status is not None:
        found = notes[0].split(". ")[0].rstrip(".").split(": ")[0]
        return Status.FAILED, f"no posterior exists under a flat prior ({found[0].lower()}{found[1:]}): {advice}"
    if spec.measured and spare < FEWEST_SPARE_ROWS:
        return (
            Status.NO_MOMENT,
            f"{design.n} rows and {design.rank} coefficients leave {spare} degrees of freedom, and under a flat prior "
            f"the posterior has a variance from {FEWEST_SPARE_ROWS} on: {advice}",
        )
    return None


def _separated(design: Design) -> list[str]:
    """Terms that the likelihood of a discrete outcome carries to infinity.

    Rows push the linear predictor up (all successes), down (none) or hold it (in between);
    linear programmes look for directions that no row resists and that some row wants.
    """
    from scipy.optimize import linprog

    x = design.full
    if x.size > MOST_CELLS_FOR_PROGRAMS:
        return []
    y = design.outcome
    if design.family in COUNTS:
        push = np.where(y == 0, -1.0, 0.0)
    else:
        total = np.ones(design.n) if design.trials is None else design.trials
        push = np.where(y == 0, -1.0, np.where(y == total, 1.0, 0.0))
    held = push == 0
    pushed = push[~held, None] * x[~held]
    if not len(pushed):
        return []

    def furthest(along: np.ndarray) -> np.ndarray | None:
        """The direction that goes furthest along a functional, unless some row resists it."""
        found = linprog(
            -along,
            A_ub=-pushed,
            b_ub=np.zeros(len(pushed)),
            A_eq=x[held] if held.any() else None,
            b_eq=np.zeros(int(held.sum())) if held.any() else None,
            bounds=(-1.0, 1.0),
            method="highs",
        ).x
        if found is None:
            return None
        gains, resisted = pushed @ found, np.abs(x[held] @ found).max() if held.any() else 0.0
        good = gains.max() > 1e-6 and gains.min() > -1e-7 and resisted < 1e-7
        return np.where(np.abs(found) > 1e-7, found, 0.0) if good else None

    first = furthest(pushed.sum(axis=0))
    if first is None:
        return []
    if len(design.terms) > MOST_TERMS_APART:
        return design.terms
    # Each coefficient on the user's scale as a functional of the direction, in both senses.
    each = np.eye(len(design.terms))
    if design.intercept:
        each[0, 1:] = -design.centre / design.scale
    ends = [furthest(sign * row) for row in each for sign in (1.0, -1.0)]
    return design.moved(np.array([first, *(end for end in ends if end is not None)]))


def _several_medians(design: Design) -> list[str]:
    """Terms in which the points of least absolute deviations differ, when there are several."""
    from scipy.optimize import linprog

    n, p = design.full.shape
    if n * p > MOST_CELLS_FOR_PROGRAMS // 10:
        return []
    unit = design.outcome_scale if design.outcome_scale != 1.0 else design.spread
    target = (design.outcome - design.outcome_centre) / unit
    # target = X b + up - down with up, down >= 0: the classical linear programme.
    equal = np.hstack([design.full, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * p + [(0, None)] * (2 * n)
    cost = np.concatenate([np.zeros(p), np.ones(2 * n)])
    best = linprog(cost, A_eq=equal, b_eq=target, bounds=bounds, method="highs")
    if best.x is None:
        return []
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(3):
        direction = np.concatenate([rng.normal(size=p), np.zeros(2 * n)])
        ends = [
            linprog(
                sign * direction,
                A_eq=equal,
                b_eq=target,
                A_ub=cost[None],
                b_ub=[best.fun * (1 + 1e-9)],
                bounds=bounds,
                method="highs",
            )
            for sign in (1.0, -1.0)
        ]
        if any(end.x is None for end in ends):
            return []
        if abs(ends[0].fun + ends[1].fun) <= 1e-4:
            return []
        gap = ends[0].x[:p] - ends[1].x[:p]
        gaps.append(np.where(np.abs(gap) > 1e-6, gap, 0.0))
    return design.moved(np.array(gaps), rounding=1e-5)


def _free(spec: Regression) -> tuple[str, ...]:
    return ("nu",) if spec.family == "student" and spec.nu is None else ()
