"""The rooms depend on each other in one direction, and what is heavy is imported only when it is used."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from triptych import comparisons, models, registry, reports

ROOMS = {
    "suite": Path(registry.__file__).parent,
    "models": Path(models.__file__).parent,
    "comparisons": Path(comparisons.__file__).parent,
    "reports": Path(reports.__file__).parent,
}
ALLOWED = {
    "suite": {"suite"},
    "models": {"suite"},
    "comparisons": {"suite", "comparisons"},
    "reports": {"suite", "comparisons", "reports"},
}
# Files that join the rooms, and what they may reach beyond the rule: inside a function, or for types alone.
JOINTS = {
    "suite/__init__.py": set(ROOMS),
    "suite/cli.py": set(ROOMS),
    "suite/runs.py": {"suite", "comparisons"},
    "suite/given.py": {"suite", "comparisons"},
    "comparisons/comparison.py": {"suite", "comparisons", "reports"},
}
LATER = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
HEAVY = ("pymc", "pytensor", "arviz", "statsmodels", "jax", "nutpie", "sklearn", "matplotlib")


def files() -> list[tuple[str, Path]]:
    return [(room, path) for room, folder in ROOMS.items() for path in sorted(folder.glob("*.py"))]


def own_imports(tree: ast.Module) -> Iterator[tuple[str, bool, int]]:
    """Yield room, whether the import runs when the module is imported, and line."""

    def visit(node: ast.AST, eager: bool) -> Iterator[tuple[str, bool, int]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, LATER) or is_for_types(child):
                yield from visit(child, False)
            else:
                for name in imported(child):
                    if name.split(".")[0] == "triptych":
                        yield room_of(name), eager, child.lineno
                yield from visit(child, eager)

    yield from visit(tree, True)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imported(node: ast.AST) -> list[str]:
    """Return the modules an import statement reaches; ``from triptych import models`` reaches models."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def room_of(name: str) -> str:
    second = [*name.split("."), ""][1]
    return second if second in ("models", "comparisons", "reports") else "suite"


def violations(room: str, path: str, source: str) -> list[str]:
    joined = JOINTS.get(path, set())
    return [
        f"{path}:{line} imports {target}{' when it is imported' if eager else ''}"
        for target, eager, line in own_imports(ast.parse(source))
        if target not in ALLOWED[room] and (eager or target not in joined)
    ]


@pytest.mark.parametrize(("room", "path"), files(), ids=lambda value: getattr(value, "name", value))
def test_dependencies_point_one_way(room: str, path: Path) -> None:
    assert violations(room, f"{room}/{path.name}", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("suite/engine.py", "from triptych.comparisons.comparison import Comparison"),
        ("suite/engine.py", "def f():\n    import triptych.reports.html"),
        ("suite/runs.py", "from triptych.comparisons.comparison import Comparison"),
        ("suite/runs.py", "def f():\n    from triptych.reports import html"),
        ("models/lasso.py", "from triptych import comparisons"),
        ("comparisons/comparison.py", "from triptych.reports.html import render"),
        ("comparisons/holdout.py", "def f():\n    from triptych.reports.html import render"),
        ("reports/html.py", "if True:\n    from triptych.models.lasso import scenario"),
    ],
)
def test_the_rule_sees_what_breaks_it(path: str, source: str) -> None:
    assert len(violations(path.split("/")[0], path, source)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import triptych",
        "import triptych; triptych.scenarios; triptych.Status; triptych.Scenario; triptych.penalties",
        "from triptych.cli import main; main(['--help'])",
        "from triptych.cli import main; main(['run', '--help'])",
        "from triptych.cli import main; main('penalty --prior normal --scale 1 --sigma 1 --n 9'.split())",
    ],
    ids=["import", "names", "help", "run-help", "penalty"],
)
def test_what_is_heavy_is_not_imported(code: str) -> None:
    script = f"""
import json, sys
try:
    {code}
except SystemExit as done:
    assert not done.code, done.code
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_listing_the_scenarios_imports_none_of_it() -> None:
    script = f"import sys, triptych; triptych.scenarios(); print(sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
