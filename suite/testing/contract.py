"""What holds of every scenario, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import said
from triptych.problem.scenario import Data, Scenario
from triptych.problem.table import METHODS, Status

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison


def check_scenario(scenario: str | Scenario, *, solve: bool = True, **options: Any) -> Comparison | None:
    """Hold a scenario to the contract: its definition, its simulator, its claims and statuses.

    Parameters
    ----------
    scenario
        The name of an installed scenario, or a :class:`triptych.Scenario`.
    solve
        Whether to solve it; without, only its definition and its simulator are looked at.
    **options
        As in :func:`triptych.run`.

    Returns
    -------
    Comparison or None
        The solved scenario.

    Raises
    ------
    AssertionError
        With one line for each breach.
    InputError
        When there is no scenario of that name, or it is none.
    """
    from triptych.api.runs import run
    from triptych.problem.registry import get

    chosen = get(scenario) if isinstance(scenario, str) else scenario
    if not isinstance(chosen, Scenario):
        raise InputError(f"check_scenario takes the name of a scenario or a triptych.Scenario, not {said(scenario)}")
    __tracebackhide__ = True
    breaches = list(_definition(chosen)) or list(_simulator(chosen))
    comparison = None
    if solve and not breaches:
        comparison = run(chosen, **{"progressbar": False, **options})
        breaches = list(_solved(comparison))
    if breaches:
        raise AssertionError("\n".join([f"scenario {chosen.name} breaks the contract:", *breaches]))
    return comparison


def _definition(scenario: Scenario) -> Iterator[str]:
    from triptych.graph.from_scenario import build_model, model_settings, scenario_data

    if not scenario.question.endswith("?"):
        yield f"its question does not end in a question mark: {scenario.question!r}"
    if not scenario.source.strip():
        yield "it names no source"
    if not scenario.claims:
        yield "it has no claims"
    names = [claim.__name__ for claim in scenario.claims]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"two of its claims have the name {name}"
    for variant, given in scenario.variants.items():
        try:
            data = scenario_data(scenario, dict(given))
            model = build_model(scenario, data, model_settings(scenario, dict(given)))
        except Exception as error:  # whatever a scenario raises is its own breach
            yield f"variant {variant}: its data or its model fail: {type(error).__name__}: {error}"
            continue
        known = {v.name for v in (*model.free_RVs, *model.deterministics)}
        if lacking := [name for name in scenario.estimands if name not in known]:
            yield f"variant {variant}: the model has no {', '.join(lacking)}; it has {', '.join(sorted(known))}"
    if not isinstance(scenario.holdout, str):
        held = scenario.holdout(scenario_data(scenario, {}))
        if getattr(held, "dtype", None) != np.dtype(bool):
            yield f"its hold-out is no boolean mask but {said(held)}"


def _simulator(scenario: Scenario) -> Iterator[str]:
    if scenario.simulate is None:
        yield "it has no simulator"
        return
    try:
        (one, truth), (two, _) = (scenario.simulate(np.random.default_rng(5)) for _ in range(2))
    except Exception as error:  # whatever a scenario raises is its own breach
        yield f"its simulator fails: {type(error).__name__}: {error}"
        return
    if not isinstance(one, Data):
        yield f"its simulator returns {said(one)} and no triptych.Data"
        return
    if lacking := [name for name in scenario.estimands if name not in truth]:
        yield f"its simulator tells no truth of {', '.join(lacking)}"
    if not all(np.array_equal(one.arrays[k], two.arrays[k]) for k in one.arrays):
        yield "its simulator gives other data for the same seed"


def _solved(comparison: Comparison) -> Iterator[str]:
    scenario = comparison.scenario
    yield from comparison.problems
    found = {(row.variant, row.method, row.estimand) for row in comparison.estimates.itertuples()}
    wanted = {(v, m, e) for v in scenario.variants for m in METHODS for e in scenario.estimands}
    for variant, method, estimand in sorted(wanted - found):
        yield f"variant {variant}: {method} has no row of {estimand}"
    table = comparison.estimates
    silent = table[(table["status"] != Status.OK) & (table["reason"].str.len() == 0)]
    for row in silent.itertuples():
        yield f"variant {row.variant}: {row.method} of {row.estimand} is {row.status} without a reason"
