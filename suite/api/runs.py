"""Solve scenarios and tables: what stands behind ``triptych.run`` and ``triptych.fit``."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from importlib.metadata import version
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from triptych.api.display import Report
from triptych.base.defaults import CHAINS, DRAWS, TUNE
from triptych.base.environment import lacking
from triptych.base.errors import InputError
from triptych.base.options import level, named
from triptych.base.progress import Progress, watched
from triptych.base.text import said
from triptych.panels.mcmc import Sampling
from triptych.problem.scenario import DEFAULT, Scenario
from triptych.problem.table import METHODS
from triptych.sampling.memory import refuse_beyond_memory, too_large

if TYPE_CHECKING:
    import pandas as pd

    from triptych.comparisons.comparison import Comparison
    from triptych.panels.solution import Solution

LIBRARIES = ("triptych", "pymc", "pytensor", "nutpie", "arviz", "statsmodels", "jax", "numpy", "scipy")
INTERVALS = ("eti", "hdi")
MOST = {"tune": 10**7, "chains": 1000}
BACKENDS = ("auto", "jax", "numba")


@named()
def run(
    scenario: str | Scenario,
    *,
    variants: Sequence[str] | None = None,
    methods: Sequence[str] = METHODS,
    draws: int = DRAWS,
    tune: int = TUNE,
    chains: int = CHAINS,
    random_seed: int = 1,
    ci_prob: float = 0.95,
    ci_kind: str = "eti",
    backend: str = "auto",
    cores: int | None = None,
    profile: bool = True,
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
    sampling = Sampling(draws, tune, chains, random_seed, backend, cores)
    check(sampling, methods, ci_prob, ci_kind)
    wanted = list(chosen.variants) if variants is None else list(variants)
    if unknown := [v for v in wanted if v not in chosen.variants]:
        raise InputError(f"scenario {chosen.name!r} has no variant {unknown}; it has {list(chosen.variants)}")
    solutions: dict[str, Solution] = {}
    with watched(progressbar) as progress:
        for variant in wanted:
            solutions[variant] = solve(
                chosen,
                variant,
                methods=methods,
                sampling=sampling,
                ci_prob=ci_prob,
                ci_kind=ci_kind,
                profile=profile,
                progress=part(progress, f"{chosen.name}, {variant}", len(solutions), len(wanted)),
            )
    complete = set(wanted) == set(chosen.variants) and set(methods) == set(METHODS)
    claimed = chosen if complete else _without_claims(chosen)
    score: Any = partial(holdout_scores, chosen, solutions[DEFAULT], sampling) if DEFAULT in solutions else list
    return Comparison(
        claimed, solutions, display=Report(), provenance=provenance(sampling, ci_prob, ci_kind), score=score
    )


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

    ci_prob, ci_kind = options.get("ci_prob", 0.95), options.get("ci_kind", "eti")
    check(_sampling(options), options.get("methods", METHODS), ci_prob, ci_kind)
    solve = partial(_attempt, options=options, drawn=drawn)
    several = processes > 1 and (names is None or len(names) > 1) and os.name == "posix"
    with second_process() if several else nullcontext() as other, watched(progressbar) as progress:
        chosen = [get(name) for name in dict.fromkeys(scenarios() if names is None else names)]
        shares = _shares(progress, len(chosen))
        if other is not None:
            return solve_beside(other, chosen, solve, shares)
        return [solve(scenario, shares(k)) for k, scenario in enumerate(chosen)]


def _shares(progress: Progress | None, count: int) -> Callable[[int], Progress | None]:
    """Return, for each of several things that advance at once, a progress of its own."""
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
    """Solve a scenario; whatever it raises is its own failure, shown with its type in the report."""
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
        if lacking(error):  # it is no scenario's own
            raise
        settings = provenance(_sampling(options), options.get("ci_prob", 0.95), options.get("ci_kind", "eti"))
        return Comparison(scenario, {}, display=Report(), provenance=settings, error=f"{type(error).__name__}: {error}")
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


def provenance(sampling: Sampling, ci_prob: float, ci_kind: str) -> dict[str, Any]:
    """Return versions and settings, for the report."""
    return {
        "versions": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "random_seed": sampling.random_seed,
        "draws": sampling.draws,
        "tune": sampling.tune,
        "chains": sampling.chains,
        "backend": sampling.backend,
        "ci_prob": ci_prob,
        "ci_kind": ci_kind,
        "conventions": [
            "The MLE maximises the likelihood over the support of the priors; its interval is Wald, on the "
            "unconstrained coordinate, and a confidence interval.",
            "The MAP is the mode of likelihood times prior in the parameters as the model writes them, Jacobian "
            "excluded; its interval is Laplace's.",
            f"The posterior's estimate is its mean and its interval {ci_kind.upper()}, a credible interval.",
        ],
    }


def _without_claims(scenario: Scenario) -> Scenario:
    from dataclasses import replace

    return replace(scenario, claims=(), variants=dict(scenario.variants), expect=scenario.expect)


def part(progress: Progress | None, what: str, position: int = 0, of: int = 1) -> Progress | None:
    """Return a progress that counts as one part of several."""
    if progress is None:
        return None
    return lambda step, share: progress(f"{what}: {step}", (position + share) / of)


def _sampling(options: Mapping[str, Any]) -> Sampling:
    fields = ("draws", "tune", "chains", "random_seed", "backend", "cores")
    return Sampling(**{k: options[k] for k in fields if k in options})


def check(sampling: Sampling, methods: Sequence[str], ci_prob: float, ci_kind: str) -> None:
    """Raise InputError for an option out of its range."""
    if isinstance(methods, str) or not methods or set(methods) - set(METHODS):
        raise InputError(f"methods={methods!r}: use one or more of {', '.join(METHODS)}")
    level("ci_prob=", ci_prob)
    if ci_kind not in INTERVALS:
        raise InputError(f"ci_kind={ci_kind!r}: use 'eti' or 'hdi'")
    if sampling.backend not in BACKENDS:
        raise InputError(f"backend={sampling.backend!r}: use 'auto', 'jax' or 'numba'")
    for name, least in (("draws", 4), ("tune", 1), ("chains", 1), ("random_seed", 0), ("cores", 1)):
        value = getattr(sampling, name)
        if (name, value) != ("cores", None) and (type(value) is not int or not least <= value < 2**63):
            below = "below 2**32 (4294967296)" if name == "random_seed" else f"of at least {least}, and below 2**63"
            raise InputError(f"{name}={said(value)}: use a whole number {below}")
    if "mcmc" in methods:
        for name, most in MOST.items():
            if (value := getattr(sampling, name)) > most:
                why = too_large(sampling.draws, sampling.chains, 1, 1) or "more would take days and tell nothing"
                raise InputError(f"{name}={said(value)}: use {most} at most; {why}")
        refuse_beyond_memory(sampling.draws, sampling.chains)
    if sampling.random_seed >= 2**32:
        raise InputError(f"random_seed={said(sampling.random_seed)}: use a whole number below 2**32 (4294967296)")
