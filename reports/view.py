"""What terminal and HTML share: rows grouped by scalar, statuses counted, reasons gathered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from triptych.base.numbers import Style, style
from triptych.base.text import join
from triptych.problem.table import METHODS, Status

if TYPE_CHECKING:
    import pandas as pd

    from triptych.comparisons.comparison import Comparison

TITLES = {"mle": "Maximum likelihood (MLE)", "map": "Maximum a posteriori (MAP)", "mcmc": "Posterior (MCMC)"}
IS = {
    "mle": "The values that make the data most probable; no prior takes part.",
    "map": "The combination of values, given data and prior, at which likelihood times prior (the joint density) is "
    "highest.",
    "mcmc": "All values with their probability, as random draws (Markov chain Monte Carlo).",
}
MOST_PARTS = 4  # scalars, or whole estimands, that the heading of a note names
INTERVALS = {
    "wald": "confidence interval (Wald)",
    "profile": "confidence interval (profile likelihood)",
    "laplace": "credible interval (curvature)",
    "eti": "credible interval (equal tails)",
    "hdi": "credible interval (highest density)",
}
MEANINGS = {
    Status.OK: "exists and passed every check",
    Status.UNBOUNDED: "the objective rises without limit",
    Status.AT_INFINITY: "a supremum that no finite value attains",
    Status.AT_BOUNDARY: "finite, on the edge of the support",
    Status.NOT_IDENTIFIED: "flat or singular: the data do not determine it",
    Status.NOT_IN_LIKELIHOOD: "a parameter that only the prior knows",
    Status.NO_MOMENT: "the posterior has no mean or variance",
    Status.UNRELIABLE: "the draws did not pass the convergence gate, or cannot estimate the mean",
    Status.NO_POSTERIOR: "theory says that there is none, so it was not sampled",
    Status.FAILED: "could not be computed",
}

# What a status is called beside its badge, where there is room for a few words.
BRIEFLY = {
    Status.UNBOUNDED: "no maximum",
    Status.AT_INFINITY: "best at infinity",
    Status.AT_BOUNDARY: "at the end of the range",
    Status.NOT_IDENTIFIED: "not unique",
    Status.NOT_IN_LIKELIHOOD: "the data say nothing of it",
    Status.NO_MOMENT: "there is no mean",
    Status.UNRELIABLE: "the draws did not pass",
    Status.NO_POSTERIOR: "there is none",
    Status.FAILED: "not computed",
}


def words(status: str) -> str:
    """Return a status as words: ``not_identified`` becomes ``not identified``."""
    return str(status).replace("_", " ")


def full_name(row: Mapping[str, Any]) -> str:
    """``beta[GNP]`` for a labelled scalar, ``sigma`` for a plain one."""
    return f"{row['estimand']}[{row['label']}]" if row["label"] else str(row["estimand"])


def abridged(name: str, most: int) -> str:
    """Return a name in at most so many characters; the end, where levels of one factor differ, keeps more of them."""
    if len(name) <= most:
        return name
    start = (most - 1) // 3
    return f"{name[:start]}…{name[start + 1 - most :]}"


@dataclass
class Scalar:
    """One scalar of an estimand with what each panel says of it."""

    estimand: str
    label: str
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``beta[GNP]`` for a labelled scalar, ``sigma`` for a plain one."""
        return full_name({"estimand": self.estimand, "label": self.label})

    @property
    def style(self) -> Style:
        """The digits that suit all panels."""
        return style(self.rows.values())


def select(table: pd.DataFrame, variant: str) -> list[dict[str, Any]]:
    """Return the rows of one variant as dictionaries."""
    if not len(table):
        return []
    return [
        {str(key): value for key, value in row.items()} for row in table[table["variant"] == variant].to_dict("records")
    ]


def scalars(rows: Iterable[dict[str, Any]]) -> list[Scalar]:
    """Group headline rows by scalar, in the order in which they come."""
    found: dict[tuple[str, str], Scalar] = {}
    for row in rows:
        key = (str(row["estimand"]), str(row["label"]))
        found.setdefault(key, Scalar(*key)).rows[str(row["method"])] = row
    return list(found.values())


def methods(rows: Iterable[Mapping[Any, Any]]) -> list[str]:
    """Return the panels that have rows, in their fixed order."""
    present = {str(row["method"]) for row in rows}
    return [method for method in METHODS if method in present]


def described(rows: Iterable[Mapping[str, Any]]) -> str:
    """Say what one panel's rows give: ``mean, 95 % equal-tailed credible interval``."""
    rows = list(rows)
    if not any(math.isfinite(row["estimate"]) for row in rows):
        return "no estimate"
    estimates = "/".join(sorted({str(row["estimate_kind"]) for row in rows}))
    kinds = sorted({str(row["interval_kind"]) for row in rows} - {"none"})
    if not kinds:
        return f"{estimates}, no interval"
    level = "/".join(sorted({f"{100 * float(row['ci_prob']):g}" for row in rows}))
    return f"{estimates}, {level} % {' or '.join(INTERVALS.get(k, k) for k in kinds)}"


@dataclass(frozen=True)
class Note:
    """A reason with the status and the scalars that it belongs to."""

    method: str
    status: str
    scalars: list[str]
    reason: str

    def brief(self, among: Sequence[str]) -> str:
        """Return the scalars, those of an estimand as one where all that are reported are among them."""
        return join(self._parts(among), MOST_PARTS)

    def rest(self, among: Sequence[str]) -> str:
        """Return all the scalars where ``brief`` leaves some out, else nothing."""
        return ", ".join(self.scalars) if len(self._parts(among)) > MOST_PARTS else ""

    def _parts(self, among: Sequence[str]) -> list[str]:
        parts: list[str] = []
        for estimand in dict.fromkeys(name.partition("[")[0] for name in self.scalars):
            mine = [name for name in self.scalars if name.partition("[")[0] == estimand]
            whole = len(mine) > 1 and len(mine) == sum(name.partition("[")[0] == estimand for name in among)
            parts += [f"{estimand} (all {len(mine)})"] if whole else mine
        return parts

    @property
    def names(self) -> str:
        """The scalars for reading, of many the first."""
        return join(self.scalars)


def notes(rows: Iterable[Mapping[str, Any]]) -> list[Note]:
    """Gather the reasons of rows; the same reason is given once with all its scalars."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row["reason"]:
            key = (str(row["method"]), str(row["status"]), str(row["reason"]))
            groups.setdefault(key, []).append(full_name(row))
    return [Note(m, status, names, reason) for (m, status, reason), names in groups.items()]


def tally(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count statuses, ``ok`` first."""
    counts = Counter(str(row["status"]) for row in rows)
    order = [str(status) for status in Status]
    return {status: counts[status] for status in order if counts[status]}


def held(comparison: Comparison) -> tuple[int, int]:
    """Return how many claims hold, and of how many."""
    table = comparison.claims
    return (int(table["holds"].astype(bool).sum()), len(table)) if len(table) else (0, 0)


def expected(comparison: Comparison, row: Mapping[Any, Any]) -> bool:
    """Whether a row has the status that its scenario expects."""
    variant, method, estimand, label, status = (
        str(row[name]) for name in ("variant", "method", "estimand", "label", "status")
    )
    return comparison.scenario.accepts(variant, method, estimand, label, status)


def verdict(comparisons: Iterable[Comparison]) -> tuple[bool, str]:
    """Return whether everything is in order, and one sentence for the top of a report."""
    comparisons = list(comparisons)
    counts = [held(c) for c in comparisons]
    kept, total = sum(k for k, _ in counts), sum(n for _, n in counts)
    bad = [c.scenario.name for c in comparisons if not c.ok]
    quick = any(c.quick for c in comparisons)
    none = "quick run, no claim was measured" if quick else "no claim was to be held"
    claims = f"{kept} of {total} claims hold" if total else none
    if not bad and all(c.scenario.expect is None for c in comparisons):
        statuses = [row.status for c in comparisons for row in c.estimates.itertuples()]
        ok = sum(status == "ok" for status in statuses)
        rest = "" if ok == len(statuses) else "; the report says why the others did not"
        return True, f"{ok} of {len(statuses)} estimates exist and passed every check{rest}."
    if not bad:
        return True, f"{claims}; every estimate has the status that its scenario expects."
    parts = [f"{claims}; "] if total else []
    rows = [(c, row) for c in comparisons for row in c.estimates.to_dict("records")]
    if odd := sum(not expected(c, row) for c, row in rows):
        parts.append(f"{odd} of {len(rows)} estimates {'has' if odd == 1 else 'have'} a status that is not expected; ")
    if failed := sum(c.error is not None for c in comparisons):
        parts.append(f"{failed} of {len(comparisons)} scenarios could not be solved; ")
    return False, "".join([*parts, f"look at the problems of {join(bad)}."])
