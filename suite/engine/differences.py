"""Central differences of exact functions, where a derivative of their own is missing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def difference_hessian(gradient: Callable[[np.ndarray], np.ndarray], z: np.ndarray) -> np.ndarray:
    """Central differences of gradients ``(k, p)``, symmetrised: ``(k, p, p)``."""
    step = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(z))
    columns = []
    for j, h in enumerate(step):
        shift = np.zeros_like(z)
        shift[j] = h
        columns.append((gradient(z + shift) - gradient(z - shift)) / (2 * h))
    hessian = np.stack(columns, axis=-1)
    result: np.ndarray = (hessian + np.swapaxes(hessian, -1, -2)) / 2
    return result


def difference_jacobian(function: Callable[[np.ndarray], list[np.ndarray]], z: np.ndarray) -> list[np.ndarray]:
    """Central differences of several functions of ``z``: each one's shape by ``(p,)``."""
    step = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(z))
    columns: list[list[np.ndarray]] = []
    for j, h in enumerate(step):
        shift = np.zeros_like(z)
        shift[j] = h
        pairs = zip(function(z + shift), function(z - shift), strict=True)
        columns.append([(np.asarray(up) - np.asarray(down)) / (2 * h) for up, down in pairs])
    return [np.stack(parts, axis=-1) for parts in zip(*columns, strict=True)]
