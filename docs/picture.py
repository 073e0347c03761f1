"""Make the picture of the README: the first screen of the report on the eight schools model, as Chromium draws it.

Run ``python docs/picture.py`` in a checkout; it prints what the terminal says of the model as well.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

import triptych
from triptych.reports.terminal import print_summary

ROOT = Path(__file__).parent.parent
SIZE = "1100,900"


def shown() -> tuple[Any, Any]:
    """Return the model that the README shows, and the comparison that it makes."""
    (code,) = re.findall(
        r"```python\n(import pymc as pm\n.*?)\ncomparison.to_html", (ROOT / "README.md").read_text(), re.DOTALL
    )
    space: dict[str, Any] = {"triptych": triptych}
    exec(code, space)
    return space["schools"], space["comparison"]


def main() -> None:
    """Write ``docs/eight_schools.png``."""
    model, comparison = shown()
    few = triptych.compare(model, estimands=["mu", "tau"], name="schools", progressbar=False)
    print_summary([few], Console(width=100))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        comparison.to_html(page)
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={SIZE}",
                f"--screenshot={ROOT / 'docs' / 'eight_schools.png'}", page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
