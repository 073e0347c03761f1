"""A verdict carried to other labels: its points, slopes, curvature and directions under a linear map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from triptych.existence.findings import Rise
from triptych.existence.verdict import Verdict
from triptych.optimise.kinks import climb
from triptych.optimise.newton import Point
from triptych.optimise.objective import Objective

Put = Callable[[np.ndarray], np.ndarray]  # the coordinates of a point to the matrix that puts its components in order


def relabelled(verdict: Verdict, put: Put) -> Verdict:
    """Return the verdict with the components of its point in order, and those of each other maximum in theirs.

    On a path without limit they are in the order of its end.
    """
    moved = carried(verdict, put(verdict.point.z), verdict.objective)
    active = verdict.objective.active

    def local(z: np.ndarray) -> np.ndarray:
        return put(z)[np.ix_(active, active)]

    others, ties = (tuple(_point(end, local(end.z)) for end in ends) for ends in (verdict.others, verdict.ties))
    still = np.zeros(active.size)
    rises = iter([
        finding.mapped(local(finding.path.points[-1]), still)
        for finding in verdict.findings if isinstance(finding, Rise)
    ])  # fmt: skip
    found = tuple(next(rises) if isinstance(finding, Rise) else finding for finding in moved.findings)
    return replace(moved, others=others, ties=ties, findings=found)


def carried(verdict: Verdict, matrix: np.ndarray, objective: Objective) -> Verdict:
    """Return the verdict after the map ``z`` to ``matrix @ z``, which turns its objective into ``objective``."""
    if np.array_equal(matrix, np.eye(len(matrix))):
        return replace(verdict)
    without_redundant = verdict.without_redundant
    if without_redundant is not None:
        if not np.all(np.isin(matrix, (-1.0, 0.0, 1.0))):
            return replace(verdict)  # what is held would be no coordinate any more
        held = without_redundant.objective
        active = np.flatnonzero(np.any(matrix[:, held.active] != 0, axis=1))
        without_redundant = carried(
            without_redundant, matrix, replace(held, origin=matrix @ held.origin, active=active)
        )
    local = matrix[np.ix_(objective.active, verdict.objective.active)]
    point, corner = _point(verdict.point, local), verdict.corner
    if corner is not None:
        # Which kinks hold moves along; they are read where the point is now.
        point, corner = climb(objective, point.z)
    still = np.zeros(objective.size)
    found = (finding.mapped(local, still) for finding in verdict.findings)
    return replace(
        verdict, objective=objective, point=point, corner=corner, without_redundant=without_redundant,
        findings=tuple(finding for finding in found if finding is not None),
    )  # fmt: skip


def _point(point: Point, local: np.ndarray) -> Point:
    back = np.linalg.inv(local)
    return replace(
        point, z=local @ point.z, gradient=back.T @ point.gradient, hessian=back.T @ point.hessian @ back,
        trail=point.trail @ local.T,
    )  # fmt: skip
