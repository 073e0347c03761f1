"""What moved between two runs of ``triptych run``, read from their ``results.json``, and whether it matters."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import cited
from triptych.testing.agree import BUDGET
from triptych.testing.agreement_table import Line, Verdict
from triptych.testing.statistics import ESS_PER_DEGREE, most_errors

SCHEMA = 1
# Relative to a standard error: two runs of one optimiser agree to some 1e-6 of it, see the accuracy of a maximum.
SAME_MAXIMUM = 1e-5
SETTINGS = ("random_seed", "draws", "tune", "chains", "backend", "ci_prob", "ci_kind", "python")


@dataclass(frozen=True)
class RunsDiff:
    """What differs between two runs: circumstances, what only one has, and estimates, the worst first."""

    circumstances: tuple[str, ...]
    only: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Verdict:
        """``disagree`` where an estimate moved by more than its error or only one run has it."""
        if self.only or any(line.verdict == Verdict.DISAGREE for line in self.lines):
            return Verdict.DISAGREE
        unsure = any(line.verdict == Verdict.INCONCLUSIVE for line in self.lines)
        return Verdict.INCONCLUSIVE if unsure else Verdict.AGREE


def runs_diff(a: Path, b: Path) -> RunsDiff:
    """Compare two results.json; means of posteriors by their Monte Carlo errors, maxima by their standard errors.

    Raises
    ------
    InputError
        When a file is missing, damaged, or no results.json of this schema.
    """
    one, other = _read(a), _read(b)
    before, after = _rows(one), _rows(other)
    only = [f"only {name} has {_said(key)}" for name, mine, theirs in ((a, before, after), (b, after, before))
            for key in mine if key not in theirs]  # fmt: skip
    shared = [key for key in before if key in after]
    drawn = sum(key[2] == "mcmc" for key in shared)
    lines = [_line(key, before[key], after[key], BUDGET / max(1, drawn)) for key in shared]
    lines.sort(
        key=lambda line: (line.verdict == Verdict.AGREE, -(abs(line.errors) if line.errors == line.errors else 0))
    )
    return RunsDiff(tuple(_circumstances(one, other)), tuple(only), tuple(lines))


def _read(path: Path) -> dict[str, Any]:
    name = cited(str(path))
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"there is no file {name}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{name} cannot be read as results.json: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("scenarios"), list) or "provenance" not in found:
        raise InputError(f"{name} is no results.json of triptych run")
    if found.get("schema") != SCHEMA:
        raise InputError(f"{name} has the schema {found.get('schema')}, and this triptych reads {SCHEMA}")
    return found


def _rows(document: Mapping[str, Any]) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """Return the estimates by scenario, variant, method and name, posterior means with their Monte Carlo error."""
    rows: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    try:
        for scenario in document["scenarios"]:
            for row in scenario["estimates"]:
                name = f"{row['estimand']}[{row['label']}]" if row["label"] else row["estimand"]
                rows[scenario["name"], row["variant"], row["method"], name] = dict(row)
            for variant, panels in scenario["diagnostics"].items():
                for figure in (panels.get("mcmc") or {}).get("summary") or ():
                    label = figure["label"]
                    name = f"{figure['estimand']}[{label}]" if label else figure["estimand"]
                    rows[scenario["name"], variant, "mcmc", name] |= {
                        "mcse": figure["mcse_mean"], "ess": figure["ess_bulk"],
                    }  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"a results.json is damaged: {type(error).__name__}: {error}") from None
    return rows


def _said(key: tuple[str, str, str, str]) -> str:
    return f"{key[2]} of {key[3]} ({key[0]}, {key[1]})"


def _circumstances(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    a, b = one["provenance"], other["provenance"]
    before, after = a.get("versions") or {}, b.get("versions") or {}
    found = [f"{n} {before.get(n)} and {after.get(n)}" for n in dict.fromkeys([*before, *after])
             if before.get(n) != after.get(n)]  # fmt: skip
    return found + [f"{key} {a.get(key)} and {b.get(key)}" for key in SETTINGS if a.get(key) != b.get(key)]


def _line(key: tuple[str, str, str, str], a: Mapping[str, Any], b: Mapping[str, Any], level: float) -> Line:
    scenario, variant, method, name = key
    nan = math.nan
    place = f"{scenario}, {variant}"
    if a["status"] != b["status"]:
        verdict = Verdict.INCONCLUSIVE if "unreliable" in (a["status"], b["status"]) else Verdict.DISAGREE
        return Line(place, method, name, "status", a["status"], b["status"], nan, nan, 0.0, nan, str(verdict))
    if a["estimate"] is None or b["estimate"] is None:
        same = a["estimate"] is None and b["estimate"] is None
        verdict = Verdict.AGREE if same else Verdict.DISAGREE
        return Line(place, method, name, "status", a["status"], b["status"], nan, nan, 0.0, nan, str(verdict))
    difference = b["estimate"] - a["estimate"]
    if method == "mcmc":
        errors = [row["mcse"] for row in (a, b) if row.get("mcse") is not None]
        if len(errors) < 2:
            reason = "its Monte Carlo error is not in the file"
            return Line(place, method, name, "mean", a["estimate"], b["estimate"], difference, nan, nan, nan,
                        str(Verdict.INCONCLUSIVE), reason)  # fmt: skip
        error = math.hypot(*errors)
        degrees = np.array([min(row.get("ess") or 1.0 for row in (a, b)) / ESS_PER_DEGREE])
        allowed = float(most_errors(level, degrees)[0]) * error + 1e-9 * abs(a["estimate"])
    else:
        error = a["std_error"] or nan
        allowed = SAME_MAXIMUM * error if a["std_error"] else 1e-7 * abs(a["estimate"])
    z = difference / error if error == error and error > 0 else nan
    verdict = Verdict.AGREE if abs(difference) <= allowed else Verdict.DISAGREE
    quantity = "mean" if method == "mcmc" else "estimate"
    return Line(place, method, name, quantity, a["estimate"], b["estimate"], difference, z, allowed, nan, str(verdict))
