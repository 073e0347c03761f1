"""Checks of options that are flags, numbers or texts, and of the names of options."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from numbers import Real
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import listed, said

# Names of options on the command line or in other libraries, with their names here.
ELSEWHERE = {"seed": "random_seed", "random_state": "random_seed", "data": "table", "hdi_prob": "ci_prob"}
# Levels of intervals: below, an HDI would hold no draw; above, normal quantiles run out of digits.
LOWEST, HIGHEST = 0.01, 0.999999999
LIKE = (
    0.65  # least likeness (difflib's ratio, from 0 to 1) of a name that may be meant; "possion" has 0.71 of "poisson"
)
MOST_NAMED = 30  # names that a message lists


def named[**P, R](*others: Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Refuse options that a function does not have, naming the nearest; it may pass some on to others."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        parameters = [p for f in (function, *others) for p in signature(f).parameters.values()]
        known = list(dict.fromkeys(p.name for p in parameters if p.kind is not Parameter.VAR_KEYWORD))

        @wraps(function)
        def checked(*args: P.args, **options: P.kwargs) -> R:
            for name in options:
                if name not in known:
                    raise InputError(f"{function.__name__} has no option {name}; {nearest(name, known, str)}")
            return function(*args, **options)

        return checked

    return decorate


def nearest(name: str, known: Iterable[Any], write: Callable[[str], str] = repr) -> str:
    """Return a question for the known name that is meant, or say which there are.

    Parameters
    ----------
    name
        What was given and is none of them.
    known
        The names that there are.
    write
        How a message writes a name: between quotes, unless told otherwise.
    """
    names = [str(one) for one in known]
    if (near := meant(name, names)) is not None:
        return f"did you mean {write(near)}?"
    return f"there are {listed(names, MOST_NAMED, write) or 'none'}"


def meant(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that another is likely to stand for; None where no name is near.

    Capitals, leading dashes, and whether words are joined by ``-``, ``_`` or a blank make no difference. A beginning
    that only one name has stands for that name.
    """
    names = list(known)
    if (other := ELSEWHERE.get(name)) in names:
        return other
    plain = {one: _plain(one) for one in names}
    given = _plain(name)
    same = [one for one in names if plain[one] == given]
    begun = [one for one in names if given and plain[one].startswith(given)]
    if same or len(begun) == 1:
        return (same or begun)[0]
    near = get_close_matches(given, plain.values(), n=1, cutoff=LIKE)
    return next((one for one in names if plain[one] == near[0]), None) if near else None


def _plain(name: str) -> str:
    return name.casefold().lstrip("-").replace("-", "_").replace(" ", "_")


def one_of(name: str, value: Any, known: Iterable[Any]) -> None:
    """Refuse an option that is none of some words."""
    words = [str(one) for one in known]
    if value not in words:
        near = meant(value, words) if isinstance(value, str) else None
        *others, last = map(repr, words)
        hint = f"use {', '.join(others)} or {last}" if near is None else f"did you mean {near!r}?"
        raise InputError(f"{name}={said(value)}: {hint}")


def some_of(name: str, values: Any, known: Sequence[str], *, empty: bool = False) -> None:
    """Refuse an option that is no collection of some words; ``empty`` allows for none of them."""
    use = f"use {'any' if empty else 'one or more'} of {', '.join(known)}"
    if isinstance(values, str) or not isinstance(values, Collection) or not (values or empty):
        raise InputError(f"{name}={said(values)}: {use}")
    if unknown := [value for value in values if value not in known]:
        near = meant(unknown[0], known) if isinstance(unknown[0], str) else None
        hint = use if near is None else f"did you mean {near!r}?"
        raise InputError(f"{name}={said(values)}: there is no {unknown[0]!r}; {hint}")


def flag(name: str, value: Any) -> bool:
    """Return an option that is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name}={said(value)}: use True or False")
    return bool(value)


def word(name: str, value: Any, use: str) -> str:
    """Return an option that is a text."""
    if not isinstance(value, str):
        raise InputError(f"{name}={said(value)}: use {use}")
    return value


def level(name: str, value: Any) -> float:
    """Return the level of intervals."""
    found = real(value)
    if found is None or not LOWEST <= found <= HIGHEST:
        raise InputError(f"{name}{said(value)}: use a probability from {LOWEST} to {HIGHEST}, e.g. 0.95")
    return found


def real(value: Any) -> float | None:
    """Return a finite number of any kind as a float, and None for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
