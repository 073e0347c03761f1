"""Rows of the tables as text for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from triptych.base.numbers import Style, significant, style
from triptych.problem.table import SHORT, OpenEnd
from triptych.reports.mathematics import pretty
from triptych.reports.view import INTERVALS, TITLES, Scalar, full_name, words

if TYPE_CHECKING:
    from triptych.comparisons.comparison import Comparison

FACTS = {
    "max_rhat": "largest R-hat",
    "max_rhat_allowed": "largest R-hat that is allowed",
    "min_ess_bulk": "smallest bulk ESS",
    "min_ess_tail": "smallest tail ESS",
    "min_ess_required": "smallest ESS that is required",
    "divergences": "divergences",
    "min_bfmi": "smallest BFMI",
    "newton_decrement": "Newton decrement",
    "findings": "found there (by which probe)",
    "kkt_residual": "KKT residual",
    "draws": "draws taken, a chain",
    "tune": "tuning steps taken, a chain",
    "max_rhat_before_relabelling": "largest R-hat before the labels were put in order",
}
COUNTED = ("min_ess_bulk", "min_ess_tail")
SHOWN_ELSEWHERE = ("gate", "profiles", "summary", "no_prior_predictive", "no_posterior_predictive")


def panel_row(scalar: Scalar, shown: list[str]) -> dict[str, Any]:
    """Return one scalar as the panels see it, in digits that suit all of them."""
    write = scalar.style
    cells = []
    for method in shown:
        row = scalar.rows.get(method)
        cells.append({"method": method, **(cell(row, write) if row else {"status": ""})})
    return {"name": scalar.name, "cells": cells}


def cell(row: Mapping[str, Any], write: Any) -> dict[str, Any]:
    """Return estimate and interval as text; what does not exist is empty."""
    return {
        "status": str(row["status"]),
        "reason": row["reason"],
        "raw": row["estimate"] if math.isfinite(row["estimate"]) else "",
        "estimate": pretty(write(row["estimate"])),
        "interval": _interval(row["lower"], row["upper"], write),
    }


def _interval(lower: float, upper: float, write: Any) -> Markup:
    """Return an interval as text, with a round bracket at an end at infinity; empty where there is none."""
    minus = pretty("-1")[0]
    if math.isnan(lower) or math.isnan(upper):
        return Markup("")
    low = f"[{pretty(write(lower))}" if math.isfinite(lower) else f"({minus * (lower < 0)}∞"
    high = f"{pretty(write(upper))}]" if math.isfinite(upper) else f"{minus * (upper < 0)}∞)"
    return Markup(f"{low}, {high}")  # numbers, which pretty has escaped


def line(row: Mapping[str, Any], groups: list[Scalar], open_ends: Sequence[OpenEnd] = ()) -> dict[str, Any]:
    """Return a row of the other intervals or maxima, written like its headline row, with its ends that are open."""
    near = [g for g in groups if (g.estimand, g.label) == (row["estimand"], row["label"])]
    write = style([*(r for g in near for r in g.rows.values()), row])
    kind = str(row["interval_kind"])
    level = f"{100 * float(row['ci_prob']):g} % {INTERVALS.get(kind, kind)}"
    return {
        "name": full_name(row),
        "method": str(row["method"]),
        "short": SHORT[str(row["method"])],
        "kind": str(row["estimate_kind"]),
        "level": level if kind != "none" else "",
        "open": "; ".join(end.sentence for end in open_ends),
        **cell(row, write),
    }


def claims(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the claims with their measured figures and bounds as text."""
    return [
        {
            "statement": claim["statement"],
            "name": claim["name"],
            "measured": pretty(significant(claim["measured"]) or "not a number"),
            "bound": pretty(outcome.bound.words),
            "holds": bool(claim["holds"]),
        }
        for claim, outcome in zip(comparison.claims.to_dict("records"), comparison.evaluated_claims, strict=True)
    ]


def contrast(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return how two panels differ on one scalar, in its units and in posterior sds."""
    error = float(row["posterior_sd"])
    names = ("mode_shift", "mean_minus_mode", "total")
    largest = max((abs(float(row[n])) for n in names if math.isfinite(row[n])), default=math.nan)
    # What is small beside the posterior's spread is not written in powers of ten for that.
    largest = max(largest, error) if error > 0 else largest
    write = style([{"estimate": largest, "lower": math.nan, "upper": math.nan, "std_error": error}])
    parts = [
        {
            "raw": row[name] if math.isfinite(row[name]) else "",
            "value": pretty(write(row[name])),
            "sd": pretty(Style(2)(row[name + "_sd"])) if math.isfinite(row[f"{name}_sd"]) else "",
        }
        for name in names
    ]
    return {
        "name": full_name(row),
        "parts": parts,
        "mcse": pretty(significant(row["mcse"], 2)),
        "width_ratio": f"{row['width_ratio']:.2f}" if math.isfinite(row["width_ratio"]) else "",
        "overlap": f"{row['overlap']:.2f}" if math.isfinite(row["overlap"]) else "",
        "status": str(row["status"]),
        "reason": row["reason"],
    }


def score(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the held-out log score of one panel's predictive distribution."""
    good = math.isfinite(row["log_score"])
    return {
        "method": str(row["method"]),
        "short": SHORT.get(str(row["method"]), str(row["method"])),
        "score": pretty(f"{row['log_score']:.2f}") if good else "",
        "error": pretty(f"{row['std_error']:.2f}") if math.isfinite(row["std_error"]) else "",
        "count": significant(row["n_held_out"]),
        "below": pretty(f"{row['difference']:.2f}") if math.isfinite(row["difference"]) else "",
        "below_error": pretty(f"{row['difference_error']:.2f}") if math.isfinite(row["difference_error"]) else "",
        "status": str(row["status"]),
        "reason": row["reason"],
    }


def facts(method: str, panel: Any) -> dict[str, Any]:
    """Return diagnostics as pairs of words and figures; curves are drawn, not listed."""
    pairs = []
    for name, value in panel.diagnostics.items():
        text = _fact(round(value) if name in COUNTED and math.isfinite(value) else value)
        if name == "attempts" and len(value) > 1:
            pairs += [(f"attempt {i}", pretty(str(said))) for i, said in enumerate(value, 1)]
        elif value is not None and str(value) and text is not None and name not in SHOWN_ELSEWHERE:
            pairs.append((FACTS.get(name, words(name)), pretty(text)))
    gate = [str(failure) for failure in panel.diagnostics.get("gate", ())]
    return {"method": method, "title": TITLES[method], "pairs": pairs, "gate": gate}


def convergence(panel: Any) -> list[dict[str, str]]:
    """Return, of every scalar of a posterior, the Monte Carlo error of its mean, R-hat and effective sizes as text."""
    return [
        {
            "name": full_name(row),
            "mcse": pretty(significant(row["mcse_mean"], 2)),
            "rhat": f"{row['r_hat']:.3f}" if math.isfinite(row["r_hat"]) else "",
            "bulk": significant(round(row["ess_bulk"])) if math.isfinite(row["ess_bulk"]) else "",
            "tail": significant(round(row["ess_tail"])) if math.isfinite(row["ess_tail"]) else "",
        }
        for row in panel.diagnostics.get("summary", ())
    ]


def _fact(value: Any) -> str | None:
    if isinstance(value, Mapping):
        inner = {key: _fact(item) for key, item in value.items()}
        kept = [f"{key} {text}" for key, text in inner.items() if text is not None]
        return "; ".join(kept) if 0 < len(kept) <= 8 else None
    if isinstance(value, (list, tuple, np.ndarray)):
        return ", ".join(str(_fact(item)) for item in value) if 0 < len(value) <= 8 else None
    return significant(value) or "missing"
