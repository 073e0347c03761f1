"""The lesson as one HTML file that needs no network: texts, benches, and the engine's answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from triptych.problem.table import METHODS
from triptych.reports.lesson.act import FOLDER, NAMES, Act, get
from triptych.reports.lesson.states import read
from triptych.reports.mathematics import minus

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

PAGE = FOLDER / "page"
STYLES = FOLDER.parent / "templates"
# Definitions stand before their uses; acts come between the tools and the page.
TOOLS = (
    "numerics",
    "text",
    "draw",
    "address",
    "check",
    "strip",
    "side",
    "panels",
    "controls",
    "repeat",
    "predict",
    "bench",
)
ENTRY = ("projector", "lesson")
PANELS = (
    ("mle", "Maximum likelihood", "where the likelihood is highest"),
    ("map", "MAP mode", "where likelihood times prior is highest"),
    ("mcmc", "Posterior", "the average of the posterior density"),
)
STATUS_WORDS = {
    "unbounded": "no maximum",
    "at_infinity": "at infinity",
    "not_identified": "not identified",
    "at_boundary": "on the edge of the possible values",
    "no_posterior": "no posterior",
    "unreliable": "draws do not pass the gate",
}
COUNTED = ("No act", "One act shows", "Two acts show", "Three acts show", "Four acts show", "Five acts show")


def render_lesson(names: Sequence[str] = ()) -> str:
    """Return the lesson as one HTML page.

    The page makes no network request, and its texts, questions and tables can be read without JavaScript.

    Parameters
    ----------
    names
        Which acts, in this order; none means all.

    Raises
    ------
    InputError
        When there is no act of a name.
    """
    chosen = [get(name) for name in dict.fromkeys(names or NAMES)]
    states = {act.name: read(act.name) for act in chosen}
    script = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (
            *(PAGE / f"{name}.js" for name in TOOLS),
            *(FOLDER / "acts" / f"{act.name}.js" for act in chosen),
            *(PAGE / f"{name}.js" for name in ENTRY),
        )
    )
    styles = (STYLES / "style.css", STYLES / "page.css", PAGE / "lesson.css")
    return (
        _environment()
        .get_template("lesson.html.j2")
        .render(
            version=version("triptych"),
            acts=[_view(act, states[act.name]) for act in chosen],
            count_words=COUNTED[len(chosen)] if len(chosen) < len(COUNTED) else "Six acts show",
            panels=PANELS,
            style=_safe("\n".join(path.read_text(encoding="utf-8") for path in styles)),
            script=_safe(script),
            benches=_embedded({act.name: act.bench for act in chosen}),
            states=_embedded(states),
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _safe(text: str) -> Markup:
    """Mark our own files as what they are: script, style or markup."""
    from markupsafe import Markup

    return Markup(text)


def _embedded(value: Any) -> Markup:
    """Return JSON that no browser takes for the end of the element it stands in."""
    return _safe(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c"))


def _view(act: Act, states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the template shows of an act."""
    predictions = [
        asdict(p) | {"asked": json.dumps({"start": dict(p.start), "move": dict(p.move)})} for p in act.predictions
    ]
    return {
        "name": act.name,
        "title": act.title,
        "short": act.short,
        "text": _safe((FOLDER / "acts" / f"{act.name}.html").read_text(encoding="utf-8")),
        "study": act.study,
        "expect": act.expect,
        "axis": act.bench["axis"]["label"],
        "data": act.bench["data"],
        "predictions": predictions,
        "improper": any(state["mcmc"]["status"] == "no_posterior" for state in states),
        "rows": [
            {"label": state["label"], "cells": [_cell(m, state[m]) for m in METHODS]}
            for state in states
            if state["label"]
        ],
    }


def _cell(method: str, said: Mapping[str, Any]) -> dict[str, str]:
    ends = [_figure(said[end]) for end in ("lower", "upper") if said[end] is not None]
    value = STATUS_WORDS.get(said["status"], "")
    if said["value"] is not None and said["status"] == "ok":
        value = _figure(said["value"])
        if method == "mcmc":
            value += f" ± {said['errors'][0]:.1g}"
    return {"method": method, "value": value, "interval": " to ".join(ends)}


def _figure(value: float | str) -> str:
    """Return three significant digits, with a minus sign that is one."""
    number = float(value)
    if math.isinf(number):
        return minus("∞" if number > 0 else "-∞")
    return minus(f"{number:#.3g}".rstrip("."))
