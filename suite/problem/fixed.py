"""What an interval holds fixed although it is not known."""

from __future__ import annotations

from dataclasses import dataclass

from triptych.base.text import join, join_all

FEW = 3  # names that an equation gives one after the other


@dataclass(frozen=True)
class Fixed:
    """What an interval from curvature holds fixed.

    Attributes
    ----------
    places
        Each place with the names of what is held there: ``(("0", ("tau",)),)``.
    combined
        Names of which a combination is held, and none alone.
    """

    places: tuple[tuple[str, tuple[str, ...]], ...] = ()
    combined: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What is held alone."""
        return tuple(name for _, names in self.places for name in names)

    def __str__(self) -> str:
        return "; ".join(self._written([f"{join(names)} at {place}" for place, names in self.places]))

    def as_equations(self) -> str:
        """Return it as equations: ``tau = 0``, ``a = b = 0 and c = 1``."""
        return join_all(self._written([
            f"{' = '.join(names) if len(names) <= FEW else join(names)} = {place}" for place, names in self.places
        ]))  # fmt: skip

    def _written(self, places: list[str]) -> list[str]:
        return [*places, *([f"a combination of {join(self.combined)}"] if self.combined else [])]
