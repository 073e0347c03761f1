"""Compiled programs, kept between processes: a model that was seen before is not traced again.

Those that call code outside of themselves, as a Cholesky factor does, are left to JAX's own cache.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

from triptych.caches import cache_folder

LIBRARIES = ("triptych", "jax", "jaxlib", "pytensor", "pymc", "numpy", "tensorflow-probability")
DIGEST = 32  # bytes of a SHA-256, which stands before what is kept
COMPILING = Lock()  # what is set meanwhile is set for all threads
MOST_KEPT = 2e9  # bytes; beyond, what was not used for longest goes


class Programs:
    """Functions of one model as compiled programs, by name.

    Parameters
    ----------
    key
        What tells the model from every other one, see :mod:`triptych.fingerprint`; None where nothing does, and
        nothing is kept but what JAX keeps itself.
    """

    def __init__(self, key: str | None) -> None:
        self._key = key
        self._made: dict[str, Any] = {}

    def __call__(self, name: str, function: Callable[..., Any]) -> Any:
        """Return the program of a function that the name and the model determine."""
        import jax

        if name not in self._made:
            kept = self._key is not None and not jax.config.jax_disable_jit
            self._made[name] = Program(f"{name}_{self._key}", function) if kept else jax.jit(function)
        return self._made[name]


class Program:
    """A function, compiled for each kind of arguments or loaded from an earlier process."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self._name, self._function = name, function
        self._loaded: dict[str, Any] = {}
        self._last: Any = _none

    def __call__(self, *given: Any) -> Any:
        """Compute the function."""
        try:
            return self._last(*given)
        except TypeError:  # arguments of another shape than the last ones, or the first ones
            self._last = self.compiled(*given)
        return self._last(*given)

    def compiled(self, *given: Any) -> Any:
        """Return what computes the function for arguments of the same shapes and types."""
        import jax

        leaves, tree = jax.tree.flatten((given, {}))
        kinds = f"{tree} {[str(jax.typeof(leaf)) for leaf in leaves]}"
        if kinds not in self._loaded:
            name = hashlib.sha256(f"{self._name} {kinds} {device()} {_surroundings()}".encode()).hexdigest()
            self._loaded[kinds] = _load(name, tree) or self._compile(name, given)
        return self._loaded[kinds]

    def _compile(self, name: str, given: tuple[Any, ...]) -> Any:
        import jax
        from jax.experimental.serialize_executable import serialize

        def program(*given: Any) -> Any:
            return self._function(*given)

        # What JAX's own cache returns cannot be kept a second time: by its name, this is not in there.
        program.__name__ = program.__qualname__ = f"program_{name}"
        lowered = jax.jit(program).lower(*given)
        if "custom_call" in lowered.as_text():
            return lowered.compile()  # it calls LAPACK or Python, at an address that only tracing makes known
        with COMPILING:
            shortest = jax.config.jax_persistent_cache_min_compile_time_secs
            jax.config.update("jax_persistent_cache_min_compile_time_secs", float("inf"))
            try:
                compiled = lowered.compile()
            finally:
                jax.config.update("jax_persistent_cache_min_compile_time_secs", shortest)
        with suppress(NotImplementedError):  # with some settings of JAX a program cannot be kept
            payload, _, out = serialize(compiled)
            _keep(name, pickle.dumps((payload, out)))
        return compiled


def device() -> Any:
    """Return where JAX computes."""
    import jax.numpy as jnp

    (device,) = jnp.zeros(()).devices()
    return device


def _none(*_: Any) -> Any:
    raise TypeError


def _place(name: str) -> Path:
    return cache_folder("programs") / name[:2] / name


def _load(name: str, tree: Any) -> Any:
    """Return a kept program; None when there is none, or when it is damaged or of another machine."""
    import jax
    from jax.experimental.serialize_executable import deserialize_and_load

    try:
        kept = _place(name).read_bytes()
    except OSError:
        return None
    with suppress(OSError):  # a cache that is only read
        _place(name).touch()  # used just now
    if hashlib.sha256(kept[DIGEST:]).digest() != kept[:DIGEST]:
        return None
    try:
        payload, out = pickle.loads(kept[DIGEST:])
        return deserialize_and_load(payload, tree, out, execution_devices=[device()])
    except jax.errors.JaxRuntimeError:
        return None


def _keep(name: str, content: bytes) -> None:
    """Write a program so that another process finds all of it or nothing."""
    place = _place(name)
    beside = place.with_name(f"{name}.{os.getpid()}.{get_ident()}")
    with suppress(OSError):  # another process may make room as well
        _make_room()
    with suppress(OSError):  # where nothing can be written, the next process compiles again
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(hashlib.sha256(content).digest() + content)
        beside.replace(place)


@cache
def _make_room() -> None:
    """Where too much is kept, remove what was not used for longest, down to half of the most; once in a process."""
    files = [(file.stat().st_mtime, file.stat().st_size, file) for file in cache_folder("programs").glob("*/*")]
    total = sum(size for _, size, _ in files)
    for _, size, file in sorted(files) if total > MOST_KEPT else ():
        file.unlink(missing_ok=True)
        total -= size
        if total <= MOST_KEPT / 2:
            break


@cache
def _surroundings() -> str:
    """Return what a program depends on besides its model: libraries, processor, settings, and the code around it."""
    import jax
    from llvmlite import binding

    from triptych import backend_jax, gram, programs

    code = hashlib.sha256("".join(_source(m) for m in (backend_jax, gram, programs)).encode()).hexdigest()
    processor = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    settings = f"{os.environ.get('XLA_FLAGS')} {jax.config.jax_enable_x64}"
    return f"{[_version(name) for name in LIBRARIES]} {processor} {settings} {code}"


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _source(module: Any) -> str:
    """Return the source of a module; empty where it was installed without, and only versions tell."""
    import inspect

    try:
        return inspect.getsource(module)
    except OSError:
        return ""
