"""Compiled programs, kept between processes: a model that was seen before is not traced again.

Those that call Python are left to JAX's own cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

from triptych.base.trust import read_own, sealed, unsealed, write_own
from triptych.engine.caches import cache_folder, not_kept, not_used

LIBRARIES = ("triptych", "jax", "jaxlib", "pytensor", "pymc", "numpy", "tensorflow-probability")
DAY = 86_400  # seconds after which an unfinished entry is removed: no process still writes it
COMPILING = Lock()  # JAX's settings during compilation hold for all threads, so one compiles at a time
LAPACK = re.compile(r"custom_call @lapack_\w+_ffi\(")  # a call of LAPACK by its name, which every process has
MOST_KEPT = 2e9  # bytes; beyond, the least recently used programs are removed


class Programs:
    """Functions of one model as compiled programs, by name.

    Parameters
    ----------
    key
        What tells the model from every other one, see :mod:`triptych.engine.fingerprint`, and the code that translates
        it
        from other versions; None where nothing does, and nothing is kept but what JAX keeps itself.
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

        # A program from JAX's own cache cannot be serialised again; this name is not in that cache.
        program.__name__ = program.__qualname__ = f"program_{name}"
        lowered = jax.jit(program).lower(*given)
        said = lowered.as_text()
        others = LAPACK.sub("", said)
        if "custom_call" in others:
            # It calls Python at an address of this process, so that it cannot be kept.
            return lowered.compile()
        with COMPILING:
            shortest = jax.config.jax_persistent_cache_min_compile_time_secs
            jax.config.update("jax_persistent_cache_min_compile_time_secs", float("inf"))
            try:
                compiled = lowered.compile()
            finally:
                jax.config.update("jax_persistent_cache_min_compile_time_secs", shortest)
        with suppress(NotImplementedError):  # with some settings of JAX a program cannot be kept
            payload, _, out = serialize(compiled)
            _keep(name, json.dumps([_form(out), others != said]).encode() + b"\n" + payload)
        return compiled


def device() -> Any:
    """Return where JAX computes."""
    import jax.numpy as jnp

    (device,) = jnp.zeros(()).devices()
    return device


def _none(*_: Any) -> Any:
    raise TypeError


def _form(tree: Any) -> Any:
    """Return the nesting of a program's results as JSON holds it: a number stands for each array."""
    import jax

    def told(part: Any) -> Any:
        if isinstance(part, int):
            return part
        if type(part) not in (tuple, list):
            raise NotImplementedError(f"a result of type {type(part).__name__}")
        return [type(part).__name__, *map(told, part)]

    return told(jax.tree.unflatten(tree, range(tree.num_leaves)))


def _tree(form: Any) -> Any:
    """Return the nested results from the JSON of :func:`_form`."""
    import jax

    def built(part: Any) -> Any:
        return part if isinstance(part, int) else {"tuple": tuple, "list": list}[part[0]](map(built, part[1:]))

    return jax.tree.structure(built(form))


def _load(name: str, tree: Any) -> Any:
    """Return a kept program; None when there is none, or it is damaged, another one's, or of another machine."""
    import jax
    from jax.experimental.serialize_executable import deserialize_and_load

    folder = cache_folder("programs", name[:2])
    if folder is None:
        return None
    kept, fault = read_own(folder / name)
    if fault:
        not_used(fault)
    if (content := unsealed(name, kept)) is None:
        return None
    with suppress(OSError):  # the cache may be read-only
        (folder / name).touch()  # its time is that of the last use
    head, _, payload = content.partition(b"\n")
    form, lapack = json.loads(head)
    if lapack:
        _find_lapack()
    try:
        return deserialize_and_load(payload, tree, _tree(form), execution_devices=[device()])
    except jax.errors.JaxRuntimeError:
        return None


@cache
def _find_lapack() -> None:
    """Let JAX find the functions of LAPACK, which it does where a program that calls one is lowered.

    A loaded program calls them by name, and without this ends the process.
    """
    import jax
    import jax.numpy as jnp

    jax.jit(jnp.linalg.cholesky).lower(jnp.eye(1))


def _keep(name: str, content: bytes) -> None:
    """Write a program; where nothing can be written, the next process compiles again."""
    folder = cache_folder("programs", name[:2], make=True)
    if folder is None:
        return
    try:
        _make_room(folder.parent)
        write_own(folder / name, sealed(name, content))
    except OSError as error:
        not_kept(error)


@cache
def _make_room(programs: Path) -> None:
    """Remove unfinished entries, and the least recently used beyond MOST_KEPT; done once in a process."""
    files = []
    for file in programs.glob("*/*"):
        with suppress(OSError):  # another process may remove the same files
            found = file.lstat()
            files.append((found.st_mtime, found.st_size, file))
    total = sum(size for _, size, _ in files)
    least = MOST_KEPT / 2 if total > MOST_KEPT else total
    for used, size, file in sorted(files):
        if total > least or ("." in file.name and used < time.time() - DAY):
            with suppress(OSError):
                file.unlink()
            total -= size


@cache
def _surroundings() -> str:
    """Return what a program depends on besides its model: libraries, processor, settings, and the code of this file."""
    import jax
    from llvmlite import binding

    code = source_digest(sys.modules[__name__])
    processor = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    settings = f"{os.environ.get('XLA_FLAGS')} {jax.config.jax_enable_x64}"
    return f"{[_version(name) for name in LIBRARIES]} {processor} {settings} {code}"


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def source_digest(*modules: Any) -> str:
    """Return a digest of the modules' source; modules installed without source all have the same."""
    return hashlib.sha256("".join(_source(module) for module in modules).encode()).hexdigest()


def _source(module: Any) -> str:
    """Return the source of a module; empty where it is installed without source."""
    import inspect

    try:
        return inspect.getsource(module)
    except OSError:
        return ""
