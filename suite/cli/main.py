"""The command line: ``triptych list | run | compare | fit | study | path | penalty | teach``.

Results go to stdout, progress and messages to stderr. Exit code 0: every claim holds and every
estimate is what the scenario expects; 1: one is not; 2: usage or bad input; 4: the environment, such as a
full disk or a closed stream; 130: interrupted.

Libraries, which take seconds, are imported only when an interrupt no longer ends in a traceback.
"""

from __future__ import annotations

import os
import re
import signal
import sys

TYPE_CHECKING = (
    False  # type checkers take it as true; importing typing here would cost time before an interrupt is handled
)
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

ENVIRONMENT, INTERRUPTED = 4, 130
STOPPED = "interrupted; nothing was written"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from triptych.base.environment import lacking, told
    from triptych.base.errors import InputError
    from triptych.base.interrupt import noted
    from triptych.cli.commands import app
    from triptych.cli.streams import flush, say

    try:
        with noted():
            try:
                code = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
                raise SystemExit(code if isinstance(code, int) else 0)
            except SystemExit:
                flush()
                raise
    except InputError as error:
        say(str(error))
        raise SystemExit(2) from None
    except SystemExit as end:
        # Typer exits with this code after an interrupt, without a message.
        if end.code == INTERRUPTED and not getattr(end, "told", False):
            say(STOPPED)
        raise
    except KeyboardInterrupt:
        say(STOPPED)
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:
        if hasattr(error, "format_message"):  # typer's own, of a call that it cannot read
            _say_usage(error)
            raise SystemExit(2) from None
        fault = lacking(error) or (told(error) if isinstance(error, OSError) else "")
        if not fault:
            raise
        say(fault)
        raise SystemExit(ENVIRONMENT) from None


def _say_usage(error: Any) -> None:
    """Say what is wrong with a call in the words of all other messages; without a command that is the help."""
    from triptych.cli.streams import say

    context = getattr(error, "ctx", None)
    message = str(error.format_message())
    if message.startswith("Usage:") or context is None:
        error.show()
        return
    if hasattr(error, "possibilities"):  # an option that the command does not have
        from triptych.base.options import meant

        options = [option for one in context.command.params for option in (*one.opts, *one.secondary_opts)]
        near = meant(error.option_name, [option for option in options if option.startswith("--")])
        message = f"no such option: {error.option_name}" + (f"; did you mean {near}?" if near else "")
    said = message.rstrip(".") + _formula(error)
    say(f"{said[0].lower()}{said[1:]}{'' if said.endswith('?') else ';'} see {context.command_path} -h")


def _formula(error: Any) -> str:
    """Return how a formula is given, where one stands among the arguments of a command that takes it as an option."""
    import shlex

    extra = re.search(r" unexpected extra arguments?(?:\(s\))? \((.*)\)$", str(error.format_message()), re.DOTALL)
    if extra is None or all(parameter.name != "formula" for parameter in error.ctx.command.params):
        return ""
    home = os.path.expanduser("~")  # what a shell makes of a ~ that stands alone outside quotes
    formula = " ".join("~" if word == home else word for word in extra[1].split(" "))
    return f"; a formula is given as --formula {shlex.quote(formula)}" if "~" in formula else ""


def script() -> NoReturn:
    """Run the command line as a process that ends without taking its libraries apart, which takes a second."""
    _end_when_interrupted()
    # All linear algebra of ours runs in one thread (base/threads.py), and each further one reserves memory.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import logging
    from contextlib import suppress

    from triptych.api.second_process import own_process
    from triptych.cli.streams import open_streams

    open_streams()
    own_process()
    logging.getLogger("matplotlib").setLevel(
        logging.ERROR
    )  # where its cache folder is read-only it would warn at each start
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    with suppress(OSError, ValueError):  # the reader may have gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _end_when_interrupted() -> None:
    """Let an interrupt end this process at once, until a command begins; where it is ignored it stays so.

    A library that is being imported may swallow an exception, or take it for another library that is missing.
    """

    def end(*_: Any) -> None:
        try:
            os.write(2, b"triptych: interrupted\n")
        finally:  # also where stderr cannot be written
            os._exit(INTERRUPTED)

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, end)
