"""Solve scenarios and tables: what stands behind ``triptych.run`` and ``triptych.fit``."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from triptych.api.display import Report
from triptych.base.environment import lacking
from triptych.base.errors import InputError
from triptych.base.options import named, nearest
from triptych.base.progress import Progress, watched
from triptych.base.text import counted, join, listed
from triptych.panels.settings import (
    CHAINS,
    CI_PROB,
    DRAWS,
    QUICK_CHAINS,
    QUICK_DRAWS,
    QUICK_TUNE,
    SEED,
    TUNE,
    Forward,
    Settings,
)
from triptych.problem.scenario import DEFAULT, Scenario
from triptych.problem.table import METHODS, SHORT

if TYPE_CHECKING:
    import pandas as pd

    from triptych.comparisons.comparison import Comparison
    from triptych.comparisons.study.study import Study
    from triptych.panels.solution import Solution

LIBRARIES = ("triptych", "pymc", "pytensor", "nutpie", "arviz", "statsmodels", "jax", "numpy", "scipy")


@named()
def run(
    scenario: str | Scenario,
    *,
    variants: Sequence[str] | None = None,
    methods: Sequence[str] = METHODS,
    draws: int = DRAWS.default,
    tune: int = TUNE.default,
    chains: int = CHAINS.default,
    random_seed: int = SEED.default,
    ci_prob: float = CI_PROB,
    ci_kind: str = "eti",
    backend: str = "auto",
    cores: int | None = None,
    profile: bool = True,
    quick: bool = False,
    progressbar: bool | Progress = True,
) -> Comparison:
    """Solve a scenario three ways and compare.

    Parameters
    ----------
    scenario
        The name of an installed scenario, or a :class:`triptych.Scenario`.
    variants
        Which of its variants; None means all.
    methods
        Any of ``mle``, ``map``, ``mcmc``. Claims are evaluated when all three are there.
    draws, tune, chains, random_seed, cores
        As in ``pm.sample``. The same seed gives the same estimates and draws on one machine.
    ci_prob
        Level of every interval, from 0.01 to 0.999999999.
    ci_kind
        Which posterior interval is the headline: ``eti`` or ``hdi``.
    backend
        What the sampler's density runs on: ``jax``, ``numba``, or ``auto``.
    profile
        Whether to compute profile-likelihood intervals.
    quick
        Whether to take a first look: the default variant alone, two chains of 800 draws after 200 tuning steps unless
        told otherwise, of which an R-hat of 1.05 and an effective size of 200 are required (1.01 and 400 else), a
        search for maxima that probes six coordinates at most, no profile intervals, no predictive checks, no claims,
        and no answer, questions, figures or tables of the scenario. The result says so.
    progressbar
        Whether to show, in a terminal or a notebook, what is being done and the time left; or a function that is
        called with what is being done and the share that is done.

    Raises
    ------
    InputError
        For an unknown scenario, variant, method or an option out of its range.
    """
    from triptych.comparisons.comparison import Comparison
    from triptych.comparisons.holdout import holdout_scores
    from triptych.panels.solve import solve
    from triptych.problem.registry import get

    chosen = get(scenario) if isinstance(scenario, str) else scenario
    settings = Settings(methods, draws, tune, chains, random_seed, ci_prob, ci_kind, backend, cores, profile)
    settings.check()
    if quick:
        settings = _quick(settings)
    every = [DEFAULT] if quick else chosen.variants
    wanted = list(every if variants is None else variants)
    if unknown := [v for v in wanted if v not in chosen.variants]:
        meant = nearest(str(unknown[0]), chosen.variants)
        raise InputError(f"scenario {chosen.name!r} has no variant {listed(unknown)}; {meant}")
    solutions: dict[str, Solution] = {}
    with watched(progressbar) as progress:
        for variant in wanted:
            solutions[variant] = solve(
                chosen,
                variant,
                settings,
                progress=part(progress, f"{chosen.name}, {variant}", len(solutions), len(wanted)),
            )
    score: Any = partial(holdout_scores, chosen, solutions[DEFAULT], settings) if DEFAULT in solutions else list
    return Comparison(
        chosen,
        solutions,
        display=Report(),
        provenance=provenance(settings, quick),
        score=list if quick else score,
        study=partial(_study, chosen, settings.random_seed),
        skipped=_skipped(chosen, wanted, settings, quick),
    )


def _quick(settings: Settings) -> Settings:
    """Return settings without profiles, with few draws where no other number than the default was asked for."""
    draws = QUICK_DRAWS if settings.draws == DRAWS.default else settings.draws
    tune = QUICK_TUNE if settings.tune == TUNE.default else settings.tune
    chains = QUICK_CHAINS if settings.chains == CHAINS.default else settings.chains
    return replace(settings, profile=False, draws=draws, tune=tune, chains=chains, forward=Forward.PRIOR, brief=True)


def _skipped(scenario: Scenario, variants: Sequence[str], settings: Settings, quick: bool) -> str:
    """Say why a scenario's claims are not measured; empty where they are."""
    left = [v for v in scenario.variants if v not in variants]
    if quick:
        without = f"; variants left out: {join(left)}" if left else ""
        asked = f"{counted(settings.chains, 'chain')} of {settings.draws} draws"
        shorter = "no profile intervals, no claims, no predictive checks, a shorter search for maxima"
        return f"quick run: {asked}, {shorter}{without}"
    if left:
        return f"claims are not measured without the variants {join(left)}"
    if left := [method for method in METHODS if method not in settings.methods]:
        return f"claims are not measured without {join([SHORT[method] for method in left])}"
    return "" if settings.profile else "claims are not measured without profile intervals"


def run_all(
    names: Sequence[str] | None = None,
    *,
    processes: int = 1,
    drawn: bool = False,
    progressbar: bool | Progress = True,
    **options: Any,
) -> list[Comparison]:
    """Solve several scenarios; one that fails is reported as failed and the others go on.

    Parameters
    ----------
    names
        Names of installed scenarios; None means all.
    processes
        1, or 2 to solve them in two processes, on POSIX systems; comparisons that come from the other one hold
        everything that is reported, but neither their engine nor statsmodels' results.
    drawn
        Whether to draw the figures of the report as well, each process those of its own scenarios.
    progressbar
        As in :func:`run`, over all of them.
    **options
        As in :func:`run`.

    Raises
    ------
    InputError
        Before anything is solved, when a name is not a scenario's or an option is out of range.
    """
    from triptych.api.second_process import second_process, solve_beside
    from triptych.problem.registry import get, scenarios

    Settings.of(options).check()
    solve = partial(_attempt, options=options, drawn=drawn)
    several = processes > 1 and (names is None or len(names) > 1) and os.name == "posix"
    with second_process() if several else nullcontext() as other, watched(progressbar) as progress:
        chosen = [get(name) for name in dict.fromkeys(scenarios() if names is None else names)]
        shares = _shares(progress, len(chosen))
        if other is not None:
            return solve_beside(other, chosen, solve, shares)
        return [solve(scenario, shares(k)) for k, scenario in enumerate(chosen)]


def _study(scenario: Scenario, random_seed: int, **options: Any) -> Study:
    """Solve many data sets of a scenario with the seed of its run, quietly unless told otherwise."""
    from triptych.api.study import study

    return study(scenario, **{"random_seed": random_seed, "progressbar": False, **options})


def _shares(progress: Progress | None, count: int) -> Callable[[int], Progress | None]:
    """Return a function from the position of a scenario to its progress; the display shows their mean."""
    done = [0.0] * count

    def share(position: int) -> Progress | None:
        if progress is None:
            return None

        def report(what: str, part: float) -> None:
            done[position] = part
            progress(what, sum(done) / count)

        return report

    return share


def _attempt(
    scenario: Scenario, progress: Progress | None, *, options: Mapping[str, Any], drawn: bool = False
) -> Comparison:
    """Solve a scenario; an exception becomes a comparison without solutions that says its type and message."""
    from triptych.comparisons.comparison import Comparison

    try:
        comparison = run(scenario, progressbar=progress or False, **options)
        if progress is not None:
            progress(f"{scenario.name}: held-out score", 1.0)
        comparison.scores  # noqa: B018 - what breaks here is this scenario's failure
        comparison.evaluated_claims  # noqa: B018 - and so is a claim that breaks
        if drawn:
            comparison.drawn  # noqa: B018 - and so is a figure
    except Exception as error:
        if lacking(error):  # a full disk or too little memory: no fault of this scenario
            raise
        said = f"{type(error).__name__}: {error}"
        settings, quick = Settings.of(options), bool(options.get("quick"))
        made = provenance(_quick(settings) if quick else settings, quick)
        return Comparison(scenario, {}, display=Report(), provenance=made, error=said)
    return comparison


@named(run)
def fit(
    table: pd.DataFrame | Mapping[str, Any] | str | PathLike[str],
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
    **options: Any,
) -> Comparison:
    """Fit a regression three ways and compare.

    Parameters
    ----------
    table
        A DataFrame, a mapping of columns, or the path of a CSV or Parquet file.
    formula
        An expression over columns, e.g. ``"y ~ x1 + C(group)"``; it never runs other code.
    family
        ``gaussian``, ``student``, ``laplace``, ``bernoulli``, ``binomial``, ``poisson`` or
        ``negative_binomial``.
    prior
        ``flat``, ``normal``, ``laplace`` or ``student``; ``ridge``, ``lasso`` or ``elastic_net``, whose scale goes
        with sigma; or ``horseshoe``. The intercept is never penalised.
    prior_scale
        On the standardised scale unless ``standardize`` is off; ``auto`` is stated in the report.
    standardize
        Whether priors are on the standardised scale; results are on the user's own in any case.
    drop_missing
        Whether rows with missing values are left out rather than refused.
    trials
        Column with the number of trials of a binomial outcome.
    l1_ratio
        The Laplace share of an elastic net; ``auto`` is 0.5.
    nu
        Degrees of freedom of Student errors; ``auto`` is 4, None or ``"estimate"`` estimates them.
    name
        What to call it in tables and reports.
    **options
        As in :func:`run`.

    Raises
    ------
    InputError
        Naming the column, row or option at fault.
    """
    from triptych.regression.build import build_scenario

    scenario = build_scenario(
        table,
        formula,
        family=family,
        prior=prior,
        prior_scale=prior_scale,
        standardize=standardize,
        drop_missing=drop_missing,
        trials=trials,
        l1_ratio=l1_ratio,
        nu=nu,
        name=name,
    )
    return run(scenario, **options)


def provenance(settings: Settings, quick: bool = False) -> dict[str, Any]:
    """Return versions and settings, for the report; ``quick`` is among them where it was one."""
    kept = ("random_seed", "draws", "tune", "chains", "backend", "ci_prob", "ci_kind")
    return {
        "versions": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        **({"quick": True} if quick else {}),
        **{name: getattr(settings, name) for name in kept},
        "conventions": [
            "The MLE maximises the likelihood over the support of the priors; its interval is Wald, on the "
            "unconstrained coordinate, and a confidence interval.",
            "The MAP is the mode of likelihood times prior in the parameters as the model writes them, Jacobian "
            "excluded; its interval is Laplace's.",
            f"The posterior's estimate is its mean and its interval {settings.ci_kind.upper()}, a credible interval.",
        ],
    }


def part(progress: Progress | None, what: str, position: int = 0, of: int = 1) -> Progress | None:
    """Return a progress for the ``position``-th of ``of`` equal parts; None where nothing is shown."""
    if progress is None:
        return None
    return lambda step, share: progress(f"{what}: {step}", (position + share) / of)
