"""What NUTS runs on: the engine's own density, which it calls from Python, or PyMC's, which nutpie compiles."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from triptych.base.errors import InputError
from triptych.engine.engine import Engine
from triptych.engine.once import once_for_model
from triptych.sampling.conditional import Conditional
from triptych.sampling.whitening import Whitening

LEVEL = 1e-300  # a slope of zero: between corners the sampler takes it for a gradient that was not computed
TRIES = 80  # starting points that a chain tries; pinned by test_a_domain_seven_units_from_the_start_is_reached
CHEAP = 4e-5  # seconds of a gradient up to which chains take turns: handing over Python's lock costs as much
TIMED = 20  # calls by which that is measured: the first ones are slow, and the fastest counts
# WIDEST is pinned by test_a_domain_seven_units_from_the_start_is_reached.
WIDEST = 12.0  # times the jitter of a start that the last of the tries has: from there most domains have been reached


class Density(Protocol):
    """A density for nutpie."""

    @property
    def name(self) -> str:
        """The library that compiles it."""

    @property
    def whitened(self) -> Whitening | Conditional | None:
        """The coordinates that it is sampled in; None for the unconstrained ones."""

    def compiled(self) -> Any:
        """Return what ``nutpie.sample`` takes."""

    def threads(self, chains: int) -> int:
        """Return in how many threads so many chains end first."""


@dataclass(frozen=True)
class OwnDensity:
    """The engine's density, on its data and under its weights."""

    engine: Engine
    whitened: Whitening | Conditional | None

    @property
    def name(self) -> str:
        """The engine's backend."""
        return self.engine.backend.name

    def compiled(self) -> Any:
        """Return the density as nutpie calls it."""
        return _called_from_python(self.engine, self.whitened)

    def threads(self, chains: int) -> int:
        """Return one where a call is mostly Python, and else one for each chain."""
        return 1 if _is_cheap(self.engine) else min(chains, os.cpu_count() or 1)


@dataclass(frozen=True)
class NumbaDensity:
    """PyMC's own graph with the engine's data: no other coordinates, and no weights."""

    engine: Engine
    name: str = "numba"
    whitened: None = None

    def compiled(self) -> Any:
        """Return PyMC's graph as numba compiles it."""
        engine = self.engine
        if any(np.any(w != 1) for w in engine.weights.values()):
            raise InputError("backend='numba' cannot weight observations; use backend='jax'")
        compiled = _numba_program(engine)
        names = {v.name for v in getattr(compiled, "shared_var_keys", {})}
        return compiled.with_data(**{n: v for n, v in engine.data.items() if n in names})

    def threads(self, chains: int) -> int:
        """Return one for each chain: what is compiled needs no lock of Python's."""
        return min(chains, os.cpu_count() or 1)


def density_of(engine: Engine, backend: str, whitened: Whitening | Conditional | None) -> Density:
    """Return the density that a sampler is asked to run on.

    Parameters
    ----------
    engine
        The compiled model with its data and weights.
    backend
        ``jax`` is the engine's own density and ``numba`` PyMC's; ``auto`` is the engine's own where it has one to
        sample from.
    whitened
        The coordinates to sample in, where the density can be written in others.

    Raises
    ------
    InputError
        Where JAX is asked for and cannot run the model.
    """
    own = engine.backend.samples_itself
    if backend == "numba" or (backend == "auto" and not own):
        return NumbaDensity(engine)
    if not own:
        raise InputError(f"backend={backend!r} cannot run this model: {engine.note}")
    return OwnDensity(engine, whitened)


def _is_cheap(engine: Engine) -> bool:
    """Whether a call of the density is mostly Python, whose lock chains side by side only contend for."""
    z, run = engine.graph.start, engine.density()
    spent = []
    for _ in range(TIMED):
        began = time.perf_counter()
        run(z)
        spent.append(time.perf_counter() - began)
    return min(spent) < CHEAP


def starting_points(engine: Engine, whitened: Whitening | Conditional | None) -> Callable[[int], np.ndarray]:
    """Return PyMC's habit of starting: the initial point, jittered uniformly by one unit.

    In whitened coordinates it is the mode, jittered by two standard deviations. Where the density is
    not finite there, the jitter widens.
    """
    point = engine.graph.start if whitened is None else whitened.centre
    reach = 1.0 if whitened is None else whitened.reach
    kinked = bool(engine.graph.kinks)

    def start(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        for attempt in range(TRIES):
            # A domain that is narrow or lies elsewhere needs a wider look.
            wider = max(1.0, WIDEST * attempt / TRIES)
            u = np.asarray(point + wider * rng.uniform(-reach, reach, point.size))
            found = value_and_gradient(engine, whitened, u)
            # A slope of exactly zero, as of a probability that is one to all digits, the sampler refuses to start from.
            if np.all(np.isfinite(found)) and (kinked or np.all(found[1:] != 0)):
                return u
        return np.asarray(point)

    return start


def value_and_gradient(engine: Engine, whitened: Whitening | Conditional | None, u: np.ndarray) -> np.ndarray:
    """Return the log-density in the coordinates that are sampled in, and its gradient: ``(1 + p,)``."""
    return engine.sampled(u) if whitened is None else whitened.density(engine.sampled)(u)


def _called_from_python(engine: Engine, whitened: Whitening | Conditional | None) -> Any:
    """Return the engine's density as nutpie calls it."""
    from nutpie.compiled_pyfunc import from_pyfunc

    size = engine.size
    kinked = bool(engine.graph.kinks)
    engine.density()  # compiled here once, and not by several threads at the same time

    def make_density() -> Any:
        run = engine.density()
        if whitened is not None:
            run = whitened.density(run)
        kept = False

        def density(z: np.ndarray) -> tuple[float, np.ndarray]:
            nonlocal kept
            if not kept:
                kept = _keep_thread_state()
                np.seterr(all="ignore")  # of this thread, which may go anywhere
            out = run(z)
            gradient = out[1:]
            if kinked and not gradient.all():
                gradient = np.where(gradient == 0.0, LEVEL, gradient)
            return float(out[0]), gradient

        return density

    # The unconstrained draws are all that is kept, and what is shown is computed from them at once.
    return from_pyfunc(
        size, make_density, lambda *_: lambda _: {}, [], [], [], make_initial_point_fn=starting_points(engine, whitened)
    )


def _keep_thread_state() -> bool:
    """Keep the calling thread's Python state until the thread ends.

    The sampler's threads are not Python's: their state is otherwise made and destroyed at every call of
    the density, which costs more than the call (33 against 15 microseconds).
    """
    import ctypes

    ctypes.pythonapi.PyGILState_Ensure()
    return True


@once_for_model
def _numba_program(engine: Engine) -> Any:
    """Compile PyMC's own graph with numba, which takes from seconds to a minute."""
    import nutpie

    return nutpie.compile_pymc_model(engine.model, backend="numba")
