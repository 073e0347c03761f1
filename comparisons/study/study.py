"""A study that was run: what its folder holds, read when asked for, and never more of it than is needed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from triptych.base.errors import InputError
from triptych.comparisons.study import performance
from triptych.comparisons.study.columns import Block, block_of
from triptych.comparisons.study.sources import Cell
from triptych.comparisons.study.store import Store

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
HELD = 4_000_000  # scalars of one cell that are kept in memory between two readings
FIXED, PRIOR = "fixed truth", "prior"


class Display(Protocol):
    """What shows studies to people; what makes a study hands it over."""

    def page(self, study: Any) -> str:
        """Return the report on a study as one HTML page."""

    def figure(self, study: Any, name: str) -> Any:
        """Return one of its figures."""


@dataclass(frozen=True)
class Plan:
    """What a study consists of, as ``study.json`` has it.

    Attributes
    ----------
    name, question
        Of the scenario.
    cells
        Its cells in the order of their numbers.
    replicates
        Of each cell.
    scalars, methods, kinds
        What was estimated, by which methods, with which intervals.
    null
        For each scalar the value that stands for no effect; NaN where none is meant.
    ci_prob
        Level of the intervals.
    average
        Over what the measures average: data sets of one ``fixed truth``, or truths drawn from the ``prior``.
    random_seed
        Root of all seeds.
    identities
        For each cell everything that its figures depend on.
    provenance
        Versions and settings.
    units
        Of the estimands.
    bounds
        For each cell the Cramer-Rao bound of the standard error of each scalar; NaN where it is not known.
    shard
        The share i of K that was solved; (1, 1) is the whole.
    """

    name: str
    question: str
    cells: tuple[Cell, ...]
    replicates: int
    scalars: tuple[tuple[str, str], ...]
    methods: tuple[str, ...]
    kinds: tuple[str, ...]
    null: tuple[float, ...]
    ci_prob: float
    average: str
    random_seed: int
    identities: tuple[dict[str, str], ...]
    provenance: Mapping[str, Any]
    units: Mapping[str, str]
    bounds: tuple[tuple[float, ...], ...]
    shard: tuple[int, int] = (1, 1)

    @property
    def settings(self) -> list[str]:
        """Names of the settings that tell cells apart."""
        return list(self.cells[0].settings)


def plan_json(plan: Plan) -> str:
    """Return a plan as ``study.json`` has it."""
    from triptych.comparisons.study.identity import plain

    content = {"schema": SCHEMA, **plain(asdict(plan))}
    content["null"] = _without_nan(plan.null)
    content["bounds"] = [_without_nan(values) for values in plan.bounds]
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_plan(folder: Path) -> Plan:
    """Return the plan of the study in a folder.

    Raises
    ------
    InputError
        When there is none, or it is of another schema.
    """
    place = folder / "study.json"
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{str(folder)!r} has no study.json, so it is not the folder of a study") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{str(place)!r} cannot be read: {error}") from error
    if content.pop("schema", None) != SCHEMA:
        raise InputError(f"{str(place)!r} is of another version of triptych; run the study again")
    cells = tuple(Cell(c["number"], c["n"], c["settings"]) for c in content.pop("cells"))
    null = _with_nan(content.pop("null"))
    bounds = tuple(map(_with_nan, content.pop("bounds")))
    scalars = tuple((name, label) for name, label in content.pop("scalars"))
    lists: dict[str, Any] = {name: tuple(content.pop(name)) for name in ("methods", "kinds", "identities", "shard")}
    return Plan(cells=cells, null=null, bounds=bounds, scalars=scalars, **lists, **content)


def _without_nan(values: Sequence[float]) -> list[float | None]:
    return [None if math.isnan(v) else v for v in values]


def _with_nan(values: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(math.nan if v is None else v for v in values)


class Study:
    """Performance of the three panels over many data sets of known truth.

    Attributes
    ----------
    performance : pandas.DataFrame
        One row for each cell, method, scalar, kind of interval and measure, with the value, its Monte Carlo standard
        error and on how many replicates it rests.
    replicates : pandas.DataFrame
        One row for each cell, replicate, method and scalar. It is read whole: of a large study read
        ``replicates.parquet`` by pieces instead.
    calibration : pandas.DataFrame
        Ranks of truths that were drawn from the prior; see :func:`triptych.comparisons.study.calibration.table`.
    folder
        Where the study is kept.
    plan
        What it consists of.
    found
        How many replicates an earlier run had left.
    """

    def __init__(self, folder: Path, plan: Plan, display: Display, *, found: int = 0, keep: Any = None) -> None:
        self.folder = Path(folder)
        self.plan = plan
        self.found = found
        self._display = display
        self._keep = keep  # a temporary folder lives as long as this
        self._held: dict[int, list[Block]] = {}

    @property
    def store(self) -> Store:
        """The chunks on disk."""
        return Store(self.folder, self.plan.identities)

    def tables(self, cell: int) -> Iterator[Any]:
        """Yield the rows of a cell as Arrow tables of bounded size, in order."""
        return self.store.blocks(cell, self.plan.replicates)

    def blocks(self, cell: int) -> Iterator[Block]:
        """Yield the figures of a cell as arrays; those of a small one are read once."""
        plan = self.plan
        if cell in self._held:
            yield from self._held[cell]
            return
        size = plan.replicates * len(plan.methods) * len(plan.scalars)
        made = (block_of(table, plan.methods, len(plan.scalars), plan.kinds) for table in self.tables(cell))
        if size > HELD:
            yield from made
            return
        self._held = {cell: list(made)}
        yield from self._held[cell]

    @cached_property
    def performance(self) -> pd.DataFrame:
        """The measures, in the order of Morris, White and Crowther (2019, table 6)."""
        import pandas as pd

        plan, lines = self.plan, []
        for cell in plan.cells:
            blocks = partial(self.blocks, cell.number)
            own = (cell.number, cell.n, *(cell.settings[name] for name in plan.settings), plan.average)
            found = performance.rows(
                blocks, scalars=plan.scalars, methods=plan.methods, kinds=plan.kinds, null=np.array(plan.null)
            )
            lines += [(*own, *row) for row in found]
        names = ["cell", "n", *plan.settings, "average", *performance.COLUMNS]
        return pd.DataFrame(lines, columns=names).astype({"n": "Int64"})

    @cached_property
    def replicates(self) -> pd.DataFrame:
        """Every replicate, method and scalar."""
        import pandas as pd

        parts = []
        for cell in self.plan.cells:
            for table in self.tables(cell.number):
                part = table.to_pandas()
                part.insert(1, "n", pd.array([cell.n] * len(part), dtype="Int64"))
                for k, (name, value) in enumerate(cell.settings.items()):
                    part.insert(2 + k, name, value)
                parts.append(part)
        every: pd.DataFrame = pd.concat(parts, ignore_index=True)
        return every.astype(dict.fromkeys(("method", "estimand", "label", "status", "reason", "engine"), "str"))

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Ranks of the truths among the draws, with the bands that they keep to where all is right.

        Raises
        ------
        InputError
            When the truths were not drawn from the prior.
        """
        from triptych.comparisons.study.calibration import table

        return table(self)

    def needed(self, measure: str, mcse: float) -> pd.DataFrame:
        """Return how many replicates a wanted Monte Carlo standard error needs.

        Parameters
        ----------
        measure
            One of the measures of :attr:`performance`, e.g. ``coverage``.
        mcse
            The error that is wanted, in the unit of the measure.

        Returns
        -------
        pandas.DataFrame
            The rows of the measure with the column ``needed``; a Monte Carlo error falls with the root of the number
            of replicates that a measure rests on. Missing where the error is not known, or is zero because every
            replicate gave the same.
        """
        import pandas as pd

        known = list(dict.fromkeys(self.performance["measure"]))
        if measure not in known:
            raise InputError(f"no measure {measure!r}; there are {', '.join(known)}")
        if not mcse > 0:
            raise InputError(f"mcse={mcse!r}: use a positive number")
        found = self.performance[self.performance["measure"] == measure].copy()
        needed = np.ceil(found["replicates"].to_numpy() * (found["mcse"].to_numpy() / mcse) ** 2)
        found["needed"] = pd.array([int(k) if k > 0 else None for k in needed], dtype="Int64")
        return found

    def of(self, measure: str) -> pd.DataFrame:
        """Return the rows of one measure."""
        return self.performance[self.performance["measure"] == measure]

    @property
    def unsound(self) -> dict[str, int]:
        """How many rows have each status that is no estimate, over all cells and methods."""
        shares = self.performance[self.performance["measure"].str.startswith("share_")]
        counts = (shares["value"] * shares["replicates"]).round().astype(int).groupby(shares["measure"]).sum()
        return {str(k).removeprefix("share_"): int(v) for k, v in counts.items() if k != "share_ok" and v}

    def page(self) -> str:
        """Return the report of this study as one HTML page."""
        return self._display.page(self)

    def to_html(self, path: str | Path) -> Path:
        """Write the report of this study as one self-contained file."""
        target = Path(path)
        target.write_text(self.page(), encoding="utf-8")
        return target

    def plot_performance(self) -> Any:
        """Return bias, RMSE and coverage against n, with error bars, as a matplotlib figure."""
        return self._display.figure(self, "performance")

    def plot_zip(self) -> Any:
        """Return the intervals of each method in the order of their distance from the truth."""
        return self._display.figure(self, "zip")

    def plot_estimates(self) -> Any:
        """Return the sampling distributions of the estimators beside the average posterior."""
        return self._display.figure(self, "estimates")

    def plot_efficiency(self) -> Any:
        """Return the mean squared errors against the Cramer-Rao bound."""
        return self._display.figure(self, "efficiency")

    def plot_statuses(self) -> Any:
        """Return the share of each status."""
        return self._display.figure(self, "statuses")

    def plot_calibration(self) -> Any:
        """Return the distribution of the ranks with simultaneous bands."""
        return self._display.figure(self, "calibration")

    def __repr__(self) -> str:
        plan = self.plan
        cells = f"{len(plan.cells)} cell{'s' if len(plan.cells) > 1 else ''}"
        return f"<Study {plan.name}: {cells}, {plan.replicates} replicates each, average over {plan.average}>"

    def _repr_html_(self) -> str:
        return str(self.performance.to_html(index=False))


def null_values(scalars: Sequence[tuple[str, str]], null: Mapping[str, float]) -> tuple[float, ...]:
    """Return for each scalar the value that stands for no effect, NaN where none is meant."""
    return tuple(float(null.get(name, math.nan)) for name, _ in scalars)
