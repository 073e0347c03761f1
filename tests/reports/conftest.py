"""Solved scenarios as the reports see them, made by hand: regular, unbounded, unreliable, failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from triptych.comparisons.explanation.explanation import Explanation
from triptych.comparisons.explanation.sentences import Sentence
from triptych.problem.claims import at_most, claim, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.table import Row, Status, frame

NAN = float("nan")
PREDICTORS = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
MLE = [-10.0, -239.8, 519.8, 324.4, -792.2, 476.7, 101.0, 177.1, 751.3, 67.6]
MAP = [0.0, -217.5, 525.1, 309.2, -165.0, 0.0, -171.9, 0.0, 525.2, 61.8]
ERRORS = [59.7, 61.2, 66.5, 65.4, 416.7, 339.0, 212.5, 161.5, 171.9, 66.0]
HOSTILE = '<script>alert("x")</script> & "quotes" — β̂ ≠ 0, [bold]μ[/bold]?'
CONTRASTS = [
    "scenario",
    "variant",
    "estimand",
    "label",
    "mode_shift",
    "mean_minus_mode",
    "total",
    "mcse",
    "posterior_sd",
    "mode_shift_sd",
    "mean_minus_mode_sd",
    "total_sd",
    "width_ratio",
    "overlap",
    "status",
    "reason",
]
SCORES = [
    "scenario", "variant", "method", "log_score", "std_error", "n_held_out", "status", "reason", "difference",
    "difference_error",
]  # fmt: skip
CLAIMS = ["scenario", "name", "statement", "measured", "bound", "holds"]


@dataclass
class Path:
    coordinate: str
    values: list[float]
    objective: list[float]
    status: Status
    reason: str


@dataclass
class Panel:
    method: str
    estimates: list[Row]
    intervals: list[Row] = field(default_factory=list)
    optima: list[Row] = field(default_factory=list)
    native: Any = None
    diagnostics: dict[str, Any] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)
    profiles: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)
    z: np.ndarray | None = None


@dataclass
class Solution:
    scenario: str
    variant: str
    settings: dict[str, Any]
    data: Data
    panels: dict[str, Panel]
    samples: dict[str, np.ndarray]
    seconds: dict[str, float] = field(default_factory=lambda: {"mle": 0.1, "mcmc": 1.5})
    engine: Any = None
    constants: dict[str, np.ndarray] = field(default_factory=dict)

    def draws(self, estimand: str) -> np.ndarray:
        return self.samples[estimand]

    def period(self, estimand: str, label: str = "") -> float:
        return 0.0


@dataclass
class Comparison:
    scenario: Scenario
    solutions: dict[str, Solution]
    contrasts: Any
    claims: Any
    scores: Any
    problems: list[str]
    error: str | None = None
    skipped: str = ""
    quick: bool = False
    walked: Any = None
    provenance: dict[str, Any] = field(
        default_factory=lambda: {
            "seed": 20260101,
            "versions": {"triptych": "0.1.0", "pymc": "6.4.0"},
            "ci_prob": 0.95,
        }
    )

    def __getitem__(self, variant: str) -> Solution:
        return self.solutions[variant]

    @property
    def ok(self) -> bool:
        return self.error is None and not self.problems

    @property
    def evaluated_claims(self) -> list[Any]:
        return [measure(self) for measure in self.scenario.claims] if len(self.claims) else []

    def _table(self, name: str) -> Any:
        panels = [p for s in self.solutions.values() for p in s.panels.values()]
        return frame(row for panel in panels for row in getattr(panel, name))

    @property
    def estimates(self) -> Any:
        return self._table("estimates")

    @property
    def intervals(self) -> Any:
        return self._table("intervals")

    @property
    def optima(self) -> Any:
        return self._table("optima")

    @property
    def figures(self) -> list[Any]:
        return [make(self) for make in self.scenario.figures]

    @property
    def tables(self) -> list[Any]:
        return [make(self) for make in self.scenario.tables]

    answer = "The three differ most on beta[s1]."
    questions = ()

    @property
    def explanations(self) -> dict[str, Explanation]:
        reason = Sentence("pull", "The prior pulls beta[s1] towards its centre 0.", ("beta[s1]",))
        advice = Sentence("zeros", "A MAP of exactly 0 is not evidence of no effect.", ("beta[s4]",))
        return {
            name: Explanation(s.scenario, name, self.answer, "beta[s1]", (reason,), (advice,))
            for name, s in self.solutions.items()
        }

    @property
    def prior_draws(self) -> dict[str, Any]:
        from triptych.comparisons.explanation.prior import prior_draws

        return {name: prior_draws(solution) for name, solution in self.solutions.items()}  # type: ignore[arg-type]

    @property
    def prior_densities(self) -> dict[str, Any]:
        return {name: {} for name in self.solutions}

    @property
    def drawn(self) -> dict[str, Any]:
        from triptych.reports.sections import scenario

        return scenario(self)  # type: ignore[arg-type]

    @property
    def diagnostics(self) -> dict[str, Any]:
        return {name: {p.method: p.diagnostics for p in s.panels.values()} for name, s in self.solutions.items()}

    def to_datatree(self) -> Any:
        import arviz as az
        import xarray as xr

        trees = {name: s.panels["mcmc"].native for name, s in self.solutions.items()}
        tree = trees.pop("default")
        assert isinstance(tree, xr.DataTree)
        for name, other in trees.items():
            tree[f"variants/{name}"] = other
        assert az is not None
        return tree


def table(columns: list[str], rows: list[dict[str, Any]]) -> Any:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)


def row(**given: Any) -> Row:
    """A row whose missing numbers are NaN."""
    base: dict[str, Any] = {
        "scenario": "",
        "variant": "default",
        "method": "mle",
        "estimand": "",
        "label": "",
        "estimate": NAN,
        "estimate_kind": "maximum",
        "std_error": NAN,
        "lower": NAN,
        "upper": NAN,
        "ci_prob": 0.95,
        "interval_kind": "none",
        "status": Status.OK,
        "reason": "",
    }
    return Row(**{**base, **given})


def interval(estimate: float, error: float, kind: str) -> dict[str, Any]:
    return {
        "estimate": estimate,
        "std_error": error,
        "lower": estimate - 1.96 * error,
        "upper": estimate + 1.96 * error,
        "interval_kind": kind,
    }


def tree(posterior: dict[str, np.ndarray], coords: dict[str, Any], dims: dict[str, Any]) -> Any:
    import arviz as az

    chains, draws = next(iter(posterior.values())).shape[:2]
    stats = {
        "diverging": np.zeros((chains, draws), dtype=bool),
        "energy": np.random.default_rng(5).normal(size=(chains, draws)),
    }
    return az.from_dict({"posterior": posterior, "sample_stats": stats}, coords=coords, dims=dims)


def sampler(gate: list[str], **changed: Any) -> dict[str, Any]:
    return {
        "max_rhat": 1.002,
        "max_rhat_allowed": 1.01,
        "min_ess_required": 400.0,
        "min_ess_bulk": 2100.0,
        "min_ess_tail": 1800.0,
        "divergences": 0,
        "min_bfmi": 0.93,
        "sampler": "nutpie low_rank",
        "draws": 1000,
        "tune": 1000,
        "chains": 4,
        "attempts": ["nutpie low_rank: passed"],
        "seconds": 1.2,
        "gate": gate,
        **changed,
    }


def diabetes(**settings: Any) -> Data:
    rng = np.random.default_rng(1)
    return Data(
        {"X": rng.normal(size=(442, 10)), "y": rng.normal(152.0, 77.0, size=442)},
        dims={"X": ("observation", "predictor"), "y": ("observation",)},
        coords={"predictor": PREDICTORS},
        constants={"penalty": 20.0},
    )


def lasso_model(data: Any) -> None:
    """A regression whose weights have a Laplace prior."""
    import pymc as pm

    sigma = pm.HalfNormal("sigma", 100)
    beta = pm.Laplace("beta", 0, sigma / data.penalty, dims="predictor")
    pm.Normal("y", data.X @ beta, sigma, observed=data.y)


@claim("The MAP is the Lasso with <the same> zeros")
def same_zeros(solved: Any) -> Any:
    return equal(3, 3)


@claim("The gradient vanishes")
def gradient_vanishes(solved: Any) -> Any:
    return at_most(2.3e-9, 1e-8)


def coefficient_path(solved: Any) -> Figure:
    grid = np.geomspace(0.1, 100, 30)
    series = [Series(label, grid.tolist(), (m / (1 + grid)).tolist()) for label, m in zip(PREDICTORS, MLE, strict=True)]
    series.append(Series("the prior used", [20.0], kind="vline"))
    return Figure("Coefficient path", "Each weight.", "penalty", "weight", tuple(series), True)


def make_lasso() -> Comparison:
    """Ten labelled weights, three of them exactly zero at the mode, in two variants."""
    scenario = Scenario(
        name="lasso",
        question="Which predictors matter " + HOSTILE,
        source="Efron et al. 2004, https://doi.org/10.1214/009053604000000067",
        model=lasso_model,
        data=diabetes,
        estimands=("beta", "sigma"),
        claims=(same_zeros, gradient_vanishes),
        variants={"wide": {"scale": 10.0}},
        mathematics=(
            r"y_i \mid \beta, \sigma \sim \mathrm{Normal}(x_i^\top \beta, \sigma^2)",
            r"\beta_j \mid \sigma \sim \mathrm{Laplace}\left(0, \frac{\sigma}{\lambda}\right)",
        ),
        why=("The mode is sparse, the mean is not: 1 < 2 & 3.",),
        figures=(coefficient_path,),
    )
    solutions, contrasts = {}, []
    for shift, variant in enumerate(scenario.variants):
        solutions[variant] = _lasso_solution(variant, shift)
        contrasts += [
            {
                "scenario": "lasso",
                "variant": variant,
                "estimand": "beta",
                "label": label,
                "mode_shift": b - a,
                "mean_minus_mode": 3.0,
                "total": b - a + 3.0,
                "mcse": 0.8,
                "posterior_sd": e,
                "mode_shift_sd": (b - a) / e,
                "mean_minus_mode_sd": 3.0 / e,
                "total_sd": (b - a + 3.0) / e,
                "width_ratio": 0.8,
                "overlap": 0.7,
                "status": "ok",
                "reason": "",
            }
            for label, a, b, e in zip(PREDICTORS, MLE, MAP, ERRORS, strict=True)
        ]
    claims = [{"scenario": "lasso", **vars(c(None))} for c in scenario.claims]
    scores = [
        {
            "scenario": "lasso",
            "variant": "default",
            "method": method,
            "log_score": -480.2 - i,
            "std_error": 6.1,
            "n_held_out": 88,
            "status": "ok",
            "reason": "",
            "difference": -float(i),
            "difference_error": 1.5,
        }
        for i, method in enumerate(("mle", "map", "mcmc"))
    ]
    return Comparison(
        scenario,
        solutions,
        table(CONTRASTS, contrasts),
        table(CLAIMS, claims),
        table(SCORES, scores),
        [],
    )


def _lasso_solution(variant: str, shift: float) -> Solution:
    rng = np.random.default_rng(2)
    name = {"scenario": "lasso", "variant": variant}
    kink = {"estimate": 0.0, "reason": "at the kink of the prior the curvature is undefined"}
    draws = rng.normal(np.array(MAP) + 3.0 + shift, np.array(ERRORS) * 0.8, size=(4, 250, 10))
    sigma = rng.normal(54.0, 1.9, size=(4, 250))
    mle, mode, mcmc, extra = [], [], [], []
    for j, label in enumerate(PREDICTORS):
        beta = {**name, "estimand": "beta", "label": label}
        mle.append(row(**beta, **interval(MLE[j], ERRORS[j], "wald")))
        at_mode = kink if MAP[j] == 0 else interval(MAP[j] + shift, ERRORS[j] * 0.8, "laplace")
        mode.append(row(**beta, method="map", estimate_kind="mode", **at_mode))
        sample = interval(float(draws[..., j].mean()), float(draws[..., j].std()), "eti")
        mcmc.append(row(**beta, method="mcmc", estimate_kind="mean", **sample))
        extra.append(mcmc[-1].but(interval_kind="hdi"))
    scale = {**name, "estimand": "sigma"}
    mle.append(row(**scale, **interval(53.48, 1.8, "wald")))
    mode.append(row(**scale, method="map", estimate_kind="mode", **interval(53.9, 1.8, "laplace")))
    spread = interval(float(sigma.mean()), float(sigma.std()), "eti")
    mcmc.append(row(**scale, method="mcmc", estimate_kind="mean", **spread))
    native = tree({"beta": draws, "sigma": sigma}, {"predictor": PREDICTORS}, {"beta": ["predictor"]})
    panels = {
        "mle": Panel("mle", mle, diagnostics={"decrement": 1e-12, "starts": 8, "hessian": NAN}),
        "map": Panel("map", mode, diagnostics={"kkt_residual": 1e-11}),
        "mcmc": Panel("mcmc", mcmc, extra, native=native, diagnostics=sampler([])),
    }
    samples = {"beta": draws.reshape(-1, 10), "sigma": sigma.reshape(-1, 1)}
    return Solution("lasso", variant, {}, diabetes(), panels, samples)


def geyser(**settings: Any) -> Data:
    rng = np.random.default_rng(3)
    return Data({"y": np.concatenate([rng.normal(2, 0.3, 100), rng.normal(4.3, 0.4, 170)])})


def make_mixture(*, reliable: bool = True, name: str = "mixture") -> Comparison:
    """No MLE (with the path that shows it), a local maximum, a mode, a posterior."""
    scenario = Scenario(
        name=name,
        question="Two kinds of eruption?",
        source="Azzalini and Bowman 1990",
        model=lasso_model,
        data=geyser,
        estimands=("mu", "sigma"),
        mathematics=(r"\text{not \LaTeX{} at all \undefined{",),
        expect={"default": {"mle": "unbounded"}},
    )
    rng = np.random.default_rng(4)
    why_not = "the likelihood rises without limit as sigma[1] goes to 0; look at the local maximum"
    gate = [] if reliable else ["R-hat 1.53 for mu[1] is above 1.01"]
    doubt = {} if reliable else {"status": Status.UNRELIABLE, "reason": gate[0] + "; sample longer before use"}
    mle, mode, mcmc, optima, samples = [], [], [], [], {}
    posterior = {}
    for estimand, centres in (("mu", (2.02, 4.27)), ("sigma", (0.24, 0.44))):
        draws = rng.normal(centres, (0.03, 0.04), size=(4, 250, 2))
        posterior[estimand] = draws
        samples[estimand] = draws.reshape(-1, 2)
        for j, centre in enumerate(centres):
            base = {"scenario": name, "estimand": estimand, "label": str(j + 1)}
            mle.append(row(**base, status=Status.UNBOUNDED, reason=why_not))
            optima.append(row(**base, estimate=centre))
            at = interval(centre + 0.01, 0.03, "laplace")
            mode.append(row(**base, method="map", estimate_kind="mode", **at))
            at = interval(centre + 0.005, 0.035, "eti")
            mcmc.append(row(**base, method="mcmc", estimate_kind="mean", **at, **doubt))
    native = tree(posterior, {"component": ["1", "2"]}, {"mu": ["component"], "sigma": ["component"]})
    grid = np.geomspace(1e-6, 0.3, 25)
    path = Path(
        "sigma[1]",
        grid.tolist(),
        (-300 - 2 * np.log(grid)).tolist(),
        Status.UNBOUNDED,
        "two observations are tied at 1.867: slope 2 per unit of log 1/sigma",
    )
    panels = {
        "mle": Panel("mle", mle, [], optima, paths=[path]),
        "map": Panel("map", mode),
        "mcmc": Panel(
            "mcmc",
            mcmc,
            native=native,
            diagnostics=sampler(gate, max_rhat=1.002 if reliable else 1.53),
        ),
    }
    contrasts = [
        {
            "scenario": name,
            "variant": "default",
            "estimand": r.estimand,
            "label": r.label,
            "status": "unbounded",
            "reason": "there is no MLE to differ from",
        }
        for r in mle
    ]
    problems = [] if reliable else ["default: posterior of mu[1], mu[2] is unreliable"]
    return Comparison(
        scenario,
        {"default": Solution(name, "default", {}, geyser(), panels, samples)},
        table(CONTRASTS, contrasts),
        table(CLAIMS, []),
        table(SCORES, []),
        problems,
    )


def make_failed() -> Comparison:
    """A scenario that could not be solved at all."""
    scenario = Scenario(
        name="broken",
        question="What happens when the sampler panics?",
        source="made up",
        model=lasso_model,
        data=diabetes,
        estimands=("beta",),
    )
    return Comparison(
        scenario,
        {},
        table(CONTRASTS, []),
        table(CLAIMS, []),
        table(SCORES, []),
        ["the sampler panicked"],
        error="SamplingError: the sampler panicked <at> step 3",
    )


@pytest.fixture(scope="session")
def lasso() -> Comparison:
    return make_lasso()


@pytest.fixture(scope="session")
def mixture() -> Comparison:
    return make_mixture()


@pytest.fixture(scope="session")
def unreliable() -> Comparison:
    return make_mixture(reliable=False, name="shaky")


@pytest.fixture(scope="session")
def failed() -> Comparison:
    return make_failed()


@pytest.fixture(scope="session")
def comparisons(lasso: Any, mixture: Any, unreliable: Any, failed: Any) -> list[Comparison]:
    return [lasso, mixture, unreliable, failed]
