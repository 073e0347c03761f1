"""Scenarios and models held to their claims and their baselines: what stands behind ``triptych check``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from triptych.base.environment import lacking
from triptych.base.errors import InputError
from triptych.base.text import cited
from triptych.problem.table import METHODS, Status
from triptych.testing.agree import BUDGET
from triptych.testing.agreement_table import Agreement, Verdict
from triptych.testing.baseline import Baseline

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

FOLDER = "baselines"
FAST = ("mle", "map")


@dataclass(frozen=True)
class Outcome:
    """What became of one scenario or model.

    Attributes
    ----------
    name
        Of the scenario or model.
    problems
        Claims that do not hold, statuses that are not the expected ones, or why it could not be solved.
    agreement
        What the comparison with its baseline found; None without one.
    seconds
        How long it took.
    unreliable
        Whether the problems are only posteriors that failed the gate.
    """

    name: str
    problems: tuple[str, ...]
    agreement: Agreement | None
    seconds: float
    unreliable: bool = False

    @property
    def verdict(self) -> Verdict:
        """``disagree`` also where a claim fails; ``inconclusive`` where only draws are lacking."""
        found = Verdict.AGREE if self.agreement is None else self.agreement.verdict
        if self.problems and found != Verdict.DISAGREE:
            return Verdict.INCONCLUSIVE if self.unreliable else Verdict.DISAGREE
        return found

    def __str__(self) -> str:
        """Return a line, and below it what is wrong."""
        kept = "It was not compared with a baseline." if self.agreement is None else str(self.agreement).splitlines()[0]
        if self.problems and (self.agreement is None or self.agreement.verdict == Verdict.AGREE):
            kept = f"Claims or statuses are not as expected, see below. {kept}"
        head = f"{self.name}: {self.verdict} ({self.seconds:.1f} s). {kept}"
        rest = list(self.problems)
        if self.agreement is not None:
            rest += str(self.agreement).splitlines()[1:]
        return "\n".join([head, *(f"  {line}" for line in rest)])


def by_cause(outcomes: Sequence[Outcome]) -> str:
    """Return the names of what does not agree, cause by cause, a cause a line; empty when all agrees."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        causes = [str(cause) for cause in outcome.agreement.causes] if outcome.agreement is not None else []
        if outcome.verdict == Verdict.INCONCLUSIVE:
            causes = ["inconclusive"]
        elif outcome.problems:
            causes.append("claims and statuses")
        for cause in causes or (["cause unknown"] if outcome.verdict != Verdict.AGREE else []):
            found.setdefault(cause, []).append(outcome.name)
    return "".join(f"{cause}: {', '.join(names)}\n" for cause, names in found.items())


@dataclass(frozen=True)
class Target:
    """What is checked: its name, and how it is solved (``solve(methods)``)."""

    name: str
    solve: Callable[[Sequence[str]], Comparison]


def scenario_target(name: str, **options: Any) -> Target:
    """Return a scenario to check; the options are those of :func:`triptych.run`.

    Raises
    ------
    InputError
        When there is no scenario of that name.
    """
    from triptych.problem.registry import get

    scenario = get(name)

    def solve(methods: Sequence[str]) -> Comparison:
        from triptych.api.runs import run

        return run(scenario, methods=methods, **options)

    return Target(scenario.name, solve)


def model_target(model: Any, name: str, **options: Any) -> Target:
    """Return a PyMC model to check; the options are those of :func:`triptych.compare`."""

    def solve(methods: Sequence[str]) -> Comparison:
        from triptych.api.compare import compare

        return compare(model, name=name, methods=methods, profile=False, **options)

    return Target(name, solve)


def baseline_path(folder: Path, name: str) -> Path:
    """Return where the baseline of a scenario or model is kept."""
    return folder / f"{name}.json"


def check(target: Target, folder: Path | None, *, fast: bool = False, share: int = 1) -> Outcome:
    """Solve a scenario or model, evaluate its claims, and compare with its baseline.

    Parameters
    ----------
    target
        What to check.
    folder
        Where baselines are; None compares with none.
    fast
        Whether to leave out the sampler, and with it the claims, which need all panels.
    share
        How many share the budget of false alarms.

    Raises
    ------
    InputError
        When the baseline is missing, damaged, or of something else: before anything is solved where it can be seen.
    """
    baseline = None if folder is None else _load(folder, target.name)
    began = time.perf_counter()
    try:
        comparison = target.solve(FAST if fast else METHODS)
    except InputError:
        raise
    except Exception as error:  # whatever a scenario raises is its own failure
        if lacking(error):
            raise
        return Outcome(target.name, (f"{type(error).__name__}: {error}",), None, time.perf_counter() - began)
    found = None if baseline is None else _held(baseline, target.name, comparison, BUDGET / share, fast)
    seconds = time.perf_counter() - began
    return Outcome(target.name, tuple(comparison.problems), found, seconds, _only_unreliable(comparison))


def _only_unreliable(comparison: Comparison) -> bool:
    """Whether all that is wrong with a comparison is posteriors that failed the gate."""
    wrong = [
        row.status
        for variant, solution in comparison.solutions.items()
        for method, panel in solution.panels.items()
        for row in panel.estimates
        if not comparison.scenario.accepts(variant, method, row.estimand, row.label, row.status)
    ]
    claims = all(claim.holds for claim in comparison.evaluated_claims)
    return bool(wrong) and claims and all(status == Status.UNRELIABLE for status in wrong)


def _load(folder: Path, name: str) -> Baseline:
    path = baseline_path(folder, name)
    if not path.exists():
        raise InputError(
            f"there is no baseline {cited(str(path))}; make it with triptych baseline update {name} --baseline {folder}"
        )
    return Baseline.load(path)


def _held(baseline: Baseline, name: str, comparison: Comparison, budget: float, fast: bool) -> Agreement:
    try:
        return baseline.compare(comparison, budget=budget, fast=fast)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def update(target: Target, folder: Path) -> tuple[Path, Agreement | None]:
    """Write the baseline of a scenario or model; return its path and what moved, None where there was none.

    A baseline that cannot be read is replaced.
    """
    path = baseline_path(folder, target.name)
    comparison = target.solve(METHODS)
    try:
        moved = Baseline.load(path).compare(comparison) if path.exists() else None
    except InputError:
        moved = None
    return Baseline.of(comparison).save(path), moved


def junit(outcomes: Sequence[Outcome]) -> str:
    """Return outcomes as JUnit XML, a test case for each; inconclusive ones are errors and not failures."""
    count = {v: sum(o.verdict == v for o in outcomes) for v in Verdict}
    suite = ElementTree.Element(
        "testsuite",
        name="triptych check",
        tests=str(len(outcomes)),
        failures=str(count[Verdict.DISAGREE]),
        errors=str(count[Verdict.INCONCLUSIVE]),
        time=f"{sum(o.seconds for o in outcomes):.3f}",
    )
    kinds = {Verdict.DISAGREE: "failure", Verdict.INCONCLUSIVE: "error"}
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname="triptych.check", name=outcome.name, time=f"{outcome.seconds:.3f}"
        )
        if outcome.verdict in kinds:
            said = str(outcome)
            ElementTree.SubElement(case, kinds[outcome.verdict], message=said.splitlines()[0]).text = said
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
