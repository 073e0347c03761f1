"""Models and calls that must be refused, by name, before anything is compiled."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pymc as pm

from .case import Refusal

Y = np.array([1.0, 2.0, 4.0, 3.0])
HOLES = np.array([1.0, np.nan, 4.0, 3.0])


def plain() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        pm.Normal("y", mu, 1, observed=Y)
    return model


def discrete_latent_count() -> pm.Model:
    with pm.Model() as model:
        rate = pm.HalfNormal("rate", 5)
        births = pm.Poisson("births", rate)
        pm.Normal("y", births, 1, observed=Y)
    return model


def discrete_switch() -> pm.Model:
    with pm.Model() as model:
        year = pm.DiscreteUniform("switch_year", 0, 3)
        low, high = pm.Normal("low"), pm.Normal("high")
        pm.Normal("y", pm.math.switch(np.arange(4) < year, low, high), 1, observed=Y)
    return model


def discrete_membership() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", [-1.0, 1.0], 1)
        member = pm.Categorical("membership", p=[0.5, 0.5], shape=4)
        pm.Normal("y", mu[member], 1, observed=Y)
    return model


def only_discrete() -> pm.Model:
    with pm.Model() as model:
        coin = pm.Bernoulli("coin", 0.5)
        pm.Normal("y", coin, 1, observed=Y)
    return model


def missing_continuous() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pm.Normal("heights", mu, 1, observed=HOLES)
    return model


def missing_discrete() -> pm.Model:
    with pm.Model() as model:
        rate = pm.HalfNormal("rate", 5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pm.Poisson("deaths", rate, observed=np.ma.masked_values([1, -1, 3, 2], -1))
    return model


def observed_container(values: Any) -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        container = pm.Data("weighed", Y)
        pm.Normal("weight", mu, 1, observed=container)
    # pm.Data refuses NaN when it is made, not when it is set.
    model.set_data("weighed", np.asarray(values, float))
    return model


def infinite_observed() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        pm.Normal("pressure", mu, 1, observed=[1.0, np.inf, 2.0])
    return model


def predictor(bad: float) -> pm.Model:
    with pm.Model() as model:
        dose = pm.Data("dose", Y)
        slope = pm.Normal("slope", 0, 10)
        pm.Normal("y", slope * dose, 1, observed=Y)
    model.set_data("dose", np.array([1.0, bad, 3.0, 4.0]))
    return model


def nan_in_constant() -> pm.Model:
    with pm.Model() as model:
        slope = pm.Normal("slope", 0, 10)
        pm.Normal("yield", slope * np.array([1.0, np.nan, 2.0, 3.0]), 1, observed=Y)
    return model


def negative_count() -> pm.Model:
    with pm.Model() as model:
        rate = pm.HalfNormal("rate", 5)
        pm.Poisson("visits", rate, observed=[3, -1, 2])
    return model


def no_observed() -> pm.Model:
    with pm.Model() as model:
        pm.Normal("mu", 0, 1)
    return model


def only_a_potential() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Potential("evidence", -0.5 * pm.math.sum((Y - mu) ** 2))
    return model


def no_free() -> pm.Model:
    with pm.Model() as model:
        pm.Normal("y", 0, 1, observed=Y)
    return model


def empty() -> pm.Model:
    with pm.Model() as model:
        pass
    return model


def simulated() -> pm.Model:
    def draw(rng: np.random.Generator, mu: Any, size: Any = None) -> Any:
        return rng.normal(mu, 1, size)

    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        pm.CustomDist("opaque", mu, random=draw, observed=Y)
    return model


REFUSED = (
    Refusal("discrete_latent_count", discrete_latent_count, "births"),
    Refusal("discrete_switch", discrete_switch, "switch_year"),
    Refusal("discrete_membership", discrete_membership, "membership"),
    Refusal("only_discrete", only_discrete, "coin"),
    Refusal("missing_in_observed", missing_continuous, "heights"),
    Refusal("missing_in_observed_counts", missing_discrete, "deaths"),
    Refusal("nan_in_observed_container", lambda: observed_container(HOLES), "weigh"),
    Refusal("infinite_observed", infinite_observed, "pressure"),
    Refusal("nan_in_predictor", lambda: predictor(np.nan), "dose"),
    Refusal("nan_in_constant_predictor", nan_in_constant, "yield"),
    Refusal("infinite_predictor", lambda: predictor(np.inf), "dose"),
    Refusal("observed_outside_the_support", negative_count, "visits"),
    Refusal("no_observed_variable", no_observed, "observed"),
    Refusal("a_potential_is_a_prior_by_default", only_a_potential, "evidence"),
    Refusal("no_free_variable", no_free, "free"),
    Refusal("empty_model", empty, "free"),
    Refusal("no_log_density", simulated, "opaque"),
    Refusal("unknown_estimand", plain, "gamma_ray", {"estimands": ("gamma_ray",)}),
    Refusal("unknown_likelihood_term", plain, "evidence", {"likelihood": ("evidence",)}),
)
