"""Draws that no memory holds are refused before anything is computed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.base import memory as machine
from triptych.base.memory import size_said, usable_memory
from triptych.engine.engine import Engine
from triptych.optimise import objective
from triptych.sampling import memory
from triptych.sampling.memory import bytes_for, refuse_beyond_memory, too_large


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a process use a megabyte."""
    monkeypatch.setattr(memory, "usable_memory", lambda: 1_000_000)
    return 1_000_000


def test_what_is_asked_for_is_at_least_what_the_kept_arrays_take() -> None:
    chains, draws, size, shown = 3, 50, 7, 9
    kept = np.zeros((chains, draws, size)).nbytes + np.zeros((chains, draws, shown)).nbytes
    assert kept < bytes_for(draws, chains, size, shown) < 5 * kept
    # Eight bytes for each number: two copies of the coordinates, what is shown, and 16 figures of the sampler's.
    assert bytes_for(draws, chains, size, shown) == 8 * draws * chains * (2 * size + shown + 16)


def test_as_many_draws_as_are_advised_are_taken(small: int) -> None:
    with pytest.raises(triptych.InputError, match="draws of 9 scalars in 4 chains take at least") as refused:
        refuse_beyond_memory(10**9, 4, 7, 9)
    (advised,) = map(int, re.findall(r"use draws=(\d+) at most", str(refused.value)))
    refuse_beyond_memory(advised, 4, 7, 9)
    assert bytes_for(advised, 4, 7, 9) <= small < bytes_for(advised + 1, 4, 7, 9)
    with pytest.raises(triptych.InputError, match="use fewer chains than 1000000000"):
        refuse_beyond_memory(4, 10**9)


@pytest.mark.parametrize(("most", "said"), [(4, "use draws=4 at most"), (3, "use fewer chains than 10")])
def test_fewer_than_four_draws_of_a_chain_are_not_advised(
    most: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "usable_memory", lambda: bytes_for(most, 10, 1, 1))
    with pytest.raises(triptych.InputError, match=said):
        refuse_beyond_memory(5, 10)


def test_nothing_is_refused_where_nobody_knows_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "usable_memory", lambda: None)
    assert too_large(2**62, 1000, 10, 10) == ""


def test_the_limit_of_a_container_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "GROUP", limit)
    without = usable_memory()
    limit.write_text("max\n")
    assert usable_memory() == without
    limit.write_text("123456789\n")
    assert usable_memory() == 123456789


@pytest.mark.parametrize("option", ["draws", "chains", "tune"])
def test_a_thousand_million_is_refused_before_a_model_is_compiled(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "build", lambda *_: pytest.fail("the model was compiled"))
    with pytest.raises(triptych.InputError, match=rf"{option}=1000000000\b.*use .*\d"):
        triptych.run("small_n_variance", **{option: 10**9})  # type: ignore[arg-type]


def test_a_model_of_many_scalars_is_refused_before_its_mode_is_sought(
    small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pm.Model() as model:
        slopes = pm.Normal("slopes", 0, 1, shape=40)
        pm.Deterministic("squares", slopes**2)
        pm.Normal("y", slopes.sum(), 1, observed=[1.0, 2.0])
    monkeypatch.setattr(objective.Objective, "climb", lambda *_, **__: pytest.fail("a mode was sought"))
    with pytest.raises(triptych.InputError, match="draws of 80 scalars in 4 chains"):
        triptych.compare(model, draws=200, progressbar=False)


@pytest.mark.parametrize(
    ("size", "said"), [(12, "12 bytes"), (3.2e6, "3.2 MB"), (608e9, "608 GB"), (2e18, "2 EB"), (1e30, "1.0e+12 EB")]
)
def test_sizes_are_said_in_the_largest_unit(size: float, said: str) -> None:
    assert size_said(size) == said
