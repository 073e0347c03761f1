"""Whether two sets of estimates agree: cheapest first, from the density to the sampler."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from triptych.base.errors import InputError
from triptych.base.options import real
from triptych.base.text import said
from triptych.problem.table import Status
from triptych.testing.agreement_table import Agreement, Cause, Line, Verdict
from triptych.testing.aligned import only, pairs_of
from triptych.testing.compare_draws import compare_draws, compare_with_numbers, statuses
from triptych.testing.compare_points import compare_points
from triptych.testing.density_change import DensityChange
from triptych.testing.estimates import Sampled, Variant
from triptych.testing.fingerprint import Fingerprint
from triptych.testing.found import Found, outcome
from triptych.testing.given import estimates_of
from triptych.testing.reweighting import Shift, predicted_shifts

BUDGET = 1e-6  # probability of a false alarm of all comparisons together
LOOK_CLOSER = 0.05  # level of the first stage, of all comparisons together; it decides only whether to look closer
FACTOR = 8  # draws of the second stage, as of a baseline
SEED = 104_729  # what is added to the seed for the second stage
LEAST_BUDGET, MOST_BUDGET = 1e-12, 0.1


def agreement(
    a: Any,
    b: Any,
    *,
    budget: float = BUDGET,
    practical: float | None = None,
    rtol: float | None = None,
    var_names: Sequence[str] | None = None,
    fast: bool = False,
) -> Agreement:
    """Say whether two sets of estimates agree, and what changed when they do not.

    Parameters
    ----------
    a
        The reference: a :class:`triptych.Comparison`, a DataTree or Dataset with draws, an array of draws
        ``(chains, draws, ...)`` or a mapping of names to such arrays, results of statsmodels, or a mapping of names to
        numbers, which are then compared with means of draws or with point estimates.
    b
        What is held against it, of any of these kinds that has estimates in common with ``a``.
    budget
        Probability of a false alarm, shared by all comparisons of sampled figures.
    practical
        Difference that does not matter: in standard errors of point estimates, in standard deviations of means and
        deviations of draws, as a share of 10 % for tail probabilities.
    rtol
        Relative difference that is allowed of point estimates and numbers; None takes the accuracy to which they were
        computed.
    var_names
        Names of variables or scalars to compare; None compares all, which both sides must then have.
    fast
        Whether to leave out what was sampled.

    Returns
    -------
    Agreement
        With ``verdict``, ``cause`` and ``table``.

    Raises
    ------
    InputError
        When the two have nothing in common that could be compared, or an option is out of range.

    Notes
    -----
    Two sides whose models are known are compared by their log-densities first (see :class:`Fingerprint`), then by MLE
    and MAP, then by means, standard deviations and tail probabilities of draws. Where ``b`` can be sampled anew, a
    first look at 5 % decides only whether to look closer; the second, with other seeds and 8 times the draws, carries
    the budget. When the density changed, importance weights over the reference's draws predict the shift of each
    figure, and draws are held against that.
    """
    _check(budget, practical, rtol)
    one, other = estimates_of(a), estimates_of(b)
    pairs = pairs_of(*only(one, other, var_names))
    found = Found(several=len(pairs) > 1)
    for name, (x, y) in pairs.items():
        _settings(found, name, x, y)
        _density(found, name, x, y)
        _points(found, name, x, y, practical, rtol)
    if one.sampling and other.sampling and one.sampling != other.sampling:
        differ = [f"{k} {one.sampling.get(k)} and {v}" for k, v in other.sampling.items() if one.sampling.get(k) != v]
        if differ:
            found.told.append(f"The sampler was run with other settings: {', '.join(differ)}.")
    if not fast:
        _draws(found, pairs, budget, practical, rtol)
    if not (found.lines or found.faults or found.causes or (fast and found.changes)):
        raise InputError(f"{one.what} and {other.what} have no estimates in common that could be compared")
    return outcome(found, practical)


def assert_agree(
    a: Any,
    b: Any,
    *,
    budget: float = BUDGET,
    practical: float | None = None,
    rtol: float | None = None,
    var_names: Sequence[str] | None = None,
) -> Agreement:
    """Assert that two sets of estimates agree; the parameters are those of :func:`agreement`.

    Returns
    -------
    Agreement
        What was compared.

    Raises
    ------
    AssertionError
        When they disagree, or it cannot be told; the message is the table, the worst first, and the cause.
    InputError
        As :func:`agreement` does.
    """
    __tracebackhide__ = True
    found = agreement(a, b, budget=budget, practical=practical, rtol=rtol, var_names=var_names)
    if found.verdict != Verdict.AGREE:
        raise AssertionError(str(found))
    return found


def _check(budget: Any, practical: Any, rtol: Any) -> None:
    number = real(budget)
    if number is None or not LEAST_BUDGET <= number <= MOST_BUDGET:
        raise InputError(f"budget={said(budget)}: use a probability from {LEAST_BUDGET} to {MOST_BUDGET}, e.g. 1e-6")
    for name, value in (("practical", practical), ("rtol", rtol)):
        number = real(value)
        if value is not None and (number is None or number < 0):
            raise InputError(f"{name}={said(value)}: use None or a number that is not negative")


def _settings(found: Found, name: str, x: Variant, y: Variant) -> None:
    from triptych.reports.plain import plain

    if not (_known(x) and _known(y)):
        return
    one, other = plain(x.settings), plain(y.settings)
    if keys := [k for k in dict.fromkeys([*one, *other]) if one.get(k) != other.get(k)]:
        found.causes.append(Cause.SETTINGS)
        differ = ", ".join(f"{k} = {one.get(k)!r} and {other.get(k)!r}" for k in keys)
        found.say(name, f"the model was built with {differ}.")


def _known(variant: Variant) -> bool:
    return variant.model is not None or variant.fingerprint is not None


def _density(found: Found, name: str, x: Variant, y: Variant) -> None:
    if not (_known(x) and _known(y)):
        return
    if y.model is not None:
        before = x.fingerprint or Fingerprint.of(x.model, likelihood=x.likelihood)
        change = before.compare(y.model)
    elif x.model is not None:
        assert y.fingerprint is not None
        change = y.fingerprint.compare(x.model)
    else:
        assert x.fingerprint is not None
        assert y.fingerprint is not None
        try:
            change = x.fingerprint.compare(y.fingerprint)
        except InputError:
            found.tell(name, "the densities were kept at different points and are not compared.")
            return
    found.changes[name] = change
    found.causes += [Cause(cause) for cause in change.causes]
    found.say(name, *change.said)
    found.tell(name, *([change.reparameterised] if change.reparameterised else []), *change.told)


def _moves(found: Found, name: str, method: str) -> bool:
    """Whether the objective of a method is another one than it was."""
    change = found.changes.get(name)
    if change is None:
        return False
    if method == "mle":
        return "likelihood" in change.causes or _data_in(change, "likelihood")
    return bool(change.reparameterised) or bool({"likelihood", "prior", "data"} & set(change.causes))


def _data_in(change: DensityChange, part: str) -> bool:
    return any(term.changed and term.part == part for term in change.terms)


def _points(found: Found, name: str, x: Variant, y: Variant, practical: float | None, rtol: float | None) -> None:
    for method in x.points:
        change = found.changes.get(name)
        if method == "map" and change is not None and change.reparameterised:
            continue  # a mode belongs to the parameters in which it is sought
        lines = compare_points(
            name, method, x.points[method], y.points[method], practical=practical, rtol=rtol,
            moves=_moves(found, name, method),
        )  # fmt: skip
        found.lines += lines
        if found.changes.get(name) is not None and any(line.verdict == Verdict.DISAGREE for line in lines):
            found.causes.append(Cause.OPTIMISER)


def _draws(
    found: Found,
    pairs: Mapping[str, tuple[Variant, Variant]],
    budget: float,
    practical: float | None,
    rtol: float | None,
) -> None:
    """Compare what was sampled, all variants sharing one budget."""
    for name, (x, y) in pairs.items():
        if x.sampled is not None and y.sampled is None and y.undrawn:
            _no_draws(found, name, x.sampled, y)
    drawn = {n: (x, y) for n, (x, y) in pairs.items() if x.sampled is not None and y.sampled is not None}
    exact = {n: (x, y) for n, (x, y) in pairs.items() if (x.exact is None) != (y.exact is None)}
    count = sum(4 * len(x.sampled.names) for x, _ in drawn.values() if x.sampled)
    count += sum(len(x.exact or y.exact or ()) for x, y in exact.values())
    for name, (x, y) in drawn.items():
        assert x.sampled is not None
        assert y.sampled is not None
        if fault := x.sampled.fault or y.sampled.fault:
            found.faults.append(f"{found.place(name)}the {'reference' if x.sampled.fault else 'posterior'} has {fault}")
            continue
        shifts, why = _predicted(found, name, x, y)
        if why:
            found.tell(name, f"no shift is predicted, as {why}.")
        _two_stages(found, name, x, y, shifts, budget / count, LOOK_CLOSER / count, practical)
    for name, (x, y) in exact.items():
        numbers, side = (x.exact, y) if x.exact is not None else (y.exact, x)
        assert numbers is not None
        if side.sampled is None:
            continue
        if side.sampled.fault:
            found.faults.append(f"{found.place(name)}the posterior has {side.sampled.fault}")
            continue
        lines = compare_with_numbers(name, side.sampled, numbers, budget / count, practical=practical, rtol=rtol)
        found.lines += lines
        found.faults += [f"{found.place(name)}{line.estimand}: {line.reason}" for line in lines if line.reason]


def _no_draws(found: Found, name: str, reference: Sampled, y: Variant) -> None:
    """Note that a sampler gave no draws where the reference has some: on the same density, it is the sampler."""
    statuses = dict(zip(reference.names, reference.statuses, strict=True)) if reference.statuses else {}
    for scalar in reference.names:
        now = y.undrawn.get(scalar, Status.FAILED)
        found.lines.append(
            Line(
                name, "mcmc", scalar, "status", statuses.get(scalar, "ok"), str(now), math.nan, math.nan, 0.0, math.nan,
                str(Verdict.DISAGREE),
            )
        )  # fmt: skip
    found.say(name, f"there are no draws: {y.why_undrawn}.")
    change = found.changes.get(name)
    if change is not None and not change.causes:
        found.causes.append(Cause.SAMPLER)


def _predicted(found: Found, name: str, x: Variant, y: Variant) -> tuple[dict[str, Shift] | None, str]:
    change = found.changes.get(name)
    if change is None or change.reparameterised or not change.causes:
        return None, ""
    if y.model is None:
        return None, "the changed model itself is not at hand"
    sample = x.sample()
    if sample is None:
        return None, "no draws of the reference were kept"
    shifts, why = predicted_shifts(sample, y.model, y.likelihood, change)
    return (shifts or None), why


def _two_stages(
    found: Found,
    name: str,
    x: Variant,
    y: Variant,
    shifts: dict[str, Shift] | None,
    level: float,
    closer: float,
    practical: float | None,
) -> None:
    """Compare draws; where ``b`` can be sampled anew, a first look decides only whether to look closer.

    The reference stays as it is: sampled anew, it would come from the code of today.
    """
    one, other = x.sampled, y.sampled
    assert one is not None
    assert other is not None
    change = found.changes.get(name)
    moves = change is not None and bool(change.causes)

    def look(at: float, a: Sampled, b: Sampled) -> list[Line]:
        return compare_draws(name, a, b, at, practical=practical, shifts=shifts, moves=moves)

    renewed = y.redraw is not None
    lines = look(closer if renewed else level, one, other)
    if y.redraw is not None and any(line.verdict != Verdict.AGREE for line in lines):
        other = y.redraw(FACTOR, SEED)
        if fault := one.fault or other.fault:
            again = f"sampled anew with {FACTOR} times the draws, a posterior has {fault}"
            found.faults.append(f"{found.place(name)}{again}")
            return
        lines = look(level, one, other)
    unsure = statuses(name, one, other)
    said = [f"{line.estimand} is {line.b}, and {line.a} in the reference" for line in unsure]
    found.faults += [f"{found.place(name)}{one}" for one in said]
    found.lines += lines + unsure
    if any(line.verdict == Verdict.DISAGREE for line in lines) and change is not None:
        found.causes.append(Cause.SAMPLER)
