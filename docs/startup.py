"""What the kernels of the site's pages run first: ``%%bash`` that gives its output in one piece.

IPython's own hands it on in pieces of a hundred bytes, which MyST-NB puts on lines of their own, and with
``FORCE_COLOR`` set, which would be control characters on a page.
"""

from __future__ import annotations

import os
import subprocess

from IPython.core.magic import register_cell_magic


@register_cell_magic
def bash(line: str, cell: str) -> None:
    """Run a cell in bash; an error is one, unless ``--no-raise-error`` stands behind ``%%bash``."""
    colours = ("FORCE_COLOR", "CLICOLOR_FORCE")
    done = subprocess.run(
        ["bash", "-e"],
        input=cell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in colours},
    )
    print(done.stdout, end="")
    if "--no-raise-error" not in line:
        done.check_returncode()
