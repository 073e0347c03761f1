"""What a process leaves behind: nothing but its caches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOLVE = (
    "import pymc as pm, triptych\n"
    "with pm.Model() as model:\n"
    "    pm.Normal('y', pm.Normal('mu'), 1, observed=[0.0, 1.0])\n"
    "triptych.compare(model, methods=('mle', 'map'), profile=False)\n"
)


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize("writable", [True, False])
def test_nothing_is_left_in_the_folder_for_temporary_files(tmp_path: Path, writable: bool) -> None:
    temporary, caches = tmp_path / "temporary", tmp_path / "caches"
    temporary.mkdir()
    if not writable:
        caches.write_text("a file where the folder should be")
    environment = {**os.environ, "TMPDIR": str(temporary), "XDG_CACHE_HOME": str(caches), "PYTENSOR_FLAGS": ""}
    done = subprocess.run([sys.executable, "-c", SOLVE], env=environment, check=True, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if line.startswith("triptych: nothing is kept in ")]
    assert len(said) == (not writable), done.stderr
    if writable:
        assert not list(temporary.iterdir())
        made = {folder.name for folder in (caches / "triptych").iterdir()}
        assert made == {"programs", "source", "xla"}
        page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
        assert all(f"`{name}` (" in page for name in made)  # the page says what each folder holds
    else:
        assert caches.is_file()
