"""What is kept is executed when it is loaded: nothing that anybody else can have written is."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from triptych.base.trust import sealed
from triptych.engine import caches
from triptych.engine.caches import cache_folder, keep_generated_source
from triptych.engine.programs import Program
from triptych.engine.xla_cache import SealedEntries, xla_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and permissions are POSIX's")
ANOTHER = 54_321  # a user that is neither root nor the one who runs this
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


class Forged:
    """Whoever unpickles it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "caches"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setattr(caches, "_said", set())
    return folder


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "this ran"


@pytest.fixture
def forged(home: Path, mark: Path) -> Path:
    """An entry with the right digest, whose content makes a file when it is loaded."""
    use()
    (entry,) = (file for file in home.rglob("programs/*/*") if file.is_file())
    content = json.dumps([0, False]).encode() + b"\n" + pickle.dumps(Forged(mark))
    entry.write_bytes(sealed(entry.name, content))
    return entry


def use() -> None:
    assert Program("f", lambda z: z + 1)(np.ones(2)).tolist() == [2, 2]


def owned_by_another(place: Path) -> None:
    os.lchown(place, ANOTHER, -1)


def writable_by_others(place: Path) -> None:
    place.chmod(0o770 if place.is_dir() else 0o622)


def behind_a_link(place: Path) -> None:
    place.rename(place.with_name(f"{place.name} moved"))
    place.symlink_to(place.with_name(f"{place.name} moved"))


def test_a_forged_entry_of_ones_own_would_run(forged: Path, mark: Path) -> None:
    """Whoever can write as this user needs no cache; and what the other tests forge is what would run."""
    with pytest.raises((TypeError, ValueError)):
        use()
    assert mark.exists()


@pytest.mark.parametrize("depth", range(4), ids=["entry", "its folder", "programs", "triptych"])
@pytest.mark.parametrize(
    "spoil",
    [pytest.param(owned_by_another, marks=as_root), writable_by_others, behind_a_link],
    ids=lambda f: f.__name__,
)
def test_what_another_can_have_written_does_not_run(
    forged: Path, mark: Path, depth: int, spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    place = [forged, *forged.parents][depth]
    spoil(place)
    for _ in range(2):
        use()
    assert not mark.exists()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("triptych: ")
    assert repr(str(place)) in line


@pytest.mark.parametrize("depth", [0, 1], ids=["XDG_CACHE_HOME", "the folder above"])
@pytest.mark.parametrize("spoil", [pytest.param(owned_by_another, marks=as_root), writable_by_others])
def test_a_folder_above_in_which_another_can_put_a_cache_is_none(
    forged: Path, home: Path, mark: Path, depth: int, spoil: Callable[[Path], None]
) -> None:
    place = [home, *home.parents][depth]
    before = place.stat()
    try:
        spoil(place)
        use()
    finally:
        os.chmod(place, before.st_mode)
        os.chown(place, before.st_uid, -1)
    assert not mark.exists()


def test_everything_is_anothers_for_another_user(forged: Path, mark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ANOTHER)
    use()
    assert not mark.exists()


@as_root
def test_a_link_of_anothers_to_a_folder_of_ones_own_is_not_followed(
    forged: Path, home: Path, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to(home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(link))
    assert cache_folder("programs") == home / "triptych" / "programs"  # root's own links lead where root wants
    owned_by_another(link)
    use()
    assert not mark.exists()


def test_a_folder_like_tmp_is_trusted_for_what_is_ones_own_in_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    home.chmod(0o1777)
    use()
    assert (home / "triptych").stat().st_mode & 0o777 == 0o700
    assert any(home.rglob("programs/*/*"))
    assert not capsys.readouterr().err


def test_a_pipe_in_place_of_an_entry_is_not_waited_for(forged: Path, mark: Path) -> None:
    forged.unlink()
    os.mkfifo(forged)
    use()
    assert forged.is_file(), "it is compiled and kept anew"


def test_what_is_made_is_closed_to_others_whatever_the_umask(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0)
    try:
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / "a" / "b"))
        use()
    finally:
        os.umask(before)
    made = [home, *home.rglob("*")]
    assert len(made) > 5
    assert {place.stat().st_mode & 0o077 for place in made} == {0}


def test_a_folder_that_others_may_read_is_closed_to_them(home: Path) -> None:
    use()
    (home / "triptych").chmod(0o755)
    assert Program("f", lambda z: z + 1)(np.ones(2)).tolist() == [2, 2]
    assert (home / "triptych").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("stated", ["", "caches", "./caches", "~/caches"])
def test_a_relative_folder_for_caches_is_ignored(stated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", stated)
    assert cache_folder("programs", make=True) == tmp_path / ".cache" / "triptych" / "programs"
    monkeypatch.setenv("HOME", "home")
    folder = cache_folder("programs")
    assert folder is None or not folder.is_relative_to(work)
    assert not list(work.iterdir())


def test_an_entry_under_anothers_name_is_a_miss(home: Path) -> None:
    Program("f", lambda z: z + 1)(np.ones(2))
    Program("g", lambda z: z * 5)(np.ones(2))
    first, second = (file for file in home.rglob("programs/*/*") if file.is_file())
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    assert Program("f", lambda z: z + 1)(np.ones(2)).tolist() == [2, 2]
    assert Program("g", lambda z: z * 5)(np.ones(2)).tolist() == [5, 5]
    assert (first.read_bytes(), second.read_bytes()) != contents[::-1], "they are written anew"


def test_results_of_any_nesting_come_back_and_others_are_not_kept(home: Path) -> None:
    def nested(z: Any) -> Any:
        return [z, (z + 1, [z + 2]), ()], (z + 3,)

    def named(z: Any) -> Any:
        return {"a": z}

    for _ in range(2):
        out = Program("nested", nested)(np.ones(1))
        assert out == ([1, (2, [3]), ()], (4,))
        assert Program("named", named)(np.ones(1)) == {"a": 1}
    assert len([file for file in home.rglob("programs/*/*") if file.is_file()]) == 1


@pytest.mark.parametrize(
    "spoil",
    [pytest.param(owned_by_another, marks=as_root), writable_by_others, behind_a_link],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("inside", [True, False])
def test_folders_of_jax_and_pytensor_are_held_to_the_same_rule(
    home: Path, spoil: Callable[[Path], None], inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pytensor

    monkeypatch.setattr(pytensor.config, "generated_src_dir", "")
    for name in ("xla", "source"):
        folder = cache_folder(name, make=True)
        assert folder is not None
        (folder / "file").write_text("")
        spoil(folder / "file" if inside else folder)
    assert xla_folder() is None
    keep_generated_source()
    assert not pytensor.config.generated_src_dir


def test_an_entry_of_jax_is_believed_under_its_own_name_and_whole(home: Path) -> None:
    folder = xla_folder()
    assert folder is not None
    entries, (one, other) = SealedEntries(folder), (os.urandom(500), os.urandom(300))
    entries.put("one", one)
    entries.put("other", other)
    assert (entries.get("one"), entries.get("other"), entries.get("none")) == (one, other, None)
    swap(folder / "one-cache", folder / "other-cache")
    assert (entries.get("one"), entries.get("other")) == (None, None)
    entries.put("one", one)
    assert entries.get("one") == one
    for damaged in (b"", (folder / "one-cache").read_bytes()[:-1], one):
        (folder / "one-cache").write_bytes(damaged)
        assert entries.get("one") is None
    (folder / "one-cache").unlink()
    (folder / "one-cache").symlink_to(folder / "other-cache")
    assert entries.get("one") is None


def test_what_a_killed_process_began_to_write_is_removed(home: Path) -> None:
    folder = xla_folder()
    assert folder is not None
    for name in ("old-cache.12.34", "new-cache.12.34", "whole-cache"):
        (folder / name).write_bytes(b"")
    os.utime(folder / "old-cache.12.34", (0, 0))
    os.utime(folder / "whole-cache", (0, 0))
    xla_folder()
    assert {file.name for file in folder.iterdir()} == {"new-cache.12.34", "whole-cache"}


def swap(one: Path, other: Path) -> None:
    """Exchange two files."""
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def test_a_second_process_repairs_what_is_damaged_or_swapped_in_silence(home: Path) -> None:
    """With a Cholesky factor, whose program is in JAX's own cache; swapped, JAX computed with another's program."""
    code = (
        "import numpy as np, pymc as pm; from triptych.engine.engine import Engine\n"
        "with pm.Model() as model:\n"
        "    pm.MvNormal('y', pm.Normal('mu', shape=2), chol=pm.LKJCholeskyCov('c', n=2, eta=2, "
        "sd_dist=pm.HalfNormal.dist())[0], observed=np.arange(8.0).reshape(4, 2))\n"
        "engine = Engine.build(model); print(engine.backend.name, engine.value(engine.graph.start + 0.1))"
    )
    said = []
    for spoil in (
        swap,
        lambda one, other: [os.truncate(file, file.stat().st_size // 2) for file in (one, other)],
        None,
    ):
        done = subprocess.run([sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, check=True)
        said.append(done.stdout)
        assert "persistent" not in done.stderr
        entries = sorted([*home.rglob("xla/*-cache"), *home.rglob("programs/*/*")])
        assert len(entries) > 4
        for one, other in zip(entries[::2], entries[1::2], strict=False) if spoil else ():
            spoil(one, other)
    assert said[0] == said[1] == said[2]
    assert said[0].startswith("jax")
