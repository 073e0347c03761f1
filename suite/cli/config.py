"""The TOML file of ``triptych fit --config``: its keys, their ranges, and messages that name the wrong one."""

from __future__ import annotations

import reprlib
import tomllib
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from triptych.base.errors import InputError, path_of
from triptych.base.options import meant, nearest
from triptych.base.text import cited
from triptych.cli.options import REGRESSION, SETTINGS, Output, Shared
from triptych.problem.scenario import LONGEST_NAME

# The keys that no other command has, with their types; the rest are the options that commands share.
TABLE = {"data": str, "formula": str}
REPORT = {
    "name": Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_NAME)],
    "out": str,
    "format": Literal[tuple(map(str, Output))],
}


def _kind(option: Shared) -> Any:
    """Return the type of an option in a file, with its range and the words that may stand in its place."""
    kind = Annotated[option.in_file, Field(**option.limits)] if option.limits else option.in_file
    return kind | Literal[option.words] if option.words else kind


KEYS: dict[str, Any] = {
    **TABLE,
    **{name: _kind(option) for name, option in REGRESSION.items()},
    **REPORT,
    **{name: _kind(option) for name, option in SETTINGS.items()},
}


class Options(BaseModel):
    """Options of ``triptych fit``; every key is optional and the command line overrides it.

    A key that is missing is ``None`` here: the caller's own default holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return the value of a key, or None."""

    def given(self) -> dict[str, Any]:
        """Return the keys that the file sets."""
        return {key: getattr(self, key) for key in self.model_fields_set}


_OPTIONAL: dict[str, Any] = {key: (kind | None, None) for key, kind in KEYS.items()}
FitConfig: type[Options] = create_model("FitConfig", __base__=Options, **_OPTIONAL)


def read_config(path: str | PathLike[str]) -> Options:
    """Read a TOML file.

    Raises
    ------
    InputError
        The file is missing or no TOML, or has a key that is unknown or of the wrong kind.
    """
    place = path_of(path)
    try:
        text = place.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte-order mark
    except FileNotFoundError as fault:
        raise InputError(f"there is no file {str(place)!r}") from fault
    except IsADirectoryError as fault:
        raise InputError(f"{str(place)!r} is a directory, not a TOML file") from fault
    except UnicodeDecodeError as fault:
        raise InputError(f"{str(place)!r} is not UTF-8; save it again as UTF-8") from fault
    except OSError as fault:
        raise InputError(f"{cited(str(place))} cannot be read: {fault.strerror}") from fault
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"{str(place)!r} is not TOML: {fault}") from fault
    except RecursionError:
        raise InputError(f"{str(place)!r} is nested too deeply; every option is one plain value") from None
    return check_config(content, str(place))


def check_config(content: dict[str, Any], origin: str = "the configuration") -> Options:
    """Return the configuration of a mapping, or say which key is wrong."""
    allowed = list(FitConfig.model_fields)
    for key in content:
        if key not in allowed:
            raise InputError(f"{origin}: unknown key {key!r}; {nearest(key, allowed)}")
    try:
        return FitConfig.model_validate(content)
    except ValidationError as fault:
        first = fault.errors()[0]
        key = str(first["loc"][0])
        message = " or ".join(dict.fromkeys(error["msg"] for error in fault.errors() if error["loc"][0] == key))
        value = first["input"]
        said = reprlib.repr(value) if isinstance(value, list | dict) else repr(value)
        near = meant(value, _words(KEYS[key])) if isinstance(value, str) else None
        hint = f"; did you mean {near!r}?" if near else ""
        raise InputError(f"{origin}: {key} = {said}: {message}{hint}") from fault


def _words(kind: Any) -> list[str]:
    """Return the words that a type allows."""
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) for word in _words(part)]
