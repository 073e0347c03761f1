"""Which components of a model are exchangeable: found by permuting them and looking at every term.

Components are exchangeable where permuting them leaves the prior and every observation's term of the likelihood as
they are, whatever was observed. Where all candidates are alike the derivatives by exchangeable ones are equal, under
any weights of the observations: one gradient rules out nearly everything. What is left is exchanged at random points,
variable after variable, those not yet looked at held alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from triptych.components.alike import ALIKE, Alike, kind, somewhere
from triptych.components.contrasts import beside_fixed_ones
from triptych.components.exchange import Along, Exchange, Kin, Member, Mirror
from triptych.components.levels import made_of
from triptych.components.other_data import same_under_other_data
from triptych.engine.engine import Engine
from triptych.engine.once import once
from triptych.graph.graph import Block

SAME = 1e-9  # relative difference of terms that are the same
SEED = 11  # of the points at which the model is looked at
MOST_TRIED = 4  # components with which the first of those that are alike is exchanged before it is given up
MOST_TESTS = 1500  # points at which terms are compared, in all
MOST_WITHIN = 60  # entries of a variable of which those in one place of an axis are looked at by themselves
POINTS = 3  # at which an exchange is confirmed


@once
def exchanges(engine: Engine) -> list[Exchange]:
    """Return the groups of exchangeable components of a model; empty where there are none.

    Components that the likelihood tells apart nowhere (the terms of a sum) are a redundancy and no labels, and those
    of which it knows nothing have none.
    """
    return _Search(engine).found() if _candidates(engine) else []


def _candidates(engine: Engine) -> bool:
    """Whether some free variable has an axis of two, or two of them are of one kind."""
    kinds = [kind(engine, block) for block in engine.blocks]
    return len(set(kinds)) < len(kinds) or any(n > 1 for b in engine.blocks for n in b.variable.shape)


@dataclass
class _Unit:
    """A free variable, or several of one kind, with the ways in which two components can be exchanged in it."""

    options: list[Member]
    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """Largest number of components among which two can be exchanged, each with a value of its own."""
        along = [o.size for o in self.options if isinstance(o, Along) and not _has_fixed(o)]
        return max(len(self.blocks), *along, 1)


class _Search:
    """The search in one model."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.tests = engine, 0
        self.alike = Alike(engine, SEED)
        self.points = [self.alike.apart_from_it]
        rng = np.random.default_rng(SEED + 1)
        self.points += [somewhere(engine, rng) for _ in range(POINTS - 1)]

    def found(self) -> list[Exchange]:
        whole = self._whole_levels()
        inner = self._inner_levels(whole)
        return [*inner, *(one for one in whole if not made_of(one, inner, self.engine.size))]

    def _inner_levels(self, whole: list[Exchange]) -> list[Exchange]:
        """Return the exchanges of components of one component: in one of several variables, or in one place of an axis.

        Where one component is exchanged with others as a whole, what lies in it is looked at by itself.
        """
        apart = {b.variable.name for one in whole for m in one.members if isinstance(m, Kin) for b in m.blocks}
        units = []
        for block in self.engine.blocks:
            options = self._within(block)
            options += self._along(block) if block.variable.name in apart else []
            options += [self._mirror(block)] if any(block is one for one in self.alike.turned) else []
            units += [_Unit(options, (block,))] if options else []
        found: list[Exchange] = []
        for unit in units:
            for option in unit.options:
                known = [m for one in found for m in one.members]
                if isinstance(option, Mirror) or any(_same_components(option, m) for m in known):
                    continue
                for first in self._references(replace(unit, options=[option])):
                    one = self._grown(unit, first, units)
                    if one is not None and self._confirmed(one):
                        found.append(one)
                        break
        return found

    def _within(self, block: Block) -> list[Member]:
        """Return the axes along which components may lie within one place of another axis."""
        shape, contrasts = block.variable.shape, self.alike.contrasts.get(block.variable.name)
        if len(shape) < 2 or block.variable.size > MOST_WITHIN or not self.alike.has_place(block):
            return []
        axes = range(len(shape)) if contrasts is None else [len(shape) - 1]
        return [
            Along(block, (axis,), (0, 1), contrasts, (other, place))
            for axis in axes
            for other in range(len(shape))
            if axis != other and shape[axis] > 1
            for place in range(shape[other])
        ]

    def _whole_levels(self) -> list[Exchange]:
        units = self._units()
        found: list[Exchange] = []
        taken: set[str] = set()
        # A variable that leaves out a fixed component has fewer values than the others: these come first.
        for unit in sorted(units, key=lambda unit: -unit.size):
            if isinstance(unit.options[0], Mirror) or unit.blocks[0].variable.name in taken:
                continue
            for first in self._references(unit):
                one = self._grown(unit, first, units)
                if one is not None and self._confirmed(one):
                    found.append(one)
                    taken |= {b.variable.name for m in one.members for b in _blocks_of(m)}
                    break
        return found

    def _units(self) -> list[_Unit]:
        units = []
        for blocks in self.alike.kin():
            options: list[Member] = []
            if len(blocks) > 1:
                options = [Kin((a, b)) for i, a in enumerate(blocks) for b in blocks[i + 1 : i + 1 + MOST_TRIED]]
            else:
                options = self._along(blocks[0])
            options += [self._mirror(block) for block in blocks if block in self.alike.turned]
            if options:
                units.append(_Unit(options, tuple(blocks)))
        units.sort(key=lambda unit: unit.blocks[0].start)
        return units

    def _mirror(self, block: Block) -> Mirror:
        return Mirror(block, self.engine.natural_values(self.alike.z)[block.variable.name])

    def _along(self, block: Block) -> list[Member]:
        """Return the axes along which components may lie, with two places each that stand for the others."""
        if not self.alike.has_place(block):
            return []
        shape, contrasts = block.variable.shape, self.alike.contrasts.get(block.variable.name)
        axes: list[tuple[int, ...]] = [(axis,) for axis, n in enumerate(shape) if n > 1]
        axes += [(a, b) for a in range(len(shape)) for b in range(a + 1, len(shape)) if shape[a] == shape[b] > 1]
        fixed = [] if contrasts is not None else beside_fixed_ones(self.engine, block)
        return [
            *(Along(block, one, (0, 1), contrasts) for one in axes),
            *(Along(block, (0,), (0, 1), one) for one in fixed),
        ]

    def _references(self, unit: _Unit) -> Iterator[Member]:
        """Yield exchanges of two components of a unit that derivatives do not rule out, from which others follow."""
        for option in unit.options:
            if isinstance(option, Kin):
                yield option
            elif isinstance(option, Along) and len(option.axes) == 1 and not _has_fixed(option):
                for one in self.alike.along(option.block, option.axes[0], option.within):
                    yield from (replace(option, places=(one[0], other)) for other in one[1 : 1 + MOST_TRIED])

    # Two components, then all

    def _grown(self, unit: _Unit, first: Member, units: list[_Unit]) -> Exchange | None:
        """Return the exchange of two components with all that goes along, and then of all components like them."""
        pair = self._pair(unit, first, units)
        if pair is None or self._redundant(pair):
            return None
        groups = [self._whole(unit, first, units, reading) for reading in self._readings(pair)]
        return max(groups, key=lambda group: group.size)

    def _whole(self, unit: _Unit, first: Member, units: list[_Unit], pair: Exchange) -> Exchange:
        """Return the exchange of two components and of all others like them."""
        group = pair
        for more_of_it in self._others(unit, first):
            quick = None
            if isinstance(more_of_it, Along) and all(isinstance(m, Along) for m in pair.members):
                along = [m for m in pair.members if isinstance(m, Along)]
                quick = Exchange(tuple(replace(m, places=more_of_it.places) for m in along), 2)
            if quick is None or not self._passes(quick, (), final=True):
                quick = self._pair(unit, more_of_it, units)
            joined = [_joined(group, reading) for reading in self._readings(quick)] if quick is not None else []
            group = next((one for one in joined if one is not None), group)
        return group

    def _readings(self, pair: Exchange) -> Iterator[Exchange]:
        """Yield a pair, and what does the same with other components fixed: a third one tells which is right."""
        yield pair
        for k, member in enumerate(pair.members):
            if isinstance(member, Along) and (member.contrasts is None or _has_fixed(member)):
                same = _swap(member, self.engine.size)
                for contrasts in beside_fixed_ones(self.engine, member.block):
                    other = replace(member, contrasts=contrasts)
                    if contrasts != member.contrasts and np.allclose(_swap(other, self.engine.size), same):
                        yield Exchange((*pair.members[:k], other, *pair.members[k + 1 :]), 2)

    def _others(self, unit: _Unit, first: Member) -> Iterator[Member]:
        """Yield the exchanges of the first of two components with each further one."""
        if isinstance(first, Along):
            classes = self.alike.along(first.block, first.axes[0], first.within)
            alike = next(one for one in classes if first.places[0] in one)
            rest = [place for place in alike if place not in first.places]
            yield from (replace(first, places=(first.places[0], place)) for place in rest)
        elif isinstance(first, Kin):
            yield from (Kin((first.blocks[0], b)) for b in unit.blocks if b not in first.blocks)

    def _pair(self, unit: _Unit, first: Member, units: list[_Unit]) -> Exchange | None:
        """Return what has to be exchanged together with two components of one unit; None where nothing will do."""
        rest = [u for u in units if u is not unit]
        # Of several variables of one kind some may be exchanged, and others have components along an axis.
        alone = [b for u in units if len(u.blocks) > 1 for b in u.blocks if b not in _blocks_of(first)]
        rest += [_Unit(along, (b,)) for b in alone if (along := self._along(b))]

        def grow(members: tuple[Member, ...], k: int) -> Exchange | None:
            left = tuple(b for u in rest[k:] for b in u.blocks)
            one = Exchange(members, 2)
            if not self._passes(one, left, final=k == len(rest)):
                return None
            if k == len(rest):
                return one
            known = [b for m in members for b in _blocks_of(m)]
            for option in [None, *self._options(rest[k], first)]:
                if option is not None and any(b in known for b in _blocks_of(option)):
                    continue
                whole = grow(members if option is None else (*members, option), k + 1)
                if whole is not None:
                    return whole
            return None

        found = grow((first,), 0)
        if found is None:
            return None
        return Exchange(tuple(sorted(found.members, key=lambda m: _blocks_of(m)[0].start)), 2)

    def _options(self, unit: _Unit, first: Member) -> Iterator[Member]:
        for option in unit.options:
            if isinstance(option, Along):
                n = option.size
                if isinstance(first, Along):
                    if n == first.size:
                        yield replace(option, places=first.places)
                elif not _has_fixed(option) or option.contrasts == beside_fixed_ones(self.engine, option.block)[-1]:
                    # Which place is which of the scalars' is free, and so is that of the one that is fixed.
                    yield from (replace(option, places=(i, j)) for i in range(n) for j in range(i + 1, n) if n < 6)
            else:
                yield option

    # Tests

    def _redundant(self, pair: Exchange) -> bool:
        """Whether the likelihood changes alike with both components, wherever they are: it knows their sum, or none."""
        swap = pair.matrix(np.array([1, 0]), self.engine.size)
        slopes = self.alike.slopes_apart
        moved = np.any(swap != np.eye(self.engine.size), axis=1)
        size = np.max(np.abs(slopes[moved]), initial=0.0)
        turned = any(isinstance(m, Mirror) for m in pair.members)
        return not turned and bool(np.all(np.abs(swap.T @ slopes - slopes)[moved] <= ALIKE * size))

    def _passes(self, one: Exchange, left: tuple[Block, ...], *, final: bool) -> bool:
        """Whether exchanging two components changes nothing where what is left to look at is alike."""
        self.tests += 1
        if self.tests > MOST_TESTS:
            return False
        z = self.points[0].copy()
        for block in left:
            if self.alike.has_place(block):
                z[block.slice] = self.alike.z[block.slice]
        return self._same_terms(z, one.swapped(z), strict=final)

    def _same_terms(self, z: np.ndarray, other: np.ndarray, *, strict: bool) -> bool:
        here, there = self._terms(z), self._terms(other)
        both = np.isfinite(here) & np.isfinite(there)
        if strict and not both.all():
            return False
        return bool(np.all(np.abs(here - there)[both] <= SAME * (1 + np.abs(here[both]))))

    def _terms(self, z: np.ndarray) -> np.ndarray:
        terms = [np.ravel(t) for t in self.engine.pointwise(z).values()]
        return np.concatenate([*terms, self.engine.value(z)[1:]])

    def _confirmed(self, group: Exchange) -> bool:
        """Whether an exchange holds at several points, on the natural scale, and under other data."""
        pairs = [(0, k) for k in range(1, group.size)]
        for z in self.points:
            for one, other in pairs:
                moved = group.swapped(z, one, other)
                if not self._same_terms(z, moved, strict=True) or not self._natural(group, z, moved, one, other):
                    return False
        return same_under_other_data(self.engine, group, self.points[1:])

    def _natural(self, group: Exchange, z: np.ndarray, moved: np.ndarray, one: int, other: int) -> bool:
        """Whether the natural values of the components are those that were exchanged."""
        here, there = self.engine.natural_values(z), self.engine.natural_values(moved)
        order = np.arange(group.size)
        order[[one, other]] = other, one
        for member in group.members:
            if isinstance(member, Along) and not _has_fixed(member):
                name = member.block.variable.name
                pairs = [(member.permuted(here[name][None], order[None])[0], there[name])]
            elif isinstance(member, Kin):
                names = [block.variable.name for block in member.blocks]
                pairs = [(here[names[order[k]]], there[name]) for k, name in enumerate(names)]
            else:
                pairs = []
            if not all(np.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in pairs):
                return False
        return True


def _joined(group: Exchange, more: Exchange) -> Exchange | None:
    """Return a group with one more component; the component that both exchanges share tells which is which."""
    members: list[Member] = []
    for a, b in zip(group.members, more.members, strict=False):
        if isinstance(a, Kin) and isinstance(b, Kin):
            shared = [block for block in b.blocks if block in a.blocks]
            new = [block for block in b.blocks if block not in a.blocks]
            if len(shared) != 1 or len(new) != 1 or (group.size > 2 and shared[0] != a.blocks[0]):
                return None
            rest = [block for block in a.blocks if block != shared[0]]
            members.append(Kin((shared[0], *rest, new[0])))
        elif isinstance(a, Along) and isinstance(b, Along) and _same_axes(a, b):
            shared_places = [p for p in b.places if p in a.places]
            new_places = [p for p in b.places if p not in a.places]
            if len(shared_places) != 1 or len(new_places) != 1 or (group.size > 2 and shared_places[0] != a.places[0]):
                return None
            rest_places = [p for p in a.places if p != shared_places[0]]
            members.append(replace(a, places=(shared_places[0], *rest_places, new_places[0])))
        else:
            return None
    return Exchange(tuple(members), group.size + 1) if len(group.members) == len(more.members) else None


def _blocks_of(member: Member) -> tuple[Block, ...]:
    return member.blocks if isinstance(member, Kin) else (member.block,)


def _swap(member: Member, size: int) -> np.ndarray:
    """Return what exchanging its two components does to the coordinates of one variable, as a matrix."""
    return Exchange((member,), 2).matrix(np.array([1, 0]), size)


def _has_fixed(member: Along) -> bool:
    """Whether one of the components is fixed, and no value of the variable."""
    return member.contrasts is not None and member.contrasts.hidden is not None


def _same_components(option: Member, member: Member) -> bool:
    """Whether a member permutes what an option would."""
    return isinstance(option, Along) and isinstance(member, Along) and _same_axes(option, member)


def _same_axes(one: Along, other: Along) -> bool:
    return replace(one, places=()) == replace(other, places=())
