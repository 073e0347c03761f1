"""Progress of work that takes longer than a second: the step and the time left, in a terminal or a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

Progress = Callable[[str, float], None]
Share = Callable[[float], None]  # is called with the share of one step that is done
MOMENT = 1.0  # seconds after which the display appears


@contextmanager
def watched(progressbar: bool | Progress) -> Iterator[Progress | None]:
    """Yield what is to be called with what is being done and the share that is done.

    Parameters
    ----------
    progressbar
        True for a display on stderr, in a terminal or a notebook and not elsewhere; False for none; or a
        function of one's own.
    """
    if callable(progressbar):
        yield progressbar
        return
    from rich.console import Console

    console = Console(stderr=True)
    # A notebook sets FORCE_COLOR for the commands it starts; there a line that is drawn again would be printed anew.
    seen = console.is_jupyter or (console.is_terminal and console.file.isatty())
    if not progressbar or not seen:
        yield None
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=console, transient=True)
    task = bar.add_task("starting", total=1.0)

    def report(description: str, share: float) -> None:
        # Sampling restarts when draws fail the gate, so that the share falls and no time left can be estimated.
        if share < bar.tasks[task].completed - 0.1:
            bar.reset(task)
        bar.update(task, description=description, completed=share)

    begin = Timer(MOMENT, bar.start)
    begin.daemon = True
    begin.start()
    try:
        yield report
    finally:
        begin.cancel()
        bar.stop()


def unheard(share: float) -> None:
    """Ignore the share: the progress of a caller that shows none."""


def between(share: Share, begins: float, ends: float) -> Share:
    """Return what reports a part of the work as its place in the whole."""
    return lambda done: share(begins + (ends - begins) * done)
