"""A report is put in its place file by file, its list last; what killed runs left goes, what is not ours stays."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from triptych.base.errors import EnvironmentFault
from triptych.reports import files, netcdf, staging
from triptych.reports.staging import MANIFEST, put_in_place, staged, sweep

LEFT = ".triptych-ab12_x9z"


def listed(out: Path) -> dict[str, str]:
    lines = (out / MANIFEST).read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def of_another_run(out: Path) -> list[str]:
    """Say which files of a report are not those of its list, as ``sha256sum --check`` does."""
    return [n for n, d in listed(out).items() if hashlib.sha256((out / n).read_bytes()).hexdigest() != d]


def write(out: Path, **contents: str) -> None:
    with staged(out) as folder:
        for name, text in contents.items():
            (folder / f"{name}.nc").write_text(text)
        put_in_place(folder, out, [f"{name}.nc" for name in contents])


def test_the_list_names_every_file_with_its_digest(comparisons: list[Any], tmp_path: Path) -> None:
    written = files.write_report(comparisons, tmp_path, ("html", "json", "csv"))
    assert written[-1] == tmp_path / MANIFEST
    assert list(listed(tmp_path)) == ["report.html", "results.json", "estimates.csv", "facts.csv"]
    assert of_another_run(tmp_path) == []
    subprocess.run(["sha256sum", "--check", "--strict", MANIFEST], cwd=tmp_path, check=True, capture_output=True)


def test_the_list_comes_last_so_that_a_mixture_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a="first", b="first", c="first")
    move = os.replace

    def killed(source: Path, target: Path) -> None:
        if target.name == "b.nc":
            raise SystemExit("as a kill would")
        move(source, target)

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(SystemExit):
        write(tmp_path, a="second", b="second", c="second")
    assert of_another_run(tmp_path) == ["a.nc"]
    monkeypatch.undo()
    write(tmp_path, a="third", b="third")
    assert of_another_run(tmp_path) == []
    assert (tmp_path / "c.nc").read_text() == "first", "it is of an earlier report and stays, unlisted"


def test_each_file_is_on_the_disk_before_one_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    move, sync = os.replace, os.fsync
    monkeypatch.setattr(os, "replace", lambda source, target: (done.append("move"), move(source, target)))
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("sync"), sync(file)))
    write(tmp_path, a="1", b="2")
    assert done == ["sync"] * 3 + ["move"] * 3 + ["sync"]


def test_what_a_killed_run_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from triptych.reports.staging import staged\n"
        "with staged(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'report.html').write_text('half')\n"
        "    print(folder.name, flush=True); sys.stdin.read(1); os.kill(os.getpid(), 9)\n"
    )
    stays = [tmp_path / ".triptych-mine", tmp_path / ".triptych-ab12_x9y", tmp_path / "notes"]
    for folder in stays:
        folder.mkdir()
        (folder / "thesis.txt").write_text("years of work")
    (tmp_path / ".triptych-ab12_x9l").symlink_to(tmp_path / "notes")
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    folder = tmp_path / child.stdout.readline().strip()
    sweep(tmp_path)
    assert (folder / "report.html").exists(), "its process lives"
    child.communicate("x")
    assert (folder / "report.html").exists(), "it was killed"
    write(tmp_path, a="next")
    assert not folder.exists()
    assert all((place / "thesis.txt").read_text() == "years of work" for place in stays)
    assert len(list(tmp_path.iterdir())) == 4 + 2


def test_a_folder_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[Any] = []
    lock = fcntl.flock

    def late(descriptor: int, how: int) -> None:
        if not swept:
            swept.extend(tmp_path.glob(".triptych-*"))
            swept[0].rmdir()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with staged(tmp_path) as folder:
        assert folder.is_dir()
        assert folder not in swept


def full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["estimates_csv", "mkdtemp", "fsync", "netcdf"])
def test_a_full_disk_leaves_everything_as_it_was(
    comparisons: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    import xarray as xr

    def refused(*_: Any, **__: Any) -> Any:
        raise RuntimeError("NetCDF: HDF error")

    (tmp_path / "results.json").write_text("old")
    (tmp_path / "thesis.txt").write_text("years of work")
    place, new = {
        "estimates_csv": (files, full),
        "mkdtemp": (staging.tempfile, full),
        "fsync": (os, full),
        "netcdf": (xr.DataTree, refused),
    }[step]
    monkeypatch.setattr(place, "to_netcdf" if step == "netcdf" else step, new)
    monkeypatch.setattr(netcdf, "LEAST_FREE", 1e18)  # every disk is full
    for out in (tmp_path, tmp_path / "new" / "folder"):
        with pytest.raises(EnvironmentFault, match=r"could not be written in .*No space left on device"):
            files.write_report(comparisons, out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["results.json", "thesis.txt"]
    assert (tmp_path / "results.json").read_text() == "old"


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="root mounts a small disk")
def test_a_disk_that_is_full_in_earnest(comparisons: list[Any], tmp_path: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", tmp_path], capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        (tmp_path / "results.json").write_text("old")
        (tmp_path / "thesis.txt").write_bytes(b"x" * 150_000)
        for formats in (("json", "html", "csv"), ("nc",)):
            with pytest.raises(EnvironmentFault, match="No space left on device"):
                files.write_report(comparisons, tmp_path, formats)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["results.json", "thesis.txt"]
        assert (tmp_path / "results.json").read_text() == "old"
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)


# Events of Python's audit hooks in which a report is written: each is a moment at which a process may be killed.
WRITING = """
import os, signal, sys
from pathlib import Path
from tests.reports.conftest import make_lasso, make_mixture
from triptych.reports import files
from triptych.reports.files import write_report

out, new = Path(sys.argv[1]), [make_mixture(), make_lasso()]
page = files.render(new)
files.render = lambda _: page  # it takes most of the time, and touches no file
EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "tempfile.mkdtemp"}
seen, last = 0, 0

def killed(event, arguments):
    global seen
    if event in EVENTS and any(str(out) in str(one) for one in arguments):
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(killed)
write_report(new, out)
print(seen, flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        seen, last = 0, int(line)
        write_report(new, out)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def digests(out: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.iterdir() if p.is_file()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_kill_at_any_moment_leaves_files_of_one_of_both_reports_and_a_list_that_tells(
    comparisons: list[Any], tmp_path: Path
) -> None:
    lasso, _, shaky, failed = comparisons
    old, out = tmp_path / "old", tmp_path / "out"
    files.write_report([lasso, shaky, failed], old)
    child = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    moments = int(child.stdout.readline())
    before, after = digests(old), digests(out)
    assert moments > 2 * len(after)
    mixtures = 0
    for moment in range(1, moments + 2):
        shutil.rmtree(out)
        shutil.copytree(old, out)
        (out / "thesis.txt").write_text("years of work")
        child.stdin.write(f"{moment}\n")
        child.stdin.flush()
        assert int(child.stdout.readline()) == (0 if moment > moments else -signal.SIGKILL)
        found = digests(out)
        assert found.pop("thesis.txt") == hashlib.sha256(b"years of work").hexdigest()
        assert found.keys() >= before.keys()
        assert all(digest in (before.get(name), after.get(name)) for name, digest in found.items())
        # What the list does not vouch for is of the other run.
        of_list = before if found[MANIFEST] == before[MANIFEST] else after
        assert set(of_another_run(out)) == {n for n in listed(out) if found[n] != of_list[n]}
        if of_list is after:
            assert of_another_run(out) == []
        mixtures += bool(of_another_run(out))
        sweep(out)
        assert not list(out.glob(".triptych-*"))
    assert mixtures >= len(after) - 2
    assert {n: found[n] for n in after} == after, "the last one was not killed"
    child.stdin.close()
    assert child.wait() == 0


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1, 0.3, 1.0])
def test_a_command_killed_while_it_writes(delay: float, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y,x\n" + "".join(f"{k * 1.7 % 5:.2f},{k * k % 7}\n" for k in range(20)))
    script = "import sys; from triptych.cli.main import script; sys.argv[0] = 'triptych'; script()"
    few = ["--draws", "400", "--tune", "200", "--out", "report"]
    command = [sys.executable, "-c", script, "fit", "t.csv", "--formula", "y ~ x", *few]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode in (0, 1)
    out = tmp_path / "report"
    before = digests(out)
    (out / "thesis.txt").write_text("years of work")
    process = subprocess.Popen([*command, "--seed", "2"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(out.glob(".triptych-*")):
        time.sleep(0.005)
    time.sleep(delay)
    process.kill()
    process.wait()
    assert (out / "thesis.txt").read_text() == "years of work"
    assert digests(out).keys() - {"thesis.txt"} == before.keys()
    assert subprocess.run([*command, "--seed", "3"], cwd=tmp_path, capture_output=True).returncode in (0, 1)
    assert of_another_run(out) == []
    assert not list(out.glob(".triptych-*"))
    assert (out / "thesis.txt").exists()
