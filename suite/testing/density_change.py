"""What changed between two log-densities that were evaluated at the same points, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from triptych.base.text import join
from triptych.testing.arrays import ArrayDigest
from triptych.testing.terms import COORDINATES, JACOBIAN, LIKELIHOOD, PRIOR, FreeVariable, TermKey

if TYPE_CHECKING:
    import pandas as pd

RELATIVE = 1e-9  # of the larger magnitude of a term at a point; rounding is some 1e-13 of it
DATA = "data"
CAUSES = (DATA, LIKELIHOOD, PRIOR, JACOBIAN)


@dataclass(frozen=True)
class Side:
    """One of two densities: its variables, its terms, their data, and their values ``(points, terms)``."""

    variables: Mapping[str, FreeVariable]
    keys: Sequence[TermKey]
    arrays: Sequence[Mapping[str, ArrayDigest]]
    values: np.ndarray

    def column(self, key: TermKey) -> np.ndarray:
        """Return the values of one term; zero where there is no such term, as its absence adds nothing."""
        return self.values[:, list(self.keys).index(key)] if key in self.keys else np.zeros(len(self.values))

    def data_of(self, key: TermKey) -> Mapping[str, ArrayDigest]:
        """Return the data of one term."""
        return self.arrays[list(self.keys).index(key)] if key in self.keys else {}

    def total(self, part: str) -> np.ndarray:
        """Return the sum of the terms of one part, at each point."""
        chosen = [k for k, key in enumerate(self.keys) if key.part == part]
        return np.asarray(self.values[:, chosen].sum(axis=1))


@dataclass(frozen=True)
class TermChange:
    """How one term differs: the largest difference once a constant is removed, what is allowed, and the constant."""

    part: str
    name: str
    largest: float
    allowed: float
    constant: float
    changed: bool


@dataclass(frozen=True)
class DensityChange:
    """Whether two log-densities are the same up to a constant, and which part is not.

    Attributes
    ----------
    causes
        Of ``data``, ``likelihood``, ``prior`` and ``jacobian`` those that changed; empty when the densities are one.
    reparameterised
        Why the densities cannot be compared at the same points, when the free variables are others; else empty.
    told
        What differs without being a failure: a constant, the order of rows, the coordinates that are sampled.
    terms
        One entry for each term.
    """

    causes: tuple[str, ...] = ()
    reparameterised: str = ""
    told: tuple[str, ...] = ()
    terms: tuple[TermChange, ...] = field(default=(), repr=False)
    said: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the two are the same density, up to a constant, of the same free variables."""
        return not self.causes and not self.reparameterised

    @property
    def cause(self) -> str | None:
        """The first of the causes, data before the densities that are computed from them; None without a change."""
        return self.causes[0] if self.causes else None

    @property
    def table(self) -> pd.DataFrame:
        """One row a term: ``part``, ``name``, ``largest`` difference, ``allowed``, ``constant``, ``changed``."""
        import pandas as pd

        columns = ("part", "name", "largest", "allowed", "constant", "changed")
        rows = sorted(self.terms, key=lambda t: (not t.changed, -t.largest / max(t.allowed, 1e-300)))
        return pd.DataFrame([[getattr(t, c) for c in columns] for t in rows], columns=list(columns))

    def __str__(self) -> str:
        """Return what is to be said of it in sentences."""
        if self.reparameterised:
            head = self.reparameterised
        elif self.said:
            head = " ".join(self.said)
        else:
            head = "The densities are the same up to a constant."
        return "\n".join([head, *self.told])


def density_change(before: Side, after: Side) -> DensityChange:
    """Compare two densities at the same points.

    Parameters
    ----------
    before, after
        The two sides, with values at the same natural points.
    """
    if reparameterised := _other_variables(before.variables, after.variables):
        return DensityChange(reparameterised=reparameterised)
    told: list[str] = []
    moved = _moved_coordinates(before, after)
    before, after = _within_both_supports(before, after)
    changes = []
    keys = dict.fromkeys([*before.keys, *after.keys])
    for key in keys:
        if key.part != COORDINATES and not (key.part == JACOBIAN and key.name in moved):
            changes.append(_term_change(key.part, key.name, before.column(key), after.column(key)))
    found: dict[str, list[str]] = {cause: [] for cause in CAUSES}
    for part in (LIKELIHOOD, PRIOR):
        whole = _term_change(part, "", before.total(part), after.total(part))
        own = [c for c in changes if c.part == part and c.changed]
        if own and not whole.changed:
            told.append(
                f"Terms of the {part} were split in another way ({join([c.name for c in own])}); their sum is one."
            )
            changes = [_kept(c) if c in own else c for c in changes]
    for change in changes:
        key = TermKey(change.part, change.name)
        other = _changed_arrays(before.data_of(key), after.data_of(key))
        if change.changed:
            arrays = {**before.data_of(key), **after.data_of(key)}
            is_data = any(arrays[name].data for name in other)
            found[DATA if is_data else change.part].append(_sentence(change, other, is_data))
        else:
            told += _harmless(change, other)
    for name, same_kind in moved.items():
        if same_kind:
            found[PRIOR].append(f"The support of {name} moved: its values have other unconstrained coordinates.")
        else:
            kinds = " and ".join(side.variables[name].transform or "no transform" for side in (before, after))
            told.append(
                f"{name} is sampled in another coordinate ({kinds}); its log-Jacobian cannot be compared here, so "
                "compare draws."
            )
    causes = tuple(cause for cause in CAUSES if found[cause])
    said = tuple(sentence for cause in causes for sentence in found[cause])
    return DensityChange(causes, "", tuple(dict.fromkeys(told)), tuple(changes), tuple(dict.fromkeys(said)))


def _other_variables(before: Mapping[str, FreeVariable], after: Mapping[str, FreeVariable]) -> str:
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    if gone or new:
        parts = [f"without {join(gone)}"] if gone else []
        parts += [f"with {join(new)} instead" if gone else f"with {join(new)} besides"] if new else []
        return (
            f"The model is written in other free variables ({', '.join(parts)}), so that its density is one of other "
            "quantities; compare estimates."
        )
    for name, variable in before.items():
        if variable.shape != after[name].shape:
            return f"{name} has the shape {after[name].shape}, before {variable.shape}; compare models of one shape."
    return ""


def _moved_coordinates(before: Side, after: Side) -> dict[str, bool]:
    """Return the variables whose coordinates are others, and whether under a transform of the same name."""
    moved = {}
    for name in before.variables:
        key = TermKey(COORDINATES, name)
        change = _term_change(COORDINATES, name, before.column(key), after.column(key), constant=False)
        if change.changed:
            moved[name] = before.variables[name].transform == after.variables[name].transform
    return moved


def _within_both_supports(before: Side, after: Side) -> tuple[Side, Side]:
    """Leave out points that one of the two has no coordinates for: no term has a value there."""
    chosen = [[k for k, key in enumerate(side.keys) if key.part == COORDINATES] for side in (before, after)]
    inside = [
        np.all(np.isfinite(side.values[:, columns]), axis=1)
        for side, columns in zip((before, after), chosen, strict=True)
    ]
    both = inside[0] & inside[1]
    return replace(before, values=before.values[both]), replace(after, values=after.values[both])


def _term_change(part: str, name: str, a: np.ndarray, b: np.ndarray, *, constant: bool = True) -> TermChange:
    """Compare one term at all points, a constant apart.

    The constant is the mean difference, weighted by how exactly each point can be computed.
    """
    both = np.isfinite(a) & np.isfinite(b)
    allowed = RELATIVE * np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
    if np.any(np.isfinite(a) != np.isfinite(b)):
        return TermChange(part, name, float("inf"), RELATIVE, 0.0, True)
    if not np.any(both):
        return TermChange(part, name, 0.0, RELATIVE, 0.0, False)
    difference, room = b[both] - a[both], allowed[both]
    shift = float(np.average(difference, weights=room**-2.0)) if constant else 0.0
    # What is left is judged against the room at its own point.
    worst = int(np.argmax(np.abs(difference - shift) / room))
    largest = float(abs(difference[worst] - shift))
    kept = shift if abs(shift) > room.min() else 0.0
    return TermChange(part, name, largest, float(room[worst]), kept, bool(largest > room[worst]))


def _kept(change: TermChange) -> TermChange:
    return replace(change, changed=False)


def _changed_arrays(before: Mapping[str, ArrayDigest], after: Mapping[str, ArrayDigest]) -> dict[str, str]:
    """Return how each array differs that is not the same."""
    found = {}
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name), after.get(name)
        if one is None or other is None:
            found[name] = "is not in both models"
        elif one.shape != other.shape:
            found[name] = f"has the shape {other.shape}, before {one.shape}"
        elif one.digest != other.digest:
            found[name] = "has its values in another order" if one.unordered == other.unordered else "has other values"
    return found


PHRASES = {
    LIKELIHOOD: "The log-likelihood of {name}",
    PRIOR: "The log-prior of {name}",
    JACOBIAN: "The log-Jacobian of {name}",
}


def _sentence(change: TermChange, arrays: Mapping[str, str], is_data: bool) -> str:
    what = PHRASES[change.part].format(name=change.name)
    size = f"by up to {change.largest:.2g}" if np.isfinite(change.largest) else "in where the density is zero"
    how = "; ".join(f"{name} {how}" for name, how in arrays.items())
    if is_data:
        return f"The data changed ({how}): {what[0].lower()}{what[1:]} differs {size}."
    because = f" ({how})" if how else ""
    return f"{what} differs {size} beyond a constant, where {change.allowed:.1g} is allowed{because}."


def _harmless(change: TermChange, arrays: Mapping[str, str]) -> list[str]:
    """Return what is told of a term that is the same up to a constant."""
    told = []
    if change.constant:
        what = PHRASES[change.part].format(name=change.name)
        told.append(f"{what} is shifted by the constant {change.constant:.6g}, which moves no estimate.")
    told += [f"The array {name} {how}; the density is the same." for name, how in arrays.items()]
    return told
