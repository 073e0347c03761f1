"""Shards of one study, solved by different machines, put together in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from triptych.base.errors import InputError
from triptych.base.whole_files import write_whole
from triptych.comparisons.study.identity import changed
from triptych.comparisons.study.store import CHUNKS, IDENTITY, Store, locked
from triptych.comparisons.study.study import Display, Plan, Study, plan_json, read_plan

# What has to be the same in all shards, and how a message calls it.
SAME = {
    "name": "the scenario",
    "replicates": "the number of replicates",
    "cells": "the cells",
    "average": "fixed truth or prior draws",
    "scalars": "the estimands",
    "methods": "the methods",
    "kinds": "the intervals",
    "ci_prob": "the level of the intervals",
    "random_seed": "the seed",
}


def merge_studies(folders: Sequence[Path], out: Path, display: Display) -> Study:
    """Put shards together.

    Parameters
    ----------
    folders
        Folders of the shards of one study, all of them.
    out
        The folder of the whole; it may be one of them.
    display
        What shows the study.

    Raises
    ------
    InputError
        When they are not shards of one study, overlap, or do not make a whole: naming what differs or is missing.
    """
    if not folders:
        raise InputError("name the folders of the shards that are to be put together")
    plans = [read_plan(folder) for folder in folders]
    for folder, plan in zip(folders[1:], plans[1:], strict=True):
        _refuse_others(folders[0], plans[0], folder, plan)
    first = plans[0]
    _refuse_gaps(folders, first)
    if out not in folders and (out / CHUNKS).exists() and any((out / CHUNKS).glob("*/*.parquet")):
        raise InputError(f"{str(out)!r} has replicates in it already; name a new folder for the whole")
    store = Store(out, first.identities)
    with locked(out):
        for folder in folders:
            if folder == out:
                continue
            for cell in first.cells:
                _copy(Store(folder, first.identities), store, cell.number)
        plan = replace(first, shard=(1, 1))
        write_whole(out / "study.json", plan_json(plan).encode())
    return Study(out, plan, display)


def _refuse_others(one: Path, first: Plan, other: Path, plan: Plan) -> None:
    for name, words in SAME.items():
        if getattr(plan, name) != getattr(first, name):
            raise InputError(f"{str(one)!r} and {str(other)!r} are of different studies: {words} differs")
    for before, now in zip(first.identities, plan.identities, strict=True):
        if what := changed(before, now):
            raise InputError(f"{str(one)!r} and {str(other)!r} were solved differently: {'; '.join(what)}")


def _refuse_gaps(folders: Sequence[Path], plan: Plan) -> None:
    for cell in plan.cells:
        owner = np.full(plan.replicates, -1)
        for k, folder in enumerate(folders):
            for start, stop, _ in Store(folder, plan.identities).chunks(cell.number):
                taken = owner[start:stop]
                if np.any(taken >= 0):
                    other = folders[int(taken[taken >= 0][0])]
                    raise InputError(
                        f"{str(other)!r} and {str(folder)!r} overlap: both have replicates {start} to {stop - 1} of "
                        f"{cell.name or 'the cell'}; leave one of them out"
                    )
                owner[start:stop] = k
        if np.any(owner < 0):
            missing = np.flatnonzero(owner < 0)
            raise InputError(
                f"{missing.size} replicates of {cell.name or 'the cell'} are in none of the folders, the first of them "
                f"{missing[0]}: finish every shard, and name all of their folders"
            )


def _copy(source: Store, target: Store, cell: int) -> None:
    place = target.place(cell)
    place.mkdir(parents=True, exist_ok=True)
    write_whole(place / IDENTITY, (source.place(cell) / IDENTITY).read_bytes())
    for _, _, file in source.chunks(cell):
        write_whole(place / file.name, file.read_bytes())
