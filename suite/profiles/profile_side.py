"""A profile followed outward: to where the likelihood crosses the level, or to where it is seen that it never does.

Steps are taken and measured in the model's coordinates, and an end is told by the likelihood alone: a parameter, its
logarithm and its reciprocal are followed along one curve to one end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import partial

import numpy as np

from triptych.existence.tolerance import MEASURED
from triptych.existence.verdict import Verdict
from triptych.optimise.segment import least
from triptych.profiles.held_scalar import LOGARITHMS, WIDTHS, Scalar
from triptych.profiles.holding import Held, hold
from triptych.profiles.open_ends import PROFILE_REACH, Place, far_out, is_hidden, leads_back, limit_of, runs

# HIGHER is pinned by test_a_maximum_is_none_if_a_profile_is_higher_by_a_thousandth.
HIGHER = 1e-3  # rise of the log-likelihood on a profile from which the maximum was not the highest one
PRECISE = 1e-6  # error of the signed root, relative to the level's, at which an end is found
ROUGHLY = 1e-3  # the same where rounding error leaves no better one
BRACKETED = 1e-9  # width of a bracket, relative to its first width, at which it is closed
MOST_POINTS = 150  # most points on one side of a profile
# JUMP is pinned by test_a_root_that_rises_by_two_and_a_half_times_what_is_foreseen_is_of_another_branch.
JUMP = 2.5  # ratio of the root's rise to the predicted one from which the profile has come to another branch
# LEEWAY is pinned by test_a_root_that_rises_by_two_and_a_half_times_what_is_foreseen_is_of_another_branch.
LEEWAY = 0.2  # rise of the root, relative to the level's, that is always allowed
SHORTER, FEWER = 16, 4  # times in a row that a step is cut; the same with a limit in sight
# QUIET is pinned by test_where_the_likelihood_is_level_a_fresh_step_is_taken_that_gains_ten_times_as_much.
QUIET = 0.03  # root, relative to the level's, up to which a profile is level
# BETTER is pinned by test_where_the_likelihood_is_level_a_fresh_step_is_taken_that_gains_ten_times_as_much.
BETTER = 10.0  # ratio of two gains from which the other step is taken
AGAIN = 1e-3  # rise of the deviance, relative to the level, of a first step in another direction
# HIDES_CROSSING is pinned by test_a_crossing_is_hidden_by_rounding_of_a_hundredth_of_the_level.
HIDES_CROSSING = 0.01  # rounding error, relative to the level, that hides where the level is crossed
NOTHING = 1e-6  # rise of the deviance, relative to the level, up to which it has come to its limit
# CLEARLY is pinned by test_an_end_is_open_if_the_limit_of_the_deviance_is_clearly_below_the_level.
CLEARLY = 0.98  # share of the level below which a limit of the deviance has to lie for an open end
SHORT_START = 0.1  # first step, relative to the level's root, from a point that is within the region already
# CUT is pinned by quasi_separation_at_a_tie (a tenth).
CUT = 4  # by which a step is divided that led to no point, or to one on another branch
# OVERSHOOT is pinned by test_a_step_is_a_little_longer_than_asked_for_and_at_most_twice_the_last.
# LENGTHENED is pinned by quasi_separation_far_apart (halved).
OVERSHOOT, LENGTHENED = 1.05, 2.0  # of the step that a straight root asks for, to pass the level; most of the last step
SECANT = (0.05, 0.95)  # shares of a bracket between which a secant's guess is kept, so that both of its sides close
POLE_LOOKS = (0.25, 0.5, 0.75, 1.0)  # shares of a step at which the likelihood has to be within the level up to a pole


class Kind(Enum):
    """What was seen at an end."""

    CROSSED = "the likelihood crosses the level"
    EDGE = "the domain of the likelihood ends"
    OPEN = "the likelihood comes to a limit above the level"
    TURNED = "the scalar has a limit of its own"
    LOST = "none of these"


@dataclass(frozen=True)
class End:
    """An end of a profile: the scalar there, what was seen, and by how much the log-likelihood falls up to there.

    ``both`` says of an open end at a pole that beyond it the scalar comes back from the other side.
    """

    at: float
    kind: Kind
    fall: float = np.nan
    both: bool = False


class ProfileSide:
    """One side of a profile.

    Parameters
    ----------
    verdict
        The maximum.
    scalar
        What is held.
    sign
        1 for the upper side, -1 for the lower one.
    target
        The root of the level.
    """

    def __init__(self, verdict: Verdict, scalar: Scalar, sign: float, target: float) -> None:
        self.verdict, self.scalar, self.sign, self.target = verdict, scalar, sign, target
        self.path: list[Place] = []  # places within the level, from the start outward
        self.seen: list[tuple[float, float]] = []
        self.limit = np.nan  # of the deviance, once it is seen to come to one

    def end(self) -> End:
        """Follow the profile from the maximum."""
        start = Place(self.verdict.point.z, self.scalar.centre, 0.0)
        return self._from(start, self.sign * self.target)

    def end_beyond(self, x: np.ndarray) -> End:
        """Follow the profile from another point of the likelihood region, where the scalar is farther out."""
        start = self._hold(x, self.scalar.evaluate(x)[0])
        if start is None or not start.r <= self.target * (1 + PRECISE):
            return End(np.nan, Kind.LOST)
        if start.r >= self.target * (1 - PRECISE):
            return self._crossed(start, start)
        return self._from(start, SHORT_START * self.sign * self.target)

    def _from(self, start: Place, way: float) -> End:
        self.path, self.limit = [start], np.nan
        step = self.scalar.first(start.x, way)
        short, again = 0, False
        for _ in range(MOST_POINTS):
            inside = self.path[-1]
            place, at = None, np.nan if step is None else self._at(inside.x + step)
            onward = self.sign * (at - inside.at) > 0 and bool(np.isfinite(at))
            if onward:
                place = self._hold(inside.x + step, at)
            elif step is not None and not short and (pole := self._pole(inside.x, step)) is not None:
                return pole
            if place is not None and np.isnan(place.r):
                break  # the maximum was none
            if (
                step is None
                or place is None
                or self._jumps(place, step)
                or (place.r > self.target and self._is_rounding(place))
            ):
                short += 1
                if step is not None and short <= (SHORTER if np.isnan(self.limit) else FEWER):
                    step = step / CUT
                elif onward or again or not np.isnan(self.limit):
                    return self._stopped(step, onward)
                else:
                    step, short, again = self.scalar.first(inside.x, AGAIN * way), 0, True
                continue
            short, again = short if np.isfinite(self.limit) else 0, False
            if (end := self._taken(place)) is not None:
                return end
            if self._is_round() or (not self.scalar.period and self._is_far()):
                break
            step = self._next()
        return self._stopped(None, True)

    def _taken(self, place: Place) -> End | None:
        """Put a place on the path, or return the end if it is beyond the level."""
        self.seen.append((place.at, self.sign * place.r))
        if place.r <= self.target * (1 + PRECISE):
            self.path.append(place)
            self._look_ahead()
            return self._crossed(place, self.path[-2]) if place.r >= self.target * (1 - PRECISE) else None
        return self._between(place)

    def _crossed(self, place: Place, other: Place) -> End:
        """Return the end beside a place: what is left of the way to the level is straight."""
        share = (self.target - place.r) / (other.r - place.r) if abs(other.r - place.r) > PRECISE * self.target else 0.0
        return End(place.at + share * (other.at - place.at), Kind.CROSSED, self.target**2 / 2)

    def _hold(self, start: np.ndarray, at: float) -> Place | None:
        """Return the profile's point at a value: from the last place as well, if it is far beyond the level or none."""
        best: Held | None = None
        for x in (start, *(place.x for place in self.path[-1:])):
            held = hold(self.verdict, self.scalar, x, at)
            if held is not None and not np.isnan(held[1]) and (best is None or held[1] > best[1]):
                best = held
            if best is not None and not self._root(best[1]) > JUMP * self.target:
                break
        return None if best is None else Place(best[0], at, self._root(best[1]))

    def _root(self, value: float) -> float:
        """Return the root of the deviance; NaN where the log-likelihood is above what was its maximum."""
        fall = self.verdict.point.value - value
        if -fall > max(HIGHER, MEASURED * self.verdict.rounding_error):
            return np.nan
        return float(np.sqrt(max(0.0, 2 * fall)))

    def _length(self, step: np.ndarray) -> float:
        return float(np.max(np.abs(step) / self.scalar.unit, initial=0.0))

    def _jumps(self, place: Place, step: np.ndarray) -> bool:
        """Whether a point beyond the level is on another branch: the root of a profile rises without a break."""
        if place.r <= self.target:
            return False
        inside, foreseen = self.path[-1], self.target
        if len(self.path) > 1:
            before = self.path[-2]
            rate = max(0.0, inside.r - before.r) / self._length(inside.x - before.x)
            foreseen = rate * self._length(step)
        return place.r - inside.r > JUMP * foreseen + LEEWAY * self.target

    def _next(self) -> np.ndarray:
        """Return the next step: on along the last one, to a little beyond where a straight root passes the level."""
        before, inside = self.path[-2:]
        step, risen = inside.x - before.x, inside.r - before.r
        wanted = OVERSHOOT * (self.target - inside.r) / risen if risen > 0 else np.inf
        step = self.scalar.limited(step * min(wanted, LENGTHENED))
        if inside.r > QUIET * self.target:
            return step
        # Where the likelihood is level the other coordinates drift, so the last step is a poor guide to the next.
        fresh = self.scalar.first(inside.x, self.sign * self.target)
        return step if fresh is None or not self._gain(fresh) > BETTER * self._gain(step) else fresh

    def _gain(self, step: np.ndarray) -> float:
        inside = self.path[-1]
        return self.sign * (self._at(inside.x + step) - inside.at)

    def _at(self, x: np.ndarray) -> float:
        """Return the scalar at a point; an angle as the value that is nearest to that of the last place."""
        value, near = self.scalar.evaluate(x)[0], self.path[-1].at
        return near + self.scalar.short(near, value) if self.scalar.period > 0 else value

    def _between(self, outside: Place) -> End | None:
        """Return where the root passes the level before a place, by safeguarded secants (Illinois' rule).

        None where the place was on another branch: the path then goes on from there.
        """
        inside, far = self.path[-1], outside.at
        weight, stays, width = 1.0, "", self._length(outside.x - inside.x)
        for _ in range(MOST_POINTS):
            short, over = self.target - inside.r, outside.r - self.target
            short, over = (short, weight * over) if stays == "outside" else (weight * short, over)
            share = float(np.clip(short / (short + over), *SECANT))
            guess = inside.x + share * (outside.x - inside.x)
            at = self._at(guess)
            if not min(inside.at, outside.at) < at < max(inside.at, outside.at):
                at = inside.at + share * (outside.at - inside.at)
            if self._length(outside.x - inside.x) < BRACKETED * width or at in (inside.at, outside.at):
                break
            place = self._hold(guess, at)
            if place is None or np.isnan(place.r):
                return End(np.nan, Kind.LOST)
            self.seen.append((place.at, self.sign * place.r))
            if abs(place.r - self.target) < PRECISE * self.target:
                return self._crossed(place, outside if place.r <= self.target else inside)
            now = "outside" if place.r <= self.target else "inside"
            weight, stays = (weight / 2 if now == stays else 1.0), now
            inside, outside = (place, outside) if now == "outside" else (inside, place)
        if outside.r - inside.r < ROUGHLY * self.target:
            return self._crossed(inside, outside)
        # Where two branches meet the profile has a break, and it continues on the branch that was followed.
        held = hold(self.verdict, self.scalar, inside.x, outside.at)
        if held is not None and self._root(held[1]) - inside.r < ROUGHLY * self.target:
            self.seen = [(v, r) for v, r in self.seen if abs(r) <= self.target or self.sign * (v - far) > 0]
            self.path.append(Place(held[0], outside.at, self._root(held[1])))
            return None
        return End(inside.at, Kind.EDGE, inside.r**2 / 2) if self._is_rough() else End(np.nan, Kind.LOST)

    def _is_rough(self) -> bool:
        return self.verdict.objective.kinked or self.verdict.cliff.size > 0

    def _look_ahead(self) -> None:
        """Note the limit that the deviance comes to: with equal or longer steps its rises fade by a constant factor."""
        last, level = self.path[-1], self.target**2
        if last.r**2 > self.limit + (1 - CLEARLY) * level and not self._is_rounding(last):
            self.limit = np.nan
        run = next(runs(self.path, self.scalar.unit), None)
        if run is not None and run[-1] is last:
            limit = limit_of(np.array([place.r**2 for place in run]), NOTHING * level)
            if is_hidden(self.verdict, run, level) or leads_back(self.verdict, self.path):
                limit = np.inf
            if (
                not self.scalar.period
                and limit < CLEARLY * level
                and abs(last.at - self.scalar.centre) >= self.scalar.reach
            ):
                self.limit = limit

    def _is_rounding(self, place: Place) -> bool:
        """Whether the fall of the likelihood up to a place may be an error of its computation."""
        return self.verdict.objective.rounding_error(place.x) > HIDES_CROSSING * self.target**2

    def _is_round(self) -> bool:
        return 0 < self.scalar.period <= abs(self.path[-1].at - self.path[0].at)

    def _is_far(self) -> bool:
        """Whether the profile has been followed as far as it has to be, or can be."""
        way = np.abs(self.path[-1].x - self.verdict.point.z)
        transformed = self.verdict.objective.transformed
        far = way / np.where(transformed, LOGARITHMS + np.abs(self.verdict.point.z), WIDTHS * self.scalar.unit)
        return bool(np.max(far, initial=0.0) > (PROFILE_REACH if np.isnan(self.limit) else 1.0))

    def _stopped(self, step: np.ndarray | None, onward: bool) -> End:
        """Say what stopped the path before the likelihood crossed the level."""
        inside = self.path[-1]
        if self._is_round():
            return End(self.sign * np.inf, Kind.OPEN, max(place.r for place in self.path) ** 2 / 2)
        if not np.isnan(self.limit):
            return End(far_out(self.verdict, self.scalar, self.path, self.sign), Kind.OPEN, self.limit / 2)
        if not onward:
            return End(inside.at, Kind.TURNED, inside.r**2 / 2)
        if step is not None and not np.isfinite(self.verdict.objective.value(inside.x + step)):
            return End(inside.at, Kind.EDGE, inside.r**2 / 2)
        return End(np.nan, Kind.LOST)

    def _pole(self, x: np.ndarray, step: np.ndarray) -> End | None:
        """Return the end at a pole of the scalar ahead, if the likelihood is above the level there."""
        lowest = self.verdict.point.value - self.target**2 / 2
        if any(not self.verdict.objective.value(x + share * step) >= lowest for share in POLE_LOOKS):
            return None

        def function(places: np.ndarray, sign: float) -> np.ndarray:
            return np.array([sign * self.scalar.evaluate(x + t * step)[0] for t in places])

        if not np.isinf(least(partial(function, sign=-self.sign), 0.0, 1.0)):
            return None
        both = bool(np.isinf(least(partial(function, sign=self.sign), 0.0, 1.0)))
        return End(self.sign * np.inf, Kind.OPEN, both=both)
