"""Draws against draws: each figure's difference in Monte Carlo standard errors, at a level."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from triptych.problem.table import Status
from triptych.testing.agreement_table import MOVED, Line, Verdict
from triptych.testing.drawn import around
from triptych.testing.estimates import Sampled
from triptych.testing.reweighting import Shift
from triptych.testing.statistics import (
    ESS_PER_DEGREE,
    QUANTITIES,
    SAME,
    Figures,
    describe,
    difference_errors,
    most_errors,
)

NAMES = {"mean": "mean", "sd": "sd", "below": "P(below 10 %)", "above": "P(above 90 %)"}
NAN = float("nan")


def figures_at(reference: Sampled, other: Sampled) -> Figures:
    """Return the other's figures, its tails at the reference's places; of kept figures only mean and deviation."""
    if other.draws is None:
        kept = other.figures
        errors = kept.errors.copy()
        errors[:, 2:] = NAN  # probabilities at other places
        return Figures(kept.values, errors, kept.sizes, reference.figures.places)
    draws = other.draws
    if reference.periods.size and np.any(reference.periods > 0):
        centres = reference.figures.values[:, 0]
        draws = np.array([around(x, p, c) for x, p, c in zip(draws, reference.periods, centres, strict=True)])
    heavy = np.fmax(
        reference.tail_index if reference.tail_index.size else np.full(len(draws), NAN),
        other.tail_index if other.tail_index.size else np.full(len(draws), NAN),
    )
    return describe(draws, reference.figures.places, heavy)


def compare_draws(
    variant: str,
    reference: Sampled,
    other: Sampled,
    level: float,
    *,
    practical: float | None = None,
    shifts: Mapping[str, Shift] | None = None,
    moves: bool = False,
) -> list[Line]:
    """Compare draws of the same scalars.

    Parameters
    ----------
    variant
        Which.
    reference, other
        The two sides, with the same names in the same order.
    level
        Of each comparison by itself, two-sided.
    practical
        Difference that does not matter: in standard deviations of the reference, of probabilities in hundredths of them
        as they are.
    shifts
        By how much each scalar should have moved.
    moves
        Whether the density changed: without a prediction a difference is then no fault.
    """
    a, b = reference.figures, figures_at(reference, other)
    errors, degrees = difference_errors(a, b)
    most = most_errors(level, degrees)
    lines = []
    for i, name in enumerate(reference.names):
        shift = (shifts or {}).get(name)
        for k, quantity in enumerate(QUANTITIES):
            if not np.isfinite(errors[i, k]):
                continue
            error, expected = errors[i, k], a.values[i, k]
            if shift is not None:
                expected, error = expected + shift.values[k], np.hypot(error, shift.errors[k])
            difference = b.values[i, k] - a.values[i, k]
            room = most[i, k] * error + SAME * abs(a.values[i, k])
            if practical is not None:
                room += practical * (a.values[i, 1] if k < 2 else 0.1)
            within = abs(b.values[i, k] - expected) <= room
            verdict = Verdict.AGREE if within else Verdict.DISAGREE
            if moves and shift is None and not within:
                verdict = MOVED  # type: ignore[assignment]
            lines.append(
                Line(
                    variant, "mcmc", name, NAMES[quantity], float(a.values[i, k]), float(b.values[i, k]),
                    float(difference), float(difference / errors[i, k]) if errors[i, k] > 0 else NAN, float(room),
                    NAN if shift is None else float(expected), str(verdict),
                )
            )  # fmt: skip
    return lines


def compare_with_numbers(
    variant: str,
    sampled: Sampled,
    numbers: Mapping[str, float],
    level: float,
    *,
    practical: float | None,
    rtol: float | None,
) -> list[Line]:
    """Compare means of draws with numbers that are taken for exact, at the reference's side ``a``."""
    figures = sampled.figures
    lines = []
    for name, number in numbers.items():
        i = sampled.names.index(name)
        error, mean = figures.errors[i, 0], figures.values[i, 0]
        if not np.isfinite(error):
            lines.append(
                Line(
                    variant, "mcmc", name, "mean", number, mean, mean - number, NAN, NAN, NAN,
                    str(Verdict.INCONCLUSIVE), "its tails are too heavy for a mean with an error",
                )
            )  # fmt: skip
            continue
        room = most_errors(level, figures.sizes[i, :1] / ESS_PER_DEGREE)[0] * error + (rtol or SAME) * abs(number)
        room += (practical or 0.0) * figures.values[i, 1]
        verdict = Verdict.AGREE if abs(mean - number) <= room else Verdict.DISAGREE
        z = float((mean - number) / error) if error > 0 else NAN
        lines.append(
            Line(variant, "mcmc", name, "mean", number, mean, mean - number, z, float(room), NAN, str(verdict))
        )
    return lines


def statuses(variant: str, reference: Sampled, other: Sampled) -> list[Line]:
    """Return the scalars whose posterior has another status, which is inconclusive: moments are judged by draws."""
    if not reference.statuses or not other.statuses:
        return []
    return [
        Line(
            variant, "mcmc", name, "status", one, two, NAN, NAN, NAN, NAN, str(Verdict.INCONCLUSIVE),
            "whether a mean exists is judged by draws",
        )
        for name, one, two in zip(reference.names, reference.statuses, other.statuses, strict=True)
        if one != two and Status.UNRELIABLE not in (one, two)
    ]  # fmt: skip
