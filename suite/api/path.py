"""One data set along a range of a setting, or along growing subsets: what stands behind ``triptych.path``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.api.runs import fit
from triptych.base.errors import InputError
from triptych.base.options import level, named, nearest, word
from triptych.base.progress import Progress, watched
from triptych.base.text import cited, listed
from triptych.base.whole_number import WholeNumber
from triptych.panels.settings import CI_PROB, EACH_CHAINS, EACH_DRAWS, EACH_TUNE, SEED
from triptych.problem.scenario import DEFAULT, Scenario
from triptych.problem.varied import Range

if TYPE_CHECKING:
    import pandas as pd

    from triptych.comparisons.comparison import Comparison
    from triptych.comparisons.path.walk import Path
    from triptych.panels.problem import Problem

POINTS = WholeNumber("How many values, both ends included.", 40, 2)
TWO_CHAINS = replace(EACH_CHAINS, least=2)  # the gate compares chains


class Report:
    """The report on paths, imported when something is shown."""

    def page(self, path: Any) -> str:
        """Return the report on a path as one HTML page."""
        from triptych.reports.path_page import render

        return render(path)


@named(fit)
def path(
    scenario: str | Scenario | Comparison | pd.DataFrame | Mapping[str, Any] | PathLike[str],
    formula: str | None = None,
    *,
    along: str | None = None,
    start: float | None = None,
    stop: float | None = None,
    points: int = POINTS.default,
    n: Sequence[int] | None = None,
    variant: str = DEFAULT,
    settings: Mapping[str, Any] | None = None,
    ci_prob: float = CI_PROB,
    draws: int = EACH_DRAWS.default,
    tune: int = EACH_TUNE.default,
    chains: int = EACH_CHAINS.default,
    random_seed: int = SEED.default,
    progressbar: bool | Progress = True,
    **regression: Any,
) -> Path:
    """Solve one data set along a range of a setting, from a diffuse prior to a tight one as a rule.

    Parameters
    ----------
    scenario
        The name of an installed scenario, or a :class:`triptych.Scenario`; or what was solved already, which for a
        model of :func:`compare` is the only way. With a formula, a table as :func:`fit` takes it: a DataFrame, a
        mapping of columns, or the path of a CSV or Parquet file.
    formula
        An expression over the columns of the table, as for :func:`fit`.
    along
        A setting that the scenario may vary (its ``varies``); None is the first of them, the scale of the prior. That
        of a regression is ``prior_scale``, and that of a model as given a scalar ``pm.Data`` with which its prior
        becomes wider or narrower.
    start, stop
        The ends of the range; None are those of the scenario.
    points
        How many values, both ends included, at equal steps (of the logarithm where the scenario says so).
    n
        In place of a setting: numbers of first rows, of which the data grow.
    variant, settings
        The scenario's variant, and other settings in place of its own.
    ci_prob
        Level of all intervals.
    draws, tune, chains, random_seed, progressbar
        As in :func:`triptych.run`; posteriors that fall short of the gate are sampled for up to 16 times as long.
    **regression
        With a formula, the options of :func:`fit` that say what is fitted: ``family``, ``prior``, ``prior_scale``, ...

    Returns
    -------
    Path
        ``table`` has the estimates of all points, ``scores`` the held-out log scores, the leave-one-out score and the
        marginal likelihood, ``choices`` the value at which each of these is highest, ``to_html()`` the page.

    Raises
    ------
    InputError
        For an unknown scenario, column or setting, and options out of their range.
    """
    from triptych.comparisons.path.walk import along_number, along_rows, along_setting
    from triptych.comparisons.study.problem import Options
    from triptych.graph.from_scenario import scenario_data
    from triptych.panels.problem import compiled

    given = _scenario(scenario, formula, regression)
    if variant not in given.variants:
        raise InputError(f"{given.name} has no variant {variant!r}; {nearest(variant, given.variants)}")
    EACH_DRAWS.check("draws", draws)
    EACH_TUNE.check("tune", tune)
    TWO_CHAINS.check("chains", chains)
    SEED.check("random_seed", random_seed)
    if n is not None and not (along is None and start is None and stop is None):
        raise InputError("a path goes along a setting or along n, not both; leave one of them out")
    own = {**given.variants[variant], **(settings or {})}
    options = Options(
        intervals=("wald", "laplace", "eti"), ci_prob=level("ci_prob", ci_prob), draws=draws, tune=tune, chains=chains
    )
    model = _model(scenario, given)
    if model is not None and own:
        raise InputError(f"{given.name} is a model as given and has no setting {listed(own)}; leave it out")
    data = scenario_data(given, own)
    with watched(progressbar) as progress:
        if n is not None:
            problem = model or compiled(given, own, data)
            found = along_rows(problem, own, _sizes(n), options, random_seed, progress)
        elif model is not None:
            spans = _scales(model)
            number = _chosen(given.name, spans, along)
            values = _values(given.name, number, spans[number], start, stop, points)
            found = along_number(model, number, spans[number], values, options, random_seed, data, progress)
        else:
            setting = _chosen(given.name, _settings(given), along)
            values = _values(given.name, setting, given.varies[setting], start, stop, points)
            own.pop(setting, None)
            found = along_setting(given, own, data, setting, values, options, random_seed, progress)
    return replace(found, display=Report())


def _model(asked: Any, scenario: Scenario) -> Problem | None:
    """Return the compiled model of a comparison of a model as given; None where a scenario is solved."""
    from triptych.panels.problem import Problem

    if not scenario.as_given:
        return None
    if asked[DEFAULT].engine is None:
        raise InputError(
            f"this comparison of {scenario.name} has left its compiled model behind; compare it again here"
        )
    return Problem(scenario, asked[DEFAULT].engine)


def _scenario(given: Any, formula: str | None, regression: Mapping[str, Any]) -> Scenario:
    """Return what is solved: the regression of a table where there is a formula, else the scenario."""
    from triptych.comparisons.comparison import Comparison
    from triptych.problem.registry import scenarios

    if "table" in regression:
        raise InputError("path takes the table as its first argument, not as table=")
    if formula is not None:
        from triptych.regression.build import build_scenario

        if isinstance(given, Scenario | Comparison):
            one = given if isinstance(given, Scenario) else given.scenario
            raise InputError(f"a formula belongs to a table, and {one.name} is a scenario; leave one of them out")
        return build_scenario(given, word("formula", formula, 'an expression such as "y ~ x"'), **regression)
    if regression:
        said_of = listed(regression)
        raise InputError(f"path has no option {said_of} without a formula; with one, the first argument is a table")
    if isinstance(given, Comparison):
        return given.scenario
    if isinstance(given, Scenario):
        return given
    word("scenario", given, "the name of a scenario, or give a formula with a table")
    known = scenarios()
    if given not in known:
        raise InputError(
            f"no scenario {cited(given)} (the table of a regression needs a formula); {nearest(given, known)}"
        )
    return known[given]


def _settings(scenario: Scenario) -> Mapping[str, Range]:
    """Return what a scenario varies."""
    if not scenario.varies:
        raise InputError(
            f"{scenario.name} has no prior scale to vary (a flat prior has none); choose another prior, or walk along n"
        )
    return scenario.varies


def _scales(model: Problem) -> Mapping[str, Range]:
    """Return the numbers of a model as given that set how wide its prior is."""
    from triptych.comparisons.path.scales import prior_scales

    if not (spans := prior_scales(model.engine)):
        raise InputError(
            f"no number of {model.scenario.name} sets the width of its prior and can be moved: a number that is "
            'written into a pm.Model is fixed; write it as pm.Data("scale", 2.5), a positive number, and use it in a '
            "prior and not in the likelihood"
        )
    return spans


def _chosen(name: str, spans: Mapping[str, Range], along: str | None) -> str:
    """Return the setting that is asked for, else the first."""
    if along is None:
        return next(iter(spans))
    if along not in spans:
        raise InputError(f"{name} does not vary {along!r}; {nearest(along, spans)}")
    return along


def _values(name: str, along: str, span: Range, start: float | None, stop: float | None, points: int) -> np.ndarray:
    """Return the points of a path."""
    POINTS.check("points", points)
    ends = [span.start if start is None else float(start), span.stop if stop is None else float(stop)]
    for end in ends:
        if not span.has(end):
            low, high = sorted((span.start, span.stop))
            raise InputError(f"{along} goes from {low:g} to {high:g} in {name}, and {end:g} is outside")
    if ends[0] == ends[1]:
        raise InputError(f"a path of {along} has two ends, and both are {ends[0]:g}")
    return np.asarray((np.geomspace if span.log else np.linspace)(ends[0], ends[1], points))


def _sizes(n: Sequence[int]) -> list[int]:
    sizes = [int(size) for size in n]
    if not sizes or any(b <= a for a, b in zip([0, *sizes], sizes, strict=False)):
        raise InputError(f"n are rising numbers of rows, such as 10, 20, 50; not {list(n)!r}")
    return sizes
