"""Every conversion proved by refitting: the library's fit is the exact posterior mode."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.penalties.posterior_mode import Task, derivatives, exact_mode
from triptych.penalties import ElasticNet, Laplace, Normal, Prior, to_penalty, to_prior

RELATIVE = 1e-6
# statsmodels never revisits a coefficient once it fell below zero_tol: with 0 it always does.
FROM_ANYWHERE = {"maxiter": 2000, "zero_tol": 0.0}


def close(fitted: np.ndarray, mode: np.ndarray, zeros: bool = True) -> None:
    """Within 1e-6 of the largest coefficient, and the same zeros where the fit has any."""
    assert np.max(np.abs(mode)) > 0
    assert np.max(np.abs(np.asarray(fitted) - mode)) <= RELATIVE * np.max(np.abs(mode))
    if zeros:
        np.testing.assert_array_equal(np.asarray(fitted) == 0, mode == 0)


def standardised(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(axis=0)) / x.std(axis=0)


@pytest.fixture(scope="module")
def diabetes() -> Task:
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    return Task(standardised(X), y - y.mean(), 54.0, "gaussian")


@pytest.fixture(scope="module")
def longley() -> Task:
    from statsmodels.datasets import longley

    data = longley.load_pandas()
    y = data.endog.to_numpy(float)
    return Task(standardised(data.exog.to_numpy(float)), y - y.mean(), 305.0, "gaussian")


@pytest.fixture(scope="module")
def spector() -> Task:
    from statsmodels.datasets import spector

    data = spector.load_pandas()
    X = np.column_stack([np.ones(32), standardised(data.exog.to_numpy(float))])
    return Task(X, data.endog.to_numpy(float), 1.0, "logistic")


@pytest.fixture(scope="module")
def tumours() -> Task:
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    return Task(
        np.column_stack([np.ones(len(y)), standardised(X[:, [0, 1, 4, 8, 9]])]),
        y.astype(float),
        1.0,
        "logistic",
    )


GAUSSIAN_PRIORS = [Normal(8.0), Laplace(4.0), ElasticNet(0.3, 0.02)]
LOGISTIC_PRIORS = [Normal(0.7), Laplace(0.3), ElasticNet(2.0, 3.0)]
named = pytest.mark.parametrize("rows", ["once", "doubled"])


def of(task: Task, rows: str) -> Task:
    return task if rows == "once" else task.doubled()


@named
@pytest.mark.parametrize("prior", GAUSSIAN_PRIORS, ids=repr)
def test_statsmodels_ols(diabetes: Task, prior: Prior, rows: str) -> None:
    import statsmodels.api as sm

    task = of(diabetes, rows)._replace(X=of(diabetes, rows).X[:, :6])
    setting = to_penalty(prior, "statsmodels.OLS", n=task.n, sigma=task.sigma)
    more = {} if setting["L1_wt"] == 0 else {**FROM_ANYWHERE, "cnvrg_tol": 1e-9}
    fit = sm.OLS(task.y, task.X).fit_regularized(**setting, **more)
    close(fit.params, exact_mode(task, prior))


def test_statsmodels_default_can_leave_a_coefficient_at_zero(diabetes: Task) -> None:
    """Why the note on the library asks for zero_tol=0: this is its solver, not the conversion."""
    import statsmodels.api as sm

    task, prior = diabetes._replace(X=diabetes.X[:, :6]), Laplace(4.0)
    setting = to_penalty(prior, "statsmodels.OLS", n=task.n, sigma=task.sigma)
    fit = sm.OLS(task.y, task.X).fit_regularized(**setting, maxiter=2000)
    assert fit.params[0] == 0
    assert exact_mode(task, prior)[0] > 0.1


@named
def test_statsmodels_ols_exact_ridge_on_longley(longley: Task, rows: str) -> None:
    import statsmodels.api as sm

    task = of(longley, rows)
    prior = Normal(300.0)
    setting = to_penalty(prior, "statsmodels.OLS", n=task.n, sigma=task.sigma)
    gram = task.X.T @ task.X + np.eye(6) * (task.sigma / prior.sd) ** 2
    close(sm.OLS(task.y, task.X).fit_regularized(**setting).params, exact_mode(task, prior))
    close(np.linalg.solve(gram, task.X.T @ task.y), exact_mode(task, prior))


def test_statsmodels_penalises_the_constant_unless_alpha_is_a_vector(longley: Task) -> None:
    import statsmodels.api as sm

    task = Task(np.column_stack([np.ones(16), longley.X]), longley.y + 65_000, 305.0, "gaussian")
    prior = Normal(300.0)
    setting = to_penalty(prior, "statsmodels.OLS", n=16, sigma=305.0)
    model = sm.OLS(task.y, task.X)
    close(model.fit_regularized(**setting).params, exact_mode(task, prior))
    setting["alpha"] = np.r_[0, np.full(6, setting["alpha"])]
    close(model.fit_regularized(**setting).params, exact_mode(task, prior, free=(0,)))


@named
@pytest.mark.parametrize("prior", GAUSSIAN_PRIORS, ids=repr)
def test_statsmodels_glm_gaussian(diabetes: Task, prior: Prior, rows: str) -> None:
    import statsmodels.api as sm

    task = of(diabetes, rows)._replace(X=of(diabetes, rows).X[:, :4])
    setting = to_penalty(prior, "statsmodels.GLM", n=task.n, sigma=task.sigma, family="gaussian")
    fit = sm.GLM(task.y, task.X).fit_regularized(**setting, **FROM_ANYWHERE)
    close(fit.params, exact_mode(task, prior))


def test_statsmodels_glm_ridge_path_is_refused_because_it_estimates_the_dispersion(
    diabetes: Task,
) -> None:
    import statsmodels.api as sm

    task = diabetes._replace(X=diabetes.X[:, :4])
    prior = Normal(8.0)
    setting = to_penalty(prior, "statsmodels.GLM", n=task.n, sigma=task.sigma)
    setting["L1_wt"] = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its gradient is not that of its objective
        fit = sm.GLM(task.y, task.X).fit_regularized(**setting)
    mode = exact_mode(task, prior)
    assert np.max(np.abs(fit.params - mode)) > 0.1 * np.max(np.abs(mode))


@named
@pytest.mark.parametrize("prior", LOGISTIC_PRIORS, ids=repr)
@pytest.mark.parametrize("family", ["binomial", "poisson", "gamma"])
def test_statsmodels_glm(spector: Task, prior: Prior, family: str, rows: str) -> None:
    import statsmodels.api as sm

    task = of(spector, rows)
    if family != "binomial":
        y = np.round(np.exp(0.4 * task.X @ np.array([1.0, 1.0, -0.3, 0.8])), 1) + 0.5
        task = Task(task.X, np.round(y) if family == "poisson" else y, 1.0, family)
    sigma = 0.6 if family == "gamma" else None
    if sigma is not None:
        task = task._replace(sigma=sigma)
    if family == "binomial":
        task = task._replace(loss="logistic")
    setting = to_penalty(prior, "statsmodels.GLM", n=task.n, sigma=sigma, family=family)
    families = {
        "binomial": sm.families.Binomial(),
        "poisson": sm.families.Poisson(),
        "gamma": sm.families.Gamma(sm.families.links.Log()),
    }
    model = sm.GLM(task.y, task.X, family=families[family])
    more = {"opt_method": "newton-cg"} if setting["L1_wt"] == 0 else FROM_ANYWHERE
    fit = model.fit_regularized(**setting, **more)
    close(fit.params, exact_mode(task, prior))


@named
def test_statsmodels_logit_l1(spector: Task, tumours: Task, rows: str) -> None:
    import statsmodels.api as sm

    for task in (of(spector, rows), of(tumours, rows)):
        prior = Laplace(0.3)
        setting = to_penalty(prior, "statsmodels.Logit", n=task.n)
        fit = sm.Logit(task.y, task.X).fit_regularized(method="l1", **setting, disp=False, acc=1e-15, maxiter=5000)
        close(fit.params, exact_mode(task, prior))


@named
def test_sklearn_ridge(diabetes: Task, longley: Task, rows: str) -> None:
    from sklearn.linear_model import Ridge

    for task, prior in ((of(diabetes, rows), Normal(8.0)), (of(longley, rows), Normal(300.0))):
        setting = to_penalty(prior, "sklearn.Ridge", n=task.n, sigma=task.sigma)
        close(Ridge(**setting).fit(task.X, task.y + 100).coef_, exact_mode(task, prior))


@named
def test_sklearn_lasso(diabetes: Task, rows: str) -> None:
    from sklearn.linear_model import Lasso

    task, prior = of(diabetes, rows), Laplace(4.0)
    setting = to_penalty(prior, "sklearn.Lasso", n=task.n, sigma=task.sigma)
    fit = Lasso(**setting, tol=1e-14, max_iter=100_000).fit(task.X, task.y + 100)
    close(fit.coef_, exact_mode(task, prior))


@named
@pytest.mark.parametrize("prior", GAUSSIAN_PRIORS[1:], ids=repr)
def test_sklearn_elastic_net(diabetes: Task, prior: Prior, rows: str) -> None:
    from sklearn.linear_model import ElasticNet as Net

    task = of(diabetes, rows)
    setting = to_penalty(prior, "sklearn.ElasticNet", n=task.n, sigma=task.sigma)
    fit = Net(**setting, tol=1e-14, max_iter=100_000).fit(task.X, task.y + 100)
    close(fit.coef_, exact_mode(task, prior))


@named
@pytest.mark.parametrize("prior", LOGISTIC_PRIORS, ids=repr)
def test_sklearn_logistic_regression(spector: Task, prior: Prior, rows: str) -> None:
    from sklearn.linear_model import LogisticRegression

    task = of(spector, rows)
    setting = to_penalty(prior, "sklearn.LogisticRegression", n=task.n)
    solver = "newton-cholesky" if setting["l1_ratio"] == 0 else "saga"
    fit = LogisticRegression(**setting, solver=solver, tol=1e-13, max_iter=200_000, random_state=0).fit(
        task.X[:, 1:], task.y
    )
    close(np.r_[fit.intercept_, fit.coef_[0]], exact_mode(task, prior, free=(0,)))


@pytest.mark.parametrize("prior", [Normal(0.8), Laplace(2.0), ElasticNet(0.4, 0.9)], ids=repr)
@pytest.mark.parametrize("n", [1, 7])
def test_sklearn_sgd_without_its_noise(prior: Prior, n: int) -> None:
    """On n equal rows every stochastic gradient is the whole one, so the fit is exact."""
    from sklearn.linear_model import SGDRegressor

    task = Task(np.full((n, 1), 0.9), np.full(n, 2.0), 1.3, "gaussian")
    setting = to_penalty(prior, "sklearn.SGDRegressor", n=n, sigma=task.sigma)
    fit = SGDRegressor(
        **setting,
        fit_intercept=False,
        learning_rate="constant",
        eta0=0.05,
        tol=None,
        max_iter=3000,
    ).fit(task.X, task.y)
    close(fit.coef_, exact_mode(task, prior))


def test_sklearn_sgd_on_real_data(diabetes: Task) -> None:
    """Noisy, yet closer to the mode than to the nearest of the usual mistakes in scaling."""
    from sklearn.linear_model import SGDRegressor

    prior = Normal(8.0)
    setting = to_penalty(prior, "sklearn.SGDRegressor", n=diabetes.n, sigma=diabetes.sigma)
    fit = SGDRegressor(
        **setting, learning_rate="constant", eta0=1e-3, average=True, tol=None, max_iter=400,
        random_state=1,
    ).fit(diabetes.X, diabetes.y)  # fmt: skip
    mode = exact_mode(diabetes, prior)
    mistaken = [exact_mode(diabetes, Normal(8.0 * factor)) for factor in (2**-0.5, 2**0.5)]
    margin = min(float(np.linalg.norm(mode - wrong)) for wrong in mistaken)
    assert np.linalg.norm(fit.coef_ - mode) < margin / 2


def descend(task: Task, decay: float, mean: bool, adaptive: bool, decoupled: bool) -> np.ndarray:
    """Gradient descent (or Adam) on MSELoss or cross-entropy, as PyTorch's loops are written."""
    b, m, v = (np.zeros(task.X.shape[1]) for _ in range(3))
    share = task.n if mean else 1
    half = 1 if task.loss == "logistic" else 2  # MSELoss has no 1/2
    top = np.linalg.eigvalsh(task.X.T @ task.X)[-1] * half / share + decay
    for step in range(1, 20_001):
        eta = task.X @ b
        residual = 1 / (1 + np.exp(-eta)) - task.y if task.loss == "logistic" else eta - task.y
        gradient = half * task.X.T @ residual / share + (0 if decoupled else decay * b)
        if not adaptive:
            b = b - gradient / top
            if np.max(np.abs(gradient / top)) <= 1e-12 * np.max(np.abs(b)):
                break
            continue
        rate = 0.03 * 0.999**step
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        if decoupled:
            b = b * (1 - rate * decay)
        b = b - rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return b


@named
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_coupled_weight_decay(diabetes: Task, spector: Task, reduction: str, rows: str) -> None:
    few = diabetes._replace(X=diabetes.X[:, :4])
    for task, prior, loss in ((few, Normal(8.0), "mse"), (spector, Normal(0.7), "bce")):
        task = of(task, rows)
        sigma = task.sigma if loss == "mse" else None
        decay = to_penalty(prior, "torch.SGD", n=task.n, sigma=sigma, loss=loss, reduction=reduction)["weight_decay"]
        close(descend(task, decay, reduction == "mean", False, False), exact_mode(task, prior))


def test_adam_reaches_the_mode_with_coupled_decay_and_not_with_decoupled(spector: Task) -> None:
    prior = Normal(0.7)
    decay = to_penalty(prior, "torch.Adam", n=spector.n, loss="bce")["weight_decay"]
    mode = exact_mode(spector, prior)
    close(descend(spector, decay, True, True, False), mode)
    decoupled = descend(spector, decay, True, True, True)
    assert np.max(np.abs(decoupled - mode)) > 0.1 * np.max(np.abs(mode))


def glmnet_cases() -> list[tuple[Task, float, float, np.ndarray]]:
    """R glmnet's answers, from the regression tests that statsmodels ships with its package."""
    name = "statsmodels.regression.tests.results.glmnet_r_results"
    try:
        figures = importlib.import_module(name)
        data = np.loadtxt(Path(str(figures.__file__)).with_name("lasso_data.csv"), delimiter=",")
    except (ImportError, OSError) as error:
        pytest.skip(f"this statsmodels does not ship its glmnet figures: {error}")
    cases = []
    for row in (value for key, value in vars(figures).items() if key.startswith("rslt_")):
        n, p = int(row[0]), int(row[1])
        columns = data[:n, : p + 1]
        columns = (columns - columns.mean(axis=0)) / columns.std(axis=0, ddof=1)
        task = Task(columns[:, 1:], columns[:, 0], 1.0, "gaussian")
        cases.append((task, float(row[2]), float(row[3]), row[4:]))
    return cases


def test_r_glmnet() -> None:
    """81 fits of R's glmnet (standardize=FALSE, y of sd 1 with 1/(n-1), so not with glmnet's 1/n).

    glmnet stops when no update changes the fit by more than 1e-7 of the null deviance, that is
    sqrt(1e-7) = 3e-4 of a coefficient at most; on these data it is far closer, and leaving
    y's 1/n standard deviation out is visible.
    """
    ours, naive = [], []
    for task, alpha, lam, figures in glmnet_cases():
        setting: dict[str, Any] = {"lambda": lam, "alpha": alpha}
        prior = to_prior("glmnet", n=task.n, sigma=1.0, y_sd=float(task.y.std()), **setting)
        ours.append(np.max(np.abs(exact_mode(task, prior) - figures)))
        prior = to_prior("glmnet", n=task.n, sigma=1.0, y_sd=1.0, **setting)
        naive.append(np.max(np.abs(exact_mode(task, prior) - figures)))
    assert len(ours) == 81
    assert max(ours) < 5e-6
    assert max(naive) > 100 * max(ours)


def test_glmnet_standardisation_of_x_and_y(diabetes: Task) -> None:
    """glmnet's own steps (y/s, x/t, lambda/s, then back) end at the mode on the user's scale."""
    lam, alpha, unit = 12.0, 0.4, np.array([0.2, 5.0, 1.0, 30.0])
    X, y = diabetes.X[:, :4] * unit, diabetes.y
    s, t = y.std(), X.std(axis=0)
    inner = Task(X / t, y / s, 1.0, "gaussian")
    weights = ElasticNet(len(y) * lam / s * alpha, len(y) * lam / s * (1 - alpha))
    glmnet = exact_mode(inner, weights) * s / t
    priors = [to_prior("glmnet", n=len(y), sigma=54.0, y_sd=s, x_sd=sd, lambda_=lam, alpha=alpha) for sd in t]
    l1, l2 = np.array([prior.weights for prior in priors]).T
    gradient = derivatives(Task(X, y, 54.0, "gaussian"), glmnet)[1] + l2 * glmnet
    np.testing.assert_array_less(np.abs(gradient[glmnet == 0]), l1[glmnet == 0])
    kept = glmnet != 0
    np.testing.assert_allclose(gradient[kept], -(l1 * np.sign(glmnet))[kept], rtol=1e-9)


def test_glmnet_standardisation_of_x_for_two_classes(spector: Task) -> None:
    """glmnet's own steps (x/t, fit, then back) end at the mode on the user's scale."""
    lam, alpha, unit = 0.05, 0.6, np.array([0.2, 5.0, 30.0])
    X = spector.X[:, 1:] * unit
    t = X.std(axis=0)
    weights = ElasticNet(spector.n * lam * alpha, spector.n * lam * (1 - alpha))
    glmnet = exact_mode(spector._replace(X=np.column_stack([np.ones(32), X / t])), weights, (0,))
    glmnet = glmnet / np.r_[1, t]
    priors = [to_prior("glmnet.binomial", n=32, x_sd=sd, lambda_=lam, alpha=alpha) for sd in t]
    l1, l2 = np.array([(0.0, 0.0), *(prior.weights for prior in priors)]).T
    task = spector._replace(X=np.column_stack([np.ones(32), X]))
    gradient = derivatives(task, glmnet)[1] + l2 * glmnet
    kept = glmnet != 0
    np.testing.assert_array_less(np.abs(gradient[~kept]), l1[~kept])
    room = 1e-11 * np.abs(X).sum()
    np.testing.assert_allclose(gradient[kept], -(l1 * np.sign(glmnet))[kept], rtol=0, atol=room)
