"""A posterior with its groups and the point estimates, as ArviZ wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triptych.panels.solution import Solution
from triptych.problem.axes import axis_labels
from triptych.problem.table import Status


def datatree(scenario: str, solutions: Mapping[str, Solution]) -> Any:
    """Return an ``xarray.DataTree``: the first variant at the root, the others under ``variants/<name>``.

    Parameters
    ----------
    scenario
        Its name, which becomes an attribute.
    solutions
        Variant to its solution.
    """
    import xarray as xr

    root: dict[str, Any] = {}
    for k, (variant, solution) in enumerate(solutions.items()):
        prefix = "/" if k == 0 else f"/variants/{variant}/"
        native = solution.panels["mcmc"].native if "mcmc" in solution.panels else None
        if isinstance(native, xr.DataTree):
            for name, node in native.children.items():
                root[prefix + name] = node.to_dataset()
        for method in ("mle", "map"):
            if method in solution.panels:
                root[prefix + method] = _point_dataset(solution, method)
    tree = xr.DataTree.from_dict(root)
    tree.attrs["scenario"] = scenario
    return tree


def _point_dataset(solution: Solution, method: str) -> Any:
    import xarray as xr

    variables: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    for name in dict.fromkeys(row.estimand for row in solution.panels[method].estimates):
        shape = solution.variables[name].shape
        axes = [d if d else f"{name}_dim_{k}" for k, d in enumerate(solution.dims.get(name, [None] * len(shape)))]
        given = {d: solution.data.coords.get(d, ()) for d in axes}
        labels |= {d: axis_labels(given[d]) for d, n in zip(axes, shape, strict=True) if len(given[d]) == n}
        bad = {r.name: str(r.status) for r in solution.rows(method, name) if r.status is not Status.OK}
        said = "; ".join(f"{k}: {v}" for k, v in bad.items()) or "ok"
        variables[name] = (axes, solution.values(method, name).reshape(shape), {"status": said})
    return xr.Dataset(variables, coords=labels)
