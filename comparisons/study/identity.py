"""What the figures of a cell depend on, by name: kept beside them, and compared before they are used again."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache, partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from triptych.comparisons.study.design import Design
from triptych.comparisons.study.sources import Cell, ModelSource
from triptych.problem.scenario import Scenario

LIBRARIES = ("pymc", "pytensor", "nutpie", "arviz", "statsmodels", "jax", "jaxlib", "numpy", "scipy")
# Rooms of the package that do not change what is solved.
NOT_SOLVING = ("reports", "cli", "models", "testing", "penalties", "regression", "design")


def identity(design: Design, cell: Cell) -> dict[str, str]:
    """Return everything that the figures of a cell depend on, by a name that a message can use.

    Parameters
    ----------
    design
        The study; how many replicates it has and which other cells does not matter.
    cell
        One of its cells.
    """
    source = design.source
    model = _model_digest(source) if isinstance(source, ModelSource) else scenario_digest(source.scenario)
    truth = "prior draws" if design.prior_draws else json.dumps(plain(design.truth), sort_keys=True)
    return {
        "the scenario's source": model,
        "the cell's settings": json.dumps(plain({"n": cell.n, **cell.settings}), sort_keys=True),
        "truth": truth,
        **{f"the option {name}": json.dumps(plain(value)) for name, value in asdict(design.options).items()},
        "the seed": str(design.random_seed),
        **{f"the version of {name}": version(name) for name in LIBRARIES},
        "the source of triptych": _package_digest(),
    }


def digest_of(parts: Mapping[str, str]) -> str:
    """Return one digest of an identity."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what differs between two identities, with both values where these are short."""
    said = []
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name, "nothing"), now.get(name, "nothing")
        if old != new:
            said.append(name if max(len(old), len(new)) > 60 else f"{name} ({old} then, {new} now)")
    return said


def plain(value: Any) -> Any:
    """Return a value as JSON has it; arrays become lists."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def scenario_digest(scenario: Scenario) -> str:
    """Return a digest of the files in which a scenario's functions are written, and of the values that these use."""
    digest = hashlib.sha256()
    functions = [scenario.model, scenario.data, scenario.simulate]
    for which in (scenario, scenario.likelihood):
        if which is None:
            continue
        functions += [which.model] if which is not scenario else []
        rest = (which.estimands, which.relabel, which.no_posterior, dict(which.no_maximum))
        digest.update(repr(rest).encode())
    files = set()
    for function in functions:
        digest.update(_function(function).encode())
        files.add(_file(function))
    for text in sorted(files):
        digest.update(text.encode())
    return digest.hexdigest()


def _file(function: Callable[..., Any] | None) -> str:
    """Return the text of the file in which a function is written; empty where there is none."""
    while isinstance(function, partial):
        function = function.func
    try:
        place = inspect.getsourcefile(function) if function is not None else None
        return Path(place).read_text(encoding="utf-8") if place else ""
    except (TypeError, OSError):
        return ""


def _function(function: Any) -> str:
    """Return what a function computes with: its code, its defaults and the values that it closes over."""
    if isinstance(function, partial):
        return f"{_function(function.func)} {_value(function.args)} {_value(function.keywords)}"
    code = getattr(function, "__code__", None)
    if code is None:
        return _value(function)
    cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    values = [_value(value) for value in (function.__defaults__, function.__kwdefaults__, *cells)]
    return f"{_code(code)} {values}"


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - a name that is not bound yet raises
    except ValueError:
        return False
    return True


def _code(code: CodeType) -> str:
    constants = [_code(c) if isinstance(c, CodeType) else _value(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {constants} {code.co_names}"


def _value(value: Any) -> str:
    """Return a value as a text that is the same in every process."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {hashlib.sha256(np.ascontiguousarray(value)).hexdigest()}"
    if isinstance(value, Mapping):
        return str([(k, _value(v)) for k, v in value.items()])
    if isinstance(value, list | tuple):
        return str([_value(v) for v in value])
    if isinstance(value, set | frozenset):
        return str(sorted(_value(v) for v in value))
    if isinstance(value, Scenario):
        return value.name
    if hasattr(value, "__code__"):
        return _function(value)
    if hasattr(value, "arrays"):  # data
        return _value(value.arrays)
    text = repr(value)
    return type(value).__qualname__ if " at 0x" in text else text


def _model_digest(source: ModelSource) -> str:
    """Return a digest of the density of a model, of its constants, and of the data that it reads."""
    from triptych.engine.fingerprint import fingerprint

    model = source.model
    values = [*model.value_vars, *(model.rvs_to_values[rv] for rv in model.observed_RVs)]
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.traversal import graph_inputs

    density = model.logp()
    shared = [v for v in graph_inputs([density]) if isinstance(v, SharedVariable) and v not in values]
    read = [_value(np.asarray(v.get_value(borrow=True))) for v in shared]
    text = fingerprint([*values, *shared], [density])
    return hashlib.sha256(f"{text} {read}".encode()).hexdigest()


@lru_cache(maxsize=1)
def _package_digest() -> str:
    """Return a digest of the files of this package that decide how something is solved."""
    spec = find_spec("triptych")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    digest = hashlib.sha256()
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and p.name not in NOT_SOLVING):
        for place in sorted(folder.rglob("*.py")):
            digest.update(place.relative_to(root).as_posix().encode() + place.read_bytes())
    return digest.hexdigest()[:16]
