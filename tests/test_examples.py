"""The examples of README and docs run as they stand there, with few draws, and print what they say."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import triptych
from triptych.cli.main import main
from triptych.problem.registry import scenarios
from triptych.problem.scenario import Scenario

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PUBLIC = ROOT / "tests" / "public_names.txt"
FEW = {"draws": 60, "tune": 60, "chains": 2}
CHEAP = ("list", "penalty")  # commands that are run; of the others the options are read


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the language of each block of code of a page, and the code."""
    inside: list[str] | None = None
    language = ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("```"):
            if inside is not None:
                inside.append(line)
        elif inside is None:
            inside, language = [], line[3:].strip()
        else:
            yield language, "\n".join(inside) + "\n"
            inside = None


def examples() -> list[Any]:
    """Return the blocks of Python of all pages."""
    return [
        pytest.param(code, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, (language, code) in enumerate(blocks(page))
        if language == "python"
    ]


def test_every_block_is_run_or_cannot_be() -> None:
    """Code without a language is commands; code cells are run by the site's build; the rest is no code."""
    kinds = {"python", "sh", "text", "toml", "yaml", "{code-cell}", "{toctree}", "{include}", "{eval-rst}"}
    for page in PAGES:
        for language, code in blocks(page):
            kind = language.partition(" ")[0]
            assert kind in kinds or not kind, f"{page.name}: {language}"
            assert kind != "{code-cell}" or "file_format: mystnb" in page.read_text(encoding="utf-8")
            if language == "toml":
                tomllib.loads(code)


def test_every_page_stands_in_its_section() -> None:
    entries = [
        line
        for page in PAGES[1:]
        for language, code in blocks(page)
        if language == "{toctree}"
        for line in code.splitlines()
        if line and not line.startswith(":")
    ]
    assert sorted(entries) == sorted(page.stem for page in PAGES[1:] if page.stem != "index")


def test_the_python_that_uv_takes_is_the_one_that_the_readme_names() -> None:
    """``uv`` fetches what ``.python-version`` names where it is not there; who reads the README has to expect that."""
    taken = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    least = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    said = f"Python {least.removeprefix('>=')} or newer serves: `uv run` takes {taken}, and fetches it where it is not"
    assert said in readme


def test_public_names_stand_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    names = {line.partition(":")[0].partition("(")[0] for line in PUBLIC.read_text(encoding="utf-8").splitlines()}
    missing = [name for name in names if not re.search(rf"\b{name.removeprefix('triptych.')}\b", reference)]
    assert names
    assert missing == []


def commands() -> list[str]:
    """Return the commands of all pages, once each."""
    lines = [line for page in PAGES for _, code in blocks(page) for line in code.splitlines()]
    return sorted({line for line in lines if line.startswith("triptych ")})


def given() -> dict[str, Any]:
    """Return what the examples take for granted: a table, two sets of estimates, a model."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x1": rng.normal(size=40), "group": rng.choice(list("abc"), 40)})
    frame["y"] = (rng.random(40) < 1 / (1 + np.exp(-frame["x1"]))).astype(int)
    before = {"mu": rng.normal(size=(4, 500)), "sigma": rng.normal(size=(4, 500))}
    model = schools()
    return {"frame": frame, "before": before, "after": before, "model": model, "schools": model}


def schools() -> Any:
    """Return the model of the README."""
    (code,) = [
        code for _, code in blocks(PAGES[0]) if code.startswith("import pymc as pm\n\nimport triptych\n\nwith pm.Model")
    ]
    space: dict[str, Any] = {}
    exec(code.partition("\n\ncomparison =")[0], space)
    return space["schools"]


def cheap(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that samples little where nothing else is asked for."""

    @wraps(function)
    def small(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **{**FEW, "progressbar": False, **options})

    return small


def short(study: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes studies of few data sets, whatever an example asks for."""

    @wraps(study)
    def small(*arguments: Any, **options: Any) -> Any:
        return study(*arguments, **{**options, "replicates": 16, "progressbar": False})

    return small


@pytest.mark.parametrize("code", examples())
def test_python_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("run", "compare", "fit"):
        monkeypatch.setattr(triptych, name, cheap(getattr(triptych, name)))
    monkeypatch.setattr(triptych, "study", short(triptych.study))
    space: dict[str, Any] = {"triptych": triptych, **given()}
    for statement in ast.parse(code).body:
        said = expected(code, statement)
        if said is None:
            exec(compile(ast.Module([statement], []), "example", "exec"), space)
        else:
            assert isinstance(statement, ast.Expr)
            assert repr(eval(compile(ast.Expression(statement.value), "example", "eval"), space)) == said
    if isinstance(found := space.get("scenario"), Scenario):
        solved = triptych.run(found)
        assert [claim.holds for claim in solved.evaluated_claims] == [True] * len(found.claims)


def expected(code: str, statement: ast.stmt) -> str | None:
    """Return the value that a comment behind an expression states: one that could stand in code itself."""
    _, mark, comment = code.splitlines()[(statement.end_lineno or 1) - 1].partition("  # ")
    if not mark or not isinstance(statement, ast.Expr):
        return None
    try:
        value = ast.parse(comment, mode="eval").body
    except SyntaxError:
        return None
    return comment if isinstance(value, ast.Call | ast.Dict) else None


@pytest.mark.parametrize("line", commands())
def test_commands_are_taken(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    filled = re.sub(r"(?<=[ =,])(A|B|V\d?)(?=[ ,]|$)", "1", line)  # what stands for a number
    _, command, *rest = shlex.split(filled, comments=True)
    if command not in CHEAP:
        options = parsed(command, rest)
        assert {name for name in options.get("names") or () if ":" not in name} <= {*scenarios()}
        return
    with pytest.raises(SystemExit) as end:
        main([command, *rest])
    told = capsys.readouterr()
    assert not end.value.code, told.err
    assert told.out


def parsed(command: str, rest: list[str]) -> dict[str, Any]:
    """Return the options of a command line, which is read and not run."""
    import typer

    from triptych.cli.commands import app

    group = typer.main.get_command(app)
    context = group.make_context("triptych", [command, *rest])
    inner = group.commands[command].make_context(command, rest, parent=context)  # type: ignore[attr-defined]
    return dict(inner.params)
