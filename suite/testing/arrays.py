"""The data that a log-density is computed from, each array told from others by a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ArrayDigest:
    """What tells one array from others, in the order of its values and in any order.

    ``data`` says whether it is data, or a constant of the model such as the weights of a mixture.
    """

    shape: tuple[int, ...]
    digest: str
    unordered: str
    data: bool = True

    @classmethod
    def of(cls, values: Any, *, data: bool = True) -> ArrayDigest:
        """Return the digest of an array; the precision in which it is held does not matter, its values do."""
        array = np.asarray(values)
        wide = array.astype(np.float64 if array.dtype.kind == "f" else np.int64 if array.dtype.kind in "iub" else None)
        wide = wide + 0 if wide.dtype.kind == "f" else wide  # minus zero is zero
        return cls(array.shape, _digest(array.shape, wide), _digest(array.shape, np.sort(wide, axis=None)), data)


def _digest(shape: tuple[int, ...], values: np.ndarray) -> str:
    digest = hashlib.sha256(repr((shape, values.dtype.kind)).encode())
    digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


def arrays_of(model: Any, terms: Sequence[Any], likelihood: Sequence[bool]) -> list[dict[str, ArrayDigest]]:
    """Return the arrays that each log-density term is computed from, by name.

    Parameters
    ----------
    model
        The PyMC model.
    terms
        Symbolic log-densities.
    likelihood
        Whether each is part of the likelihood: an array that stands in it as a constant is taken for data when it has
        an axis as long as one of what is observed, else for a constant of the model. In a prior it is a setting.

    Notes
    -----
    A constant that has no name is named by its shape and, among those of one shape, by the order of their digests.
    """
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors
    from pytensor.tensor.type import TensorType

    observed = {value: rv.name for rv, value in model.rvs_to_values.items() if rv in model.observed_RVs}
    lengths = {n for value in observed for n in value.type.shape if n is not None and n > 1}
    out = []
    for term, is_likelihood in zip(terms, likelihood, strict=True):
        named: dict[str, ArrayDigest] = {}
        unnamed: list[ArrayDigest] = []
        for variable in ancestors([term]):
            if not isinstance(variable.type, TensorType):
                continue
            if isinstance(variable, SharedVariable):
                named[variable.name or "shared"] = ArrayDigest.of(variable.get_value(borrow=True))
            elif isinstance(variable, Constant) and is_likelihood:
                if variable in observed:
                    named[observed[variable]] = ArrayDigest.of(variable.data)
                elif np.size(variable.data) > 1:
                    rows = bool(lengths & set(np.shape(variable.data)))
                    unnamed.append(ArrayDigest.of(variable.data, data=rows))
        for array in sorted(unnamed, key=lambda one: (one.shape, one.digest)):
            name = f"an array of shape {'x'.join(map(str, array.shape))}"
            named[name if name not in named else f"{name} ({sum(k.startswith(name) for k in named) + 1})"] = array
        out.append(named)
    return out
