"""What CONTRIBUTING.md says of adding something is followed, with its own examples, and what is added is right."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest
import statsmodels.api as sm
from pytensor.graph.op import Op
from scipy.optimize import minimize, minimize_scalar

import triptych
from triptych import engine
from triptych.cli.config import check_config
from triptych.engine import choose_backend
from triptych.engine.engine import POSTERIOR, Engine
from triptych.existence import probes, search
from triptych.existence.findings import Higher
from triptych.existence.verdict import Verdict
from triptych.optimise.objective import make_objective
from triptych.regression import families, priors
from triptych.regression.build import build_scenario
from triptych.regression.names import family_names, prior_names

ROOT = Path(__file__).parent.parent
RNG = np.random.default_rng(3)
X = RNG.normal(size=80)
MODES: dict[str, Any] = {"methods": ("mle", "map"), "progressbar": False, "profile": False}


def example(name: str) -> str:
    """Return the block of code that the guide introduces as ``This is `name.py`:``."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = re.findall(rf"This is `{name}\.py`:\n\n```python\n(.*?)```", text, flags=re.DOTALL)
    return str(code)


@pytest.fixture
def added(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Lay an example into the folder of a package and return its name."""
    package, name = request.param
    assert isinstance(package, ModuleType)
    (tmp_path / f"{name}.py").write_text(example(name), encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    yield name
    sys.modules.pop(f"{package.__name__}.{name}", None)


@pytest.mark.parametrize("added", [(probes, "scattered")], indirect=True)
def test_a_probe_is_one_file_and_a_place_in_the_list(added: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pm.Model() as model:
        mu = pm.Flat("mu")
        heights = pt.stack([-0.5 * mu**2, 5 - 0.5 * ((mu - 14) / 0.05) ** 2])
        pm.Potential("two_modes", pt.logsumexp(heights))
    objective, _ = make_objective(Engine.build(model, likelihood=("two_modes",)), POSTERIOR)
    assert search.find(objective).point.z == pytest.approx([0.0], abs=1e-6)  # narrow, and farther than any start
    probe = importlib.import_module(f"triptych.existence.probes.{added}").probe
    monkeypatch.setattr(search, "PROBES", (*search.PROBES, probe))
    seen: list[Verdict] = []
    judged = search._judged

    def kept(verdict: Verdict) -> Verdict:
        seen.append(judged(verdict))
        return seen[-1]

    monkeypatch.setattr(search, "_judged", kept)
    assert search.find(objective).point.z == pytest.approx([14.0], abs=1e-6)
    assert [(finding.by, type(finding)) for finding in seen[0].findings] == [("points drawn wide", Higher)]
    assert seen[-1].findings == ()


@pytest.mark.parametrize("added", [(engine, "interpreted")], indirect=True)
def test_a_backend_is_one_class(added: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own Op has no JAX translation; the MLE of mu in Normal(sinh(mu), 1) is arsinh of the mean."""

    class Sinh(Op):
        itypes = (pt.dscalar,)
        otypes = (pt.dscalar,)

        def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
            outputs[0][0] = np.asarray(np.sinh(inputs[0]))

        def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
            return [cotangents[0] * pt.cosh(inputs[0])]

    y = RNG.normal(1.2, size=40)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 2)
        pm.Normal("y", Sinh()(mu), 1, observed=y)
    backend = importlib.import_module(f"triptych.engine.{added}").InterpretedBackend
    monkeypatch.setattr(choose_backend, "without_jax", backend)
    solved = triptych.compare(model, draws=300, tune=300, chains=2, progressbar=False, profile=False)["default"]
    mode = minimize_scalar(lambda mu: 20 * np.sinh(mu) ** 2 - y.sum() * np.sinh(mu) + mu**2 / 8, (0, 2), tol=1e-12).x
    assert solved.row("mle", "mu").estimate == pytest.approx(np.arcsinh(y.mean()), abs=1e-7)
    assert solved.row("map", "mu").estimate == pytest.approx(mode, abs=1e-7)
    posterior = solved.row("mcmc", "mu")
    assert posterior.estimate == pytest.approx(mode, abs=posterior.std_error)
    assert solved.panels["mcmc"].diagnostics["sampler"].endswith(backend.name)


@pytest.mark.parametrize("added", [(families, "geometric")], indirect=True)
def test_a_family_is_one_file(added: str) -> None:
    assert added in family_names()
    y = RNG.geometric(1 / (1 + np.exp(0.5 + 0.7 * X))) - 1
    solved = triptych.fit({"y": y, "x": X}, "y ~ x", family=added, prior="flat", **MODES)
    theirs = sm.GLM(y, sm.add_constant(X), family=sm.families.NegativeBinomial(alpha=1.0)).fit(tol=1e-14)
    assert solved["default"].values("mle", "coef") == pytest.approx(theirs.params, rel=1e-8)
    claims = build_scenario({"y": y, "x": X}, "y ~ x", family=added, prior="flat").claims
    assert {measure(solved).name: measure(solved).holds for measure in claims} == {
        "mle_is_statsmodels": True,
        "flat_mode_is_mle": True,
    }


@pytest.mark.parametrize("added", [(priors, "cauchy")], indirect=True)
def test_a_prior_is_one_file(added: str) -> None:
    assert added in prior_names()
    y = (RNG.random(80) < 1 / (1 + np.exp(-X))).astype(int)
    solved = triptych.fit({"y": y, "x": X}, "y ~ x", family="bernoulli", prior=added, prior_scale=0.3, **MODES)
    z, scale = (X - X.mean()) / X.std(ddof=1), 0.3

    def loss(b: np.ndarray) -> float:
        eta = b[0] + b[1] * z
        return float(np.logaddexp(0, eta).sum() - y @ eta + np.log1p((b[1] / scale) ** 2))

    best = minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-10}).x
    assert solved["default"].row("map", "coef", "x").estimate == pytest.approx(best[1] / X.std(ddof=1), rel=1e-5)
    (slope,) = [prior for prior in solved.scenario.priors if prior.name == "coef[x]"]
    assert slope.text == f"Cauchy(0, {0.3 / X.std(ddof=1):.4g})"


def test_every_list_of_families_and_priors_is_whole() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = readme[readme.index("Families:") : readme.index("Scales are those")]
    table = (ROOT / "docs" / "priors.md").read_text(encoding="utf-8")
    for name in family_names():
        assert re.search(rf"\b{name}\b", told), name
        assert f"``{name}``" in str(triptych.fit.__doc__), name
        assert check_config({"family": name}).family == name
    for name in prior_names():
        assert re.search(rf"\b{name}\b", told), name
        assert f"``{name}``" in str(triptych.fit.__doc__), name
        assert f"`{name}`" in table, name
        assert check_config({"prior": name}).prior == name


def test_the_help_names_the_priors_whose_scale_goes_with_sigma() -> None:
    from triptych.cli.options import PRIOR
    from triptych.regression.catalogue import prior_of

    listed, _, with_sigma = PRIOR.partition(";")
    for name in prior_names():
        assert name in listed
        assert (re.search(rf"\b{name}\b", with_sigma) is not None) == prior_of(name).conditional


def test_an_option_of_one_family_is_refused_to_the_others() -> None:
    table: pd.DataFrame = pd.DataFrame({"y": RNG.normal(size=9), "x": X[:9]})
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        (
            {"nu": 5.0},
            "--nu is a setting of Student errors, and the family is gaussian; leave it out, or choose --family student",
        ),
        ({"l1_ratio": 0.3}, "--l1-ratio is a setting of the elastic net, and the prior is normal; leave it out"),
        ({"trials": "x"}, "--trials is the column of the trials of binomial counts, and the family is gaussian"),
    )
    for options, words in cases:
        with pytest.raises(triptych.InputError, match=words):
            triptych.fit(table, "y ~ x", **options)
