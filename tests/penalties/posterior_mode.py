"""The exact posterior mode of a regression, found without any of the libraries under test.

Its optimality is asserted from the subgradient conditions of the negative log posterior.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from triptych.penalties import Prior


class Task(NamedTuple):
    """A regression: design, outcome, residual sd (1 for a likelihood without one), likelihood."""

    X: np.ndarray
    y: np.ndarray
    sigma: float
    loss: str

    @property
    def n(self) -> int:
        return len(self.y)

    def doubled(self) -> Task:
        return self._replace(X=np.vstack([self.X, self.X]), y=np.r_[self.y, self.y])


def derivatives(task: Task, b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Negative log-likelihood at b (up to a constant), its gradient and its Hessian."""
    eta = task.X @ b
    if task.loss == "gaussian":
        value, slope, weight = (task.y - eta) ** 2 / 2, eta - task.y, np.ones(task.n)
    elif task.loss == "logistic":
        mean = 1 / (1 + np.exp(-eta))
        value, slope, weight = np.logaddexp(0, eta) - task.y * eta, mean - task.y, mean * (1 - mean)
    elif task.loss == "poisson":
        value, slope, weight = np.exp(eta) - task.y * eta, np.exp(eta) - task.y, np.exp(eta)
    else:  # gamma with a log link
        ratio = task.y * np.exp(-eta)
        value, slope, weight = ratio + eta, 1 - ratio, ratio
    v = task.sigma**2
    return value.sum() / v, task.X.T @ slope / v, (task.X.T * weight) @ task.X / v


def exact_mode(task: Task, prior: Prior, free: tuple[int, ...] = ()) -> np.ndarray:
    """Posterior mode by proximal Newton steps; columns in ``free`` have a flat prior."""
    l1, l2 = (np.full(task.X.shape[1], weight) for weight in prior.weights)
    l1[list(free)] = l2[list(free)] = 0.0
    b = np.zeros(task.X.shape[1])

    def objective(at: np.ndarray) -> float:
        return derivatives(task, at)[0] + float(l1 @ np.abs(at) + l2 @ at**2 / 2)

    for _ in range(100):
        _, gradient, hessian = derivatives(task, b)
        gradient, hessian = gradient + l2 * b, hessian + np.diag(l2)
        new = b.copy()
        for _ in range(20_000):  # the quadratic model with |b|, by coordinates
            before = new.copy()
            for j in range(len(b)):
                pull = hessian[j, j] * new[j] - gradient[j] - hessian[j] @ (new - b)
                new[j] = np.sign(pull) * max(abs(pull) - l1[j], 0) / hessian[j, j]
            if np.max(np.abs(new - before)) <= 1e-12 * np.max(np.abs(new)):
                break
        active = (new != 0) | (l1 == 0)  # then exactly on the coordinates that are not zero
        rhs = hessian[active] @ b - gradient[active] - l1[active] * np.sign(new[active])
        new[active] = np.linalg.solve(hessian[np.ix_(active, active)], rhs)
        step = 1.0
        while objective(b + step * (new - b)) > objective(b) + 1e-10 * abs(objective(b)):
            step /= 2
        moved = np.max(np.abs(step * (new - b)))
        b = b + step * (new - b) if step < 1 else new
        if moved <= 1e-14 * np.max(np.abs(b)):
            break
    _, gradient, _ = derivatives(task, b)
    scale = np.abs(task.X).T @ np.abs(task.y) / task.sigma**2 + l1 + l2 * np.abs(b)
    at_zero = (b == 0) & (l1 > 0)
    residual = np.where(
        at_zero,
        np.maximum(np.abs(gradient) - l1, 0),
        np.abs(gradient + l2 * b + l1 * np.sign(b)),
    )
    assert np.all(residual <= 1e-11 * scale)
    return b
