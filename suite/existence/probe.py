"""What a probe is: a look at one way in which the best point of the ascents may not be a maximum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from triptych.existence.findings import Finding
from triptych.existence.verdict import Verdict


class Probe(ABC):
    """One file in ``existence/probes`` with one subclass, which :mod:`triptych.existence.search` lists in its order.

    Attributes
    ----------
    name
        Stands beside each of its findings.
    cases
        Cases of the gallery that come out wrong without it (``--probes`` of :mod:`tests.perturb_thresholds`).
    """

    name: ClassVar[str]
    cases: ClassVar[tuple[str, ...]] = ()

    def needed(self, verdict: Verdict) -> bool:
        """Whether it has anything to look at, given what is known so far."""
        return True

    @abstractmethod
    def look(self, verdict: Verdict) -> Sequence[Finding]:
        """Return what it finds; nothing where all is as it should be at a maximum."""
