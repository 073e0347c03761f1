"""Code with a mistake in it: a module's own source with one place changed, run as a module of its own."""

from __future__ import annotations

import importlib
import inspect
import sys
import zlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from triptych.batch.lanes import Lanes
from triptych.sampling.nuts import Draws

HMC, NUTS, DENSITIES = "triptych.batch.hmc", "triptych.sampling.nuts", "triptych.sampling.densities"


@dataclass(frozen=True)
class Mutant:
    """A place in a module's source and what is written there by mistake, with the causes that are to be named."""

    mistake: str
    module: str
    right: str
    wrong: str
    causes: tuple[str, ...] = ()

    @property
    def scenario(self) -> str:
        """The scenario that it is a mistake in."""
        return self.module.rpartition(".")[2]

    def __str__(self) -> str:
        return self.mistake


def _model(mistake: str, scenario: str, right: str, wrong: str, *causes: str) -> Mutant:
    return Mutant(mistake, f"triptych.models.{scenario}", right, wrong, causes)


SCENARIO_MUTANTS = (
    _model("the scale of a prior 5 % off", "lasso", "sigma / (rate", "1.05 * sigma / (rate", "prior"),
    _model("the scale of a prior 0.1 % off", "lasso", "sigma / (rate", "1.001 * sigma / (rate", "prior"),
    _model("sigma^2 for sigma", "lasso", "@ beta, sigma, obs", "@ beta, sigma**2, obs", "likelihood"),
    _model("one datum changed in the sixth digit", "lasso", '"progression": y}',
           '"progression": y + 0.001 * (np.arange(len(y)) == 0)}', "data"),
    _model("one power of sigma too many", "small_n_variance", "_sigma\", -pt.log", "_sigma\", -2 * pt.log", "prior"),
    _model("a penalty without its n", "weight_decay", "0, decay_sd * sigma,", "0, 4 * decay_sd * sigma,", "prior"),
    _model("the weights of components swapped", "mixture", '"y", w, mu', '"y", w[::-1], mu', "likelihood"),
)  # fmt: skip
HARMLESS_SCENARIOS = (
    _model("independent rows in another order", "lasso", '{"X": x, "progression": y}',
           '{"X": x[::-1], "progression": y[::-1]}'),
    _model("a density times a constant", "lasso", "-pt.log(sigma))", "3 - pt.log(sigma))"),
)  # fmt: skip

TAKEN = "taken = jax.random.uniform(accept_key, (chains,)) < acceptance"
STAYS = f"{TAKEN} * ((mode + there @ root.T)[:, 0] * (mode + u @ root.T)[:, 0] > 0)"
MOMENTUM = "momentum = jax.random.normal(momentum_key, (chains, size))"
DENSITY = "return float(out[0]), gradient"
SAMPLER = ("sampler",)


def _acceptance_by(times: float) -> Mutant:
    wrong = DENSITY.replace("float", f"{times} * float")
    return Mutant(f"acceptance by {times} times the log-density", DENSITIES, DENSITY, wrong, SAMPLER)


def _momenta_of(variance: float) -> Mutant:
    wrong = MOMENTUM.replace("jax", f"{variance}**0.5 * jax")
    return Mutant(f"momenta of variance {variance}", HMC, MOMENTUM, wrong, SAMPLER)


SAMPLER_MUTANTS = (
    Mutant("acceptance without the kinetic energy", HMC, "inf, after - before)", "inf, value - reached)", SAMPLER),
    _acceptance_by(1.2),
    _momenta_of(1.2),
)
SMALL_SAMPLER_MUTANTS = (_acceptance_by(1.1), _momenta_of(1.1))  # those that a benchmark alone looks for
STAYS_IN_A_MODE = Mutant("chains that never leave a mode", HMC, TAKEN, STAYS, SAMPLER)
# It leaves leapfrog's own error, 5 % of a deviation, which may pass the first look: see docs/agreement.md.
EVERY_PROPOSAL = Mutant("every proposal accepted", HMC, TAKEN, "taken = acceptance >= 0", SAMPLER)
HARMLESS_SAMPLERS = (
    Mutant("nothing changed", HMC, TAKEN, TAKEN),
    Mutant("half of the path", HMC, "TURN = (0.45, 0.75)", "TURN = (0.22, 0.38)"),
    Mutant("a gradient 10 % too long", DENSITIES, DENSITY, DENSITY.replace("gradient", "1.1 * gradient")),
)


def mutated(name: str, *changes: tuple[str, str]) -> ModuleType:
    """Return a module with some places of its source changed; each must be there exactly once."""
    source = inspect.getsource(importlib.import_module(name))
    for right, wrong in changes:
        assert source.count(right) == 1, f"{name} has {right!r} {source.count(right)} times"
        source = source.replace(right, wrong)
    made = ModuleType(f"{name}_mutated")
    made.__package__ = name.rpartition(".")[0]
    sys.modules[made.__name__] = made  # where dataclasses look for the names in annotations
    try:
        exec(compile(source, f"<{name}, changed>", "exec"), made.__dict__)
    finally:
        del sys.modules[made.__name__]
    return made


def sampler_of(mutant: Mutant) -> Any:
    """Return the changed sampler in the form in which the posterior panel calls its own."""
    change = (mutant.right, mutant.wrong)
    if mutant.module == DENSITIES:
        nuts = mutated(NUTS)
        vars(nuts)["density_of"] = mutated(DENSITIES, change).density_of
        return nuts.sample
    # A program is kept by its name, and a changed one must have a name of its own.
    own = zlib.crc32(repr(change).encode())
    named = ('f"iterations of {chains} chains"', f'f"iterations of {{chains}} chains, {own}"')
    batched = mutated(HMC, named, change)

    def sample(engine: Any, *, draws: int, tune: int, chains: int, random_seed: int, **_: Any) -> Draws:
        """Sample one data set by the sampler of studies, which takes many."""
        one = Lanes(engine, tuple(np.asarray(a)[None] for a in engine.data.values()), 1, 1)
        seeds = np.array([[random_seed, 7]], dtype=np.uint32)
        drawn = batched.sample(one, engine.graph.start[None], seeds, draws=draws, tune=tune, chains=chains)
        shape = drawn.energy[0].shape
        steps = {"diverging": np.zeros(shape, dtype=bool), "n_steps": np.ones(shape, dtype=int)}
        return Draws(drawn.z[0], {"energy": drawn.energy[0], **steps}, "batched", "jax")

    return sample
