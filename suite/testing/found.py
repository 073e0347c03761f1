"""What a comparison has found so far, and the verdict on all of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from triptych.testing.agreement_table import Agreement, Cause, Line, Verdict
from triptych.testing.density_change import DensityChange


@dataclass
class Found:
    """What was found so far."""

    lines: list[Line] = field(default_factory=list)
    changes: dict[str, DensityChange] = field(default_factory=dict)
    causes: list[Cause] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    several: bool = False  # variants, of which each sentence names its own

    def named(self, name: str, sentence: str) -> str:
        """Return a sentence with the variant that it is about, where there are several."""
        return f"{self.place(name)}{sentence}" if self.several else f"{sentence[0].upper()}{sentence[1:]}"

    def place(self, name: str) -> str:
        """Return how a sentence about a variant begins, where there are several."""
        return f"{name}: " if self.several else ""

    def say(self, name: str, *sentences: str) -> None:
        """Say what changed."""
        self.said += [self.named(name, sentence) for sentence in sentences]

    def tell(self, name: str, *sentences: str) -> None:
        """Say what is worth knowing and no failure."""
        self.told += [self.named(name, sentence) for sentence in sentences]


def outcome(found: Found, practical: float | None) -> Agreement:
    """Return the verdict on what was found; ``practical`` as in :func:`triptych.testing.agreement`."""
    causes = tuple(cause for cause in Cause if cause in found.causes)
    failed = any(line.verdict == Verdict.DISAGREE for line in found.lines)
    if causes and not failed and practical is not None and _all_within(found, practical):
        found.told += [*found.said, f"No estimate should move by {practical:g} standard deviations or more."]
        causes, found.said = (), []
    if causes or failed:
        verdict = Verdict.DISAGREE
    elif found.faults:
        verdict = Verdict.INCONCLUSIVE
    else:
        verdict = Verdict.AGREE
    return Agreement(
        verdict,
        causes,
        tuple(found.lines),
        found.changes,
        tuple(dict.fromkeys(found.told)),
        tuple(dict.fromkeys(found.faults)),
        tuple(dict.fromkeys(found.said)),
    )


def _all_within(found: Found, practical: float) -> bool:
    """Whether every figure is predicted to stay within what does not matter; what has no prediction may move."""
    deviations = {(line.variant, line.estimand): line.a for line in found.lines if line.quantity == "sd"}
    judged = [line for line in found.lines if line.method == "mcmc"]
    if not judged or any(line.verdict not in (Verdict.AGREE,) for line in found.lines):
        return False
    for line in judged:
        scale = deviations.get((line.variant, line.estimand), np.nan) if line.quantity in ("mean", "sd") else 0.1
        if not abs(line.predicted - float(line.a)) <= practical * float(scale):
            return False
    return True
