"""NUTS over the engine's own density: nutpie, seeded, with the adaptation chosen by dimension."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.base.environment import lacking
from triptych.base.interrupt import raise_if_interrupted
from triptych.engine.engine import Engine
from triptych.sampling.conditional import Conditional
from triptych.sampling.densities import density_of, starting_points, value_and_gradient
from triptych.sampling.whitening import Whitening

LOW_RANK_UP_TO = 30  # unconstrained dimensions; pinned by test_low_rank_adaptation_comes_first_up_to_thirty_dimensions
STARTS = 8  # starting points at which the slopes of the density are compared
SAME_SLOPE = 1e-9  # largest difference of two slopes, relative, that are one
LOOK = 0.25  # seconds between looks for an interrupt
STATISTICS = ("diverging", "energy", "logp", "n_steps", "depth", "step_size", "mean_tree_accept")
NAMES = {"logp": "lp", "depth": "tree_depth", "mean_tree_accept": "acceptance_rate"}


class SamplerStopped(RuntimeError):
    """The sampler could not go on: usually the density cannot be normalised or evaluated."""


class SamplerRefused(SamplerStopped):
    """The sampler refused the call before it made a draw, which tells nothing of the density."""


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


def _keeps_a_slope(slopes: np.ndarray) -> bool:
    """Whether the slope of the log-density in some coordinate is the same at all places, shape ``(places, p)``.

    A Pareto density is exponential in the logarithm, so that its slope there is the same everywhere. nutpie scales a
    coordinate by the spread of its draws over the spread of its slopes. Where the slopes do not differ, that scale
    grows without bound, and the sampler's steps become too short to move.
    """
    return bool(np.any(np.ptp(slopes, axis=0) <= SAME_SLOPE * np.abs(slopes).max(axis=0)))


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
        ``low_rank`` or ``diag``, see :func:`adaptation_for`; where the density keeps one slope in a coordinate, scales
        are taken from the draws alone (``draw_diag``).
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

    density = density_of(engine, backend, whitened)
    start = starting_points(engine, density.whitened)
    found = np.array([value_and_gradient(engine, density.whitened, start(random_seed + k)) for k in range(STARTS)])
    finite = np.all(np.isfinite(found), axis=1)
    if not finite[0]:
        # Left to nutpie, its threads go on trying when it has given up, and abort the process at its end.
        raise SamplerStopped(
            "no starting point with a finite density was found; give the model an initval inside its domain"
        )
    if _keeps_a_slope(found[finite, 1:]):
        adaptation = "draw_diag"
    compiled = density.compiled()
    running = None
    try:
        running = nutpie.sample(
            compiled,
            draws=draws,
            tune=tune,
            chains=chains,
            cores=cores or density.threads(chains),
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
        said = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise (SamplerRefused if running is None else SamplerStopped)(said) from error
    stats = trace["sample_stats"]
    z = np.asarray(stats["unconstrained_draw"].values)
    statistics = {NAMES.get(n, n): stats[n].values for n in STATISTICS if n in stats}
    z = z if density.whitened is None else density.whitened.z(z)
    return Draws(z, statistics, adaptation, density.name)


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
