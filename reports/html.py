"""The report as one HTML file that needs no network, and the fragment for notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.problem.table import METHODS, SHORT
from triptych.reports import sections
from triptych.reports.marks import SHAPES
from triptych.reports.mathematics import breakable, minus, pretty
from triptych.reports.plain import provenance
from triptych.reports.view import MEANINGS, TITLES, verdict, words

if TYPE_CHECKING:
    from jinja2 import Environment

    from triptych.comparisons.comparison import Comparison

CONVENTIONS = (
    "The three panels come from one model: its log-likelihood alone (MLE), log-likelihood plus "
    "log-prior (MAP), and the same density sampled (posterior).",
    "The MAP mode is the mode in the parameters as the model writes them, without the Jacobian of "
    "any transformation; written in other parameters the same model has another mode.",
    "Intervals of the MLE are confidence intervals, those of MAP and posterior credible intervals. "
    "Wald and Laplace intervals of a bounded parameter are formed on its unconstrained "
    "coordinate and mapped back.",
    "An equal-tailed interval leaves the same probability on both sides and follows a "
    "transformation of the parameter; a highest-density interval is the shortest and does not.",
    "Where a mode lies on a kink of the prior (an exact zero) the curvature is undefined, and "
    "there is no Laplace interval.",
    "A posterior is reported as ok only past the gate: R-hat at most 1.01, bulk and tail effective "
    "sample sizes of at least 400, no divergences, and a sufficient BFMI. Short of it every "
    "number is marked unreliable.",
    "What does not exist has a status and a reason instead of a number.",
)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=words,
        pretty=pretty,
        minus=minus,
        breakable=breakable,
        short=SHORT,
        titles=TITLES,
        shapes=SHAPES,
        meanings={str(status): meaning for status, meaning in MEANINGS.items()},
        methods=METHODS,
    )
    return environment


# Settings of which a panel may have taken more than was asked for.
ASKED = {"draws": "draws asked for, a chain", "tune": "tuning steps asked for, a chain"}


def _pairs(items: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Flatten provenance into names and values for reading."""
    for name, value in items.items():
        full = f"{prefix}{ASKED.get(name, words(name))}"
        if isinstance(value, Mapping):
            yield from _pairs(value, f"{full}: ")
        elif isinstance(value, list):
            yield full, ", ".join(map(str, value))
        else:
            yield full, "none" if value is None else str(value)


def render(comparisons: Sequence[Comparison]) -> str:
    """Return the whole report as one HTML page.

    The page makes no network request, can be read without JavaScript, and follows the reader's
    light or dark setting.

    Parameters
    ----------
    comparisons
        The solved scenarios, in the order of the page.
    """
    fine, sentence = verdict(comparisons)
    # A page of one scenario is called what its heading asks.
    alone = len(comparisons) == 1
    title = comparisons[0].scenario.question if alone else ", ".join(c.scenario.name for c in comparisons[:6])
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=f"{title} | triptych" if title else "triptych",
            fine=fine,
            verdict=sentence,
            quick=any(c.quick for c in comparisons),
            scenarios=[comparison.drawn | {"walk": _walk(comparison)} for comparison in comparisons],
            conventions=CONVENTIONS,
            # What the panels are is said in words above.
            provenance=[*_pairs({k: v for k, v in provenance(comparisons).items() if k != "conventions"})],
        )
    )


def _walk(comparison: Comparison) -> dict[str, Any] | None:
    """Return the steps of a comparison's path, if it was given one."""
    if comparison.walked is None:
        return None
    from triptych.reports.walk import steps

    return steps(comparison.walked)


def fragment(comparison: Comparison) -> str:
    """Return one scenario for display in a notebook: no scripts, no page around it.

    Parameters
    ----------
    comparison
        A solved scenario.
    """
    template = _environment().get_template("fragment.html.j2")
    return template.render(s=sections.summary(comparison))
