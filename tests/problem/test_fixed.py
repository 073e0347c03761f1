"""What an interval holds fixed is data, and prose only where it is shown."""

from __future__ import annotations

import pytest

from triptych.problem.fixed import Fixed


@pytest.mark.parametrize(
    ("fixed", "prose", "equations"),
    [
        (Fixed((("0", ("tau",)),)), "tau at 0", "tau = 0"),
        (Fixed((("0", ("b[a]", "b[b]")), ("+infinity", ("nu",)))), "b[a], b[b] at 0; nu at +infinity", None),
        (Fixed((("0", ("fees[paid at door]",)),)), "fees[paid at door] at 0", "fees[paid at door] = 0"),
        (Fixed(combined=("a", "b")), "a combination of a, b", "a combination of a, b"),
    ],
)
def test_names_and_places_are_written_as_prose_and_as_equations(
    fixed: Fixed, prose: str, equations: str | None
) -> None:
    assert str(fixed) == prose
    assert fixed.as_equations() == (equations or "b[a] = b[b] = 0 and nu = +infinity")


def test_names_are_all_that_is_held_alone() -> None:
    many = tuple(f"theta[{k}]" for k in range(9))
    fixed = Fixed((("0", many), ("1", ("p",))), ("a", "b"))
    assert fixed.names == (*many, "p")
    assert "and 3 more at 0" in str(fixed)
    assert "theta[5] and 3 more = 0, p = 1 and a combination of a, b" in fixed.as_equations()
