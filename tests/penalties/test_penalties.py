"""Conversions by themselves: known values, n-dependence, round trips, refusals."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.base.errors import InputError
from triptych.cli.main import main
from triptych.penalties import (
    LIBRARIES,
    ElasticNet,
    Laplace,
    Normal,
    NotAPrior,
    Prior,
    to_penalty,
    to_prior,
)
from triptych.penalties.table import settings

EPS = np.finfo(float).eps
GAUSSIAN: dict[str, Any] = {"sigma": 1.7}
GLMNET: dict[str, Any] = {"sigma": 1.7, "y_sd": 2.5}
TORCH: list[dict[str, Any]] = [
    {"loss": "mse", "reduction": "mean", **GAUSSIAN},
    {"loss": "mse", "reduction": "sum", **GAUSSIAN},
    {"loss": "gaussian_nll", **GAUSSIAN},
    {"loss": "bce", "reduction": "mean"},
    {"loss": "bce", "reduction": "sum"},
]
# Every library with the options that change its scaling.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("statsmodels.OLS", GAUSSIAN),
    *(("statsmodels.GLM", {"family": f, **GAUSSIAN}) for f in ("gaussian", "gamma")),
    *(("statsmodels.GLM", {"family": f}) for f in ("binomial", "poisson", "negative_binomial")),
    ("statsmodels.Logit", {}),
    *((f"sklearn.{name}", GAUSSIAN) for name in ("Ridge", "Lasso", "ElasticNet", "SGDRegressor")),
    ("sklearn.LogisticRegression", {}),
    ("glmnet.gaussian", GLMNET),
    ("glmnet.gaussian", {**GLMNET, "x_sd": 3.0}),
    ("glmnet.binomial", {}),
    ("glmnet.binomial", {"x_sd": 3.0}),
    *(("torch.SGD", options) for options in TORCH),
    *(("torch.Adam", options) for options in TORCH),
]
ONLY_NORMAL = {"sklearn.Ridge", "torch.SGD", "torch.Adam"}
ONLY_LAPLACE = {"sklearn.Lasso", "statsmodels.Logit"}

weights = st.floats(1e-3, 1e3)
priors = st.one_of(weights.map(Normal), weights.map(Laplace), st.builds(ElasticNet, weights, weights))


def says(library: str, prior: Prior) -> bool:
    """Whether the library's penalty has a term for every part of the prior."""
    l1, l2 = prior.weights
    return not (library in ONLY_NORMAL and l1 > 0) and not (library in ONLY_LAPLACE and l2 > 0)


def test_every_library_is_among_the_cases() -> None:
    assert {library for library, _ in CASES} | {"torch.AdamW"} == set(LIBRARIES)


@pytest.mark.parametrize(
    ("library", "prior", "options", "expected"),
    [
        # sigma = 2, n = 50: Normal(0.5) has l2 = 4, Laplace(0.25) has l1 = 4
        ("statsmodels.OLS", Normal(0.5), {"sigma": 2}, {"alpha": 16 / 50, "L1_wt": 0}),
        ("statsmodels.OLS", Laplace(0.25), {"sigma": 2}, {"alpha": 16 / 50, "L1_wt": 1}),
        ("statsmodels.OLS", ElasticNet(1, 3), {"sigma": 2}, {"alpha": 16 / 50, "L1_wt": 0.25}),
        ("statsmodels.GLM", Normal(0.5), {"family": "poisson"}, {"alpha": 4 / 50, "L1_wt": 0}),
        ("statsmodels.Logit", Laplace(0.25), {}, {"alpha": 4}),
        ("sklearn.Ridge", Normal(0.5), {"sigma": 2}, {"alpha": 16}),
        ("sklearn.Lasso", Laplace(0.25), {"sigma": 2}, {"alpha": 16 / 50}),
        ("sklearn.LogisticRegression", Normal(0.5), {}, {"C": 0.25, "l1_ratio": 0}),
        ("torch.SGD", Normal(0.5), {"sigma": 2}, {"weight_decay": 2 * 16 / 50}),
        ("torch.SGD", Normal(0.5), {"sigma": 2, "reduction": "sum"}, {"weight_decay": 2 * 16}),
        ("torch.Adam", Normal(0.5), {"loss": "bce"}, {"weight_decay": 4 / 50}),
    ],
)
def test_values_worked_out_by_hand(
    library: str, prior: Prior, options: dict[str, Any], expected: dict[str, float]
) -> None:
    assert to_penalty(prior, library, n=50, **options) == pytest.approx(expected, rel=4 * EPS)


@pytest.mark.parametrize(("library", "options"), CASES)
@given(prior=priors, n=st.integers(1, 10**9))
def test_round_trip(library: str, options: dict[str, Any], prior: Prior, n: int) -> None:
    if not says(library, prior):
        with pytest.raises(InputError, match="cannot express"):
            to_penalty(prior, library, n=n, **options)
        return
    back = to_prior(library, n=n, **options, **to_penalty(prior, library, n=n, **options))
    assert type(back) is type(prior)
    # a dozen roundings, relative to what the mixing argument holds: the sum of the two weights
    # (glmnet and standardisation weigh the sum by at most y_sd * x_sd on either side)
    room = 16 * EPS * 2.5 * 3 * 3 * sum(prior.weights)
    np.testing.assert_allclose(back.weights, prior.weights, rtol=0, atol=room)


@pytest.mark.parametrize(("library", "options"), CASES)
def test_twice_the_rows(library: str, options: dict[str, Any]) -> None:
    """A sum over the rows leaves the setting alone, a mean halves it; the mixture never moves."""
    prior = Laplace(0.4) if library in ONLY_LAPLACE else Normal(0.4)
    summed = library in {"statsmodels.Logit", "sklearn.Ridge", "sklearn.LogisticRegression"}
    summed |= options.get("reduction") == "sum"
    once, twice = (to_penalty(prior, library, n=n, **options) for n in (40, 80))
    total = LIBRARIES[library].total
    assert twice.pop(total) == pytest.approx(once.pop(total) / (1 if summed else 2), rel=4 * EPS)
    assert twice == once


@pytest.mark.parametrize(("library", "options"), CASES)
def test_a_flat_prior_is_no_penalty(library: str, options: dict[str, Any]) -> None:
    for flat in (Normal(math.inf), Laplace(math.inf), ElasticNet(0, 0)):
        setting = to_penalty(flat, library, n=9, **options)
        expected = math.inf if library == "sklearn.LogisticRegression" else 0
        assert setting[LIBRARIES[library].total] == expected
        assert to_prior(library, n=9, **options, **setting) == Normal(math.inf)


@pytest.mark.parametrize(
    ("library", "arguments", "prior"),
    [
        ("statsmodels.OLS", {"alpha": 0.5}, Laplace(2 / 5)),
        ("glmnet", {"lambda_": 0.5}, Laplace(2 / 5)),
        ("sklearn.ElasticNet", {"alpha": 0.5}, ElasticNet(1.25, 1.25)),
        ("sklearn.SGDRegressor", {"alpha": 0.5}, Normal((1 / 2.5) ** 0.5)),
        ("sklearn.SGDRegressor", {"alpha": 0.5, "penalty": "l1"}, Laplace(2 / 5)),
    ],
)
def test_left_out_mixing_has_the_librarys_default(library: str, arguments: dict[str, Any], prior: Prior) -> None:
    back = to_prior(library, n=5, sigma=1, **arguments)
    assert type(back) is type(prior)
    assert back.weights == pytest.approx(prior.weights, rel=4 * EPS)


def test_installed_libraries_have_those_defaults() -> None:
    import inspect

    import statsmodels.api as sm
    from sklearn.linear_model import ElasticNet as Net
    from sklearn.linear_model import LogisticRegression, SGDRegressor

    assert Net().l1_ratio == LIBRARIES["sklearn.ElasticNet"].ratio_default
    assert LogisticRegression().l1_ratio == LIBRARIES["sklearn.LogisticRegression"].ratio_default
    assert SGDRegressor().l1_ratio == LIBRARIES["sklearn.SGDRegressor"].ratio_default
    assert SGDRegressor().penalty == "l2"
    default = inspect.signature(sm.OLS.fit_regularized).parameters["L1_wt"].default
    assert default == LIBRARIES["statsmodels.OLS"].ratio_default


@pytest.mark.parametrize("prior", [Normal(0.7), Laplace(0.3), ElasticNet(2, 3), ElasticNet(40, 1)])
def test_densities_are_what_they_say(prior: Prior) -> None:
    from scipy.integrate import quad

    mass = 2 * quad(lambda b: math.exp(prior.logp(b)), 0, np.inf, epsabs=0, epsrel=1e-10)[0]
    assert mass == pytest.approx(1, rel=1e-9)
    b = np.array([0.4, -1.3])
    l1, l2 = prior.weights
    fall = prior.logp(0.0) - prior.logp(b)
    np.testing.assert_allclose(fall, l1 * np.abs(b) + l2 * b**2 / 2, rtol=1e-12)


def test_decoupled_decay_is_refused_with_the_reason() -> None:
    for convert in (
        lambda: to_penalty(Normal(1), "torch.AdamW", n=10, sigma=1),
        lambda: to_prior("torch.AdamW", n=10, sigma=1, weight_decay=0.01),
    ):
        with pytest.raises(NotAPrior, match="decoupled weight decay is not a prior"):
            convert()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Normal(0), "sd of a Normal prior must be more than zero"),
        (lambda: Normal(math.nan), "sd of a Normal prior"),
        (lambda: Laplace(cast(Any, "wide")), "scale of a Laplace prior must be a number"),
        (lambda: Laplace(True), "scale of a Laplace prior must be a number"),
        (lambda: ElasticNet(-1, 1), "l1 of an elastic net"),
        (lambda: ElasticNet(1, math.inf), "l2 of an elastic net"),
        (lambda: Normal(math.inf).logp(0), "flat prior has no density"),
        (lambda: to_penalty(Normal(1), "sklearn.Ridge", n=10), "sigma is missing"),
        (lambda: to_penalty(Normal(1), "sklearn.Lasso", n=10), r"cannot express Normal\(sd=1.0\): its penalty is"),
        (lambda: to_penalty(Laplace(1), "torch.SGD", n=10), "cannot express Laplace"),
        (lambda: to_penalty(Normal(1), "sklearn.Ridge", n=0, sigma=1), "n must be a whole number"),
        (
            lambda: to_penalty(Normal(1), "sklearn.Ridge", n=cast(Any, 9.5), sigma=1),
            "n must be a whole",
        ),
        (lambda: to_penalty(Normal(1), "sklearn.Ridge", n=9, sigma=-1), "sigma must be more"),
        (lambda: to_penalty(Normal(1), "sklearn.Ridge", n=9, sigma=1, y_sd=1), "has no y_sd"),
        (lambda: to_penalty(Normal(1), "sklearn.SVC", n=9), "'sklearn.SVC' is not known"),
        (lambda: to_penalty(Normal(1), "glmnet", n=9, sigma=1), "pass y_sd"),
        (lambda: to_penalty(Normal(1), "statsmodels.GLM", n=9, family="tweedie"), "family"),
        (
            lambda: to_penalty(Normal(1), "sklearn.LogisticRegression", n=9, sigma=2),
            "sigma = 2 has no meaning",
        ),
        (lambda: to_penalty(Normal(1e-200), "sklearn.Ridge", n=9, sigma=1), "double precision"),
        (lambda: to_penalty(Normal(1e200), "sklearn.Ridge", n=9, sigma=1), "too wide"),
        (lambda: to_penalty(Normal(1), "sklearn.Ridge", n=9, sigma=1e-200), "double precision"),
        (lambda: to_penalty(Normal(1), "glmnet.binomial", n=9, x_sd=1e-200), "double precision"),
        (
            lambda: to_penalty(ElasticNet(1, 1e-30), "sklearn.ElasticNet", n=9, sigma=1),
            "vanishes in the rounding",
        ),
        (lambda: to_prior("sklearn.Ridge", n=9, sigma=1), "needs alpha"),
        (lambda: to_prior("sklearn.Ridge", n=9, sigma=1, alpha=-1), "alpha must be zero or more"),
        (lambda: to_prior("sklearn.Ridge", n=9, sigma=1, alpha=1, C=1), "has no C"),
        (lambda: to_prior("sklearn.LogisticRegression", n=9, C=0), "C must be more than zero"),
        (lambda: to_prior("statsmodels.OLS", n=9, sigma=1, alpha=1, L1_wt=2), "between 0 and 1"),
        (
            lambda: to_prior("statsmodels.GLM", n=9, sigma=1, alpha=1, L1_wt=0),
            "re-estimates the dispersion",
        ),
        (
            lambda: to_prior("sklearn.SGDRegressor", n=9, sigma=1, alpha=1, l1_ratio=0.5),
            "ignores l1_ratio",
        ),
        (
            lambda: to_prior("glmnet.binomial", n=9, standardize=True, lambda_=1),
            "go together",
        ),
    ],
)
def test_refusals_name_what_is_wrong(build: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build()


def test_the_table_has_every_library_once_per_spelling() -> None:
    lines = settings(Normal(0.5), n=100, sigma=2.0, y_sd=3.0)
    assert {line.library for line in lines} == set(LIBRARIES)
    for line in lines:
        if line.arguments is None:
            assert line.library in ONLY_LAPLACE | {"torch.AdamW"}
            assert line.reason
            continue
        sigma = None if _no_sigma(line.library, line.options) else 2.0
        back = to_prior(line.library, n=100, sigma=sigma, **line.options, **line.arguments)
        assert back.weights == pytest.approx((0, 4), rel=8 * EPS)


def _no_sigma(library: str, options: dict[str, Any]) -> bool:
    logistic = {"statsmodels.Logit", "sklearn.LogisticRegression", "glmnet.binomial"}
    return library in logistic or "binomial" in options.values() or "bce" in options.values()


def run(*arguments: str) -> Any:
    import typer
    from typer.testing import CliRunner

    from triptych.cli.penalty import penalty

    app = typer.Typer()
    app.command()(penalty)
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


FORWARD = ("--prior", "normal", "--scale", "0.5", "--sigma", "1", "--n", "100")
BACKWARD = ("--library", "sklearn.Ridge", "--alpha", "3", "--sigma", "1", "--n", "100")


def test_command_prints_every_library() -> None:
    result = run(*FORWARD, "--y-sd", "2")
    assert result.exit_code == 0
    assert result.stderr == ""
    for library in LIBRARIES:
        assert library in result.stdout
    for text in ("alpha=0.04, L1_wt=0", "C=0.25", "weight_decay=0.08", "lambda=0.08"):
        assert text in result.stdout


def test_command_json_converts_back() -> None:
    document = json.loads(run(*FORWARD, "--format", "json").stdout)
    assert document["prior"] == "Normal"
    line = next(line for line in document["settings"] if line["library"] == "sklearn.Ridge")
    assert line["arguments"] == {"alpha": 4.0}
    assert line["doubled"] == {"alpha": 4.0}
    assert line["reason"] == ""
    back = json.loads(run(*BACKWARD, "--format", "json").stdout)
    assert back["prior"] == "Normal"
    assert back["sd"] == pytest.approx(3**-0.5, rel=4 * EPS)


def test_command_csv() -> None:
    lines = list(csv.DictReader(run(*FORWARD, "--format", "csv").stdout.splitlines()))
    ridge = [line for line in lines if line["library"] == "sklearn.Ridge"]
    assert [(line["argument"], float(line["value"])) for line in ridge] == [("alpha", 4.0)]
    (back,) = csv.DictReader(run(*BACKWARD, "--format", "csv").stdout.splitlines())
    assert float(back["l2"]) == pytest.approx(3, rel=4 * EPS)


def test_command_writes_a_flat_prior_as_valid_json() -> None:
    result = run("--prior", "laplace", "--scale", "inf", "--n", "5", "--format", "json")
    document = json.loads(result.stdout, parse_constant=lambda text: pytest.fail(text))
    assert document["scale"] == "Infinity"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--n", "10"), "give --prior"),
        (("--prior", "normal", "--n", "10"), "--prior normal takes --scale"),
        (("--prior", "elastic_net", "--l1", "1", "--n", "10"), "takes --l1 and --l2"),
        ((*FORWARD, "--alpha", "1"), "exclude each other"),
        ((*FORWARD, "--library", "torch.AdamW"), "decoupled weight decay is not a prior"),
        ((*FORWARD, "--library", "sklearn.SVC"), "is not known"),
        ((*FORWARD, "--library", "sklearn.Lasso"), "cannot express"),
        ((*FORWARD[:-1], "0"), "n must be a whole number"),
        (("--prior", "normal", "--scale", "0", "--n", "9"), "must be more than zero"),
        ((*FORWARD, "--y-sd", "-1"), "y_sd must be more than zero"),
        (("--library", "sklearn.Ridge", "--sigma", "1", "--n", "9"), "needs alpha"),
        ((*BACKWARD[:4], "--n", "9"), "sigma is missing"),
        (
            ("--prior", "normal", "--scale", "1", "--n", "9", "--family", "poison"),
            "did you mean 'poisson'?",
        ),
        (("--prior", "normal", "--scale", "1", "--n", "9", "--loss", "mae"), "loss 'mae' is not known"),
    ],
)
def test_command_refuses_bad_input(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["penalty", *arguments])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert said.err.startswith("triptych: ")
    assert said.err.count("\n") == 1


def test_command_loads_no_statistics() -> None:
    heavy = "{'pymc', 'arviz', 'statsmodels', 'jax', 'sklearn', 'scipy', 'pandas'}"
    code = f"import sys, triptych.cli.penalty; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_refusal_says_why_apart_from_the_library_s_name() -> None:
    lines = {line.library: line for line in settings(ElasticNet(1.0, 1.0), n=10, sigma=1.0)}
    for name, between in (("sklearn.Lasso", " "), ("torch.AdamW", ": ")):
        assert lines[name].reason == f"{name}{between}{lines[name].why}"
    assert lines["sklearn.Lasso"].why.startswith("cannot express ElasticNet")
    assert lines["glmnet.gaussian"].why.startswith("cannot express ElasticNet")  # without y_sd
