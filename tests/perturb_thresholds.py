"""Which cases of the gallery pin which threshold: each is doubled and halved, and each probe left out.

``python -m tests.perturb_thresholds`` prints for every threshold the cases that come out wrong then; one for which no
case is printed is slack. Cases are solved without intervals, compiled once for all thresholds. It is no test: it takes
hours, and options take a part::

    python -m tests.perturb_thresholds --share 0/4 --seconds 0.3      # a quarter of the cases, the fast ones of these
    python -m tests.perturb_thresholds --thresholds FAR_OFF LEAST_SLOPE --factor 10
    python -m tests.perturb_thresholds --probes --processes 4         # leave out each probe instead
    python -m tests.perturb_thresholds --read pins_0.json pins_1.json # print what several runs wrote with --write
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import pkgutil
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.gallery import CASES, Case
from tests.gallery.case import BOTH

ROOMS = ("existence", "estimates", "optimise")
Found = dict[str, dict[str, list[str]]]  # threshold and factor, or probe, to case to what is wrong there


def modules() -> list[ModuleType]:
    """Return every module of the rooms, imported."""
    found = []
    for room in ROOMS:
        package = import_module(f"triptych.{room}")
        names = pkgutil.walk_packages(package.__path__, f"triptych.{room}.")
        found += [import_module(module.name) for module in names]
    return found


@cache
def thresholds() -> dict[str, Any]:
    """Return the named numbers that the rooms define; a name has one value."""
    found = {}
    for module in modules():
        for node in ast.parse(inspect.getsource(module)).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in (one for t in targets for one in (t.elts if isinstance(t, ast.Tuple) else [t])):
                if isinstance(target, ast.Name) and target.id.isupper():
                    value = vars(module)[target.id]
                    if isinstance(value, (int, float, tuple)) and np.asarray(value).dtype.kind in "if":
                        found[target.id] = value
    return dict(sorted(found.items()))


def scaled(value: Any, factor: float) -> Any:
    """Return a number or a tuple of them times a factor; whole numbers stay whole, and no less than one."""
    if isinstance(value, tuple):
        return tuple(scaled(part, factor) for part in value)
    return max(1, round(value * factor)) if isinstance(value, int) else value * factor


@contextmanager
def perturbed(name: str, factor: float) -> Iterator[None]:
    """Put another value under a name, in every module that has it."""
    having = [m for n, m in sys.modules.items() if n.startswith("triptych.") and name in vars(m)]
    having = [m for m in having if vars(m)[name] == thresholds()[name]]
    before = thresholds()[name]
    for module in having:
        setattr(module, name, scaled(before, factor))
    try:
        yield
    finally:
        for module in having:
            setattr(module, name, before)


@contextmanager
def without(probe: str) -> Iterator[None]:
    """Leave out the probe of that name."""
    from triptych.existence import search

    before = search.PROBES
    search.PROBES = tuple(one for one in before if one.name != probe)
    try:
        yield
    finally:
        search.PROBES = before


def compiled(case: Case) -> Any:
    """Return the problem of a case, compiled."""
    import triptych
    from triptych.panels.problem import Problem

    comparison = triptych.compare(
        case.build(), estimands=case.estimands, methods=BOTH, random_seed=1, profile=False, progressbar=False,
        **case.options,
    )  # fmt: skip
    return Problem(comparison.scenario, comparison["default"].engine)


def wrong(case: Case, problem: Any) -> list[str]:
    """Solve a case without intervals; return which statuses and values are not right."""
    from triptych.panels.settings import Settings
    from triptych.panels.solve import solve_problem

    fresh = replace(problem, engine=replace(problem.engine))  # without what was kept under other thresholds
    try:
        panels = solve_problem(fresh, Settings(methods=BOTH, random_seed=1, profile=False))
    except Exception as error:  # a threshold may break anything: that is what is asked
        return [f"{type(error).__name__}: {error}"]
    rows = [row for method in BOTH for row in panels[method].estimates]
    found = [
        f"{row.method} {row.name} is {row.status}"
        for row in rows
        if row.status != case.expected(row.method, row.estimand, row.label)
    ]
    for (method, estimand), answer in case.answers.items():
        known = np.ravel(np.asarray(answer.value, float))
        those = [row for row in rows if row.method == method and row.estimand == estimand]
        for row, value in zip(those, known, strict=False):
            allowed = answer.rtol * max(abs(value), float(np.nan_to_num(row.std_error))) + answer.atol
            if np.isfinite(value) and not abs(row.estimate - value) <= allowed:
                found.append(f"{method} {row.name} is {row.estimate:.6g}, not {value:.6g}")
    return found


def of_case(name: str, *, names: list[str], factor: float, probes: list[str], seconds: float) -> Found:
    """Return what one case finds wrong under each threshold, or without each probe."""
    case = next(case for case in CASES if case.name == name)
    found: Found = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        problem = compiled(case)
        began = time.process_time()
        before = wrong(case, problem)
        if before or time.process_time() - began > seconds:
            return {"not looked at": {name: before or ["takes longer"]}}
        for probe in probes:
            with without(probe):
                found[probe] = {name: said} if (said := wrong(case, problem)) else {}
        for threshold in names if not probes else ():
            for times in (factor, 1 / factor):
                with perturbed(threshold, times):
                    found[f"{threshold} x {times:g}"] = {name: said} if (said := wrong(case, problem)) else {}
    return found


def merged(parts: list[Found]) -> Found:
    """Return the findings of several cases in one."""
    found: Found = defaultdict(dict)
    for part in parts:
        for key, cases in part.items():
            found[key] |= cases
    return dict(found)


def printed(found: Found) -> None:
    """Print for each threshold the cases that pin it."""
    for key, cases in sorted(found.items()):
        print(f"{key}: {', '.join(cases) if cases else '-'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thresholds", nargs="*", default=None, help="their names; all of them if not given")
    parser.add_argument("--probes", action="store_true", help="leave out each probe in place of thresholds")
    parser.add_argument("--cases", nargs="*", default=None, help="names of cases; all of them if not given")
    parser.add_argument("--share", default="0/1", help="every N-th case from the K-th on, as K/N")
    parser.add_argument("--seconds", type=float, default=np.inf, help="leave out cases that take longer to solve")
    parser.add_argument("--factor", type=float, default=2.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--write", type=Path, help="write what was found so far, after each case")
    parser.add_argument("--read", type=Path, nargs="*", help="print what earlier runs wrote, together")
    asked = parser.parse_args()
    if asked.read:
        printed(merged([json.loads(path.read_text()) for path in asked.read]))
        return
    from triptych.existence.search import PROBES

    k, n = map(int, asked.share.split("/"))
    cases = [case.name for case in CASES if asked.cases is None or case.name in asked.cases][k::n]
    look = partial(
        of_case,
        names=list(thresholds()) if asked.thresholds is None else asked.thresholds,
        factor=asked.factor,
        probes=[probe.name for probe in PROBES] if asked.probes else [],
        seconds=asked.seconds,
    )
    parts: list[Found] = []
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
        for part in pool.map(look, cases):
            parts.append(part)
            if asked.write:
                asked.write.write_text(json.dumps(merged(parts), indent=1))
    printed(merged(parts))


if __name__ == "__main__":
    main()
