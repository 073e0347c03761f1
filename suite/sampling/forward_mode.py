"""The mode in which PyMC draws forward: compiled in no time, with the categories of all values drawn at once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np


@cache
def forward_mode() -> Any:
    """Return PyTensor's quick mode; PyMC's default one compiles for seconds what takes milliseconds to run.

    PyTensor looks up the category of one value after another, which is most of the time of a mixture. The draws here
    are the same.
    """
    from pytensor.compile.mode import get_mode
    from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
    from pytensor.tensor.random.basic import CategoricalRV

    class AllAtOnce(CategoricalRV):  # type: ignore[misc]
        @classmethod
        def rng_fn(cls, rng: Any, p: Any, size: Any) -> Any:
            size = p.shape[:-1] if size is None else tuple(size)
            if np.broadcast_shapes(size, p.shape[:-1]) != size or np.any(p < 0):
                return super().rng_fn(rng, p, size)
            return (p.cumsum(axis=-1) < rng.uniform(size=size)[..., None]).sum(axis=-1)

    @node_rewriter([CategoricalRV])  # type: ignore[untyped-decorator]
    def all_at_once(fgraph: Any, node: Any) -> Any:
        if type(node.op) is not CategoricalRV:
            return None
        return AllAtOnce(**node.op._props_dict()).make_node(*node.inputs).outputs

    return get_mode("FAST_COMPILE").register((dfs_rewriter(all_at_once), 50))
