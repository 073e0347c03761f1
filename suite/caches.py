"""What is kept between processes: compiled programs, and the source that PyTensor writes for them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def cache_folder(name: str) -> Path:
    """Return a folder of ours in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "triptych" / name


def keep_generated_source() -> None:
    """Let PyTensor keep generated source in one place; by default it leaves a new file behind for each function."""
    import pytensor

    if pytensor.config.generated_src_dir:
        return
    folder = cache_folder("source")
    with suppress(OSError):  # where nothing can be kept, PyTensor does as it would without us
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            pytensor.config.generated_src_dir = str(folder)
