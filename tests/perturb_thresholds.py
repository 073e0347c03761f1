"""Which cases of the gallery pin which threshold: each is doubled and halved, and each probe left out.

``nice python -m tests.perturb_thresholds pins.jsonl`` takes the cases one after the other. It compiles a case, solves
it and notes which thresholds are used on the way, by the lines that are executed: first without profiles, then the
profiles alone, of the maximum that was found. All thresholds that are used and that no case pins yet are then doubled
together, and halved together. Where a status, an estimate, an interval or a reason comes out otherwise, halves of them
are tried in turn, down to the single threshold that does it; so a case that pins nothing new costs two solutions and
one that pins something a few more. Two thresholds that cancel one another would be missed, and are not looked for.

What is found is written as it is found, and a further call goes on where the file ends. It is no test: it takes an hour
of computing time, and options take a part::

    python -m tests.perturb_thresholds pins.jsonl --seconds 3            # only cases that solve in three seconds
    python -m tests.perturb_thresholds pins.jsonl --factors 2 10         # by ten where no case pins by two
    python -m tests.perturb_thresholds pins.jsonl --thresholds FAR_OFF --cases ridge quasi_separated
    python -m tests.perturb_thresholds pins.jsonl --probes               # leave out each probe instead
    python -m tests.perturb_thresholds pins.jsonl --read                 # print what was found so far

Of sampling nothing is used, as the two panels of the gallery draw nothing: its thresholds name the test that pins them.
"""

from __future__ import annotations

import argparse
import ast
import gc
import inspect
import json
import pkgutil
import re
import signal
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from tests.gallery import CASES, Case
from tests.gallery.case import BOTH
from tests.threshold_kinds import GROUPS

ROOMS = ("existence", "estimates", "optimise", "profiles", "sampling")
LONGER, SPARE = 5, 2.0  # times the time of the case as it is, and seconds besides, after which it is stopped
SAME = 1e-4  # of its standard error or interval, by which an estimate or an end may move
VAGUE = 1e6  # standard error, relative to its estimate, from which no digit of both means anything
LOOSER = 0.01  # of its size, that stands for a standard error where there is none: the gallery asks for a millionth
TOOL = sys.monitoring.PROFILER_ID


def modules(rooms: Sequence[str] = ROOMS) -> list[ModuleType]:
    """Return every module of the rooms, imported."""
    found = []
    for room in rooms:
        package = import_module(f"triptych.{room}")
        names = pkgutil.walk_packages(package.__path__, f"triptych.{room}.")
        found += [import_module(module.name) for module in names]
    return found


def named_numbers(module: ModuleType) -> Iterator[tuple[str, ast.Assign]]:
    """Yield the names of the numbers that a module defines, each with its statement."""
    for node in ast.parse(inspect.getsource(module)).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in (one for t in targets for one in (t.elts if isinstance(t, ast.Tuple) else [t])):
            if isinstance(node, ast.Assign) and isinstance(target, ast.Name) and target.id.isupper():
                value = vars(module)[target.id]
                number = isinstance(value, (int, float, tuple, np.ndarray)) and not isinstance(value, bool)
                if number and np.asarray(value).dtype.kind in "if":
                    yield target.id, node


@cache
def thresholds() -> dict[str, Any]:
    """Return the named numbers that the rooms define; where two share a name the first stands for it."""
    found: dict[str, Any] = {}
    for module in modules():
        for name, _ in named_numbers(module):
            found.setdefault(name, vars(module)[name])
    return found


def scaled(value: Any, factor: float) -> Any:
    """Return a number or several of them times a factor; whole numbers stay whole, and none becomes zero.

    A share above a half is raised to a power instead, and so are shares of which the last one is the whole: close to
    one this divides their distance to one by the factor, and none becomes more than the whole.
    """
    if isinstance(value, tuple):
        shares = all(isinstance(part, float) for part in value) and min(value) >= 0 and max(value) == 1
        return tuple(part ** (1 / factor) if shares else scaled(part, factor) for part in value)
    if isinstance(value, int) and value:
        return int(np.sign(value)) * max(1, round(abs(value) * factor))
    if isinstance(value, float) and 0.5 < value < 1:
        return value ** (1 / factor)
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
        if type(one) is FunctionType:  # a proxy of what is gone has no class to ask for
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

    put(scaled(before, factor))
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


@dataclass
class Stage:
    """A part of the work on a case: which thresholds it uses, its seconds, and what comes out as things are."""

    uses: set[str] = field(default_factory=set)
    seconds: float = 0.0
    panels: dict[str, Any] = field(default_factory=dict)


class Solved:
    """A case compiled once, and solved again under other thresholds: the search first, and the profiles alone."""

    def __init__(self, case: Case, most: float) -> None:
        from triptych.api.model_scenario import ad_hoc
        from triptych.engine.engine import Engine
        from triptych.engine.estimands import resolve
        from triptych.panels.problem import Problem
        from triptych.problem.scenario import Data

        self.case = case
        model = case.build()
        engine = Engine.build(model, **{name: tuple(value) for name, value in case.options.items()})
        names = tuple(e.name for e in resolve(engine, case.estimands))
        self.problem = Problem(ad_hoc(model, engine, names, "model", Data({})), engine)
        self.found: list[Any] = []  # verdicts of the likelihood as things are, by which the profiles begin
        self.search, self.profiles = Stage(), Stage()
        for stage in (self.search, self.profiles):
            with noting() as stage.uses:
                began = time.process_time()
                stage.panels = self.solve(stage, most)
                stage.seconds = time.process_time() - began

    def fresh(self) -> Any:
        """Return the problem without what the rooms kept of it under other thresholds."""
        engine = replace(self.problem.engine)
        for name in ("kept", "kept_for_model"):
            kept = getattr(self.problem.engine, name)._found
            own = {key: value for key, value in kept.items() if not _of_rooms(key[0])}
            object.__setattr__(engine, name, type(engine.kept)())
            getattr(engine, name)._found.update(own)
        return replace(self.problem, engine=engine)

    def solve(self, stage: Stage, most: float) -> dict[str, Any]:
        """Return the panels of a stage under the thresholds as they are now."""
        from triptych.panels import mle
        from triptych.panels.settings import Settings
        from triptych.panels.solve import solve_problem

        find, problem = mle.find, self.fresh()
        try:
            with no_longer_than(most):
                if stage is self.profiles:
                    mle.find = lambda *_, **__: replace(self.found[0])
                    return solve_problem(problem, Settings(methods=("mle",), random_seed=1))
                if not self.found:
                    mle.find = lambda *given, **named: self.found.append(find(*given, **named)) or self.found[0]
                return solve_problem(problem, Settings(methods=BOTH, random_seed=1, profile=False))
        finally:
            mle.find = find

    def faults(self) -> list[str]:
        """Return which statuses and known values of the case are not right as things are."""
        rows = [row for method in BOTH for row in self.search.panels[method].estimates]
        wanted = {(row.method, row.name): self.case.expected(row.method, row.estimand, row.label) for row in rows}
        wrong = [row for row in rows if row.status != wanted[row.method, row.name]]
        found = [f"{row.method} {row.name} is {row.status}" for row in wrong]
        for (method, estimand), answer in self.case.answers.items():
            known = np.ravel(np.asarray(answer.value, float))
            those = [row for row in rows if row.method == method and row.estimand == estimand]
            for row, value in zip(those, known, strict=False):
                allowed = answer.rtol * max(abs(value), float(np.nan_to_num(row.std_error))) + answer.atol
                if np.isfinite(value) and not abs(row.estimate - value) <= allowed:
                    found.append(f"{method} {row.name} is {row.estimate:.6g}, not {value:.6g}")
        return found

    def otherwise(self, stage: Stage, changed: Sequence[Any]) -> list[str]:
        """Return what comes out otherwise under changes."""
        try:
            with ExitStack() as stack:
                for change in changed:
                    stack.enter_context(change)
                panels = self.solve(stage, LONGER * stage.seconds + SPARE)
        except Exception as error:  # a threshold may break anything: that is what is asked
            return [f"{type(error).__name__}: {error}"]
        found = []
        for method, before in stage.panels.items():
            for kind in ("estimates", "intervals", "optima"):
                found += differences(kind, getattr(before, kind), getattr(panels[method], kind))
            if before.held.keys() != panels[method].held.keys():
                found.append(f"{method}: fixed for intervals are {sorted(panels[method].held)}")
        return found


def _of_rooms(function: Any) -> bool:
    """Whether something is kept by a room with thresholds: what it found hangs on them."""
    return str(getattr(function, "__module__", "triptych.optimise")).split(".")[1] in ROOMS


def differences(kind: str, before: list[Any], after: list[Any]) -> list[str]:
    """Return in what two lists of rows differ: status, numbers by a part of their errors, or words of a reason."""
    if [row.name for row in before] != [row.name for row in after]:
        return [f"{kind}: {[row.name for row in after]}, not {[row.name for row in before]}"]
    found = []
    for old, new in zip(before, after, strict=True):
        numbers = np.array([[row.estimate, row.std_error, row.lower, row.upper] for row in (old, new)], float)
        if old.std_error > VAGUE * abs(old.estimate):
            numbers[:, :2] = 0
        said = f"{kind}: {old.method} {old.name}"
        if old.status != new.status:
            found.append(f"{said} is {new.status}, not {old.status}")
        elif not np.allclose(*numbers, rtol=0, atol=SAME * _size(numbers[0]), equal_nan=True):
            found.append(f"{said} is {numbers[1].tolist()}, not {numbers[0].tolist()}")
        elif re.sub(r"[-\d.e]+", "#", old.reason) != re.sub(r"[-\d.e]+", "#", new.reason):
            found.append(f"{said}: {new.reason!r}, not {old.reason!r}")
    return found


def _size(numbers: np.ndarray) -> float:
    """Return to what a change of a row's numbers is compared: its interval, its standard error, or its own size."""
    estimate, error, *ends = numbers
    one_sided = max((abs(end) for end in ends if np.isfinite(end)), default=0.0) if np.any(np.isinf(ends)) else 0.0
    sizes = (abs(ends[1] - ends[0]), error, LOOSER * abs(estimate), one_sided, SAME**2)
    return float(max(size for size in sizes if np.isfinite(size)))


def strength(factor: float) -> float:
    """Return how much a factor changes, up or down."""
    return max(factor, 1 / factor) if factor else 0.0


@dataclass
class File:
    """What was found so far, a line each."""

    place: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.place.read_text().splitlines()] if self.place.exists() else []

    def add(self, **line: Any) -> None:
        with self.place.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line)[:300], flush=True)

    def cases(self) -> dict[str, dict[str, Any]]:
        """Return what was noted of each case that is right as things are."""
        return {line["case"]: line for line in self.lines() if "uses" in line and not line["wrong"]}

    def pins(self, most: float = np.inf) -> dict[str, tuple[float, str]]:
        """Return what pins each threshold or probe: the factor, the least one of up to so much, and the case."""
        found = [(line["pinned"], line["factor"], line["case"]) for line in self.lines() if "pinned" in line]
        found = [one for one in found if strength(one[1]) <= most]
        return {name: (factor, case) for name, factor, case in sorted(found, key=lambda one: -strength(one[1]))}

    def slack(self, factor: float) -> dict[str, set[str]]:
        """Return, for each threshold or probe, the cases that came out as they were under a factor."""
        found: dict[str, set[str]] = defaultdict(set)
        for line in self.lines():
            if line.get("factor") == factor:
                for name in line.get("slack", ()):
                    found[name].add(line["case"])
        return found


def pinning(
    names: list[str], otherwise: Callable[[list[str]], list[str]], known: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """Yield those of some names that alone change what comes out, and how; of several it may be known that they do."""
    said = otherwise(names) if len(names) == 1 or (names and not known) else []
    if len(names) == 1 and said:
        yield names[0], said
    elif len(names) > 1 and (said or known):
        middle = len(names) // 2
        first, second = names[:middle], names[middle:]
        if said := otherwise(first):
            yield from pinning(first, otherwise, True) if len(first) > 1 else [(first[0], said)]
        yield from pinning(second, otherwise, not said)


def look(file: File, name: str, factors: Sequence[float], asked: set[str], probes: bool, most: float) -> None:
    """Compile a case and find what it pins, if it is solved in so many seconds."""
    used = file.cases().get(name)
    factors = (0.0,) if probes else tuple(each for factor in factors for each in (factor, 1 / factor))

    def left(f: float) -> set[str]:
        """Return what is to be changed by a factor: more than twice as many of what is counted takes time alone."""
        slack = {one for one, cases in file.slack(f).items() if name in cases}
        counts = {one for one in asked if f > 2 and isinstance(thresholds().get(one), int)}
        return asked - counts - slack - set(file.pins(strength(f)))

    if used and not probes and not any(left(f) & set(used["uses"]) for f in factors):
        return
    began = time.process_time()
    try:
        solved = Solved(next(case for case in CASES if case.name == name), most)
    except TimeoutError as error:
        file.add(case=name, seconds={"more than": most}, uses=[], wrong=[str(error)])
        return
    noted, wrong = solved.search.uses | solved.profiles.uses, solved.faults()
    if used is None:
        seconds = {"compiled": round(time.process_time() - began, 2)}
        seconds |= {"search": round(solved.search.seconds, 2), "profiles": round(solved.profiles.seconds, 2)}
        file.add(case=name, seconds=seconds, uses=sorted(noted), wrong=wrong)
    if wrong:
        return
    for f in factors:
        todo = left(f) if probes else left(f) & noted
        for stage in (solved.search, solved.profiles):
            if probes and stage is solved.profiles:
                continue
            some = [one for one in _in_order(todo) if probes or one in stage.uses]

            def otherwise(those: list[str], stage: Stage = stage, f: float = f) -> list[str]:
                return solved.otherwise(stage, [without(one) if probes else perturbed(one, f) for one in those])

            for one, said in pinning(some, otherwise):
                file.add(pinned=one, factor=f, case=name, wrong=said[:3])
                todo = todo - {one}
        file.add(case=name, factor=f, slack=sorted(todo))


def _in_order(names: set[str]) -> list[str]:
    """Return names in the order of the files: thresholds of one file tend to be pinned by one case."""
    order = list(thresholds())
    return sorted(names, key=lambda name: (order.index(name) if name in order else -1, name))


def printed(file: File) -> None:
    """Print for each threshold what pins it, or how many cases use it that do not; those of a known kind apart."""
    cases, pins = file.cases(), file.pins()
    factors = sorted({line["factor"] for line in file.lines() if "factor" in line})
    slack = {f: file.slack(f) for f in factors}

    def line(name: str) -> str:
        if name in pins:
            return f"{name} x {pins[name][0]:g}: {pins[name][1]}"
        used = sum(name in line["uses"] for line in cases.values())
        looked = ", ".join(f"x {f:g} in {len(slack[f][name])}" for f in factors if slack[f].get(name))
        return f"{name}: - (slack {looked or 'nowhere'}, of {used} cases that use it)"

    names = [*thresholds(), *(one for one in pins if one not in thresholds())]
    listed: dict[str, set[str]] = defaultdict(set)
    for group in GROUPS:
        listed[group.kind] |= {name.rpartition(".")[2] for name in group.names.split()}
    printing = {"decision": [name for name in names if not any(name in those for those in listed.values())]}
    printing |= {kind: [name for name in names if name in those] for kind, those in listed.items()}
    for kind, those in printing.items():
        print(f"{kind}: {sum(name in pins for name in those)} of {len(those)} pinned by a case of the gallery")
        print("\n".join(f"    {line(name)}" for name in those))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where to write what is found, a line each")
    parser.add_argument(
        "--thresholds", nargs="*", default=None, help="their names, or those of probes; all if not given"
    )
    parser.add_argument("--probes", action="store_true", help="leave out each probe in place of thresholds")
    parser.add_argument("--cases", nargs="*", default=None, help="their names; all of them if not given")
    parser.add_argument("--seconds", type=float, default=120.0, help="leave out cases that take longer to solve")
    parser.add_argument("--factors", type=float, nargs="*", default=[2.0], help="one after the other; 2 if not given")
    parser.add_argument("--read", action="store_true", help="print what was found so far")
    asked = parser.parse_args()
    file = File(asked.file)
    if not asked.read:
        modules((*ROOMS, "engine", "components", "panels"))  # what is imported later has no lines that are known
        if asked.probes:
            from triptych.existence.search import PROBES

            names = {probe.name for probe in PROBES} & set(asked.thresholds or [probe.name for probe in PROBES])
        else:
            names = set(thresholds() if asked.thresholds is None else asked.thresholds)
        known = {
            line["case"]: sum(seconds for part, seconds in line["seconds"].items() if part != "compiled")
            for line in file.lines()
            if "uses" in line
        }
        bad = {line["case"] for line in file.lines() if line.get("uses") and line["wrong"]}
        some = [case.name for case in CASES if asked.cases is None or case.name in asked.cases]
        np.random.default_rng(0).shuffle(some)  # so that each part of the gallery comes early
        with warnings.catch_warnings(), np.errstate(all="ignore"), suppress(KeyboardInterrupt):
            warnings.simplefilter("ignore")
            for name in sorted(some, key=lambda name: known.get(name, 0.0)):
                if known.get(name, 0.0) < asked.seconds and name not in bad:
                    look(file, name, asked.factors, names, asked.probes, asked.seconds)
    printed(file)


if __name__ == "__main__":
    main()
