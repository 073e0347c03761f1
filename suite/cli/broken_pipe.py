"""Ending with code 0 when the reader of stdout closes it early, as ``| head`` does."""

from __future__ import annotations

import sys
from typing import Any

from typer.core import TyperGroup

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.base.text import cited
from triptych.cli.streams import give_up


class PatientGroup(TyperGroup):
    """A group of commands that exit with 0 when stdout is a closed pipe."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called; refuse one that there is not, and say which is meant."""
        if args and not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            raise InputError(f"no such command {cited(args[0])}; {nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command and everything that it prints."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except (BrokenPipeError, SystemExit) as end:
            # When a table meets a closed pipe Rich exits with 1; here the pipe is looked at instead.
            if not isinstance(end, BrokenPipeError) and not isinstance(end.__context__, BrokenPipeError):
                raise
            give_up()
            raise SystemExit(0) from None
        return done
