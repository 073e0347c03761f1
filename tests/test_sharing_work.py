"""What shares a solution is one unit of work, and names in the list of long files are files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import sharing_work
from tests.sharing_work import LONGEST_FIRST, SEVERAL, order, processes, unit_of

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("tests", "units"),
    [
        (["tests/models/test_contract.py::test_a[lasso]", "tests/models/test_lasso.py::test_b[x-1]"], 1),
        (["tests/models/test_contract.py::test_a[lasso-1]", "tests/models/test_contract.py::test_a[mixture-1]"], 2),
        (
            [f"tests/models/test_baselines.py::test_a[{name}]" for name in SEVERAL]
            + ["tests/models/test_losses.py::b"],
            1,
        ),
        (["tests/test_gallery.py::test_a[ridge]", "tests/test_gallery.py::test_b[ridge]"], 1),
        (["tests/test_gallery.py::test_a[ridge]", "tests/test_gallery.py::test_a[lasso]"], 2),
        (["tests/api/test_api.py::test_a[lasso]", "tests/api/test_api.py::test_b"], 1),
    ],
)
def test_what_shares_a_solution_is_one_unit(tests: list[str], units: int) -> None:
    assert len({unit_of(test) for test in tests}) == units


def test_a_unit_stands_in_one_place() -> None:
    """Tests of one unit have one place in the order, so that no process starts it twice."""
    contract, own = "tests/models/test_contract.py::test_a[lasso]", "tests/models/test_lasso.py::test_b"
    assert order(contract) == order(own) < order("tests/api/test_api.py::test_a") < order("tests/test_gallery.py::a[b]")


def test_the_long_files_are_there() -> None:
    assert [name for name in LONGEST_FIRST if not (ROOT / name).exists()] == []


def test_there_are_as_many_processes_as_memory_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing_work.os, "sched_getaffinity", lambda _: range(8), raising=False)
    for memory, expected in ((1e9, 1), (2 * sharing_work.MEMORY, 2), (1e12, sharing_work.MOST)):
        monkeypatch.setattr(sharing_work, "_memory", lambda memory=memory: memory)
        assert processes() == expected
