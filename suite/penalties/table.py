"""One prior in every library's scaling, and what twice the data would do to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from triptych.base.errors import InputError
from triptych.penalties import LIBRARIES, Prior, count, find_library, to_penalty
from triptych.penalties.libraries import DISPERSED, WORDS, Library, Refused, chosen
from triptych.penalties.priors import number


@dataclass(frozen=True)
class Setting:
    """One line of :func:`settings`: ``arguments`` is None where ``reason`` says why; ``why`` does beside the name."""

    library: str
    options: dict[str, Any]
    arguments: dict[str, Any] | None
    doubled: dict[str, Any] | None
    reason: str
    why: str = ""


_TORCH = [
    {"loss": "mse", "reduction": "mean"},
    {"loss": "mse", "reduction": "sum"},
    {"loss": "bce", "reduction": "mean"},
    {"loss": "bce", "reduction": "sum"},
]
# The options worth a line of their own when none are asked for.
_SPELLINGS: dict[str, list[dict[str, str]]] = {
    "statsmodels.GLM": [{"family": "gaussian"}, {"family": "binomial"}],
    "torch.SGD": _TORCH,
    "torch.Adam": _TORCH,
}


def _has_sigma(library: Library, options: dict[str, Any]) -> bool:
    family, loss = options.get("family", DISPERSED[0]), options.get("loss")
    return library.has_sigma and family in DISPERSED and loss != "bce"


def settings(
    prior: Prior,
    *,
    n: int,
    sigma: float | None = None,
    library: str | None = None,
    **options: Any,
) -> list[Setting]:
    """Return every library's setting for one prior, at ``n`` and at ``2n`` observations.

    Parameters
    ----------
    prior, n
        As in :func:`triptych.penalties.to_penalty`.
    sigma
        Residual standard deviation, passed on only where the likelihood has one.
    library
        Keep one library; then what it refuses is raised. Otherwise it is listed with the reason.
    **options
        ``y_sd``, ``x_sd``, ``family``, ``loss``, ``reduction``, each passed to the libraries that
        have it.
    """
    count(n)
    for name, value in {"sigma": sigma, **options}.items():
        if name in ("sigma", "y_sd", "x_sd") and value is not None:
            number(value, name)
    for name, allowed in WORDS.items():
        chosen(options.get(name), allowed, name)
    lines = []
    for found in [find_library(library)] if library else list(LIBRARIES.values()):
        given = {key: value for key, value in options.items() if library or key in found.options}
        spellings = [{**spelling, **given} for spelling in _SPELLINGS.get(found.name, [{}])]
        for spelling in [one for i, one in enumerate(spellings) if one not in spellings[:i]]:
            known = sigma if library or _has_sigma(found, spelling) else None
            try:
                now = to_penalty(prior, found.name, n=n, sigma=known, **spelling)
                then = to_penalty(prior, found.name, n=2 * n, sigma=known, **spelling)
            except InputError as error:
                if library:
                    raise
                why = error.why if isinstance(error, Refused) else str(error)
                lines.append(Setting(found.name, spelling, None, None, str(error), why))
            else:
                lines.append(Setting(found.name, spelling, now, then, ""))
    return lines
