"""One prior in every library's scaling, and what twice the data would do to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from triptych.errors import InputError
from triptych.penalties import LIBRARIES, Prior, count, find_library, to_penalty
from triptych.penalty_priors import number


@dataclass(frozen=True)
class Setting:
    """One line of :func:`settings`: ``arguments`` is None where ``reason`` says why."""

    library: str
    options: dict[str, Any]
    arguments: dict[str, Any] | None
    doubled: dict[str, Any] | None
    reason: str


def settings(
    prior: Prior,
    *,
    n: int,
    sigma: float,
    y_sd: float | None = None,
    x_sd: float | None = None,
    library: str | None = None,
) -> list[Setting]:
    """Return every library's setting for one prior, at ``n`` and at ``2n`` observations.

    Libraries that cannot express the prior, and decoupled decay, are listed with the reason.
    ``sigma`` is passed on only where the likelihood has one. ``library`` keeps one of them.
    """
    sigma = number(sigma, "sigma")
    for name, value in (("y_sd", y_sd), ("x_sd", x_sd)):
        if value is not None:
            number(value, name)
    count(n)
    lines = []
    for found in [find_library(library)] if library else list(LIBRARIES.values()):
        for options, dispersed in _SPELLINGS.get(found.name, [({}, True)]):
            given = {"y_sd": y_sd, "x_sd": x_sd}
            given = {key: value for key, value in given.items() if key in found.options}
            every: dict[str, Any] = {
                **options,
                **given,
                "sigma": sigma if dispersed else None,
            }
            try:
                now = to_penalty(prior, found.name, n=n, **every)
                then = to_penalty(prior, found.name, n=2 * n, **every)
            except InputError as error:
                if library:
                    raise
                lines.append(Setting(found.name, options, None, None, str(error)))
            else:
                lines.append(Setting(found.name, options, now, then, ""))
    return lines


_TORCH_SPELLINGS = [
    ({"loss": "mse", "reduction": "mean"}, True),
    ({"loss": "mse", "reduction": "sum"}, True),
    ({"loss": "bce", "reduction": "mean"}, False),
    ({"loss": "bce", "reduction": "sum"}, False),
]
# The options worth a line of their own, and whether the likelihood then has a sigma.
_SPELLINGS: dict[str, list[tuple[dict[str, str], bool]]] = {
    "statsmodels.GLM": [
        ({"family": "gaussian"}, True),
        ({"family": "binomial"}, False),
    ],
    "statsmodels.Logit": [({}, False)],
    "sklearn.LogisticRegression": [({}, False)],
    "glmnet.binomial": [({}, False)],
    "torch.SGD": _TORCH_SPELLINGS,
    "torch.Adam": _TORCH_SPELLINGS,
}
