"""Which cases of the gallery pin which threshold: each is doubled and halved, and each probe left out.

``python -m tests.perturb_thresholds pins.jsonl`` first solves every case once and notes which thresholds are used on
the way, by the lines that are executed. Then each threshold is perturbed for those cases alone that use it: thresholds
of few cases come first, and so do fast cases, up to the first that comes out wrong in each direction. A case is wrong
if a status or a known value is, or if a profile interval is not what it was. What is found is written as it is found,
and a further call goes on where the file ends. A threshold is slack where no case is printed for it; of sampling none
is used, as the two panels of the gallery draw nothing. It is no test: it takes hours, and options take a part::

    python -m tests.perturb_thresholds pins.jsonl --cases 0/4 --most 5     # a quarter of the cases, five a threshold
    python -m tests.perturb_thresholds pins.jsonl --thresholds FAR_OFF LEAST_SLOPE --factor 10
    python -m tests.perturb_thresholds pins.jsonl --probes                 # leave out each probe instead
    python -m tests.perturb_thresholds pins.jsonl --read                   # print what was found so far
"""

from __future__ import annotations

import argparse
import ast
import gc
import inspect
import json
import pkgutil
import signal
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from tests.gallery import CASES, Case
from tests.gallery.case import BOTH

ROOMS = ("existence", "estimates", "optimise", "profiles", "sampling")
LONGER, SPARE = 10, 10.0  # times the time of the case as it is, and seconds besides, after which it is stopped
SAME_END = 1e-4  # of its width, by which an end of a profile interval may move
COMPILED = 60  # cases that are kept compiled
MOST_SECONDS = 60.0  # that a case is expected to take as it is
TOOL = sys.monitoring.PROFILER_ID


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
    """Return the named numbers that the rooms define; where two share a name the first stands for it."""
    found: dict[str, Any] = {}
    for module in modules():
        for node in ast.parse(inspect.getsource(module)).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in (one for t in targets for one in (t.elts if isinstance(t, ast.Tuple) else [t])):
                if isinstance(target, ast.Name) and target.id.isupper():
                    value = vars(module)[target.id]
                    numeric = isinstance(value, (int, float, tuple, np.ndarray)) and not isinstance(value, bool)
                    if numeric and np.asarray(value).dtype.kind in "if":
                        found.setdefault(target.id, value)
    return dict(sorted(found.items()))


def scaled(value: Any, factor: float) -> Any:
    """Return a number or several of them times a factor; whole numbers stay whole, and none becomes zero."""
    if isinstance(value, tuple):
        return tuple(scaled(part, factor) for part in value)
    if isinstance(value, int) and value:
        return int(np.sign(value)) * max(1, round(abs(value) * factor))
    return value * factor


def triptych_modules() -> list[ModuleType]:
    """Return what of triptych is imported."""
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("triptych.")]


def has(module: ModuleType, name: str) -> bool:
    """Whether a module has the threshold of a name, and not another number."""
    known = thresholds()[name]
    value: Any = vars(module).get(name)
    return type(value) is type(known) and bool(np.array_equal(value, known))


@dataclass(frozen=True)
class Uses:
    """Where thresholds are used: the lines of each file, and defaults of functions."""

    lines: dict[tuple[str, int], set[str]]
    defaults: dict[str, list[tuple[FunctionType, str, int | str]]]  # function, and the position or keyword


def functions() -> dict[str, list[FunctionType]]:
    """Return all functions by the file that they are written in."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            found[one.__code__.co_filename].append(one)
    return found


@cache
def uses() -> Uses:
    """Return where thresholds are used in what is imported now."""
    lines: dict[tuple[str, int], set[str]] = defaultdict(set)
    defaults: dict[str, list[tuple[FunctionType, str, int | str]]] = defaultdict(list)
    of_file = functions()
    for module in triptych_modules():
        mine = {name for name in thresholds() if has(module, name)}
        if not mine or not module.__file__:
            continue
        tree = ast.parse(inspect.getsource(module))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in mine:
                lines[module.__file__, node.lineno].add(node.id)
            if not isinstance(node, ast.FunctionDef):
                continue
            own = [one for one in of_file[module.__file__] if one.__name__ == node.name]
            positional = [*node.args.posonlyargs, *node.args.args]
            given = list(zip(reversed(positional), reversed(node.args.defaults), strict=False))
            named = list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
            for argument, default in [*given, *named]:
                if isinstance(default, ast.Name) and default.id in mine:
                    lines[module.__file__, node.body[-1].lineno].add(default.id)
                    key: int | str = argument.arg
                    if (argument, default) in given:
                        key = -1 - given.index((argument, default))
                    defaults[default.id] += [(one, default.id, key) for one in own]
    return Uses(dict(lines), dict(defaults))


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those inside it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from codes(inner)


@contextmanager
def noting() -> Iterator[set[str]]:
    """Collect the names of the thresholds on whose lines something is executed."""
    where, noted = uses().lines, set[str]()
    files = {file for file, _ in where}

    def line(code: CodeType, number: int) -> Any:
        noted.update(where.get((code.co_filename, number), ()))
        return sys.monitoring.DISABLE

    sys.monitoring.use_tool_id(TOOL, "thresholds")
    sys.monitoring.register_callback(TOOL, sys.monitoring.events.LINE, line)
    for file, those in functions().items():
        for code in {inner for one in those if file in files for inner in codes(one.__code__)}:
            sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.LINE)
    sys.monitoring.restart_events()
    try:
        yield noted
    finally:
        sys.monitoring.free_tool_id(TOOL)


@contextmanager
def perturbed(name: str, factor: float) -> Iterator[None]:
    """Put another value under a name, in every module that has it and where it is a default."""
    before = thresholds()[name]
    after = scaled(before, factor)
    having = [module for module in triptych_modules() if has(module, name)]

    def put(value: Any) -> None:
        for module in having:
            setattr(module, name, value)
        for function, _, key in uses().defaults.get(name, ()):
            if isinstance(key, int):
                values = list(function.__defaults__ or ())
                values[key] = value
                function.__defaults__ = tuple(values)
            elif function.__kwdefaults__:
                function.__kwdefaults__[key] = value

    put(after)
    try:
        yield
    finally:
        put(before)


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


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after so much computing time."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"takes more than {seconds:.0f} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


@lru_cache(COMPILED)
def compiled(name: str) -> Any:
    """Return the problem of a case, compiled, with what its panels say as things are."""
    import triptych
    from triptych.panels.problem import Problem

    case = next(case for case in CASES if case.name == name)
    comparison = triptych.compare(
        case.build(), estimands=case.estimands, methods=BOTH, random_seed=1, progressbar=False, **case.options
    )
    panels = {method: comparison["default"].panels[method] for method in BOTH}
    return Problem(comparison.scenario, comparison["default"].engine), panels


def faults(case: Case, panels: Any, before: Any) -> list[str]:
    """Return which statuses, known values and profile intervals of a case are not right."""
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
    was, now = ({row.name: (row.lower, row.upper) for row in one["mle"].intervals} for one in (before, panels))
    for name in sorted(was.keys() | now.keys()):
        ends = [one.get(name, (np.nan, np.nan)) for one in (was, now)]
        width = np.ptp(ends[0]) if np.all(np.isfinite(ends[0])) else 1 + np.max(np.abs(ends[0]), initial=0)
        if not np.allclose(
            ends[0], ends[1], rtol=0, atol=SAME_END * width if np.isfinite(width) else SAME_END, equal_nan=True
        ):
            found.append(f"profile of {name} is {ends[1]}, not {ends[0]}")
    return found


def wrong(name: str, seconds: float) -> list[str]:
    """Solve a case once more; return what is not right."""
    from triptych.panels.settings import Settings
    from triptych.panels.solve import solve_problem

    case = next(case for case in CASES if case.name == name)
    problem, before = compiled(name)
    fresh = replace(problem, engine=replace(problem.engine))  # without what was kept under other thresholds
    try:
        with no_longer_than(LONGER * seconds + SPARE):
            panels = solve_problem(fresh, Settings(methods=BOTH, random_seed=1))
    except Exception as error:  # a threshold may break anything: that is what is asked
        return [f"{type(error).__name__}: {error}"]
    return faults(case, panels, before)


@dataclass
class File:
    """What was found so far, a line each."""

    place: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.place.read_text().splitlines()] if self.place.exists() else []

    def add(self, **line: Any) -> None:
        with self.place.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

    def cases(self) -> dict[str, dict[str, Any]]:
        """Return what was noted of each case that is right as things are."""
        return {line["case"]: line for line in self.lines() if "uses" in line and not line["wrong"]}

    def done(self, key: str, factor: float, cases: int) -> bool:
        """Whether a case was found that pins it, or none among so many."""
        those = [line for line in self.lines() if line.get("perturbed") == key and line["factor"] == factor]
        return any(line["case"] or line["looked"] >= cases for line in those)


def record(file: File, names: list[str]) -> None:
    """Solve each case once, and note the thresholds that it uses."""
    thresholds()
    import triptych.panels.solve  # noqa: F401  what is imported later has no lines that are known

    known = {line["case"] for line in file.lines() if "uses" in line}
    for name in names:
        if name in known:
            continue
        compiled(name)  # which imports what it needs, and caches what hangs on no threshold
        began = time.process_time()
        uses.cache_clear()
        with noting() as noted:
            said = wrong(name, MOST_SECONDS)
        file.add(case=name, seconds=round(time.process_time() - began, 2), uses=sorted(noted), wrong=said)


def pinning(file: File, key: str, factor: float, cases: list[str], changed: Callable[[], Any]) -> None:
    """Note the first of some cases that comes out wrong under a change."""
    of = file.cases()
    for looked, name in enumerate(cases, 1):
        compiled(name)
        with changed():
            said = wrong(name, of[name]["seconds"])
        if said:
            file.add(perturbed=key, factor=factor, case=name, looked=looked, wrong=said[:3])
            return
    file.add(perturbed=key, factor=factor, case=None, looked=len(cases), wrong=[])


def printed(file: File) -> None:
    """Print for each threshold what pins it, upwards and downwards, and how many cases use it."""
    of = file.cases()
    found: dict[str, dict[float, str]] = defaultdict(dict)
    for line in file.lines():
        if "perturbed" in line:
            found[line["perturbed"]][line["factor"]] = line["case"] or f"- (of {line['looked']})"
    for key, by_factor in sorted(found.items()):
        used = sum(key in line["uses"] for line in of.values())
        print(f"{key} ({used} cases): " + ", ".join(f"x {f:g} {case}" for f, case in sorted(by_factor.items())))
    unused = [name for name in thresholds() if not any(name in line["uses"] for line in of.values())]
    print(f"used by no case of {len(of)}: {', '.join(unused)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where to write what is found, a line each")
    parser.add_argument("--thresholds", nargs="*", default=None, help="their names; all of them if not given")
    parser.add_argument("--probes", action="store_true", help="leave out each probe in place of thresholds")
    parser.add_argument("--cases", default="0/1", help="every N-th case from the K-th on, as K/N")
    parser.add_argument("--noted", action="store_true", help="take the cases noted so far, and note no further ones")
    parser.add_argument("--most", type=int, default=None, help="cases that are looked at for a threshold")
    parser.add_argument("--seconds", type=float, default=np.inf, help="leave out cases that take longer to solve")
    parser.add_argument("--factor", type=float, default=2.0)
    parser.add_argument("--read", action="store_true", help="print what was found so far")
    asked = parser.parse_args()
    file = File(asked.file)
    if asked.read:
        printed(file)
        return
    k, n = map(int, asked.cases.split("/"))
    with warnings.catch_warnings(), np.errstate(all="ignore"), suppress(KeyboardInterrupt):
        warnings.simplefilter("ignore")
        if not asked.noted:
            record(file, [case.name for case in CASES][k::n])
        thresholds()
        of = file.cases()
        fast = [
            name for name in sorted(of, key=lambda name: of[name]["seconds"]) if of[name]["seconds"] <= asked.seconds
        ]
        if asked.probes:
            from triptych.existence.search import PROBES

            for probe in PROBES:
                some = fast[: asked.most]
                if not file.done(probe.name, 0.0, len(some)):
                    pinning(file, probe.name, 0.0, some, partial(without, probe.name))
            return
        names = list(thresholds()) if asked.thresholds is None else asked.thresholds
        using = {name: [case for case in fast if name in of[case]["uses"]] for name in names}
        for name in sorted((name for name in names if using[name]), key=lambda name: len(using[name])):
            for factor in (asked.factor, 1 / asked.factor):
                some = using[name][: asked.most]
                if not file.done(name, factor, len(some)):
                    pinning(file, name, factor, some, partial(perturbed, name, factor))
    printed(file)


if __name__ == "__main__":
    main()
