"""Many data sets of one scenario or model: what stands behind ``triptych.study``."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError, path_of
from triptych.base.options import flag, level, named, nearest, some_of, word
from triptych.base.progress import Progress, watched
from triptych.base.text import said
from triptych.base.whole_number import WholeNumber, whole
from triptych.panels.settings import CI_PROB, EACH_CHAINS, EACH_DRAWS, EACH_TUNE, SEED
from triptych.problem.scenario import Scenario
from triptych.problem.table import METHODS

if TYPE_CHECKING:
    import pymc as pm

    from triptych.comparisons.study.design import Design
    from triptych.comparisons.study.sources import Source
    from triptych.comparisons.study.study import Study

SIZES = (10, 30, 100)
KINDS = ("wald", "profile", "laplace", "eti", "hdi")
REPLICATES = WholeNumber("Data sets of each cell.", 1000, 1, 10**9)


class Report:
    """The report on studies, imported when something is shown."""

    def page(self, study: Any) -> str:
        """Return the report on a study as one HTML page."""
        from triptych.reports.study_page import render

        return render(study)

    def figure(self, study: Any, name: str) -> Any:
        """Return one of its figures."""
        from triptych.reports.study_figures import figure

        return figure(study, name)


@named()
def study(
    scenario_or_model: str | Scenario | pm.Model,
    *,
    n: int | Sequence[int] | None = None,
    replicates: int = REPLICATES.default,
    settings: Mapping[str, Any] | None = None,
    truth: Mapping[str, Any] | None = None,
    prior_draws: bool = False,
    methods: Sequence[str] = METHODS,
    intervals: Sequence[str] = KINDS,
    estimands: Sequence[str] | None = None,
    ci_prob: float = CI_PROB,
    draws: int = EACH_DRAWS.default,
    tune: int = EACH_TUNE.default,
    chains: int = EACH_CHAINS.default,
    random_seed: int = SEED.default,
    out: str | os.PathLike[str] | None = None,
    executor: Any = None,
    shard: tuple[int, int] = (1, 1),
    name: str = "model",
    progressbar: bool | Progress = True,
) -> Study:
    """Solve many data sets of known truth three ways, and measure how the three perform.

    Parameters
    ----------
    scenario_or_model
        The name of an installed scenario, a :class:`triptych.Scenario` with a simulator, or a ``pm.Model``, of which
        data sets are drawn as it says.
    n
        Numbers of observations, one cell for each; None is (10, 30, 100). A model's data keep their shapes.
    replicates
        Data sets of each cell.
    settings
        Name of a setting of the scenario's model to its values; there is a cell for each combination, and each n.
    truth
        True values in place of the simulator's own. A model needs one for each free variable, or ``prior_draws``.
    prior_draws
        Whether each replicate has true values of its own, drawn from a proper prior. Measures then average over the
        prior, and ``Study.calibration`` has the ranks of the truths.
    methods
        Any of ``mle``, ``map``, ``mcmc``.
    intervals
        Any of ``wald``, ``profile``, ``laplace``, ``eti``, ``hdi``.
    estimands
        What to report of a model; None is as in :func:`triptych.compare`.
    ci_prob
        Level of the intervals.
    draws, tune, chains
        As in ``pm.sample``. Draws that fail the gate are followed by more before a posterior is called unreliable.
    random_seed
        Root of all seeds: replicate r of cell c has ``SeedSequence(random_seed, spawn_key=(c, r))``.
    out
        A folder that keeps what is solved; the same call goes on from there. None keeps it as long as the result lives.
    executor
        None for this process, a number of processes, the address of a Dask scheduler or a ``distributed.Client``. The
        figures do not depend on it.
    shard
        (i, K): solve the i-th of K shares, to be put together with :func:`merge_studies`.
    name
        What to call a model.
    progressbar
        As in :func:`triptych.run`.

    Raises
    ------
    InputError
        For an unknown scenario, setting or option, and for a folder that holds another study, naming what changed.
    """
    from triptych.comparisons.study.design import Design, cells_of
    from triptych.comparisons.study.executors import executor_of
    from triptych.comparisons.study.run import run_study

    source = _source(scenario_or_model, estimands, name)
    options = _options(methods, intervals, ci_prob, draws, tune, chains)
    REPLICATES.check("replicates", replicates)
    SEED.check("random_seed", random_seed)
    given = _settings(source.scenario, settings or {}, model=_is_model(scenario_or_model))
    sizes = _sizes(n, model=_is_model(scenario_or_model))
    design = Design(
        source,
        cells_of(sizes, given),
        int(replicates),
        _truth(truth or {}, flag("prior_draws", prior_draws)),
        bool(prior_draws),
        options,
        int(random_seed),
    )
    _check_shard(shard)
    _try(design)
    with watched(progressbar) as progress:
        done = run_study(
            design,
            executor_of(executor),
            Report(),
            out=None if out is None else path_of(out),
            shard=shard,
            provenance=_provenance(design),
            progress=progress,
        )
        if out is not None and shard == (1, 1):
            _written(done, progress)
    return done


def merge_studies(folders: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> Study:
    """Put the shards of one study together in a folder, with all its files.

    Parameters
    ----------
    folders
        The folder of each shard.
    out
        The folder of the whole.

    Raises
    ------
    InputError
        When the shards overlap, are of different studies, or some replicates are in none of them.
    """
    from triptych.comparisons.study.merge import merge_studies as merge

    done = merge([path_of(folder) for folder in folders], path_of(out), Report())
    _written(done, None)
    return done


def _written(done: Study, progress: Progress | None) -> None:
    from triptych.reports.study_files import write_files

    if progress is not None:
        progress("performance and figures", 1.0)
    write_files(done)


def _is_model(given: Any) -> bool:
    return not isinstance(given, str | Scenario)


def _source(given: Any, estimands: Sequence[str] | None, name: str) -> Source:
    from triptych.comparisons.study.sources import ModelSource, ScenarioSource
    from triptych.problem.registry import get

    if isinstance(given, str):
        given = get(given)
    if isinstance(given, Scenario):
        if estimands is not None:
            raise InputError("estimands are the scenario's own; leave them out, or change the scenario")
        return ScenarioSource(given)
    from triptych.api.model_scenario import model_scenario

    scenario = model_scenario(given, estimands, word("name", name, "a text"))
    return ModelSource(given, scenario)


def _options(
    methods: Sequence[str], intervals: Sequence[str], ci_prob: float, draws: int, tune: int, chains: int
) -> Any:
    from triptych.comparisons.study.problem import Options

    for what, values, known in (("methods", methods, METHODS), ("intervals", intervals, KINDS)):
        some_of(what, values, known, empty=what == "intervals")
    EACH_DRAWS.check("draws", draws)
    EACH_TUNE.check("tune", tune)
    EACH_CHAINS.check("chains", chains)
    ordered = tuple(m for m in METHODS if m in methods)
    kinds = tuple(k for k in KINDS if k in intervals)
    return Options(ordered, kinds, level("ci_prob=", ci_prob), int(draws), int(tune), int(chains))


def _sizes(n: Any, *, model: bool) -> tuple[int | None, ...]:
    if model:
        if n is not None:
            raise InputError("n belongs to a scenario's simulator; the data of a model keep the shapes that they have")
        return (None,)
    sizes = SIZES if n is None else tuple(n) if isinstance(n, Sequence | np.ndarray) else (n,)
    if not sizes:
        raise InputError("n names no number of observations")
    for size in sizes:
        whole("n", size, 1, 10**9)
    if len(set(sizes)) < len(sizes):
        raise InputError(f"n={list(sizes)}: name each number of observations once")
    return tuple(int(size) for size in sizes)


def _settings(scenario: Scenario, settings: Mapping[str, Any], *, model: bool) -> dict[str, tuple[Any, ...]]:
    from triptych.graph.from_scenario import model_settings

    if model and settings:
        raise InputError("a model has no settings; give a triptych.Scenario whose model takes them")
    found: dict[str, tuple[Any, ...]] = {}
    for name, values in settings.items():
        several = tuple(values) if isinstance(values, list | tuple | np.ndarray) else (values,)
        if name == "n" or not model_settings(scenario, {name: several[0]} if several else {}):
            known = sorted({*scenario.varies, *(k for v in scenario.variants.values() for k in v if k != "n")})
            hint = "give numbers of observations as n" if name == "n" else nearest(name, known)
            raise InputError(f"scenario {scenario.name!r} has no setting {name!r}; {hint}")
        span = scenario.varies.get(name)
        variants = [v[name] for v in scenario.variants.values() if name in v]
        for value in several:
            if span is not None and value not in variants and not span.has(float(value)):
                low, high = sorted((span.start, span.stop))
                raise InputError(f"{name}={value}: use values from {low:g} to {high:g} ({span.meaning})")
        found[name] = several
    return found


def _truth(truth: Mapping[str, Any], prior_draws: bool) -> dict[str, Any]:
    if prior_draws and truth:
        raise InputError("truth is drawn from the prior with prior_draws; leave one of them out")
    found = {}
    for name, value in truth.items():
        try:
            found[name] = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise InputError(f"truth[{name!r}]={said(value)}: use numbers") from None
        if not np.isfinite(found[name]).all():
            raise InputError(f"truth[{name!r}]={said(value)}: use finite numbers")
    return found


def _check_shard(shard: Any) -> None:
    good = isinstance(shard, tuple) and len(shard) == 2 and all(isinstance(k, int) for k in shard)
    if not good or not 1 <= shard[0] <= shard[1]:
        raise InputError(f"shard={said(shard)}: use (i, K) with i from 1 to K")


def _try(design: Design) -> None:
    """Draw and compile the first replicate of each cell's kind, so that bad input is told before anything is run."""
    for cell in design.cells:
        data, fresh, _, _ = design.drawn(cell, 0)
        shapes = [{k: v.shape for k, v in found.arrays.items()} for found in (data, fresh, design.drawn(cell, 1)[0])]
        if shapes[0] != shapes[1] or shapes[0] != shapes[2]:
            raise InputError(
                f"the simulator gives data of other shapes from one replicate to the next at {cell.name}: "
                f"{shapes[0]} and {shapes[2]}; their shapes may depend on n and the settings alone"
            )


def _provenance(design: Design) -> dict[str, Any]:
    from dataclasses import asdict

    from triptych.comparisons.study.identity import LIBRARIES

    return {
        "versions": {name: version(name) for name in ("triptych", *LIBRARIES)},
        "python": platform.python_version(),
        "random_seed": design.random_seed,
        **{name: list(v) if isinstance(v, tuple) else v for name, v in asdict(design.options).items()},
        "truth": {name: np.asarray(value).tolist() for name, value in design.truth.items()},
        "seeds": "SeedSequence(random_seed, spawn_key=(cell, replicate))",
    }
