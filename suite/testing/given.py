"""What users hand over, in one form: comparisons, draws, statsmodels results, numbers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import said
from triptych.problem.table import METHODS, Status
from triptych.testing.drawn import sampled
from triptych.testing.estimates import Estimates, PointEstimate, Variant

ONLY = "default"  # the name of the one variant of what has no variants
# Of statsmodels' own optimisers, whose tolerances are theirs: standard errors that two runs may differ by.
RESULTS_ACCURACY = 1e-5
KINDS = (
    "a Comparison of triptych, a DataTree or Dataset with a posterior, draws as an array (chains, draws, ...) or a "
    "mapping of names to such arrays, results of statsmodels, or a mapping of names to numbers"
)


def estimates_of(given: Any) -> Estimates:
    """Return what was given in the form that is compared.

    Parameters
    ----------
    given
        Any of :data:`KINDS`, or estimates in that form already.

    Raises
    ------
    InputError
        For anything else, with what can be given.
    """
    if isinstance(given, Estimates):
        return given
    made = sys.modules.get("triptych.comparisons.comparison")  # what is not imported has made nothing
    if made is not None and isinstance(given, made.Comparison):
        from triptych.testing.of_comparison import of_comparison

        return of_comparison(given)
    if type(given).__name__ in ("DataTree", "Dataset", "InferenceData"):
        return _of_tree(given)
    if hasattr(given, "params") and hasattr(given, "bse"):
        return _of_results(given)
    if isinstance(given, Mapping):
        return _of_mapping(given)
    if isinstance(given, np.ndarray | list | tuple):
        return _of_array(np.asarray(given))
    raise InputError(f"{said(given)} of type {type(given).__name__} cannot be compared; give {KINDS}")


def _of_tree(tree: Any) -> Estimates:
    posterior = tree
    if type(tree).__name__ != "Dataset":
        groups = tree.children if hasattr(tree, "children") else tree.groups()
        if "posterior" not in groups:
            raise InputError(f"the DataTree has no group 'posterior'; it has {sorted(groups)}")
        posterior = tree["posterior"]
        posterior = posterior.to_dataset() if hasattr(posterior, "to_dataset") else posterior
    if not {"chain", "draw"} <= set(posterior.dims):
        raise InputError("the posterior has no dimensions 'chain' and 'draw'")
    names, rows = [], []
    for name, variable in posterior.data_vars.items():
        values = variable.transpose("chain", "draw", ...)
        flat = values.values.reshape(*values.shape[:2], -1)
        axes = [
            [str(v) for v in (variable.coords[d].values if d in variable.coords else range(variable.sizes[d]))]
            for d in values.dims[2:]
        ]
        names += [f"{name}[{label}]" if label else str(name) for label in _labels(axes)]
        rows += list(np.moveaxis(flat, 2, 0))
    divergences = 0
    if type(tree).__name__ != "Dataset" and "sample_stats" in groups and "diverging" in tree["sample_stats"]:
        divergences = int(np.sum(np.asarray(tree["sample_stats"]["diverging"])))
    return Estimates("draws", {ONLY: Variant(sampled=sampled(names, np.array(rows), divergences))})


def _labels(axes: list[list[str]]) -> list[str]:
    found = [""]
    for axis in axes:
        found = [f"{before}, {label}" if before else label for before in found for label in axis]
    return found


def _of_array(array: np.ndarray) -> Estimates:
    if array.dtype.kind not in "fiub" or array.ndim < 2:
        raise InputError(
            f"an array of shape {array.shape} is not (chains, draws, ...); for numbers give a mapping of names to them"
        )
    return _of_draws({"x": array})


def _of_draws(arrays: Mapping[str, np.ndarray]) -> Estimates:
    names: list[str] = []
    rows: list[np.ndarray] = []
    for name, array in arrays.items():
        axes = [[str(i) for i in range(n)] for n in array.shape[2:]]
        names += [f"{name}[{label}]" if label else str(name) for label in _labels(axes)]
        rows += list(np.moveaxis(array.reshape(*array.shape[:2], -1), 2, 0))
    if len({row.shape for row in rows}) > 1:
        raise InputError(f"the draws have different numbers of chains or draws: {sorted({r.shape for r in rows})}")
    return Estimates("draws", {ONLY: Variant(sampled=sampled(names, np.array(rows, dtype=float)))})


def _of_mapping(given: Mapping[Any, Any]) -> Estimates:
    if not given:
        raise InputError(f"an empty mapping cannot be compared; give {KINDS}")
    if set(given) <= set(METHODS) and all(isinstance(v, Mapping) for v in given.values()):
        points = {m: {n: PointEstimate(v, has_error=False) for n, v in _numbers(x).items()} for m, x in given.items()}
        exact = {n: p.value for n, p in points.pop("mcmc", {}).items()} or None
        return Estimates("numbers", {ONLY: Variant(points=points, exact=exact)}, partial=True)
    try:
        arrays = {str(name): np.asarray(value, dtype=float) for name, value in given.items()}
    except (TypeError, ValueError):
        raise InputError(f"the mapping with {', '.join(map(str, given))} has values that are no numbers") from None
    depths = {array.ndim for array in arrays.values()}
    if min(depths) >= 2:
        return _of_draws(arrays)
    if max(depths) >= 2:
        raise InputError("the mapping has both numbers and draws (chains, draws, ...); give one kind")
    return Estimates("numbers", {ONLY: Variant(exact=_numbers(arrays))}, partial=True)


def _numbers(given: Mapping[Any, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in given.items():
        array = np.asarray(value, dtype=float)
        if array.ndim > 1 or not np.all(np.isfinite(array)):
            raise InputError(f"{name}: give a finite number, or a list of them in the order of the labels")
        found |= {f"{name}[{i}]": float(v) for i, v in enumerate(array)} if array.ndim else {str(name): float(array)}
    return found


def _of_results(results: Any) -> Estimates:
    params, errors = np.asarray(results.params, dtype=float), np.asarray(results.bse, dtype=float)
    index = getattr(results.params, "index", None)
    names = list(index) if index is not None else list(getattr(results.model, "exog_names", None) or [])
    if len(names) != params.size:
        extra = getattr(results.model, "data", None)
        names = list(getattr(extra, "param_names", None) or names)
    if params.ndim != 1 or len(names) != params.size:
        raise InputError(
            f"the results have parameters of shape {params.shape} and {len(names)} names; give a mapping of names to "
            "numbers"
        )
    converged = getattr(results, "mle_retvals", None) or {}
    done = bool(converged.get("converged", True)) if isinstance(converged, Mapping) else True
    points = {
        str(n): PointEstimate(float(v), float(e), Status.OK if done else Status.FAILED, RESULTS_ACCURACY * float(e))
        for n, v, e in zip(names, params, errors, strict=True)
    }
    return Estimates("results", {ONLY: Variant(points={"mle": points})}, partial=True)
