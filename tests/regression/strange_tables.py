"""Tables and formulas such as people bring, and worse ones, drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from triptych.design.expressions import quoted
from triptych.regression.names import family_names, prior_names

NAMES = [
    "x", "z1", "a b", 'say "so"', "it's", "back`tick", "back\\slash", "<b>bold</b>", "größe", "身長", "🙂", "ﬁnal",
    "class", "lambda", "None", "print", "np", "C", "log", "I", "sigma", "intercept", "Intercept", "beta", "coef", "nu",
    "alpha", "tau", "raw", "slab", "y_observed", "X", "y_scale", "observation", "term", "predictor", "component", "v0",
    "k0", "x[T.a]", "x:z1", "~", "", " ", "1", "2.5", "__import__", "%s", "{x}", "$\\alpha$", "a\nb", "x.1", "back",
]  # fmt: skip
PLAIN = ["normal", "normal", "whole", "flag", "text", "category"]
SCALED = [*PLAIN, "huge", "tiny"]
TAME = [*SCALED, "near", "far", "outlier"]
WILD = [*TAME, "copy", "constant", "gaps", "infinite", "mixed", "dates", "empty", "extreme"]


@dataclass
class Problem:
    """What someone asks for."""

    table: dict[str, Any]
    formula: str
    options: dict[str, Any] = field(default_factory=dict)


def column(kind: str, n: int, rng: np.random.Generator, base: np.ndarray) -> Any:
    """One column of a kind; ``base`` is the column before it, to depend on."""
    normal = rng.normal(size=n)
    text = rng.choice(["a", "b", "c <i>", "d ü"][: int(rng.integers(1, 5))], n)
    match kind:
        case "whole":
            return rng.integers(-3, 4, n)
        case "flag":
            return rng.random(n) < 0.5
        case "text":
            return text.astype(object)
        case "category":
            return pd.Categorical(text, categories=["z", *reversed(np.unique(text))])
        case "near":
            return base + 10.0 ** -int(rng.integers(1, 13)) * normal
        case "copy":
            return base * 2.0
        case "constant":
            return np.full(n, float(rng.choice([0.0, 1.0, -7.5])))
        case "huge":
            return normal * 1e12
        case "tiny":
            return normal * 1e-12
        case "far":
            return normal + 1e7
        case "extreme":
            return normal * 10.0 ** float(rng.choice([-320, -200, 160, 300]))
        case "outlier":
            return np.where(np.arange(n) == 0, 1e8, normal)
        case "gaps" | "infinite":
            return np.where(rng.random(n) < 0.2, np.nan if kind == "gaps" else -np.inf, normal)
        case "mixed":
            return np.array([v if rng.random() < 0.7 else "n/a" for v in normal], dtype=object)
        case "dates":
            return pd.date_range("2020-01-31", periods=n)
        case "empty":
            return [None] * n
    return normal


def outcome(family: str, n: int, rng: np.random.Generator, eta: np.ndarray) -> Any:
    """An outcome that fits the family, with some signal, none, or nothing but signal."""
    strength = float(rng.choice([0.0, 1.0, 1.0, 30.0]))
    eta = strength * eta
    if family in ("bernoulli", "binomial"):
        p = 1 / (1 + np.exp(-np.clip(eta, -30, 30)))
        drawn = rng.binomial(1 if family == "bernoulli" else 5, p)
        return drawn if family == "binomial" or rng.random() < 0.5 else np.where(drawn == 1, "yes", "no")
    if family in ("poisson", "negative_binomial"):
        return rng.poisson(np.exp(np.clip(eta, -4, 4)) * rng.gamma(2.0, 0.5, n))
    noise = rng.choice([1.0, 1.0, 1e-6, 0.0]) * rng.standard_t(3, n)
    values = (eta + noise) * rng.choice([1.0, 1.0, 1e12, 1e-12]) + rng.choice([0.0, 100.0])
    return np.round(values, 1) if rng.random() < 0.1 else values


TERMS = ["{0}", "{0}", "{0}", "C({0})", "I({0} ** 2)", "log({0})", "exp({0})", "scale({0})", "poly({0}, 2)", "{0}:{1}",
         "{0} * {1}", "{0} / {1}", "({0} + {1}) ** 2", "bs({0}, df=4)", "-1", "0", "1", "center({0})"]  # fmt: skip
BROKEN = ["absent", "{0} +", "(", "{0} ** 7", "open('f')", "{0}.values", "3 * {0}", "{0} | {1}", "`", "I({0}", "[",
          "I(1 / 0)", "C({0}, reference='q')", "poly({0}, 30)", "{0} {1}", "I(`{0})", "log()", "I({0}[0])", "{0}:y",
          "lambda: 1", "I(2 ** 2 ** 2 ** 9 * {0})", "\x00", "{0} ~ {1}", "..."]  # fmt: skip


@st.composite
def problems(draw: st.DrawFn, *, wild: bool, kinds: Sequence[str] = TAME) -> Problem:
    """A table, a formula, a family and a prior; ``wild`` ones are mostly bad input."""
    family = draw(st.sampled_from(family_names()))
    prior = draw(st.sampled_from(prior_names()))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1 if wild else 6, 30))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    drawn = draw(st.lists(st.sampled_from(WILD if wild else kinds), min_size=len(names), max_size=len(names)))
    base, eta, table = rng.normal(size=n), np.zeros(n), {}
    for name, kind in zip(names, drawn, strict=True):
        table[name] = column(kind, n, rng, base)
        if kind in ("normal", "whole", "far", "near", "huge", "tiny"):
            base = np.asarray(table[name], dtype=float)
            spread = float(np.std(base))
            eta = eta + (base - base.mean()) / (spread if spread > 0 else 1.0)
    terms = []
    for _ in range(draw(st.integers(1, 3))):
        chosen = [quoted(name) for name in draw(st.permutations(names))]
        shape = draw(st.sampled_from([*TERMS, *BROKEN] if wild else TERMS))
        terms.append(shape.format(chosen[0], chosen[-1]) if "{0}" in shape else shape)
    left = draw(st.sampled_from(["y", "log(y)", "absent", names[0], "I(y + 1)", "y / m"] if wild else ["y"]))
    table["y"] = outcome(draw(st.sampled_from(family_names())) if wild else family, n, rng, eta)
    table["m"] = np.full(n, 5)
    options: dict[str, Any] = {"family": family, "prior": prior, "standardize": draw(st.integers(0, 3)) > 0}
    if family == "binomial" and left == "y":
        left = "y / m"
    if family == "student":
        options["nu"] = draw(st.sampled_from([1.0, 4.0, None]))
    if wild:
        options["drop_missing"] = draw(st.booleans())
    if prior != "flat" and draw(st.booleans()):
        options["prior_scale"] = draw(st.sampled_from([0.05, 1.0, 1e3]))
    return Problem(table, f"{left} ~ {' + '.join(terms)}", options)
