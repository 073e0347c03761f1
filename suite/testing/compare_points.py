"""Estimates that no sampler drew, each held to the accuracy to which it was computed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from triptych.testing.agreement_table import MOVED, Line, Verdict
from triptych.testing.estimates import PointEstimate

# Relative difference of standard errors: they come from a Hessian at a point that is known to its accuracy, by finite
# differences where a likelihood has no second derivative.
ERROR_ACCURACY = 1e-4
NAN = float("nan")


def compare_points(
    variant: str,
    method: str,
    a: Mapping[str, PointEstimate],
    b: Mapping[str, PointEstimate],
    *,
    practical: float | None,
    rtol: float | None,
    moves: bool,
) -> list[Line]:
    """Compare the estimates of one method.

    Parameters
    ----------
    variant, method
        Which.
    a, b
        Name of each scalar to its estimate, with the same names.
    practical
        Difference in standard errors that does not matter.
    rtol
        Relative difference that is allowed in place of the accuracy.
    moves
        Whether the objective changed, so that a difference is to be expected.
    """
    lines = []
    for name, one in a.items():
        other = b[name]
        if one.status != other.status and (one.has_error and other.has_error):
            verdict = MOVED if moves else Verdict.DISAGREE
            lines.append(Line(variant, method, name, "status", one.status, other.status, NAN, NAN, 0.0, NAN, verdict))
            continue
        lines += _values(variant, method, name, one, other, practical, rtol, moves)
    return lines


def _values(
    variant: str,
    method: str,
    name: str,
    one: PointEstimate,
    other: PointEstimate,
    practical: float | None,
    rtol: float | None,
    moves: bool,
) -> list[Line]:
    found = []
    scale = one.std_error if np.isfinite(one.std_error) else other.std_error
    if one.exists or other.exists:
        allowed = one.accuracy + other.accuracy if rtol is None else rtol * abs(one.value)
        if not (one.has_error and other.has_error):
            allowed = max(allowed, 1e-6 * abs(one.value)) if rtol is None else allowed
        if practical is not None and np.isfinite(scale):
            allowed = max(allowed, practical * scale)
        allowed = max(allowed, 4 * np.finfo(float).eps * abs(one.value)) if np.isfinite(one.value) else allowed
        found.append(_line(variant, method, name, "estimate", one.value, other.value, scale, allowed, moves))
    if one.has_error and other.has_error and (np.isfinite(one.std_error) or np.isfinite(other.std_error)):
        allowed = max(ERROR_ACCURACY if rtol is None else rtol, practical or 0.0) * abs(one.std_error)
        found.append(_line(variant, method, name, "std_error", one.std_error, other.std_error, scale, allowed, moves))
    return found


def _line(
    variant: str, method: str, name: str, quantity: str, a: float, b: float, scale: float, allowed: float, moves: bool
) -> Line:
    difference = b - a
    errors = difference / scale if np.isfinite(scale) and scale > 0 else NAN
    same = np.isfinite(difference) and abs(difference) <= allowed
    verdict = str(Verdict.AGREE) if same else MOVED if moves else str(Verdict.DISAGREE)
    return Line(variant, method, name, quantity, a, b, difference, errors, allowed, NAN, verdict)
