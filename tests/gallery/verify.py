"""Check a case against PyMC's own log-density, without the engine that is under test."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .case import Along, Case, Near, Point

if TYPE_CHECKING:
    import pymc as pm

MODE = "FAST_COMPILE"


class Objective:
    """Log-likelihood or log-joint of a model as a function of natural values.

    PyMC evaluates in unconstrained coordinates; with ``jacobian=False`` the value is the density
    in the natural ones.
    """

    def __init__(self, model: pm.Model, method: str, likelihood: tuple[str, ...] = ()) -> None:
        self.model = model
        terms = [*model.observed_RVs, *(model[name] for name in likelihood)]
        self.terms = terms if method == "mle" else None
        self._value = model.compile_logp(vars=self.terms, jacobian=False, mode=MODE)
        self._dlogp: Callable[[Any], Any] | None = None

    def unconstrained(self, natural: Point) -> dict[str, np.ndarray]:
        """Return natural values in PyMC's unconstrained coordinates."""
        from pytensor.graph.replace import clone_replace

        rvs = self.model.free_RVs
        if missing := {rv.name for rv in rvs} - set(natural):
            raise KeyError(f"the point leaves out {sorted(missing)}")
        constant = {rv: rv.type.filter(np.asarray(natural[rv.name], rv.dtype)) for rv in rvs}
        out = {}
        for rv in rvs:
            transform, value = self.model.rvs_to_transforms[rv], self.model.rvs_to_values[rv]
            if transform is None:
                out[value.name] = np.asarray(constant[rv])
                continue
            import pytensor.tensor as pt

            here = {other: pt.constant(x) for other, x in constant.items() if other is not rv}
            inputs = rv.owner.inputs
            if here:
                inputs = clone_replace(inputs, replace=here, rebuild_strict=False)
            forward = transform.forward(pt.constant(constant[rv]), *inputs)
            out[value.name] = np.asarray(forward.eval(mode=MODE))
        return out

    def __call__(self, natural: Point) -> float:
        return self.at(self.unconstrained(natural))

    def at(self, point: Point) -> float:
        """Return the value at unconstrained coordinates."""
        return float(self._value({name: np.asarray(x) for name, x in point.items()}))

    def gradient(self, vector: np.ndarray, like: Point) -> np.ndarray:
        """Return the gradient by the unconstrained coordinates the objective depends on."""
        if self._dlogp is None:
            from pymc.pytensorf import gradient

            values = list(self.model.value_vars)
            with warnings.catch_warnings():
                # A hyperparameter is no part of the likelihood: its gradient is zero, as said.
                warnings.filterwarnings("ignore", message="grad method was asked to compute")
                flat = gradient(self.model.logp(vars=self.terms, jacobian=False), values)
            self._dlogp = self.model.compile_fn(flat, inputs=values, mode=MODE)
        return np.asarray(self._dlogp(unflatten(vector, like)))


def flatten(point: Point) -> np.ndarray:
    """Return the values of a point as one vector."""
    return np.concatenate([np.ravel(x) for x in point.values()])


def unflatten(vector: np.ndarray, like: Point) -> dict[str, np.ndarray]:
    """Undo :func:`flatten`."""
    out, at = {}, 0
    for name, value in like.items():
        size = np.size(value)
        out[name] = np.reshape(vector[at : at + size], np.shape(value))
        at += size
    return out


def check_along(model: pm.Model, path: Along, likelihood: tuple[str, ...] = ()) -> None:
    """Hold that the objective does along the path what its status says."""
    objective = Objective(model, path.method, likelihood)
    ts = np.linspace(path.start, path.stop, 11)
    values = np.array([objective(path.point(float(t))) for t in ts])
    assert np.all(np.isfinite(values)), values
    gains = np.diff(values)
    noise = 1e-12 * np.max(np.abs(values)) + 1e-12
    if path.status == "not_identified":
        assert np.ptp(values) <= 1e-9 * (1 + np.max(np.abs(values))), values
    elif path.status == "unbounded":
        late = gains[5:] / np.diff(ts)[5:]
        assert np.all(late > 0.2), late
        assert late[-1] > 0.9 * late[0], "the gains are dying out: there may be a limit"
    else:
        assert np.all(gains >= -noise), gains
        assert gains[0] > 100 * noise, gains
        assert gains[-1] < 0.05 * gains[0], "the gains are not dying out: there may be no limit"
        check_nothing_better(objective, objective.unconstrained(path.point(float(ts[-1]))), 1e-2)


def check_nothing_better(objective: Objective, point: Point, slack: float = 1e-10) -> None:
    """Hold that no point on a cloud around this one is better, near or far."""
    rng = np.random.default_rng(0)
    centre = flatten(point)
    best = objective.at(point)
    scale = np.maximum(np.abs(centre), 1e-3)
    for size in (1e-5, 1e-3, 1e-1, 1.0):
        for _ in range(25):
            jump = size * rng.standard_normal(centre.size)
            jump[rng.random(centre.size) < 0.3] = 0
            for step in (jump, jump * scale):
                value = objective.at(unflatten(centre + step, point))
                assert not value > best + slack * (1 + abs(best)), (size, value - best)


def known_point(case: Case, method: str, model: pm.Model) -> dict[str, Any] | None:
    """Return the natural values that the case knows, or ``None`` where it leaves some open."""
    point = dict(case.elsewhere.get(method, {}))
    for rv in model.free_RVs:
        answer = case.answers.get((method, rv.name), Near(np.nan))
        if np.all(np.isfinite(answer.value)):
            point[rv.name] = answer.value
    return point if all(rv.name in point for rv in model.free_RVs) else None


def check_known(case: Case, method: str, model: pm.Model) -> bool:
    """Hold that the known values are a maximum; return whether there was enough to check."""
    natural = known_point(case, method, model)
    if natural is None:
        return False
    objective = Objective(model, method, tuple(case.options.get("likelihood", ())))
    point = objective.unconstrained(natural)
    if not np.all(np.isfinite(flatten(point))):
        return False
    check_nothing_better(objective, point)
    if case.smooth:
        check_stationary(objective, point)
    return True


def check_stationary(objective: Objective, point: Point) -> None:
    """Hold that a Newton step from here is lost beside the width of the maximum."""
    centre = flatten(point)
    gradient = objective.gradient(centre, point)
    hessian = np.empty((centre.size, centre.size))
    for i in range(centre.size):
        step = np.zeros(centre.size)
        step[i] = 1e-4 * min(1.0, max(1e-3, abs(centre[i])))
        rise = objective.gradient(centre + step, point) - objective.gradient(centre - step, point)
        hessian[i] = rise / (2 * step[i])
    width = 1 / np.sqrt(np.maximum(-np.diag(hessian), 1e-300))
    known = np.diag(hessian) < 0
    scaled = (hessian * np.outer(width, width))[np.ix_(known, known)]
    gain = float((gradient * width)[known] @ np.linalg.pinv(-scaled, rcond=1e-9) @ (gradient * width)[known])
    assert abs(gain) < 1e-10, f"a Newton step gains {gain}"


def check_deterministics(case: Case, method: str, model: pm.Model) -> None:
    """Hold that known deterministics follow from the known point."""
    import pytensor
    from pytensor.graph.replace import clone_replace

    natural = known_point(case, method, model)
    names = {d.name: d for d in model.deterministics}
    asked = [key for key in case.answers if key[0] == method and key[1] in names]
    if natural is None or not asked:
        return
    replace = {rv: pytensor.tensor.constant(np.asarray(natural[rv.name], rv.dtype)) for rv in model.free_RVs}
    for key in asked:
        here = clone_replace([names[key[1]]], replace=replace, rebuild_strict=False)[0]
        known = np.asarray(case.answers[key].value, float)
        found = np.where(np.isnan(known), np.nan, here.eval(mode=MODE))
        np.testing.assert_allclose(found, known, rtol=1e-6, atol=1e-9)
