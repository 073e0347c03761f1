"""What is computed of an engine once and kept with it: for its data, or for the model whatever the data."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, Protocol


class Kept:
    """Results of functions, by the function and its arguments besides the engine."""

    def __init__(self) -> None:
        self._found: dict[tuple[Hashable, ...], Any] = {}

    def of[T](self, compute: Callable[[], T], *key: Hashable) -> T:
        """Return what is kept under a key, computed when it is first asked for."""
        if key not in self._found:
            self._found[key] = compute()
        found: T = self._found[key]
        return found


class Keeper(Protocol):
    """An engine, as far as keeping results goes."""

    @property
    def kept(self) -> Kept:
        """What was computed for this model with these data and weights."""

    @property
    def kept_for_model(self) -> Kept:
        """What was computed for this model, whatever its data."""


def once[E: Keeper, **P, T](function: Callable[Concatenate[E, P], T]) -> Callable[Concatenate[E, P], T]:
    """Compute a function of an engine once for its model, data and weights; other arguments are hashable."""

    @wraps(function)
    def kept(engine: E, /, *args: P.args, **options: P.kwargs) -> T:
        key = (function, args, tuple(options.items()))
        return engine.kept.of(lambda: function(engine, *args, **options), *key)

    return kept


def once_for_model[E: Keeper, **P, T](function: Callable[Concatenate[E, P], T]) -> Callable[Concatenate[E, P], T]:
    """Compute a function of an engine once for its model, whatever the data; other arguments are hashable."""

    @wraps(function)
    def kept(engine: E, /, *args: P.args, **options: P.kwargs) -> T:
        key = (function, args, tuple(options.items()))
        return engine.kept_for_model.of(lambda: function(engine, *args, **options), *key)

    return kept
