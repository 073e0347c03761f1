"""Models as equations, against the lines that a statistician would write."""

from __future__ import annotations

import re

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from triptych.graph.equations import equations, plain_factor, plain_priors
from triptych.reports.mathematics import mathml


def plain(line: str) -> str:
    """Return a line as it is read: LaTeX without its commands for letters and space."""
    text = re.sub(r"\\(?:mathrm|operatorname|text)\{((?:[^{}\\]|\\.)*)\}", r"\1", line)
    return text.replace(r"\cdot", "*").replace(r"\sim", "~").replace("\\_", "_").replace("\\,", " ")


def read(model: pm.Model) -> list[str]:
    lines = equations(model)
    assert all("<code>" not in mathml(line) for line in lines)  # every line is LaTeX that the page can set
    return [plain(line) for line in lines]


def test_eight_schools_show_the_formula_of_theta_and_the_numbers_of_the_likelihood() -> None:
    with pm.Model(coords={"school": list("ABC")}) as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        z = pm.Normal("z", 0, 1, dims="school")
        theta = pm.Deterministic("theta", mu + tau * z, dims="school")
        pm.Normal("y", theta, [15, 10, 16], observed=[28, 8, -3], dims="school")
    assert read(model) == [
        "mu ~ Normal(0, 5)",
        "tau ~ HalfCauchy(5)",
        "z_{school} ~ Normal(0, 1)",
        "theta_{school} = mu + tau * z_{school}",
        "y_{school} ~ Normal(theta_{school}, (15, 10, 16))",
    ]


def test_operations_keep_their_order() -> None:
    with pm.Model() as model:
        a, b = pm.Flat("a"), pm.HalfFlat("b")
        for name, value in {
            "sum": a - (b - 1),
            "product": (a + b) * b,
            "ratio": a / (a + b),
            "minus": -2 * pt.log(b) - (a - 1) / 3,
            "power": (a + 1) ** 2,
            "inverse": pm.math.invlogit(a + b),
        }.items():
            pm.Deterministic(name, value)
        pm.Normal("y", a, b, observed=[0.0, 1.0])
    lines = dict(line.split(" = ") for line in read(model) if " = " in line)
    assert lines == {
        "sum": "a - (b - 1)",
        "product": "(a + b) * b",
        "ratio": "a / (a + b)",
        "minus": r"(-2) * \log(b) - (a - 1) / 3",
        "power": "{(a + 1)}^{2}",
        "inverse": "logit^{-1}(a + b)",
    }


def test_data_indices_mixtures_and_potentials() -> None:
    rng = np.random.default_rng(1)
    with pm.Model(coords={"g": [0, 1, 2], "obs": range(6)}) as model:
        group = pm.Data("group", np.arange(6) % 3, dims="obs")
        x = pm.Data("x", rng.normal(size=6), dims="obs")
        width = pm.Data("width", 2.5)
        a = pm.Normal("a", 0, 1, dims="g")
        w = pm.Dirichlet("w", np.ones(2))
        s = pm.HalfFlat("s")
        pm.HalfCauchy("tau", width)
        pm.Gamma("rate", 2, 1 / (2 * width))
        pm.Normal("scaled", 0, 1.0 * s)
        pm.Dirichlet("shares", 1.5 * pt.ones(3))
        pm.Potential("prior", -pt.log(s))
        pm.Poisson("k", pm.math.exp(a[group] + s * x), observed=np.arange(6), dims="obs")
        pm.Normal("v", rng.normal(size=(30, 3)) @ a, s, observed=rng.normal(size=30))
        pm.Mixture("m", w=w, comp_dists=[pm.Normal.dist(i, 1) for i in range(2)], observed=[0.0])
    lines = read(model)
    assert r"k_{obs} ~ Poisson(\exp(a_{group} + s * x_{obs}))" in lines
    assert "tau ~ HalfCauchy(2.5)" in lines
    # What is made of numbers alone is their value; PyTensor's Gamma has the scale, one over the rate.
    assert "rate ~ Gamma(shape 2, scale 5)" in lines
    assert "scaled ~ Normal(0, s)" in lines
    assert "shares_{i} ~ Dirichlet(1.5)" in lines
    assert "v_{i} ~ Normal([30 by 3 numbers] a_{g}, s)" in lines
    assert "m_{i} ~ Mixture(w_{i}, Normal(0, 1), Normal(1, 1))" in lines
    assert r"prior = -\log(s) \quad (potential)" in lines


def test_what_is_long_or_has_no_notation_names_what_it_depends_on() -> None:
    with pm.Model() as model:
        a, b = pm.Flat("a"), pm.Flat("b")
        pm.Deterministic("long", sum(a * b**k for k in range(40)))
        pm.Deterministic("gamma", pt.gammaln(a))
        pm.Normal("y", a, 1e6, observed=[0.0])
    lines = read(model)
    assert "long = f(a, b)" in lines
    assert "gamma = f(a)" in lines
    assert r"y_{i} ~ Normal(a, 1 \times 10^{6})" in lines


@pytest.mark.parametrize("value", [np.ones(50), np.arange(50.0)])
def test_many_numbers_are_one_where_they_are_the_same_and_else_counted(value: np.ndarray) -> None:
    with pm.Model() as model:
        a = pm.Flat("a")
        pm.Normal("y", a, value + 1, observed=value)
    said = "2" if np.ptp(value) == 0 else "[50 numbers]"
    assert read(model)[-1] == f"y_{{i}} ~ Normal(a, {said})"


def test_priors_are_plain_text_without_axes_and_keep_elements() -> None:
    with pm.Model(coords={"g": [0, 1]}) as model:
        mu, tau = pm.Normal("mu", -1.5, 1e6), pm.HalfNormal("tau_1", 5)
        a = pm.Normal("a", mu * tau, pt.sqrt(tau), dims="g")
        pm.Laplace("b", a[0], 1 / tau, shape=3)
        pm.HalfFlat("s")
        pm.Exponential("e", 0.5)
        pm.Gamma("r", alpha=3, beta=0.25)
        pm.Truncated("t", pm.Normal.dist(0, 1), lower=0)
    assert plain_priors(model, model.free_RVs[1:]) == {
        "tau_1": "tau_1 ~ HalfNormal(0, 5)",
        "a": "a ~ Normal(mu * tau_1, sqrt(tau_1))",
        "b": "b ~ Laplace(a[0], 1 / tau_1)",
        "s": "s ~ HalfFlat",
        "e": "e ~ Exponential(scale 2)",
        "r": "r ~ Gamma(shape 3, scale 4)",
        "t": "t ~ TruncatedNormal(0, 1, 0, inf)",
    }
    assert plain_priors(model, model.free_RVs[:1]) == {"mu": "mu ~ Normal(-1.5, 1 * 10^6)"}


def test_a_potential_is_written_as_the_factor_that_it_is() -> None:
    with pm.Model() as model:
        sigma = pm.HalfFlat("sigma")
        b = pm.Normal("b", 0, 1)
        pm.Potential("over", -pt.log(sigma))
        pm.Potential("times", pt.log(sigma))
        pm.Potential("near", -((b - 2) ** 2) / 2)
        pm.Potential("odd", pt.linalg.det(pt.stack([[sigma, b], [b, sigma]])))
    written = {p.name: plain_factor(model, p) for p in model.potentials}
    assert {name: written[name] for name in ("over", "times", "odd")} == {
        "over": "1 / sigma",
        "times": "sigma",
        "odd": "",
    }
    assert written["near"].startswith("exp(")
    values = {"b": 3.0}
    assert eval(written["near"].replace("^", "**"), {"exp": np.exp}, values) == pytest.approx(np.exp(-0.5))


def test_a_flat_prior_that_a_potential_weighs_is_told_as_one_density() -> None:
    import triptych
    from triptych.comparisons.explanation.prior_words import prior_words

    with pm.Model() as model:
        sigma = pm.HalfFlat("sigma")
        b = pm.Normal("b", 0, sigma)
        pm.Potential("over", -pt.log(sigma))
        pm.Potential("both", -sigma * b)
        pm.Normal("y", b, sigma, observed=np.array([1.0, 2.0, 4.0]))
    solved = triptych.compare(model, methods=("mle",), profile=False, progressbar=False)["default"]
    assert prior_words(solved, "b") == (
        "sigma with density proportional to 1 / sigma", "b ~ Normal(0, sigma)", "the factor exp((-sigma) * b)",
    )  # fmt: skip
    assert prior_words(solved, "unknown") == ()
