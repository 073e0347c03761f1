"""``python -m triptych`` is the command line."""

from triptych.cli.main import script

script()
