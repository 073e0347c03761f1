"""Replicates as a table: one row for each replicate, method and scalar, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.comparisons.study.design import Piece
from triptych.comparisons.study.problem import INTERVALS, METHOD_OF
from triptych.comparisons.study.replicates import ENGINES, GATE, NO_RANK, STATUSES, Replicates

ENDS = tuple(f"{end}_{kind}" for kind in INTERVALS for end in ("lower", "upper"))


def table_of(found: Replicates, truth: np.ndarray, piece: Piece) -> Any:
    """Return the rows of a piece as an Arrow table.

    Parameters
    ----------
    found
        The figures of its replicates.
    truth
        True value of each scalar, ``(replicates, scalars)``.
    piece
        Which replicates of which cell they are.
    """
    import pyarrow as pa

    m, r, s = found.status.shape

    def rows(by_method: np.ndarray) -> np.ndarray:
        """Turn ``(M, R, S)`` to rows of replicates, methods, scalars."""
        return np.moveaxis(by_method, 1, 0).reshape(-1)

    def codes(array: np.ndarray, words: tuple[str, ...]) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array(array.astype(np.int32)), pa.array(words))

    every = np.broadcast_to
    reason = np.full((m, r, s), "", dtype=object)
    for key, said in found.reasons.items():
        reason[key] = said
    columns: dict[str, Any] = {
        "cell": pa.array(np.full(m * r * s, piece.cell.number, dtype=np.int32)),
        "replicate": pa.array(rows(every(np.arange(piece.start, piece.stop)[None, :, None], (m, r, s)))),
        "method": codes(rows(every(np.arange(m)[:, None, None], (m, r, s))), found.methods),
        "estimand": pa.array([name for name, _ in found.scalars] * (m * r)).dictionary_encode(),
        "label": pa.array([str(label) for _, label in found.scalars] * (m * r)).dictionary_encode(),
        "truth": pa.array(rows(every(truth[None], (m, r, s)))),
        "estimate": pa.array(rows(found.estimate)),
        "std_error": pa.array(rows(found.std_error)),
        "status": codes(rows(found.status), tuple(map(str, STATUSES))),
        "reason": pa.array(rows(reason).tolist(), pa.string()).dictionary_encode(),
        "engine": codes(rows(every(found.engine[:, :, None], (m, r, s))), ENGINES),
        "log_score": pa.array(rows(every(found.log_score[:, :, None], (m, r, s)))),
    }
    for k, kind in enumerate(found.kinds):
        of = np.array([method == METHOD_OF[kind] for method in found.methods])[:, None, None]
        for end, values in (("lower", found.lower[k]), ("upper", found.upper[k])):
            columns[f"{end}_{kind}"] = pa.array(rows(np.where(of, values[None], np.nan)))
    posterior = np.array([method == "mcmc" for method in found.methods])[:, None, None]
    if posterior.any():
        columns["rank"] = pa.array(rows(np.where(posterior, found.rank[None], NO_RANK)))
        columns["draw"] = pa.array(rows(np.where(posterior, found.draw[None], np.nan)))
        for name, values in zip(GATE, found.gate, strict=True):
            columns[name] = pa.array(rows(every(np.where(posterior, values[None, :, None], np.nan), (m, r, s))))
    return pa.table(columns)


@dataclass(frozen=True)
class Block:
    """The figures of some replicates of one cell as arrays; see :class:`Replicates` for the first axes.

    ``truth``, ``estimate``, ``std_error`` and ``status`` are ``(R, M, S)``, ``log_score`` is ``(R, M)``, ``rank`` and
    ``draw`` are ``(R, S)``, and ``ends`` has for each kind the lower and upper ends, each ``(R, S)``.
    """

    truth: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    status: np.ndarray
    log_score: np.ndarray
    rank: np.ndarray
    draw: np.ndarray
    ends: dict[str, tuple[np.ndarray, np.ndarray]]


def block_of(table: Any, methods: tuple[str, ...], scalars: int, kinds: tuple[str, ...]) -> Block:
    """Return the arrays of a table of whole replicates."""
    count = table.num_rows // (len(methods) * scalars)
    shape = (count, len(methods), scalars)

    def column(name: str) -> np.ndarray:
        return np.asarray(table.column(name).to_numpy()).reshape(shape)

    words = table.column("status").unify_dictionaries().combine_chunks()
    place = np.array([STATUSES.index(word) for word in words.dictionary.to_pylist()])
    status = place[words.indices.to_numpy()].reshape(shape)
    ends = {}
    for kind in kinds:
        m = methods.index(METHOD_OF[kind])
        ends[kind] = (column(f"lower_{kind}")[:, m], column(f"upper_{kind}")[:, m])
    rank, draw = np.full((count, scalars), NO_RANK), np.full((count, scalars), np.nan)
    if "mcmc" in methods:
        m = methods.index("mcmc")
        rank, draw = column("rank")[:, m], column("draw")[:, m]
    scores = column("log_score")[:, :, 0]
    return Block(column("truth"), column("estimate"), column("std_error"), status, scores, rank, draw, ends)
