"""The labels of exchangeable components: one rule puts them in order, in every panel and whatever the seed.

Components are sorted by one scalar of theirs: the one that lies farthest apart, in standard errors, where the joint
density is highest. The order is one of the unconstrained coordinates: what depends on the labels follows, and what does
not stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from triptych.components.contrasts import joint
from triptych.components.exchange import Along, Exchange, natural_values_at
from triptych.components.levels import of_one_kind
from triptych.components.relabelled import relabelled
from triptych.components.separation import best_key, gaps
from triptych.components.symmetry import exchanges
from triptych.engine.engine import POSTERIOR, Engine
from triptych.existence.search import apart, find
from triptych.existence.verdict import Verdict
from triptych.optimise.objective import make_objective
from triptych.panels.solution import Panel
from triptych.problem.scenario import Relabel
from triptych.problem.table import Row, Status

APART = 2.4  # standard errors between neighbours; of normal draws that far apart the share OFTEN comes within CLOSE
CLOSE, OFTEN = 0.1, 0.01  # neighbours overlap if this share of draws has them within a tenth of the median distance


@dataclass
class Order:
    """The rule for one group of components.

    Attributes
    ----------
    exchange
        What a permutation does.
    by
        Name of the scalar by which they are sorted.
    place
        Its place among the exchange's keys; None where ``by`` is a variable that somebody named.
    axis
        The axis of that variable which carries the components.
    """

    exchange: Exchange
    by: str
    place: int | None = 0
    axis: int = 0
    exact: bool = True  # whether permuting the components leaves the model as it is

    def key(self, shown: Any) -> np.ndarray:
        """Return what is sorted, shape ``(points, components)``."""
        if self.place is not None:
            return self.exchange.keys(shown)[self.place][1]
        values = np.moveaxis(shown[self.by], self.axis + 1, -1)
        return np.asarray(values.reshape(len(values), -1, values.shape[-1])[:, 0])

    def of(self, shown: Any) -> np.ndarray:
        """Return the order of the components at each point, shape ``(points, components)``."""
        key = self.key(shown)
        order = np.argsort(key, axis=1, kind="stable")
        return np.where(np.all(np.isfinite(key), axis=1, keepdims=True), order, np.arange(key.shape[1]))

    @property
    def said(self) -> str:
        """The rule as a sentence."""
        return f"components are sorted by {self.by}"


@dataclass
class Labels:
    """All groups of exchangeable components of one model, each with its rule."""

    engine: Engine
    orders: list[Order]
    mode: Verdict  # of the joint density, by which the rules were chosen
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # of the maxima, in order, by panel
    _touched: dict[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """The rules as a sentence."""
        return "; ".join(order.said for order in self.orders)

    def verdict(self, verdict: Verdict, method: str) -> Verdict:
        """Return the verdict with its components in order; mirror images of its point are no other maxima."""
        for order in self.orders:
            if order.exact:
                verdict = self._ordered(verdict, order)
        self.verdicts[method] = verdict
        return verdict

    def draws(self, z: np.ndarray) -> np.ndarray:
        """Return draws ``(m, p)`` with the components of each in order."""
        for order in self.orders:
            z = order.exchange.moved(z, order.of(self.engine.natural_values_many(z)))
        return z

    def in_order(self, z: np.ndarray) -> np.ndarray:
        """Return the points ``(m, p)`` of one way, with the components in the order of its end."""
        for order in self.orders:
            if order.exact:
                at_end = order.of(natural_values_at(self.engine, z[-1]))
                z = order.exchange.moved(z, np.repeat(at_end, len(z), axis=0))
        return z

    def point(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows of one point: those of components that are not exchangeable are sorted here."""
        rows = list(rows)
        for order in self.orders:
            if not order.exact:
                rows = _sorted_rows(rows, order)
        return self.rows(rows)

    def settle(self, panel: Panel) -> None:
        """Take the estimates of single components from the panel of a maximum where these overlap."""
        said, verdict = self._empty(), self.verdicts[panel.method]
        for order in self.orders:
            for k, distances in enumerate(gaps(self.engine, order.exchange, verdict).T if order.exact else ()):
                told = distances[np.isfinite(distances)]
                if told.size and told.max() < APART:
                    by = f"by no scalar of theirs are two neighbours more than {told.max():.1f} standard errors apart"
                    self._tell(said, order, k, by)
        panel.estimates = self.identified(panel.estimates, said)
        panel.intervals = self.identified(panel.intervals, said)

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows that say by what rule they have their labels."""
        return [row.also(said) if row.status is Status.OK and (said := self.rule_of(row)) else row for row in rows]

    def identified(self, rows: Iterable[Row], overlapping: dict[str, list[str]]) -> list[Row]:
        """Return rows that hold no estimate of a component where its label is not identified."""
        out = []
        for row in rows:
            reason = overlapping[row.estimand][self.engine.variables[row.estimand].labels.index(row.label)]
            if reason and row.status in (Status.OK, Status.NO_MOMENT):
                row = row.but(
                    estimate=np.nan, std_error=np.nan, lower=np.nan, upper=np.nan, interval_kind="none",
                    status=Status.NOT_IDENTIFIED, reason=reason,
                )  # fmt: skip
            elif reason and row.status is Status.UNRELIABLE:
                row = row.also(reason)
            out.append(row)
        return out

    def moved(self, name: str) -> np.ndarray:
        """Return whether each scalar of a variable depends on the labels."""
        return np.any([self.touched(o, name, a, b) for o in self.orders for a, b in _pairs(o)], axis=0)

    def members(self) -> list[str]:
        """Names of the variables that depend on the labels."""
        return [name for name in self.engine.variables if np.any(self.moved(name))]

    def touched(self, order: Order, name: str, one: int, other: int) -> np.ndarray:
        """Return whether exchanging two components changes each scalar of a variable."""
        here, there = self._swaps(order, one, other)
        a, b = here[name].ravel(), there[name].ravel()
        return np.asarray(~np.isclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True))

    def unidentified(self, z: np.ndarray) -> dict[str, list[str]]:
        """Return why draws ``(m, p)`` do not identify the label of each scalar of a variable; empty where they do."""
        said = self._empty()
        shown = self.engine.natural_values_many(self.draws(z))
        for order in self.orders:
            distance = np.diff(order.key(shown), axis=1)
            for k, between in enumerate(distance.T):
                between = between[np.isfinite(between)]
                share = float(np.mean(between <= CLOSE * np.median(between))) if between.size else 1.0
                if share <= OFTEN:
                    continue
                told = (
                    f"{100 * share:.2g} % of the draws have two neighbours closer than a tenth of their usual distance"
                )
                self._tell(said, order, k, told)
        return said

    def _empty(self) -> dict[str, list[str]]:
        return {v.name: [""] * v.size for v in self.engine.variables.values()}

    def _tell(self, said: dict[str, list[str]], order: Order, k: int, told: str) -> None:
        """Write the reason for each scalar that depends on which of two overlapping neighbours is which."""
        for name, reasons in said.items():
            for i in np.flatnonzero(self.touched(order, name, k, k + 1)):
                reasons[i] = reasons[i] or (
                    f"the labels of the components are not identified, because they overlap: {order.said}, and {told}; "
                    "read what does not depend on the labels, or give each component a prior of its own"
                )

    def rule_of(self, row: Row) -> str:
        """Return the rules, as a sentence, on which a scalar depends; empty where it depends on none."""
        i = self.engine.variables[row.estimand].labels.index(row.label)
        orders = [o for o in self.orders if any(self.touched(o, row.estimand, a, b)[i] for a, b in _pairs(o))]
        return "; ".join(o.said for o in orders)

    def _swaps(self, order: Order, one: int, other: int) -> Any:
        place = f"{self.orders.index(order)} {one} {other}"
        if place not in self._touched:
            z = self._somewhere
            self._touched[place] = [self.engine.natural_values(at) for at in (z, order.exchange.swapped(z, one, other))]
        return self._touched[place]

    @cached_property
    def _somewhere(self) -> np.ndarray:
        start = self.engine.graph.start
        return np.asarray(start + 0.3 * np.random.default_rng(14).standard_normal(start.size))

    def _ordered(self, verdict: Verdict, order: Order) -> Verdict:
        def put(z: np.ndarray) -> np.ndarray:
            shown = natural_values_at(self.engine, verdict.objective.full(z))
            return order.exchange.matrix(order.of(shown)[0], self.engine.size)

        if not verdict.starts:
            return verdict
        moved = relabelled(verdict, put)
        known = [moved.point]
        for end in moved.ties:
            if apart(moved.objective, end, known):
                known.append(end)
        return replace(moved, ties=tuple(known[1:]))


def labels_of(engine: Engine, declared: Relabel | None, seed: int) -> Labels | None:
    """Return the rules of a model's exchangeable components; None where it has none.

    Parameters
    ----------
    engine
        The compiled model.
    declared
        The rule that somebody declared, which goes before a choice.
    seed
        Seed of the search for the joint density's maximum, at which the rule is chosen.
    """
    groups = exchanges(engine)
    if declared is not None and declared.by not in engine.model.named_vars_to_dims:
        declared = None  # this engine has other parameters, which the declared rule does not name
    if declared is not None:
        own = _declared(engine, groups, declared)
        groups = [group for group in groups if group is not own.exchange]
    if not groups and declared is None:
        return None
    mode = find(make_objective(engine, POSTERIOR)[0], seed=seed)
    orders: list[Order] = []
    for classes in of_one_kind(groups, engine.size):
        # What is above is compared with what is below in order.
        ordered = Labels(engine, orders, mode).verdict(mode, "") if orders else mode
        orders += _chosen(engine, classes, ordered)
    return Labels(engine, orders if declared is None else [own, *orders], mode)


def _declared(engine: Engine, groups: list[Exchange], declared: Relabel) -> Order:
    """Return a rule that was declared; where the components are not exchangeable it holds for what it names."""
    dims = engine.model.named_vars_to_dims
    along = {name: list(at).index(declared.dim) for name, at in dims.items() if declared.dim in at}
    axis = along[declared.by]
    for group in groups:
        members = [m for m in group.members if isinstance(m, Along)]
        if any(m.axes == (along.get(m.block.variable.name),) for m in members):
            return Order(group, declared.by, None, axis)
    size = engine.variables[declared.by].shape[axis]
    named = [b for b in engine.blocks if b.variable.name in declared.variables]
    parts = [Along(b, (along[b.variable.name],), tuple(range(size)), joint(engine, b)) for b in named]
    return Order(Exchange(tuple(parts), size), declared.by, None, axis, exact=False)


def _sorted_rows(rows: list[Row], order: Order) -> list[Row]:
    """Return the rows of one point with the components of what was named in order; each label keeps its place."""
    by = [row.estimate for row in rows if row.estimand == order.by]
    out = list(rows)
    if len(by) != order.exchange.size or not np.all(np.isfinite(by)):
        return out
    moved = np.argsort(by, kind="stable")
    for member in order.exchange.members:
        at = [
            i for i, row in enumerate(rows) if isinstance(member, Along) and row.estimand == member.block.variable.name
        ]
        if len(at) == len(by):
            for i, k in zip(at, moved, strict=True):
                out[i] = rows[at[k]].but(label=rows[i].label)
    return out


def _pairs(order: Order) -> list[tuple[int, int]]:
    return [(k, k + 1) for k in range(order.exchange.size - 1)]


def _chosen(engine: Engine, groups: list[Exchange], mode: Verdict) -> list[Order]:
    place = best_key(engine, groups, mode)
    start = natural_values_at(engine, engine.graph.start)
    return [Order(group, group.keys(start)[place][0], place) for group in groups]
