"""A reader of stdout that goes before everything is said, as ``| head`` does."""

from __future__ import annotations

import sys
from typing import Any

from typer.core import TyperGroup

from triptych.cli.streams import give_up


class PatientGroup(TyperGroup):
    """Commands that end with 0 when their reader has gone: nothing is left to say."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command and everything that it prints."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except (BrokenPipeError, SystemExit) as end:
            # Rich turns the broken pipe of a table into an exit with 1.
            if not isinstance(end, BrokenPipeError) and not isinstance(end.__context__, BrokenPipeError):
                raise
            give_up()
            raise SystemExit(0) from None
        return done
