"""The terminal summary: whole at any width, and nothing looks cleaner than it is."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from triptych.problem.told import Density
from triptych.reports.terminal import print_summary


def _print(comparisons: list[Any], width: int, encoding: str = "utf-8", **options: Any) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    print_summary(comparisons, Console(file=stream, width=width, **options))
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_fits_and_says_everything(comparisons: list[Any], width: int) -> None:
    text = _print(comparisons, width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    for wanted in ("lasso", "mixture", "shaky", "broken", "beta[s5]", "2/2", "unbounded"):
        assert wanted in text
    flat = " ".join(text.split())
    assert "the likelihood rises without limit as sigma[1] goes to 0" in flat
    assert "R-hat 1.53 for mu[1] is above 1.01" in flat
    assert "local maximum, not the MLE: mu[1] = 2.020" in flat
    assert "failed: SamplingError" in flat
    assert "problem: default: posterior of mu[1], mu[2] is unreliable" in flat
    assert (
        "2 of 2 claims hold; 4 of 90 estimates have a status that is not expected; 1 of 4 scenarios could not be "
        "solved; look at the problems of shaky, broken."
    ) in flat


def test_no_number_stands_where_there_is_no_estimate(mixture: Any) -> None:
    line = next(r for r in _print([mixture], 100).splitlines() if r.startswith("mu[1]"))
    assert line.split()[1] == "unbounded"
    assert "nan" not in _print([mixture], 100).lower()


def test_unreliable_is_marked_beside_its_numbers(unreliable: Any) -> None:
    text = _print([unreliable], 120)
    rows = [line for line in text.splitlines() if line.startswith(("mu[", "sigma["))]
    assert len(rows) == 4
    assert all("unreliable" in line for line in rows)


def test_the_zero_of_the_mode_is_exact_and_has_no_interval(lasso: Any) -> None:
    rows = [r for r in _print([lasso], 120).splitlines() if r.startswith("beta[")]
    assert sum("0 (no interval)" in line for line in rows) == 3


def test_markup_and_control_characters_of_the_user_are_text(lasso: Any) -> None:
    assert "[bold]μ[/bold]" in _print([lasso], 140, force_terminal=True, color_system=None)
    from dataclasses import replace

    scenario = replace(lasso.scenario, question="a\x1b[2Jb\x07?")
    text = _print([replace(lasso, scenario=scenario)], 80)
    assert "\x1b" not in text
    assert "\x07" not in text


def test_ascii_terminal(comparisons: list[Any]) -> None:
    text = _print(comparisons, 80, encoding="ascii")
    assert "ok" in text
    assert "NO" in text


def test_claims_take_one_line_unless_one_fails_or_they_are_asked_for(lasso: Any) -> None:
    from dataclasses import replace

    statements = list(lasso.claims["statement"])
    folded, listed = _print([lasso], 140), io.StringIO()
    assert "2 claims hold; the report lists them" in folded
    assert not any(s in folded for s in statements)
    print_summary([lasso], Console(file=listed, width=400), claims=True)
    assert all(s in listed.getvalue() for s in statements)
    broken = lasso.claims.assign(holds=[True, False])
    text = _print([replace(lasso, claims=broken)], 400)
    assert statements[1] in text
    assert statements[0] not in text


def test_priors_beyond_eight_coefficients_are_counted_and_those_of_other_scalars_listed(lasso: Any) -> None:
    """What is a coefficient is said by the prior, whatever its name is."""
    slopes = [Density(f"slope_{k}", "flat", "flat", coefficient=True) for k in range(11)]
    others = [Density("coef[own]", "exponential", "Exponential(mean 1)")]
    scenario = replace(lasso.scenario, priors=(*slopes, *others))
    text = " ".join(_print([replace(lasso, scenario=scenario)], 140).split())
    assert "slope_7 ~ flat, 3 more coefficients (facts.csv), coef[own] ~ Exponential(mean 1)" in text
    assert "slope_8" not in text
