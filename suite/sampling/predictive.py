"""Prior and posterior predictive draws, by PyMC's forward sampling; where there are none, the reason."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from triptych.engine.engine import Engine
from triptych.sampling.forward_mode import forward_mode

# DRAWS is pinned by test_five_hundred_predictive_draws_are_made_or_two_million_values.
DRAWS = 500  # of a predictive distribution: its 95 % quantiles are then known to a hundredth in probability
# MOST_VALUES is pinned by test_five_hundred_predictive_draws_are_made_or_two_million_values.
MOST_VALUES = 2_000_000  # predicted values that are kept of one kind
# LEAST_DRAWS is pinned by test_five_hundred_predictive_draws_are_made_or_two_million_values.
LEAST_DRAWS = 50  # of one that is worth to be shown: fewer tell nothing of its tails
PREDICTED = ("prior_predictive", "posterior_predictive")
NOT_ASKED = "they were not asked for, as a quick run leaves them out"


def predictive_groups(
    engine: Engine, posterior: Any, random_seed: int, *, of_data: bool = True
) -> tuple[dict[str, Any], dict[str, str]]:
    """Draw from the prior of a model, and data sets from its predictive distributions.

    Parameters
    ----------
    engine
        The compiled model with its data.
    posterior
        Dataset of posterior draws with all free variables; at most 500 of them are used, evenly spaced.
    random_seed
        Seed of the forward sampling.
    of_data
        Whether data sets are drawn as well, and not parameters from the prior alone.

    Returns
    -------
    groups : dict
        Of ``posterior_predictive``, ``prior`` and ``prior_predictive`` those that exist, as datasets.
    reasons : dict
        Name of each predictive distribution that could not be sampled to the reason.
    """
    import pymc as pm

    groups: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    model = engine.model
    size = sum(w.size for w in engine.weights.values())
    draws = min(DRAWS, MOST_VALUES // max(size, 1))
    if not model.observed_RVs or draws < LEAST_DRAWS:
        said = "nothing but potentials is observed" if not model.observed_RVs else f"{size} values a draw are too many"
        return {}, dict.fromkeys(PREDICTED, said)
    if not of_data:
        return _prior_alone(engine, draws, random_seed), dict.fromkeys(PREDICTED, NOT_ASKED)
    chains = posterior.sizes["chain"]
    compiled = {"mode": forward_mode()}
    thinned = posterior.isel(draw=slice(None, None, max(1, -(-chains * posterior.sizes["draw"] // draws))))
    with _quiet(), _data_of(engine):
        try:
            drawn = pm.sample_posterior_predictive(
                thinned,
                model=model,
                freeze_vars=[rv.name for rv in model.free_RVs],
                random_seed=random_seed,
                progressbar=False,
                compile_kwargs=compiled,
            )
            groups["posterior_predictive"] = drawn["posterior_predictive"].to_dataset()
        except (NotImplementedError, ValueError, TypeError) as error:
            reasons["posterior_predictive"] = _said(error)
        if model.potentials:
            reasons["prior_predictive"] = "part of the prior is a potential, from which nothing can be drawn"
            return groups, reasons
        try:
            drawn = pm.sample_prior_predictive(
                draws, model=model, random_seed=random_seed, compile_kwargs={"mode": forward_mode()}
            )
            groups |= {name: drawn[name].to_dataset() for name in ("prior", "prior_predictive")}
        except (NotImplementedError, ValueError, TypeError) as error:
            flat = "flat variable" in str(error)
            reasons["prior_predictive"] = (
                "the prior is improper: nothing can be drawn from it" if flat else _said(error)
            )
    return groups, reasons


def _prior_alone(engine: Engine, draws: int, random_seed: int) -> dict[str, Any]:
    """Return draws of the parameters from the prior, as a group; none where it cannot be drawn from."""
    import pymc as pm

    model = engine.model
    if model.potentials:
        return {}
    names = [variable.name for variable in [*model.free_RVs, *model.deterministics]]
    with _quiet(), _data_of(engine), suppress(NotImplementedError, ValueError, TypeError):
        drawn = pm.sample_prior_predictive(
            draws, model=model, var_names=names, random_seed=random_seed, compile_kwargs={"mode": forward_mode()}
        )
        return {"prior": drawn["prior"].to_dataset()}
    return {}


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"PyMC cannot draw from it: {lines[0] if lines else type(error).__name__}"


@contextmanager
def _data_of(engine: Engine) -> Iterator[None]:
    """Let the model hold the engine's data: those it was built with may have been replaced since."""
    held = {name: shared.get_value() for name, shared in engine.graph.shared.items()}
    try:
        for name, shared in engine.graph.shared.items():
            shared.set_value(engine.data[name])
        yield
    finally:
        for name, shared in engine.graph.shared.items():
            shared.set_value(held[name])


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep PyMC from announcing what it samples, and from warning of potentials and of many chains."""
    logger = logging.getLogger("pymc")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in ("The effect of Potentials", "Found chain dimension to be longer than draw"):
                warnings.filterwarnings("ignore", message=message, category=UserWarning)
            yield
    finally:
        logger.setLevel(level)
