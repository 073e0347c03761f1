"""What is on disk is whole, belongs to one study, and gives the same table however it came there."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import triptych
from tests.comparisons.study.toys import Formulas, toy
from triptych.api.study import merge_studies
from triptych.cli.main import main
from triptych.comparisons.study import store as store_module
from triptych.comparisons.study.design import cells_of, pieces
from triptych.comparisons.study.identity import scenario_digest
from triptych.comparisons.study.sources import ScenarioSource
from triptych.comparisons.study.store import CHUNKS, locked

OPTIONS: dict[str, Any] = {"n": (3, 8), "random_seed": 5, "intervals": ("wald", "laplace", "eti"), "progressbar": False}
FILES = ("replicates.parquet", "performance.parquet", "performance.csv")


def run(out: Path, replicates: int = 150, *, executor: Any = None, scenario: Any = toy, **changes: Any) -> Any:
    return triptych.study(
        scenario, replicates=replicates, out=out, executor=executor or Formulas(), **{**OPTIONS, **changes}
    )


def contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    run(out)
    return out


def test_each_replicate_has_the_seed_of_its_cell_and_number(whole: Path) -> None:
    import pandas as pd

    table = pd.read_parquet(whole / "replicates.parquet")
    assert len(table) == 2 * 150 * 3
    for cell, n, replicate in ((0, 3, 0), (1, 8, 149)):
        rng = np.random.default_rng(np.random.SeedSequence(5, spawn_key=(cell, replicate)))
        mine = table[(table["cell"] == cell) & (table["replicate"] == replicate) & (table["method"] == "mle")]
        assert mine["estimate"].item() == pytest.approx(rng.normal(0.5, 1, n).mean(), rel=1e-14)
        assert mine["n"].item() == n


def test_order_and_interruptions_leave_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    run(tmp_path / "backwards", executor=Formulas(backwards=True))
    assert contents(tmp_path / "backwards") == contents(whole)
    for most in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "stopped", executor=Formulas(most=most, backwards=most == 2))
        assert not (tmp_path / "stopped" / "performance.csv").exists()
    done = run(tmp_path / "stopped")
    assert done.found == 64 + 64 + 22
    assert contents(tmp_path / "stopped") == contents(whole)


def test_more_replicates_go_on_from_those_that_are_there(whole: Path, tmp_path: Path) -> None:
    run(tmp_path, 10)
    run(tmp_path, 100)
    done = run(tmp_path, 150)
    assert done.found == 200
    assert contents(tmp_path) == contents(whole)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"random_seed": 6}, r"the seed \(5 then, 6 now\)"),
        ({"ci_prob": 0.9}, r"the option ci_prob \(0.95 then, 0.9 now\)"),
        ({"n": (4, 8)}, "the cell's settings"),
        ({"truth": {"mu": 1.0}}, "truth"),
        ({"scenario": replace(toy, simulate=lambda rng, **o: toy.simulate(rng, **o))}, "the scenario's source"),
    ],
)
def test_another_study_is_never_mixed_in_and_what_changed_is_named(
    whole: Path, changes: dict[str, Any], what: str
) -> None:
    before = contents(whole)
    with pytest.raises(triptych.InputError, match=f"changed since is .*{what}"):
        run(whole, **changes)
    assert contents(whole) == before


def test_the_version_of_a_library_is_part_of_what_a_replicate_is(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from triptych.comparisons.study import identity

    real = identity.version
    monkeypatch.setattr(identity, "version", lambda name: "1.2.3" if name == "numpy" else real(name))
    with pytest.raises(triptych.InputError, match=r"the version of numpy \(.* then, 1.2.3 now\)"):
        run(whole)


def test_the_digest_of_a_scenario_sees_code_defaults_and_closures() -> None:
    def made(shift: float) -> Any:
        def simulate(rng: np.random.Generator, n: int = 3, **_: Any) -> Any:
            return triptych.Data({"y": rng.normal(shift, 1, n)}), {"mu": shift}

        return replace(toy, simulate=simulate)

    digests = [scenario_digest(made(0.0)), scenario_digest(made(1.0)), scenario_digest(toy)]
    assert len(set(digests)) == 3
    assert scenario_digest(made(1.0)) == digests[1]


def test_a_full_disk_is_one_message_and_leaves_no_half_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store_module.os, "fsync", full)
    monkeypatch.setattr("triptych.comparisons.study.executors.Here", Formulas)
    monkeypatch.setattr("triptych.problem.registry.get", lambda name: toy)
    with pytest.raises(SystemExit) as ended:
        main(["study", "toy", "--replicates", "3", "--n", "3", "--out", str(tmp_path / "out")])
    assert ended.value.code == 4
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "No space left on device" in said
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file() and p.name != ".lock"] == []


def test_a_file_that_became_unreadable_is_named(tmp_path: Path) -> None:
    run(tmp_path, 10)
    place = next((tmp_path / CHUNKS).glob("000-*/*.parquet"))
    place.write_bytes(b"nothing")
    with pytest.raises(OSError, match="delete it, and run the same command again"):
        run(tmp_path, 10)
    place.unlink()
    assert run(tmp_path, 10).found == 10


def test_two_studies_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(triptych.InputError, match="another study is being written"):
        run(tmp_path)


def test_shards_put_together_are_the_whole(whole: Path, tmp_path: Path) -> None:
    parts = [tmp_path / f"part{i}" for i in (1, 2)]
    for i, part in enumerate(parts, 1):
        run(part, shard=(i, 2))
        assert not (part / "performance.csv").exists()
    merge_studies(parts, tmp_path / "all")
    assert contents(tmp_path / "all") == contents(whole)
    with pytest.raises(triptych.InputError, match="overlap: both have replicates 0 to 63"):
        merge_studies([parts[0], parts[1], parts[0]], tmp_path / "more")
    with pytest.raises(triptych.InputError, match="are in none of the folders, the first of them 64"):
        merge_studies([parts[0]], tmp_path / "more")
    run(tmp_path / "other", shard=(2, 2), random_seed=6)
    with pytest.raises(triptych.InputError, match="different studies: the seed differs"):
        merge_studies([parts[0], tmp_path / "other"], tmp_path / "more")
    said = json.loads((parts[1] / "study.json").read_text(encoding="utf-8"))
    changed = [{**identity, "the version of numpy": "1.0"} for identity in said["identities"]]
    (parts[1] / "study.json").write_text(json.dumps({**said, "identities": changed}), encoding="utf-8")
    with pytest.raises(triptych.InputError, match=r"solved differently: the version of numpy"):
        merge_studies(parts, tmp_path / "more")
    with pytest.raises(triptych.InputError, match="it is not the folder of a study"):
        merge_studies([tmp_path], tmp_path / "more")


def test_pieces_of_shards_are_disjoint_and_complete() -> None:
    (cell,) = cells_of((3,), {})
    done = np.zeros(1000, dtype=bool)
    done[100:130] = True
    owner = np.zeros(1000, dtype=int)
    for i in range(1, 4):
        for piece in pieces(cell, 1000, done, (i, 3)):
            owner[piece.start : piece.stop] += 1
    np.testing.assert_array_equal(owner, ~done)


def test_memory_holds_a_bounded_number_of_rows(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = run(whole)
    monkeypatch.setattr(store_module, "READ", 50)
    blocks = list(study.tables(0))
    assert [table.num_rows for table in blocks] == [150, 150, 150]
    assert sorted(set(blocks[1].column("replicate").to_pylist())) == list(range(50, 100))


def test_a_simulator_is_held_to_its_truth_and_shapes() -> None:
    with pytest.raises(triptych.InputError, match="does not take a true value of 'sigma'"):
        triptych.study(toy, truth={"sigma": 2.0}, replicates=1)
    with pytest.raises(triptych.InputError, match="no simulator"):
        ScenarioSource(replace(toy, simulate=None))

    def ragged(rng: np.random.Generator, n: int = 3, **_: Any) -> Any:
        return triptych.Data({"y": rng.normal(size=rng.integers(2, 50))}), {"mu": 0.0}

    with pytest.raises(triptych.InputError, match="other shapes from one replicate to the next"):
        triptych.study(replace(toy, simulate=ragged), replicates=1)
