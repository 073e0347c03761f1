"""Which scalars of two sides belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from triptych.base.errors import InputError
from triptych.base.options import nearest
from triptych.base.text import join
from triptych.testing.estimates import Estimates, PointEstimate, Sampled, Variant


def only(one: Estimates, other: Estimates, var_names: Sequence[str] | None) -> tuple[Estimates, Estimates]:
    """Return the scalars of two sides that belong to some names; all where none are named.

    Raises
    ------
    InputError
        When a side has nothing of a name.
    """
    if var_names is None:
        return one, other
    if isinstance(var_names, str):
        var_names = [var_names]
    known = [{n for v in side.variants.values() for n in v.names} for side in (one, other)]
    for name in var_names:
        for side, names in zip((one, other), known, strict=True):
            if not any(_is_of(n, name) for n in names):
                raise InputError(f"var_names: {side.what} has no {name!r}; {nearest(name, sorted(names))}")
    return _only(one, var_names), _only(other, var_names)


def _is_of(scalar: str, name: str) -> bool:
    return scalar == name or scalar.startswith(f"{name}[")


def _only(side: Estimates, names: Sequence[str]) -> Estimates:
    def wanted(scalar: str) -> bool:
        return any(_is_of(scalar, name) for name in names)

    def part(variant: Variant) -> Variant:
        drawn = variant.sampled
        redraw = variant.redraw
        return replace(
            variant,
            points={m: {n: p for n, p in x.items() if wanted(n)} for m, x in variant.points.items()},
            sampled=None if drawn is None else _chosen(drawn, wanted),
            exact=None if variant.exact is None else {n: v for n, v in variant.exact.items() if wanted(n)},
            redraw=None if redraw is None else lambda factor, seed: _chosen(redraw(factor, seed), wanted),
        )

    return replace(side, variants={name: part(v) for name, v in side.variants.items()})


def _chosen(drawn: Sampled, wanted: Callable[[str], bool]) -> Sampled:
    return drawn.chosen([k for k, name in enumerate(drawn.names) if wanted(name)])


def pairs_of(one: Estimates, other: Estimates) -> dict[str, tuple[Variant, Variant]]:
    """Return the variants that belong together, each with the same scalars on both sides.

    Raises
    ------
    InputError
        When one side lacks what the other has, or nothing is in common that could be compared.
    """
    names = {name: name for name in one.variants if name in other.variants}
    if len(one.variants) == 1 or len(other.variants) == 1:
        names = names or {next(iter(one.variants)): next(iter(other.variants))}
    elif lacking := [n for n in (*one.variants, *other.variants) if n not in names]:
        raise InputError(f"the variants {join(lacking)} are not in both; compare the same variants")
    return {n: _aligned(one, other, one.variants[n], other.variants[m]) for n, m in names.items()}


def _aligned(one: Estimates, other: Estimates, x: Variant, y: Variant) -> tuple[Variant, Variant]:
    if x.exact is not None and y.exact is not None:
        raise InputError("two sets of numbers have no error; compare them with numpy.testing.assert_allclose")
    x, y = _numbers_as_points(x, y), _numbers_as_points(y, x)
    points: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for method in [m for m in x.points if m in y.points]:
        shared = _shared(one, other, list(x.points[method]), list(y.points[method]))
        for into, variant in zip(points, (x, y), strict=True):
            into[method] = {name: variant.points[method][name] for name in shared}
    x, y = replace(x, points=points[0]), replace(y, points=points[1])
    if x.sampled is not None and y.sampled is not None:
        shared = _shared(one, other, list(x.sampled.names), list(y.sampled.names))
        x, y = _in_order(x, shared), _in_order(y, shared)
    elif x.exact is not None and y.sampled is not None:
        _shared(one, other, list(x.exact), list(y.sampled.names))
    elif y.exact is not None and x.sampled is not None:
        _shared(one, other, list(x.sampled.names), list(y.exact))
    return x, y


def _numbers_as_points(numbers: Variant, estimates: Variant) -> Variant:
    """Take numbers that name no panel for the point estimates of the other side, where it has nothing else."""
    if numbers.exact is None or numbers.points or not estimates.points:
        return numbers
    if estimates.sampled is not None or len(estimates.points) > 1:
        raise InputError(
            "numbers against a comparison name their panel: give a mapping such as {'mle': {...}, 'mcmc': {...}}"
        )
    method = next(iter(estimates.points))
    given = {name: PointEstimate(value, has_error=False) for name, value in numbers.exact.items()}
    return replace(numbers, points={method: given}, exact=None)


def _in_order(variant: Variant, names: list[str]) -> Variant:
    drawn, redraw = variant.sampled, variant.redraw
    assert drawn is not None

    def part(found: Sampled) -> Sampled:
        return found.chosen([found.names.index(name) for name in names])

    return replace(
        variant,
        sampled=part(drawn),
        redraw=None if redraw is None else lambda factor, seed: part(redraw(factor, seed)),
    )


def _shared(one: Estimates, other: Estimates, a: list[str], b: list[str]) -> list[str]:
    shared = [name for name in a if name in b]
    if not shared:
        raise InputError(
            f"{one.what} and {other.what} name no scalar in common: {join(a)} on one side, {join(b)} on the other"
        )
    gone, new = [n for n in a if n not in b], [n for n in b if n not in a]
    if (gone and not other.partial) or (new and not one.partial):
        parts = [f"{other.what} lacks {join(gone)}"] if gone else []
        parts += [f"{one.what} lacks {join(new)}"] if new else []
        raise InputError(f"{' and '.join(parts)}; name what to compare with var_names=")
    return shared
