"""NUTS over the engine's own density: nutpie, seeded, with the adaptation chosen by dimension."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.base.environment import lacking
from triptych.base.errors import InputError
from triptych.base.interrupt import raise_if_interrupted
from triptych.engine.engine import Engine
from triptych.engine.once import once_for_model
from triptych.sampling.conditional import Conditional
from triptych.sampling.whitening import Whitening

LOW_RANK_UP_TO = 30  # unconstrained dimensions
LEVEL = 1e-300  # a slope of zero: between corners the sampler takes it for a gradient that was not computed
TRIES = 80  # starting points that a chain tries
LOOK = 0.25  # seconds between looks for an interrupt
CHEAP = 4e-5  # seconds of a gradient up to which chains take turns: handing over Python's lock costs as much
STATISTICS = ("diverging", "energy", "logp", "n_steps", "depth", "step_size", "mean_tree_accept")
NAMES = {"logp": "lp", "depth": "tree_depth", "mean_tree_accept": "acceptance_rate"}


class SamplerStopped(RuntimeError):
    """The sampler could not go on: usually the density cannot be normalised or evaluated."""


@dataclass(frozen=True)
class Draws:
    """Draws on the unconstrained scale.

    Attributes
    ----------
    z
        Shape ``(chains, draws, p)``.
    statistics
        ArviZ's names to arrays ``(chains, draws)``.
    """

    z: np.ndarray
    statistics: dict[str, np.ndarray]
    adaptation: str
    backend: str


def adaptation_for(dimensions: int, attempt: int) -> str:
    """Return nutpie's mass-matrix adaptation: low rank when it is cheap or when diagonal failed."""
    first, second = ("low_rank", "diag") if dimensions <= LOW_RANK_UP_TO else ("diag", "low_rank")
    return second if attempt == 1 else first


def sample(
    engine: Engine,
    *,
    draws: int,
    tune: int,
    chains: int,
    random_seed: int,
    adaptation: str,
    target_accept: float = 0.8,
    backend: str = "auto",
    cores: int | None = None,
    maxdepth: int = 10,
    whitened: Whitening | Conditional | None = None,
    progress: Callable[[float], None] | None = None,
) -> Draws:
    """Run NUTS.

    Parameters
    ----------
    engine
        The compiled model with its data and weights.
    draws, tune, chains, random_seed, target_accept, cores, maxdepth
        As in ``pm.sample``. The same seed gives the same draws on the same machine.
    adaptation
        ``low_rank`` or ``diag``, see :func:`adaptation_for`.
    backend
        ``jax`` calls the engine's compiled density; ``numba`` compiles the model once more, takes
        far longer to start and far less per draw; ``auto`` is the engine's own.
    whitened
        Coordinates to sample in; None samples in the unconstrained ones.
    progress
        Called with the share of draws that is done.

    Raises
    ------
    SamplerStopped
        When the sampler panics or finds no valid start.
    """
    import nutpie

    chosen = engine.backend.name if backend == "auto" else backend
    if chosen == "numba":
        whitened = None  # PyMC's own density has no other coordinates
    if not np.all(np.isfinite(_density(engine, whitened, _start(engine, whitened)(random_seed)))):
        # Left to nutpie, its threads go on trying when it has given up, and abort the process at its end.
        raise SamplerStopped(
            "no starting point with a finite density was found; give the model an initval inside its domain"
        )
    compiled = _compiled(engine, chosen, whitened)
    running = None
    try:
        running = nutpie.sample(
            compiled,
            draws=draws,
            tune=tune,
            chains=chains,
            cores=cores or (1 if chosen == "jax" and _is_cheap(engine) else min(chains, os.cpu_count() or 1)),
            seed=random_seed,
            adaptation=adaptation,
            target_accept=target_accept,
            maxdepth=maxdepth,
            progress_bar=False,
            save_warmup=False,
            store_unconstrained=True,
            progress_callback=_report(progress),
            # Waiting itself, nutpie would take an interrupt for an early end and return what it has.
            blocking=False,
        )
        trace = _wait(running)
    except BaseException as error:
        if running is not None:
            _cancel(running)
        if lacking(error) or (not isinstance(error, Exception) and not _panicked(error)):
            raise
        raise SamplerStopped(str(error).strip().splitlines()[0] if str(error).strip() else repr(error)) from error
    stats = trace["sample_stats"]
    z = np.asarray(stats["unconstrained_draw"].values)
    statistics = {NAMES.get(n, n): stats[n].values for n in STATISTICS if n in stats}
    return Draws(z if whitened is None else whitened.z(z), statistics, adaptation, chosen)


def _report(progress: Callable[[float], None] | None) -> Callable[[list[Any]], None] | None:
    """Return what nutpie calls with the state of each chain."""
    if progress is None:
        return None

    def report(states: list[Any]) -> None:
        total = sum(s.total_draws for s in states)
        progress(sum(s.finished_draws for s in states) / total if total else 0.0)

    return report


def _panicked(error: BaseException) -> bool:
    """Whether this is a panic of nutpie's, which does not derive from Exception."""
    return type(error).__name__ == "PanicException"


def _cancel(running: Any) -> None:
    """End a sampler; one whose thread has panicked panics again when it is told so."""
    try:
        running.cancel()
    except BaseException as error:
        if not isinstance(error, Exception) and not _panicked(error):
            raise


def _wait(running: Any) -> Any:
    """Wait for the sampler in the background, with looks for an interrupt."""
    while True:
        raise_if_interrupted()
        with suppress(TimeoutError):
            return running.wait(timeout=LOOK)


def _compiled(engine: Engine, backend: str, whitened: Whitening | Conditional | None) -> Any:
    if backend == "numba":
        return _numba_model(engine)
    if not engine.backend.samples_itself:
        raise InputError(f"backend={backend!r} cannot run this model: {engine.note}")
    return _own_density(engine, whitened)


def _is_cheap(engine: Engine) -> bool:
    """Whether a call of the JAX density is mostly Python, whose lock chains side by side only contend for."""
    z, run = engine.graph.start, engine.density()
    spent = []
    for _ in range(20):  # the first ones are slow
        began = time.perf_counter()
        run(z)
        spent.append(time.perf_counter() - began)
    return min(spent) < CHEAP


def _start(engine: Engine, whitened: Whitening | Conditional | None) -> Callable[[int], np.ndarray]:
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
            wider = max(1.0, 12.0 * attempt / TRIES)
            u = np.asarray(point + wider * rng.uniform(-reach, reach, point.size))
            found = _density(engine, whitened, u)
            # A slope of exactly zero, as of a probability that is one to all digits, the sampler refuses to start from.
            if np.all(np.isfinite(found)) and (kinked or np.all(found[1:] != 0)):
                return u
        return np.asarray(point)

    return start


def _density(engine: Engine, whitened: Whitening | Conditional | None, u: np.ndarray) -> np.ndarray:
    return engine.sampled(u) if whitened is None else whitened.density(engine.sampled)(u)


def _own_density(engine: Engine, whitened: Whitening | Conditional | None) -> Any:
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
        size, make_density, lambda *_: lambda _: {}, [], [], [], make_initial_point_fn=_start(engine, whitened)
    )


def _keep_thread_state() -> bool:
    """Keep the calling thread's Python state until the thread ends.

    The sampler's threads are not Python's: their state is otherwise made and destroyed at every call of
    the density, which costs more than the call (33 against 15 microseconds).
    """
    import ctypes

    ctypes.pythonapi.PyGILState_Ensure()
    return True


def _numba_model(engine: Engine) -> Any:
    """Return PyMC's own graph as numba compiles it, with the engine's data."""
    if any(np.any(w != 1) for w in engine.weights.values()):
        raise InputError("backend='numba' cannot weight observations; use backend='jax'")
    compiled = _numba_program(engine)
    names = {v.name for v in getattr(compiled, "shared_var_keys", {})}
    return compiled.with_data(**{n: v for n, v in engine.data.items() if n in names})


@once_for_model
def _numba_program(engine: Engine) -> Any:
    """Compile PyMC's own graph with numba, which takes from seconds to a minute."""
    import nutpie

    return nutpie.compile_pymc_model(engine.model, backend="numba")
