"""Files of baselines: JSON with one record a line, checked when read, and written whole or not at all."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triptych.base.environment import told
from triptych.base.errors import EnvironmentFault, InputError
from triptych.base.text import cited
from triptych.base.whole_files import write_whole


@dataclass(frozen=True)
class Checked:
    """A mapping from a file, whose values are of the kinds asked for or the file is refused."""

    values: Mapping[str, Any]
    where: str

    def get[T](self, key: str, kind: type[T]) -> T:
        """Return a value of a kind.

        Raises
        ------
        InputError
            When it is missing or of another kind.
        """
        if key not in self.values:
            raise InputError(f"{self.where} is damaged: it has no {key!r}; restore the file, or make it again")
        value = self.values[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InputError(
                f"{self.where} is damaged: {key!r} is a {type(value).__name__} and not a {kind.__name__}; "
                "restore the file, or make it again"
            )
        return value

    def record(self, key: str) -> Checked:
        """Return a mapping within this one."""
        return Checked(self.get(key, dict), self.where)

    def records(self, key: str) -> list[Checked]:
        """Return a list of mappings."""
        found = self.get(key, list)
        for one in found:
            if not isinstance(one, dict):
                raise InputError(f"{self.where} is damaged: an entry of {key!r} is a {type(one).__name__}")
        return [Checked(one, self.where) for one in found]


def read_json(path: Path, kind: str, schema: int) -> dict[str, Any]:
    """Read a file of one kind, of this schema or an older one.

    Raises
    ------
    InputError
        When it is missing, empty, no JSON, of another kind, or of a newer schema.
    """
    name = cited(str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"there is no file {name}") from None
    except UnicodeDecodeError:
        raise InputError(f"{name} is not a {kind}: it is no UTF-8 text") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {told(error)}") from error
    if not text.strip():
        raise InputError(f"{name} is empty; restore the file, or make it again")
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is damaged or truncated ({error}); restore the file, or make it again") from None
    if not isinstance(found, dict) or found.get("kind") != kind:
        raise InputError(f"{name} is not a {kind}; name a file that triptych wrote as one")
    version = found.get("schema")
    if type(version) is not int or version < 1:
        raise InputError(f"{name} is damaged: it has no schema; restore the file, or make it again")
    if version > schema:
        raise InputError(
            f"{name} has the schema {version}, and this triptych reads up to {schema}; use a newer triptych"
        )
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def lines(record: Mapping[str, Any], depth: int = 0) -> str:
    """Return JSON with one entry a line, for a list of records one record a line, and mappings of those alike."""
    space = "  " * (depth + 1)
    parts = []
    for key, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            inner = ",\n".join(f"{space}  {_dump(one)}" for one in value)
            parts.append(f"{space}{_dump(key)}: [\n{inner}\n{space}]")
        elif isinstance(value, Mapping) and any(isinstance(one, list | Mapping) for one in value.values()):
            parts.append(f"{space}{_dump(key)}: {lines(value, depth + 1).rstrip()}")
        else:
            parts.append(f"{space}{_dump(key)}: {_dump(value)}")
    return "{\n" + ",\n".join(parts) + "\n" + "  " * depth + "}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_text(path: Path, text: str) -> Path:
    """Write a file whole, or leave what was there.

    Raises
    ------
    EnvironmentFault
        When the disk does not take it.
    """
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file whole, or leave what was there.

    Raises
    ------
    EnvironmentFault
        When the disk does not take it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise EnvironmentFault(f"{cited(str(path))} could not be written: {told(error)}") from error
    return path


def text_of(array: np.ndarray) -> str:
    """Return an array of numbers as text, every digit kept (base64 of little-endian doubles)."""
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f8").tobytes()).decode("ascii")


def array_of(text: str, shape: tuple[int, ...], where: str) -> np.ndarray:
    """Return the array that a text holds.

    Raises
    ------
    InputError
        When it is damaged, of another shape, or has a value that is no number.
    """
    try:
        flat = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8")
        array = flat.reshape(shape).astype(float)
    except (binascii.Error, ValueError, TypeError) as error:
        raise InputError(f"{where} are damaged ({error}); restore the file, or make it again") from None
    if np.any(np.isnan(array)):
        raise InputError(f"{where} hold values that are not numbers; make the file again")
    return array
