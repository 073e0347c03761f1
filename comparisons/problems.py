"""Failed claims and unexpected statuses of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triptych.base.text import join
from triptych.panels.solution import Solution
from triptych.problem.claims import Claim
from triptych.problem.scenario import Scenario
from triptych.problem.table import SHORT


def problems(
    scenario: Scenario, solutions: Mapping[str, Solution], claims: Sequence[Claim], error: str | None
) -> list[str]:
    """Return a sentence for each failed claim and each status that is not the expected one.

    Parameters
    ----------
    scenario
        Says which statuses are expected.
    solutions
        Variant to its solution.
    claims
        The claims with what was measured.
    error
        Why the scenario could not be solved at all; None when it was.
    """
    found = [] if error is None else [f"{scenario.name} could not be solved: {error}"]
    for claim in claims:
        if not claim.holds:
            found.append(f"claim {claim.name} does not hold: measured {claim.measured}, bound {claim.bound}")
    for variant, solution in solutions.items():
        place = f"{variant}, " if len(solutions) > 1 else ""
        for method, panel in solution.panels.items():
            unexpected: dict[tuple[str, str], list[str]] = {}
            for row in panel.estimates:
                if not scenario.accepts(variant, method, row.estimand, row.label, row.status):
                    known = scenario.expect is not None
                    wanted = scenario.expected(variant, method, row.estimand, row.label) if known else None
                    said = str(row.status) if wanted is None else f"{row.status}, expected {wanted}"
                    key = (said, row.reason)
                    unexpected.setdefault(key, []).append(row.name)
            for (said, reason), names in unexpected.items():
                verb = "is" if len(names) == 1 else "are"
                found.append(f"{place}{SHORT[method]}: {join(names)} {verb} {said}: {reason}")
    return found
