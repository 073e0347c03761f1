"""What a regression's data leave undecided: which estimates exist, known before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from triptych.base.text import counted, listed, sentence
from triptych.design.design import Design
from triptych.problem.table import Status
from triptych.regression.components import components
from triptych.regression.exact_fits import (
    ExactFit,
    fits_exactly,
    likelihood_unbounded,
    misfit,
    tied_rows,
)
from triptych.regression.linear_programs import separated
from triptych.regression.regression import Regression

Expected = Mapping[str, Mapping[str, Status | None]]
MOST_DEPENDENT = 1e6  # condition number whose square leaves no digits
NEARLY = 1e-8  # residuals below this share of the outcome's size have too few digits to judge a kink or a heavy tail
FEWEST_SPARE_ROWS = 3  # Student's t has a variance from three degrees of freedom


@dataclass(frozen=True)
class Existence:
    """Statuses other than ``ok`` by method and estimand, and a sentence for each finding.

    A status of None is one that the fit itself has to decide. ``no_maximum`` has the reason, by method, why an
    objective rises without limit.
    """

    expected: Expected
    notes: tuple[str, ...]
    no_posterior: tuple[Status, str] | None = None
    no_maximum: Mapping[str, str] = field(default_factory=dict)

    def mle_exists(self, estimand: str = "coef") -> bool:
        """Whether a finite, unique maximum-likelihood estimate is expected."""
        return self.expected.get("mle", {}).get(estimand, Status.OK) is Status.OK

    def map_exists(self, estimand: str = "coef") -> bool:
        """Whether a posterior mode is expected."""
        return self.expected.get("map", {}).get(estimand, Status.OK) is Status.OK


def existence(design: Design, regression: Regression) -> Existence:
    """Decide from the data alone which estimates exist.

    Where the prior is flat, or does not hold sigma away from zero, the data may leave the posterior
    improper: sampling it would give numbers that mean nothing, so it is not sampled.
    """
    found = _Findings()
    if not design.full_rank:
        found.mle |= _of_terms(design, Status.NOT_IDENTIFIED, design.undetermined)
        found.causes.append(_rank_cause(design))
        found.notes.append(_rank_note(design, regression))
    if regression.measured:
        _measured(design, regression, found)
    else:
        _discrete(design, regression, found)
    if regression.slopes.flat:
        found.no_posterior = _improper(design, regression, found)
        # Without a prior on the slopes both objectives have the same trouble.
        found.mode |= found.mle
    _at_ends(design, regression, found)
    _left_to_the_fit(design, regression, found)
    if regression.slopes.note and design.labels:
        found.notes.append(regression.slopes.note)
    return found.concluded(regression)


@dataclass
class _Findings:
    """What is known so far: statuses of the MLE and of the mode, sentences, why there is no posterior."""

    mle: dict[str, Status | None] = field(default_factory=dict)
    mode: dict[str, Status | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)  # of statuses of coef, each in a clause
    no_posterior: tuple[Status, str] | None = None
    runs_away: str = ""

    def concluded(self, regression: Regression) -> Existence:
        """Return the findings as what is to be expected of each method."""
        expected: dict[str, dict[str, Status | None]] = {}
        if self.mle:
            expected["mle"] = self.mle
        if self.mode:
            expected["map"] = self.mode
        notes = list(self.notes)
        if self.no_posterior is not None:
            status, reason = self.no_posterior
            expected["mcmc"] = dict.fromkeys(regression.estimands, status)
            notes.append(sentence(reason))
        whose = {"mle": "likelihood", "map": "joint density"}
        no_maximum = {
            method: f"the {whose[method]} has no maximum: {self.runs_away}"
            for method, statuses in expected.items()
            if Status.UNBOUNDED in statuses.values()
        }
        return Existence(expected, tuple(notes), self.no_posterior, no_maximum)


def _of_terms(design: Design, status: Status, terms: list[str]) -> dict[str, Status | None]:
    """Return the status of ``coef``, and of the terms that it does not concern."""
    spared = [term for term in design.terms if term not in terms]
    return {"coef": status, **{f"coef[{term}]": Status.OK for term in spared}}


def _rank_cause(design: Design) -> str:
    if len(design.terms) > design.n:
        return f"there are {len(design.terms)} coefficients and {design.n} rows"
    return f"the columns {listed(design.undetermined)} depend linearly on each other"


def _rank_note(design: Design, regression: Regression) -> str:
    known = sentence(f"{_rank_cause(design)}: the data determine {design.rank} of {len(design.terms)} coefficients")
    if regression.slopes.flat:
        return f"{known} Under a flat prior nothing decides the others."
    return (
        f"{known} Maximum likelihood is not unique; along the undetermined directions mode and posterior, where they "
        "exist, show nothing but the prior."
    )


def _measured(design: Design, regression: Regression, found: _Findings) -> None:
    """Exact fits let sigma go to zero; medians need not be unique."""
    mle, exact, fits = found.mle, fits_exactly(design), regression.likelihood.exact_fits(design, regression)
    rest: dict[str, Status | None] = dict.fromkeys(
        ("sigma", *regression.likelihood.parameters(regression)), Status.UNBOUNDED
    )
    what = "all rows" if exact else "enough rows"
    if likelihood_unbounded(fits):
        # Without full rank the exact fit is one of many, and that is what coef's status says.
        spared = dict.fromkeys((name for name in mle if name != "coef"), Status.UNBOUNDED)
        mle |= {"coef": mle.get("coef", Status.UNBOUNDED), **spared, **rest}
        cause = f"some coefficients fit {what} exactly, so the likelihood grows without limit as sigma goes to zero"
        found.causes.append(cause)
        found.notes.append(sentence(f"{cause}: there is no maximum-likelihood estimate"))
    elif not mle:
        loose, note = regression.likelihood.several_maxima(design)
        if loose:
            mle |= _of_terms(design, Status.NOT_IDENTIFIED, loose)
            found.notes.append(note)
    found.runs_away = (
        f"some coefficients fit {what} exactly, where it grows without limit as sigma goes to zero, whatever the "
        f"scale of the prior; {_instead(design, exact=exact)}"
    )
    if regression.slopes.flat:
        return
    unbounded = regression.slopes.mode_unbounded(fits, len(design.labels))
    if unbounded is not False:
        status = Status.UNBOUNDED if unbounded else None
        found.mode |= {"coef": status, **dict.fromkeys(rest, status)}
    if unbounded and not regression.conditional:
        found.notes.append(
            f"The {regression.slopes.called} does not go with sigma, so the joint density grows without limit at that "
            "exact fit: there is no posterior mode, whatever the prior's scale. A posterior, where there is one, has a "
            "neck there as narrow as sigma, which the sampler may not pass; --prior ridge has no such neck."
        )
    if (spike := without_posterior(design, regression)) is not None:
        found.no_posterior = (Status.NO_POSTERIOR, _spike_reason(design, regression, exact=spike.rows == design.n))


def _instead(design: Design, *, exact: bool) -> str:
    """Say what to do where sigma goes to zero at an exact fit."""
    if not exact:
        return "use --family gaussian, or look for what these rows have in common"
    if design.rank == design.n:
        return "use fewer predictors, or --prior ridge, whose scale shrinks with sigma"
    return "look for the error in the data, or use --prior ridge, whose scale shrinks with sigma"


def _spike_reason(design: Design, regression: Regression, *, exact: bool) -> str:
    if exact:
        return (
            f"no posterior exists: {design.outcome_name!r} is an exact linear function of the predictors, and a "
            f"{regression.prior} prior lets sigma go to zero; {_instead(design, exact=True)}"
        )
    return (
        f"no posterior exists: {int(tied_rows(design).sum())} of {design.n} values of {design.outcome_name!r} are the "
        f"same, and {regression.likelihood.errors} let sigma go to zero on them; use --family gaussian, or look for "
        "what ties them"
    )


def _discrete(design: Design, regression: Regression, found: _Findings) -> None:
    """Predictors that separate the outcome carry coefficients to infinity."""
    away = separated(design)
    if not away:
        return
    # Redundant coefficients are not identified whatever else is wrong with the fit.
    left = [term for term in away if term not in design.undetermined]
    if left:
        found.mle = _of_terms(design, Status.AT_INFINITY, left)
        found.mle |= {f"coef[{term}]": Status.NOT_IDENTIFIED for term in design.undetermined}
    elif design.undetermined:
        found.mle["coef"] = None  # both hold of the same coefficients, and which is met first is the fit's affair
    for name in regression.likelihood.parameters(regression):
        found.mle[name] = None  # the rows that stay may be underdispersed, or fitted exactly
    found.causes.append("the predictors separate the outcome")
    found.notes.append(
        "The predictors separate the outcome: along some direction the likelihood keeps "
        "rising, so maximum likelihood has no finite coefficients. "
        + (
            "A proper prior gives finite ones, which then depend on its scale."
            if regression.slopes.flat
            else f"The {regression.prior} prior gives finite ones, which depend on its scale."
        )
    )


def _at_ends(design: Design, regression: Regression, found: _Findings) -> None:
    """A parameter of spread or of tails may have its likelihood highest at an end."""
    if found.mle:
        return
    for name, status, note in regression.likelihood.ends(design, regression):
        found.mle[name] = status
        found.notes.append(note)


def _left_to_the_fit(design: Design, regression: Regression, found: _Findings) -> None:
    """Where the data alone do not tell, nothing is expected."""
    if design.full_rank and design.condition > MOST_DEPENDENT and regression.components(design) is None:
        found.mode.setdefault("coef", None)
        rotated = components(design) is not None
        whose, also = (
            ("the mode's estimates", ", and so does the MLE under any prior") if rotated else ("estimates", "")
        )
        if not rotated:
            found.mle.setdefault("coef", None)
        found.notes.append(
            f"The predictors nearly depend on each other (condition number {design.condition:.1g}), so the curvature "
            f"holds no digits of some directions: where the data leave them open, {whose} are not identified to double "
            f"precision. A flat or normal prior works in principal components, which keep the digits{also}."
        )
    if regression.likelihood.heeds_small_residuals and not fits_exactly(design) and misfit(design) < NEARLY:
        rest = dict.fromkeys(("coef", "sigma", *regression.likelihood.parameters(regression)), None)
        found.mle = {**rest, **found.mle}
        if not regression.conditional:
            found.mode = {**rest, **found.mode}
        found.notes.append(
            "Some coefficients fit all rows so closely that double precision keeps few digits of the residuals: "
            "whether the likelihood has a maximum there is left to the fit."
        )
    # Of two equal columns the lasso may select either, so neither coefficient is identified.
    either = not design.full_rank and regression.slopes.ties
    # The prior holds the slopes; half of an even number of rows may lie on each side for a range of intercepts.
    halves = regression.likelihood.kinked and not regression.slopes.flat and design.intercept and design.n % 2 == 0
    if either or halves:
        found.mode.setdefault("coef", None)
    # A slope's own scale may go to zero at the mode, and the slope with it.
    if regression.slopes.hierarchical and "coef" not in found.mode:
        found.mode |= {"coef": None} | ({"coef[Intercept]": Status.OK} if design.intercept else {})


def _improper(design: Design, regression: Regression, found: _Findings) -> tuple[Status, str] | None:
    """Return why a flat prior leaves no posterior, or none with a mean and a variance."""
    status = found.mle.get("coef") or (None if design.full_rank else Status.NOT_IDENTIFIED)
    spare = design.n - design.rank
    if status is Status.NOT_IDENTIFIED and design.full_rank:
        status = None  # several maxima within bounds, yet the posterior is proper
    spike = without_posterior(design, regression) if regression.measured else None
    if status is Status.UNBOUNDED and design.full_rank and spike is None:
        status = None  # the spike of the likelihood holds no more than any other place
    advice = "use --prior normal or another proper one"
    if spike is not None and spare > 0:
        advice = _instead(design, exact=spike.rows == design.n)
    if status is not None:
        return Status.NO_POSTERIOR, f"no posterior exists under a flat prior ({found.causes[0]}): {advice}"
    if reason := regression.likelihood.no_flat_posterior(design):
        return Status.NO_POSTERIOR, f"no posterior exists under a flat prior: {reason}: {advice}"
    if regression.measured and spare < FEWEST_SPARE_ROWS:
        return (
            Status.NO_MOMENT,
            f"{counted(design.n, 'row')} and {counted(design.rank, 'coefficient')} leave "
            f"{counted(spare, 'degree')} of freedom, and under a flat prior "
            f"the posterior has a variance from {FEWEST_SPARE_ROWS} on, so that it is not sampled: {advice}",
        )
    return None


def without_posterior(design: Design, regression: Regression) -> ExactFit | None:
    """Return the exact fit around which the posterior has no finite integral."""
    for fit in regression.likelihood.exact_fits(design, regression):
        power = regression.slopes.posterior_power(fit, bool(design.labels), design.intercept)
        if power <= -1.0 + (-1e-9 if fit.saved else 1e-9):
            return fit
    return None
