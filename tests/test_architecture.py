"""Rooms depend on each other in one direction, no file on itself by a detour, and heavy libraries load when used."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import triptych

# A room may import its own files and those of rooms on later lines; rooms on one line do not see each other.
LAYERS = (
    ("cli",),
    ("testing",),
    ("api",),
    ("reports",),
    ("comparisons",),
    ("panels",),
    ("profiles", "components", "batch"),
    ("estimates",),
    ("existence", "sampling"),
    ("optimise",),
    ("engine",),
    ("graph",),
    ("problem",),
    ("base",),
)
# Applications of the engine and what they share with it; only the rooms at the top see the wings.
WINGS = {
    "models": ("penalties", "problem", "base"),
    "regression": ("design", "problem", "base"),
    "design": ("problem", "base"),
    "penalties": ("problem", "base"),
}
TOP = ("cli", "api", "testing")
FACE = ("triptych", "triptych.__main__")  # the public names, which it imports when they are asked for
HEAVY = ("pymc", "pytensor", "arviz", "statsmodels", "jax", "nutpie", "sklearn", "matplotlib")


def allowed() -> dict[str, set[str]]:
    """Return for each room the rooms that it may import, itself among them."""
    rooms = {
        room: {room, *(below for later in LAYERS[k + 1 :] for below in later)}
        for k, layer in enumerate(LAYERS)
        for room in layer
    }
    rooms |= {wing: {wing, *seen} for wing, seen in WINGS.items()}
    for room in TOP:
        rooms[room] |= set(WINGS)
    return rooms


def sources() -> dict[str, str]:
    """Return the source of every file of the package by the name of its module."""
    root = Path(triptych.__file__).parent
    found = {}
    for folder in [root, *(path for path in root.iterdir() if path.is_dir())]:
        # The rooms at the root of a checkout are links in here, which a recursive glob does not follow.
        for path in folder.glob("*.py") if folder == root else folder.rglob("*.py"):
            parts = [part for part in path.relative_to(root).with_suffix("").parts if part != "__init__"]
            found[".".join(["triptych", *parts])] = path.read_text(encoding="utf-8")
    return found


def imported(source: str, modules: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield each module of the package that a file imports, anywhere and for types too, with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.split(".")[0] == "triptych")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            if module.split(".")[0] == "triptych":
                for alias in node.names:
                    inner = f"{module}.{alias.name}"
                    yield inner if inner in modules else module, node.lineno


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def arrows_up(modules: Mapping[str, str]) -> list[str]:
    """Return the imports that lead to a room which the importing one may not see."""
    rules = allowed()
    return [
        f"{name}:{line} imports {target}"
        for name, source in modules.items()
        if name not in FACE
        for target, line in imported(source, modules)
        if room_of(target) not in rules[room_of(name)]
    ]


def circle(modules: Mapping[str, str]) -> list[str]:
    """Return modules that import each other in a circle, empty when there is none."""
    graph = {
        name: {target for target, _ in imported(source, modules) if target not in (name, *FACE)}
        for name, source in modules.items()
        if name not in FACE
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def test_every_file_lies_in_a_room() -> None:
    alone = [name for name in sources() if name not in FACE and room_of(name) not in allowed()]
    assert alone == []


def test_no_import_leads_up() -> None:
    assert arrows_up(sources()) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circle(sources()) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("triptych.engine.new", "from triptych.comparisons.comparison import Comparison"),
        ("triptych.engine.new", "def f():\n    import triptych.reports.html"),
        ("triptych.engine.new", "if TYPE_CHECKING:\n    from triptych.sampling import nuts"),
        ("triptych.existence.new", "from triptych.sampling.gate import Plan"),
        ("triptych.regression.new", "from triptych.engine.engine import Engine"),
        ("triptych.models.new", "from triptych import comparisons"),
        ("triptych.base.new", "import triptych.problem.table"),
        ("triptych.problem.new", "from triptych import Status"),
    ],
)
def test_the_rule_sees_what_breaks_it(name: str, source: str) -> None:
    assert len(arrows_up({**{other: "" for other in sources()}, name: source})) == 1


def test_a_circle_is_seen() -> None:
    modules = {
        "triptych.base.a": "from triptych.base import b",
        "triptych.base.b": "def f():\n    from triptych.base.a import g",
    }
    assert set(circle(modules)) == set(modules)


@pytest.mark.parametrize(
    "code",
    [
        "import triptych",
        "import triptych; triptych.scenarios; triptych.Status; triptych.Scenario; triptych.penalties",
        "from triptych.cli.main import main; main(['--help'])",
        "from triptych.cli.main import main; main(['run', '--help'])",
        "from triptych.reports.lesson.lesson import render_lesson; render_lesson()",
        "from triptych.cli.main import main; main('penalty --prior normal --scale 1 --sigma 1 --n 9'.split())",
    ],
    ids=["import", "names", "help", "run-help", "lesson", "penalty"],
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


def test_a_threshold_has_one_value_under_its_name() -> None:
    found: dict[str, set[str]] = {}
    for name, source in sources().items():
        if room_of(name) not in ("existence", "estimates", "optimise", "profiles"):
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    names = target.elts if isinstance(target, ast.Tuple) else [target]
                    for one in names:
                        if isinstance(one, ast.Name) and one.id.isupper():
                            found.setdefault(one.id, set()).add(name)
    assert len(found) > 100
    assert {name: sorted(files) for name, files in found.items() if len(files) > 1} == {}
