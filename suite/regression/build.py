"""From a table and a formula to a scenario."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from inspect import signature
from typing import Any, Literal

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import flag, word
from triptych.base.threads import in_one_thread
from triptych.design.design import Design, build_design
from triptych.design.outcome import LARGEST, SMALLEST
from triptych.problem.scenario import DEFAULT, Data, Scenario
from triptych.problem.table import Status
from triptych.problem.varied import Range
from triptych.regression.catalogue import family_of, prior_of
from triptych.regression.claims import regression_claims
from triptych.regression.existence import Existence, existence
from triptych.regression.facts import priors
from triptych.regression.family import Family
from triptych.regression.model import regression_data, regression_model
from triptych.regression.names import family_names, prior_names
from triptych.regression.prior import Prior
from triptych.regression.regression import Regression
from triptych.regression.words import about, mathematics, question, source, why

FEWEST_ROWS_FOR_HOLDOUT = 10
DIFFUSE, TIGHT = 40.0, 0.004  # multiples of the prior's own scale at which a path begins and ends


@in_one_thread
def build_scenario(
    table: Any,
    formula: str,
    *,
    family: str = "gaussian",
    prior: str = "normal",
    prior_scale: float | str = "auto",
    standardize: bool = True,
    drop_missing: bool = False,
    trials: str | None = None,
    l1_ratio: float | Literal["auto"] = "auto",
    nu: float | Literal["auto", "estimate"] | None = "auto",
    name: str = "fit",
) -> Scenario:
    """Return the scenario of a regression, ready to be solved like any other.

    Parameters
    ----------
    table
        A path to a CSV or Parquet file, a DataFrame, or a mapping of columns.
    formula
        ``"y ~ x1 + C(g)"``; see :func:`triptych.design.formula.parse_formula`.
    family
        The name of a file in ``regression/families/``.
    prior
        The name of a file in ``regression/priors/``.
    prior_scale
        A positive number, or ``auto``; see :class:`triptych.regression.regression.Regression`.
    standardize
        Put the prior on standardised predictors. Results are on the user's scale either way.
    drop_missing
        Drop rows with missing or infinite values instead of refusing them.
    trials
        The column with the number of trials of a binomial outcome.
    l1_ratio
        The Laplace share of an elastic net; ``auto`` is 0.5.
    nu
        Degrees of freedom of Student errors; ``auto`` is 4, ``None`` or ``"estimate"`` estimates them.
    name
        Name of the scenario.

    Raises
    ------
    InputError
        The table, the formula or an option cannot work; the message says which and what to do.
    """
    word("name", name, "a text of lower-case letters, digits and underscores")
    standardize, drop_missing = flag("standardize", standardize), flag("drop_missing", drop_missing)
    if trials is not None:
        word("trials", trials, "the name of the column with the number of trials")
    freedom = None if isinstance(nu, str) and nu == "estimate" else nu
    stated: dict[str, Any] = {k: v for k, v in (("l1_ratio", l1_ratio), ("nu", freedom)) if not _auto(v)}
    regression = Regression(family, prior, prior_scale, **stated)
    _refuse_idle([*stated, *(["trials"] if trials is not None else [])], regression)
    design = build_design(
        table,
        formula,
        family=regression.likelihood,
        standardize=standardize,
        drop_missing=drop_missing,
        trials=trials,
    )
    found = existence(design, regression)
    data = regression_data(design, regression)

    def read() -> Data:
        return data

    try:
        scenario = Scenario(
            name=name,
            question=question(design),
            source=source(design),
            model=regression_model(design, regression),
            data=read,
            estimands=regression.estimands,
            claims=regression_claims(design, regression, found),
            expect={DEFAULT: found.expected},
            no_posterior=found.no_posterior,
            no_maximum=found.no_maximum,
            facts=design.facts,
            priors=priors(design, regression),
            holdout=_holdout(design, regression, found),
            mathematics=mathematics(design, regression, standardize=standardize),
            code=_call(
                formula,
                family=family,
                prior=prior,
                prior_scale=regression.prior_scale,
                standardize=standardize,
                drop_missing=drop_missing,
                trials=trials,
                **{k: getattr(regression, k) for k in stated},
            ),
            about=about(design, regression),
            columns={design.outcome_name: design.outcome, **dict(zip(design.labels, design.columns.T, strict=True))},
            why=why(design, regression, found, standardize=standardize),
            varies=_varies(design, regression),
        )
        return replace(scenario, likelihood=_plain(scenario, design, regression))
    except ValueError as fault:
        raise InputError(str(fault)) from fault


def _plain(scenario: Scenario, design: Design, regression: Regression) -> Scenario | None:
    """Return the regression under a flat prior, where the prior's own way of writing the slopes loses the MLE."""
    if regression.plain(design):
        return None
    flat = replace(regression, prior="flat", prior_scale="auto")
    data = regression_data(design, flat)
    return replace(scenario, model=regression_model(design, flat), data=lambda: data)


def _varies(design: Design, regression: Regression) -> dict[str, Range]:
    """Return the range of the prior's scale; a flat prior has none, and neither has a model without slopes."""
    if regression.slopes.flat or not design.labels:
        return {}
    own = regression.scale(design)
    per_slope = ", in units of sd(y)/sd(x) of each slope" if np.any(regression.relative(design) != 1.0) else ""
    start, stop = (min(max(own * times, SMALLEST), LARGEST) for times in (DIFFUSE, TIGHT))
    return {"prior_scale": Range(start, stop, f"scale of the {regression.slopes.name} prior of the slopes{per_slope}")}


def _refuse_idle(stated: Collection[str], regression: Regression) -> None:
    """Refuse options that are stated and that the family or the prior has no use for."""
    known: dict[str, tuple[Family | Prior, ...]] = {
        "prior": tuple(map(prior_of, prior_names())),
        "family": tuple(map(family_of, family_names())),
    }
    for kind, each in known.items():
        chosen = regression.slopes if kind == "prior" else regression.likelihood
        for other in each:
            for option, what in other.options.items():
                if option in stated and option not in chosen.options:
                    raise InputError(
                        f"--{option.replace('_', '-')} is {what}, and the {kind} is {chosen.name}; leave it out, or "
                        f"choose --{kind} {other.name}"
                    )


def _auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


def _call(formula: str, **options: Any) -> str:
    """Return the call that defines a regression: family, prior, and what is not left at its default."""
    default = {name: p.default for name, p in signature(build_scenario).parameters.items()}
    shown = {k: v for k, v in options.items() if k in ("family", "prior") or v != default[k]}
    return f"triptych.fit(table, {formula.strip()!r}, {', '.join(f'{k}={v!r}' for k, v in shown.items())})"


def _holdout(design: Design, regression: Regression, found: Existence) -> Any:
    """A fifth of the rows, chosen so that the rest determine as much as all of them do."""
    if found.no_posterior is not None:
        lacks = "exists" if found.no_posterior[0] is Status.NO_POSTERIOR else "was sampled"
        return f"no posterior {lacks}, so there are no three predictive distributions to compare"
    if design.n < FEWEST_ROWS_FOR_HOLDOUT:
        return f"with {design.n} rows none can be spared for a hold-out split"
    for seed in range(20):
        mask = np.zeros(design.n, dtype=bool)
        mask[np.random.default_rng(seed).permutation(design.n)[: design.n // 5]] = True
        if _rest_suffices(design, regression, found, ~mask):
            return lambda data, mask=mask: mask.copy()
    return "every split tried leaves out rows without which some coefficient is undetermined"


def _rest_suffices(design: Design, regression: Regression, found: Existence, kept: np.ndarray) -> bool:
    trials = None if design.trials is None else design.trials[kept]
    rest = replace(design, outcome=design.outcome[kept], columns=design.columns[kept], trials=trials)
    varies = np.ptp(rest.outcome / (1.0 if trials is None else trials)) > 0
    if not varies or rest.rank < min(design.rank, rest.n):
        return False
    try:
        return dict(existence(rest, regression).expected) == dict(found.expected)
    except InputError:
        return False
