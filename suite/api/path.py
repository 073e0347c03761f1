"""One data set along a range of a setting, or along growing subsets: what stands behind ``triptych.path``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import level, named, word
from triptych.base.progress import Progress, watched
from triptych.base.text import listed
from triptych.base.whole_number import WholeNumber
from triptych.panels.settings import CI_PROB, EACH_CHAINS, EACH_DRAWS, EACH_TUNE, SEED
from triptych.problem.scenario import DEFAULT, Scenario

if TYPE_CHECKING:
    from triptych.comparisons.path.walk import Path

POINTS = WholeNumber("How many values, both ends included.", 40, 2)
TWO_CHAINS = replace(EACH_CHAINS, least=2)  # the gate compares chains


class Report:
    """The report on paths, imported when something is shown."""

    def page(self, path: Any) -> str:
        """Return the report on a path as one HTML page."""
        from triptych.reports.path_page import render

        return render(path)


@named()
def path(
    scenario: str | Scenario,
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
) -> Path:
    """Solve one data set along a range of a setting, from a diffuse prior to a tight one as a rule.

    Parameters
    ----------
    scenario
        The name of an installed scenario, or a :class:`triptych.Scenario`.
    along
        A setting that the scenario may vary (its ``varies``); None is the first of them, the scale of the prior.
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

    Returns
    -------
    Path
        ``table`` has the estimates of all points, ``scores`` the held-out log scores, the leave-one-out score and the
        marginal likelihood, ``choices`` the value at which each of these is highest, ``to_html()`` the page.

    Raises
    ------
    InputError
        For an unknown scenario or setting, and options out of their range.
    """
    from triptych.comparisons.path.walk import along_rows, along_setting
    from triptych.comparisons.study.problem import Options
    from triptych.graph.from_scenario import scenario_data

    given = _scenario(scenario)
    if variant not in given.variants:
        raise InputError(f"{given.name} has no variant {variant!r}; it has {listed(given.variants)}")
    EACH_DRAWS.check("draws", draws)
    EACH_TUNE.check("tune", tune)
    TWO_CHAINS.check("chains", chains)
    SEED.check("random_seed", random_seed)
    own = {**given.variants[variant], **(settings or {})}
    options = Options(
        intervals=("wald", "laplace", "eti"), ci_prob=level("ci_prob", ci_prob), draws=draws, tune=tune, chains=chains
    )
    data = scenario_data(given, own)
    with watched(progressbar) as progress:
        if n is not None:
            if along is not None or start is not None or stop is not None:
                raise InputError("a path goes along a setting or along n, not both; leave one of them out")
            found = along_rows(given, own, data, _sizes(n), options, random_seed, progress)
        else:
            setting = _setting(given, along)
            values = _values(given, setting, start, stop, points)
            own.pop(setting, None)
            found = along_setting(given, own, data, setting, values, options, random_seed, progress)
    return replace(found, display=Report())


def _scenario(given: str | Scenario) -> Scenario:
    from triptych.problem.registry import scenarios

    if isinstance(given, Scenario):
        return given
    word("scenario", given, "the name of a scenario")
    known = scenarios()
    if given not in known:
        raise InputError(f"no scenario {given!r}; there are {listed(known)}")
    return known[given]


def _setting(scenario: Scenario, along: str | None) -> str:
    if not scenario.varies:
        raise InputError(f"{scenario.name} names no setting that may vary; give its varies, or walk along n")
    if along is None:
        return next(iter(scenario.varies))
    if along not in scenario.varies:
        raise InputError(f"{scenario.name} does not vary {along!r}; it varies {listed(scenario.varies)}")
    return along


def _values(scenario: Scenario, along: str, start: float | None, stop: float | None, points: int) -> np.ndarray:
    span = scenario.varies[along]
    POINTS.check("points", points)
    ends = [span.start if start is None else float(start), span.stop if stop is None else float(stop)]
    for end in ends:
        if not span.has(end):
            low, high = sorted((span.start, span.stop))
            raise InputError(f"{along} goes from {low:g} to {high:g} in {scenario.name}, and {end:g} is outside")
    if ends[0] == ends[1]:
        raise InputError(f"a path of {along} has two ends, and both are {ends[0]:g}")
    return np.asarray((np.geomspace if span.log else np.linspace)(ends[0], ends[1], points))


def _sizes(n: Sequence[int]) -> list[int]:
    sizes = [int(size) for size in n]
    if not sizes or any(b <= a for a, b in zip([0, *sizes], sizes, strict=False)):
        raise InputError(f"n are rising numbers of rows, such as 10, 20, 50; not {list(n)!r}")
    return sizes
