"""A small problem for tests of studies, and an executor that solves it by formulas instead of by an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from triptych.comparisons.study.columns import table_of
from triptych.comparisons.study.design import Design, Piece
from triptych.comparisons.study.replicates import Replicates
from triptych.problem.scenario import Data, Scenario


def model(data: Data, scale: float = 2.0) -> None:
    import pymc as pm

    mu = pm.Normal("mu", 0, scale)
    pm.Normal("y", mu, 1, observed=data.y)


def data() -> Data:
    return Data({"y": np.array([0.3, -1.2, 0.8])})


def simulate(
    rng: np.random.Generator, n: int = 3, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    mu = float((truth or {}).get("mu", 0.5))
    return Data({"y": rng.normal(mu, 1, n)}), {"mu": mu}


toy = Scenario(
    name="toy",
    question="Where is the mean?",
    source="three numbers",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("mu",),
    null={"mu": 0.0},
)


class Formulas:
    """Solves the toy exactly: the MLE is the sample mean, the posterior is normal.

    ``order`` is a permutation of the pieces, and ``most`` how many are solved before the process is interrupted.
    """

    def __init__(self, *, backwards: bool = False, most: int | None = None) -> None:
        self.backwards, self.most = backwards, most

    def run(self, design: Design, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Any]]:
        ordered = list(pieces)[:: -1 if self.backwards else 1]
        for k, piece in enumerate(ordered):
            if k == self.most:
                raise KeyboardInterrupt
            yield piece, table_of(*solved(design, piece), piece)


def solved(design: Design, piece: Piece) -> tuple[Replicates, np.ndarray]:
    found = Replicates.empty((("mu", ""),), design.options, piece.count)
    scale, z = float(piece.cell.settings.get("scale", 2.0)), stats.norm.ppf(0.5 + design.options.ci_prob / 2)
    truths = []
    for row, replicate in enumerate(range(piece.start, piece.stop)):
        drawn, _, truth, seeds = design.drawn(piece.cell, replicate)
        y = drawn.arrays["y"]
        truths.append([truth["mu"]])
        for m, method in enumerate(design.options.methods):
            precision = y.size + (0 if method == "mle" else scale**-2)
            found.estimate[m, row], found.std_error[m, row] = y.sum() / precision, precision**-0.5
        found.status[:, row] = 0
        for k, kind in enumerate(design.options.kinds):
            m = design.options.methods.index({"wald": "mle", "laplace": "map"}.get(kind, "mcmc"))
            half = z * found.std_error[m, row]
            found.lower[k, row], found.upper[k, row] = found.estimate[m, row] - half, found.estimate[m, row] + half
        if "mcmc" in design.options.methods:
            m = design.options.methods.index("mcmc")
            draws = np.random.default_rng(seeds).normal(found.estimate[m, row], found.std_error[m, row], (99, 1))
            found.rank[row], found.draw[row] = np.sum(draws < truth["mu"]), draws[-1]
    return found, np.array(truths)
