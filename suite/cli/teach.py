"""``triptych teach``: the lesson as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from triptych.base.environment import told
from triptych.base.errors import EnvironmentFault, InputError, path_of
from triptych.base.text import cited
from triptych.base.whole_files import write_whole
from triptych.cli.streams import say


def teach(
    acts: Annotated[list[str] | None, typer.Argument(metavar="[ACT]...", help="Acts of the lesson, in order.")] = None,
    out: Annotated[str, typer.Option("--out", help="The file to write.")] = "lesson.html",
    live: Annotated[
        str | None, typer.Option("--live", help="Open the engine behind sliders: a scenario, or file.py:model.")
    ] = None,
) -> None:
    """Write the lesson: one HTML file for a class, without a network."""
    if live is not None:
        from triptych.cli.live import run_live

        return run_live(live)
    from triptych.reports.lesson.lesson import render_lesson

    place = _file(out)
    page = render_lesson(acts or ())
    try:
        _put(page, place)
    except OSError as error:
        raise EnvironmentFault(f"the lesson was not written: {told(error)}") from error
    if not say(f"lesson written to {place}"):
        raise EnvironmentFault(f"standard error is closed; the lesson is {place}")


def _file(out: str) -> Path:
    """Return the file for the lesson; refuse what cannot be one."""
    if not out.strip():
        raise InputError("--out is empty; name a file, such as lesson.html")
    place = path_of(out)
    try:
        folder = place.parent
        if place.is_dir():
            raise InputError(
                f"--out {cited(out)} is a folder; name a file, such as {cited(str(place / 'lesson.html'))}"
            )
        if folder.exists() and not folder.is_dir():
            raise InputError(f"cannot write the lesson to {cited(out)}: {cited(str(folder))} is a file")
    except OSError as error:
        raise InputError(f"cannot write the lesson to {cited(out)}: {error.strerror}; name another file") from None
    return place


def _put(page: str, place: Path) -> None:
    """Write a file whole or not at all: beside its place first, then into it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, page.encode())
