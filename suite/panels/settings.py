"""How panels are asked to solve. The default, the range and the description of every such option are written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import level, one_of, some_of
from triptych.base.text import said
from triptych.base.whole_number import WholeNumber
from triptych.problem.table import METHODS
from triptych.sampling.memory import refuse_beyond_memory, too_large


class Interval(StrEnum):
    """Which posterior interval is the headline: equal-tailed or highest-density."""

    ETI = "eti"
    HDI = "hdi"


class Density(StrEnum):
    """The library that compiles the sampler's density; ``auto`` takes the engine's own."""

    AUTO = "auto"
    JAX = "jax"
    NUMBA = "numba"


class Forward(StrEnum):
    """What is drawn forwards, after the posterior: data sets and the prior, the prior alone, or nothing."""

    ALL = "all"
    PRIOR = "prior"
    NONE = "none"


DRAWS = WholeNumber("Draws per chain after tuning.", 1000, 4)
# nutpie's own default is 400: after so few, a chain of a centred hierarchy may be stuck in the funnel.
TUNE = WholeNumber("Tuning steps per chain.", 1000, 1)
CHAINS = WholeNumber("Number of chains.", 4, 1)
SEED = WholeNumber("Seed of everything random.", 1, 0, 2**32 - 1)
CORES = WholeNumber("Threads that sample.", 1, 1)
CI_PROB = 0.95
# The posterior is not sampled with more: it would take days and change no digit that is reported.
MOST = {"tune": 10**7, "chains": 1000}

# A quick run takes so many chains, tuning steps and draws. A step of tuning costs as much as a draw, and with fewer
# draws R-hat of chains that mix exceeds its limit by chance.
QUICK_CHAINS = 2
QUICK_TUNE = 200
QUICK_DRAWS = 800

# For each of many data sets or points of a path, fewer suffice: a posterior that fails the gate gets more draws.
EACH_DRAWS = replace(DRAWS, default=500, least=50, most=10**7)
EACH_TUNE = replace(TUNE, default=500, most=10**7)
EACH_CHAINS = replace(CHAINS, default=2, most=10**7)


@dataclass(frozen=True)
class Settings:
    """What panels are asked for, whatever the model.

    Attributes
    ----------
    methods
        Any of ``mle``, ``map``, ``mcmc``.
    draws, tune, chains, random_seed, cores
        As in ``pm.sample``; the seed is also that of the search for maxima.
    ci_prob
        Level of all intervals.
    ci_kind
        Which posterior interval is the headline: ``eti`` or ``hdi``.
    backend
        What the sampler's density runs on: ``auto``, ``jax`` or ``numba``.
    profile
        Whether to compute profile-likelihood intervals.
    forward
        What is drawn of the prior, and of the predictive distributions, beside the posterior.
    brief
        Whether it is a first look: the search for maxima looks at fewer coordinates where there are many, and draws
        need a smaller effective size.
    """

    methods: Sequence[str] = METHODS
    draws: int = DRAWS.default
    tune: int = TUNE.default
    chains: int = CHAINS.default
    random_seed: int = SEED.default
    ci_prob: float = CI_PROB
    ci_kind: str = Interval.ETI.value
    backend: str = Density.AUTO.value
    cores: int | None = None
    profile: bool = True
    forward: Forward = Forward.ALL
    brief: bool = False

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.integer):
                object.__setattr__(self, name, int(value))

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """Return the settings among options by name; those of other things are left out."""
        return cls(**{field.name: options[field.name] for field in fields(cls) if field.name in options})

    def check(self) -> None:
        """Raise InputError for an option out of its range, and for more draws than there is memory for."""
        some_of("methods", self.methods, METHODS)
        level("ci_prob=", self.ci_prob)
        for name, known in (("ci_kind", Interval), ("backend", Density)):
            one_of(name, getattr(self, name), known)
        whole = {"draws": DRAWS, "tune": TUNE, "chains": CHAINS, "random_seed": SEED}
        for name, option in whole.items():
            option.check(name, getattr(self, name))
        if self.cores is not None:
            CORES.check("cores", self.cores)
        if "mcmc" in self.methods:
            for name, most in MOST.items():
                if (value := getattr(self, name)) > most:
                    why = too_large(self.draws, self.chains, 1, 1) or "more would take days and tell nothing"
                    raise InputError(f"{name}={said(value)}: use {most} at most; {why}")
            refuse_beyond_memory(self.draws, self.chains)
