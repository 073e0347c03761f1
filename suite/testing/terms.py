"""The log-density of a PyMC model term by term, as a function of its free variables on their natural scale.

Natural values are what two versions of a model have in common: coordinates in which a sampler moves may be others.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.base.errors import InputError, ModelError
from triptych.base.options import nearest
from triptych.base.text import said
from triptych.testing.arrays import ArrayDigest, arrays_of

LIKELIHOOD, PRIOR, JACOBIAN, COORDINATES = "likelihood", "prior", "jacobian", "coordinates"


@dataclass(frozen=True)
class TermKey:
    """One term: the part of the density that it belongs to, and the variable or potential that it is of."""

    part: str
    name: str


@dataclass(frozen=True)
class FreeVariable:
    """A free variable as far as two models must share it; ``transform`` names the coordinate that is sampled."""

    shape: tuple[int, ...]
    transform: str


@dataclass(frozen=True)
class Terms:
    """The terms of one model, compiled.

    Attributes
    ----------
    keys
        One for each value that is computed: log-likelihood of each observed variable, log-prior of each free variable
        and potential, log-Jacobian of each transformed variable, and for each variable a weighted sum of its
        unconstrained coordinates, by which another transform or another support is recognised.
    arrays
        The data that each term is computed from.
    """

    model: Any
    variables: dict[str, FreeVariable]
    keys: tuple[TermKey, ...]
    arrays: tuple[dict[str, ArrayDigest], ...]
    function: Any

    @classmethod
    def of(cls, model: Any, likelihood: tuple[str, ...] = ()) -> Terms:
        """Take a model apart and compile its terms.

        Parameters
        ----------
        model
            Any ``pm.Model`` with a free variable.
        likelihood
            Names of potentials that count as likelihood; the others count as prior.

        Raises
        ------
        InputError
            When it is no model.
        ModelError
            When it has no free variable, or a density is not known.
        """
        import pymc as pm

        if not isinstance(model, pm.Model):
            raise InputError(f"a fingerprint is of a pm.Model, not of {said(model)}")
        if not model.free_RVs:
            raise ModelError("the model has no free variable, so its density is one number; a fingerprint has nothing")
        if unknown := sorted(set(likelihood) - {p.name for p in model.potentials}):
            potentials = sorted(p.name for p in model.potentials)
            said_of = nearest(unknown[0], potentials)
            raise InputError(f"likelihood={unknown} names no potential of the model; {said_of}")
        free, potentials = model.free_RVs, model.potentials
        try:
            plain = model.logp(vars=[*model.observed_RVs, *free, *potentials], jacobian=False, sum=False)
            full = model.logp(vars=free, jacobian=True, sum=False)
        except NotImplementedError as error:
            raise ModelError(f"a log-density of the model is missing: {error}") from error
        keys = [TermKey(LIKELIHOOD, rv.name) for rv in model.observed_RVs]
        keys += [TermKey(PRIOR, rv.name) for rv in free]
        keys += [TermKey(LIKELIHOOD if p.name in likelihood else PRIOR, p.name) for p in potentials]
        arrays = arrays_of(model, plain, [key.part == LIKELIHOOD for key in keys])
        outputs = [_total(term) for term in plain]
        first = len(model.observed_RVs)
        values = [model.rvs_to_values[rv] for rv in free]
        for k, rv in enumerate(free):
            if model.rvs_to_transforms.get(rv) is not None:
                keys.append(TermKey(JACOBIAN, rv.name))
                outputs.append(_total(full[k]) - _total(plain[first + k]))
            keys.append(TermKey(COORDINATES, rv.name))
            outputs.append(_weighted(values[k]))
        arrays += [{} for _ in range(len(keys) - len(arrays))]
        inputs, coordinates = _natural_inputs(model)
        function = _compiled(inputs, outputs, dict(zip(values, coordinates, strict=True)))
        variables = {
            rv.name: FreeVariable(shape, _name(model.rvs_to_transforms.get(rv)))
            for rv, shape in zip(free, _shapes(model), strict=True)
        }
        return cls(model, variables, tuple(keys), tuple(arrays), function)

    def at(self, points: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the terms at natural points, shape ``(points, terms)``.

        Parameters
        ----------
        points
            Name of each free variable to its values, ``(points, *shape)``.

        Notes
        -----
        A term is minus infinity where the density is zero, and NaN where a value is outside the domain of its
        transform.
        """
        kinds = {rv.name: rv.type.dtype for rv in self.model.free_RVs}  # whole numbers are kept as any others
        columns = [np.asarray(points[name]).astype(kinds[name]) for name in self.variables]
        with np.errstate(all="ignore"):
            rows = [np.array(self.function(*row), dtype=float) for row in zip(*columns, strict=True)]
        return np.stack(rows) if rows else np.zeros((0, len(self.keys)))

    def spread(self, count: int, seed: int) -> dict[str, np.ndarray]:
        """Return natural points around the model's initial point, near and far on the unconstrained scale."""
        rng = np.random.default_rng(seed)
        start, natural = _starting(self.model), _naturally(self.model)
        found: list[list[np.ndarray]] = []
        with np.errstate(all="ignore"):
            for scale in np.geomspace(0.05, 1.5, count):
                moved = [_moved(value, scale, rng) for value in start]
                found.append([np.asarray(one) for one in natural(*moved)])
        return {name: np.stack(values) for name, values in zip(self.variables, zip(*found, strict=True), strict=True)}


def _moved(value: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Return a value moved at random; of whole numbers by one at most."""
    if value.dtype.kind == "f":
        return np.asarray(value + scale * rng.standard_normal(value.shape), dtype=value.dtype)
    if value.dtype.kind == "b":
        return np.asarray(rng.integers(0, 2, value.shape), dtype=value.dtype)
    # Of many, few are moved near by, as one that leaves its support takes the whole point with it.
    step = np.where(rng.random(value.shape) < scale, rng.integers(-1, 2, value.shape), 0)
    return np.asarray(value + step, dtype=value.dtype)


def _starting(model: Any) -> list[np.ndarray]:
    with warnings.catch_warnings():
        # Said of PyTensor's own compiler, which computes no more than this point here.
        warnings.filterwarnings("ignore", message="PyTensor could not link to a BLAS", category=UserWarning)
        point = model.initial_point(random_seed=1)
    return [np.asarray(point[model.rvs_to_values[rv].name]) for rv in model.free_RVs]


def _naturally(model: Any) -> Any:
    """Return the natural values as a compiled function of the coordinates."""
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    return _compiled(values, model.replace_rvs_by_values(model.free_RVs), {})


def _shapes(model: Any) -> list[tuple[int, ...]]:
    """Return the shape of each free variable; nothing is compiled where the graph knows all of them."""
    known = [rv.type.shape for rv in model.free_RVs]
    if all(n is not None for shape in known for n in shape):
        return known
    return [np.shape(value) for value in _naturally(model)(*_starting(model))]


def _total(term: Any) -> Any:
    return term.sum().astype("float64")


def _weighted(value: Any) -> Any:
    """Return a sum of coordinates with weights that differ, so that an exchange of two changes it."""
    import pytensor.tensor as pt

    flat = value.ravel().astype("float64")
    return pt.sum(flat * (1 + 0.5 * pt.cos(pt.arange(flat.shape[0]).astype("float64"))))


def _natural_inputs(model: Any) -> tuple[list[Any], list[Any]]:
    """Return a symbol for each free variable's natural value, and the coordinate of each as a function of them."""
    from pytensor.graph.replace import graph_replace

    inputs = {rv: rv.type(name=rv.name) for rv in model.free_RVs}
    coordinates = []
    for rv, natural in inputs.items():
        transform, value = model.rvs_to_transforms.get(rv), model.rvs_to_values[rv]
        moved = natural if transform is None else transform.forward(natural, *rv.owner.inputs)
        if moved is not natural:
            moved = graph_replace([moved], inputs, strict=False)[0]
        coordinates.append(moved.astype(value.dtype))
    return list(inputs.values()), coordinates


def _compiled(inputs: list[Any], outputs: list[Any], replacements: dict[Any, Any]) -> Any:
    """Compile in a moment for a few evaluations: stable forms, plain Python, nothing built."""
    import pytensor
    from pytensor.compile.mode import Mode
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.rewriting.db import RewriteDatabaseQuery

    from triptych.graph.rewrites import checks_as_domain, in_double_precision, rebuilt

    mode = Mode("py", RewriteDatabaseQuery(include=["canonicalize", "stabilize"]))
    # A coordinate computed from natural values may have lost the static shape of the value it stands for.
    replaced = clone_replace(outputs, replacements, rebuild_strict=False) if replacements else outputs
    exact = checks_as_domain(rebuilt(list(replaced), in_double_precision))
    return pytensor.function(inputs, exact, mode=mode, on_unused_input="ignore")


def _name(transform: Any) -> str:
    if transform is None:
        return ""
    parts = getattr(transform, "transform_list", ())
    return " then ".join(type(part).__name__ for part in parts) or type(transform).__name__
