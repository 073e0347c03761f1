"""What one panel maximises: the log-likelihood, or the log-likelihood plus the log-prior."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from triptych.engine.angles import turns
from triptych.engine.engine import Engine
from triptych.engine.once import once_for_model
from triptych.graph.rewrites import kind_of
from triptych.optimise.approach import approach, arrive
from triptych.optimise.newton import NEWTON_STEPS, WIDE, Point, ascent_step, newton

FAR_OUT = 8.0  # absolute value of a transformed coordinate from which rounding error is measured along it
FAR_ON_A_LINE = 1e6  # the same of a coordinate that is no logarithm: there sums of its size have lost six digits
LOG_NUDGE = 1e-6  # step of these measurements
WIDE_NUDGE = 100  # multiple of that step for differences of fourth order
STRAIGHT = 1e-4  # curvature over the wide step up to which these show rounding error alone
ROW = range(-4, 5)  # multiples of the step at which the objective is differenced
MOST_SMALL = 12  # most scalars of an untransformed variable that may count as logarithmic
NO_KINK = 1e-12  # fall over a kink's own unit, relative to the objective, up to which its slope is rounding error
SUM_ERROR = 16  # times the precision of double numbers and the sizes of the terms: the least rounding error of a sum
SHAKEN = (-3, -2, -1, 1, 2, 3)  # last digits by which coordinates are shaken to measure it
MEASURED_TWICE = 2  # times what was measured so: the largest of a few samples, which may miss it
FOURTH_TO_SECOND = np.sqrt(70 / 6)  # ratio of fourth to second differences of rounding (see roughness)
LEAP_HALVES, LEAP = 40, 0.2  # bisections, and the share of the whole difference that is left between neighbours then
# Distances from the start, in the coordinates' own units, and moves from there, at which it is seen whether a
# coordinate moves the objective: odd numbers, so that no step function has the same step on both sides by chance, and
# far ones for a probability that is one to all digits.
LOOKS = (0.0, 0.3, 1.0, 1.0, 0.1, 0.1)
FAR_MOVES = (-310.0, -7.3, -1.1, -0.21, 0.21, 1.1, 7.3, 310.0)
# Units by which all logarithms are moved where some coordinate has moved nothing yet: a component of a mixture that
# starts far narrower than the data are apart has no density at any of them, wherever it stands.
WIDENED = (4.0, 8.0, -4.0, -8.0)


@dataclass(frozen=True)
class Objective:
    """A scalar function of the coordinates that it depends on.

    Attributes
    ----------
    engine
        The compiled model.
    parts
        Weights of ``[log-likelihood, log-prior]``.
    origin
        Full vector ``z``; coordinates outside ``active`` stay where it puts them.
    active
        Positions in ``z`` of the coordinates that move; all methods work on these alone.
    stepwise
        Positions in ``z`` of coordinates along which the objective changes and at no point that was looked at slopes.
    """

    engine: Engine
    parts: np.ndarray
    origin: np.ndarray
    active: np.ndarray
    stepwise: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))

    @property
    def size(self) -> int:
        """Number of coordinates that move."""
        return int(self.active.size)

    @property
    def transformed(self) -> np.ndarray:
        """Which of them are logarithms or alike, because PyMC transforms the variable; an angle only comes round."""
        return np.asarray((self.engine.transformed & ~turns(self.engine))[self.active])

    @property
    def logarithmic(self) -> np.ndarray:
        """Which of them act on a logarithmic scale: transformed, or a few that enter through exp."""
        mask = np.zeros(self.engine.size, dtype=bool)
        for name in exponentiated(self.engine):
            mask[next(b.slice for b in self.engine.blocks if b.variable.name == name)] = True
        return np.asarray(self.transformed | mask[self.active])

    @property
    def discrete(self) -> bool:
        """Whether all that is observed is discrete: probabilities, which no parameter lifts above one."""
        model = self.engine.model
        terms = set(self.engine.graph.likelihood)
        return all(rv.dtype.startswith(("int", "uint", "bool")) for rv in model.observed_RVs) and terms <= {
            rv.name for rv in model.observed_RVs
        }

    def full(self, x: np.ndarray) -> np.ndarray:
        """Return the whole vector ``z`` for coordinates ``x``."""
        z = self.origin.copy()
        z[self.active] = x
        return z

    def value(self, x: np.ndarray, corner: object = ()) -> float:
        """Return the objective; NaN counts as minus infinity."""
        return self._combined(self.engine.value(self.full(x), corner))

    def derivatives(self, x: np.ndarray, corner: object = None) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the objective with gradient ``(p,)`` and Hessian ``(p, p)``."""
        value, gradient, hessian = self.engine.derivatives(self.full(x), corner)
        g, h = self._summed(gradient), self._summed(hessian)
        if self.size < self.engine.size:
            g, h = g[self.active], h[np.ix_(self.active, self.active)]
        return self._combined(value), g, (h + h.T) / 2

    def at(self, x: np.ndarray) -> Point:
        """Return the point ``x`` with value, gradient, Hessian and Newton decrement, infinite where one is not finite.

        It costs one call of :meth:`derivatives`.
        """
        value, gradient, hessian = self.derivatives(x)
        here = Point(x, value, gradient, hessian, np.inf, 0, x[None])
        return replace(here, decrement=ascent_step(gradient, hessian)[1]) if here.usable else here

    def slopes(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the objective with its gradient ``(p,)`` alone, which is all that costs little in many coordinates."""
        value, gradient = self.engine.slopes(self.full(x))
        return self._combined(value), self._summed(gradient)[self.active]

    def term_slopes(self, x: np.ndarray) -> np.ndarray:
        """Return the derivatives of every term of the likelihood, shape ``(terms, p)``."""
        jacobians = self.engine.pointwise_jacobian(self.full(x)).values()
        return np.vstack([j.reshape(-1, self.engine.size) for j in jacobians])[:, self.active]

    def kinks(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the kinks' arguments ``u``, their Jacobian, and the fall of the objective per ``|u|``."""
        u, jacobian, slope = self.engine.kinks(self.full(x))
        fall = -self._summed(slope)
        jacobian = jacobian[:, self.active]
        # A slope that is rounding error is no kink; it is compared with the objective in units of the argument.
        value = self.value(x)
        size = 1 + abs(value) if np.isfinite(value) else 1.0
        unit = np.maximum(np.abs(u), np.abs(jacobian) @ np.maximum(np.abs(x), 1.0))
        return u, jacobian, np.where(np.abs(fall) * unit > NO_KINK * size, fall, 0.0)

    @property
    def kinked(self) -> bool:
        """Whether a kink of the model is this objective's own: the prior's are not the likelihood's."""
        return self.engine.kept.of(self._is_kinked, "kinked", *self.parts)

    def _is_kinked(self) -> bool:
        fall = self.kinks(self.engine.graph.start[self.active])[2]
        return bool(np.any(fall > 0))  # from others it rises, as a determinant does from zero

    def rounding_error(self, x: np.ndarray) -> float:
        """Return the rounding error of the objective at ``x``, measured and from the sizes of its terms."""
        z = self.full(x)
        terms = sum(float(np.sum(np.abs(t))) for t in self.engine.pointwise(z).values())
        size = terms + abs(float(self.engine.value(z)[1])) * float(self.parts[1])
        here = self.value(x)
        eps = np.finfo(float).eps
        shaken = [abs(self.value(x * (1 + k * eps)) - here) for k in SHAKEN]
        measured = max((s for s in shaken if np.isfinite(s)), default=0.0)
        least = max(SUM_ERROR * eps * (1 + size), MEASURED_TWICE * measured)
        return max(least, self._rounding_far_out(x, here), self._rounding_of_steps(x))

    def _rounding_of_steps(self, x: np.ndarray) -> float:
        """Return the rounding errors of all steps of the computation, where some coordinate is far out.

        Values that are rounded may be constant there over a long way, so that no difference shows it.
        """
        far = np.where(self.logarithmic, FAR_OUT, FAR_ON_A_LINE)
        if not np.any(np.abs(x) > far):
            return 0.0
        return float(self._summed(self.engine.rounding(self.full(x))))

    def roughness(self, x: np.ndarray) -> float:
        """Return the rounding error at ``x``, also where coordinates that move together are steeply curved each alone.

        Fourth differences of a row of points leave nothing of that curvature; of rounding they leave as much as second
        ones do times the root of 70/6 (the sums of squares of their weights).
        """
        here = self.value(x)
        found = SUM_ERROR * np.finfo(float).eps * (1 + abs(here))
        for k in np.flatnonzero(self.transformed & (np.abs(x) > FAR_OUT)):
            row = [self.value(x + step * LOG_NUDGE * (np.arange(x.size) == k)) for step in ROW]
            if np.all(np.isfinite(row)):
                found = max(found, float(np.max(np.abs(np.diff(row, 4)))) / FOURTH_TO_SECOND)
        return found

    def _rounding_far_out(self, x: np.ndarray, here: float) -> float:
        """Return what second differences leave where a logarithm is far out and a density may be rounding only.

        One of them may vanish by chance, so the largest along a row of points is taken, as in a difference table
        (Hamming 1973, Numerical Methods for Scientists and Engineers, ch. 10; More and Wild 2011, SIAM J. Sci. Comput.
        33, 1292-1314).
        """
        found = 0.0
        for k in np.flatnonzero(self.transformed & (np.abs(x) > FAR_OUT)):
            change = LOG_NUDGE * (np.arange(x.size) == k)
            bent = self._bends(x, change)
            found = max(found, bent)
            if WIDE_NUDGE**2 * bent < STRAIGHT:
                # A density that is rounded in steps may be constant over so short a distance.
                sides = [self.value(x + step * WIDE_NUDGE * change) for step in (-2, -1, 1, 2)]
                rough = abs(sides[0] - 4 * sides[1] + 6 * here - 4 * sides[2] + sides[3]) / 4
                found = max(found, rough if np.isfinite(rough) else 0.0)
        return found

    def _bends(self, x: np.ndarray, change: np.ndarray) -> float:
        """Return the largest second difference of a row of points about one."""
        row = [self.value(x + step * change) for step in ROW]
        return float(np.max(np.abs(np.diff(row, 2)))) if np.all(np.isfinite(row)) else 0.0

    def leaps(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether the objective leaps between two points: a density computed wrongly far out does."""
        ends = [self.value(one), self.value(other)]
        whole = abs(ends[1] - ends[0])
        for _ in range(LEAP_HALVES):
            middle = (one + other) / 2
            value = self.value(middle)
            if not np.isfinite(value):
                return True
            if abs(value - ends[0]) > abs(ends[1] - value):
                other, ends = middle, [ends[0], value]
            else:
                one, ends = middle, [value, ends[1]]
        return abs(ends[1] - ends[0]) > LEAP * whole

    def climb(
        self,
        x: np.ndarray,
        *,
        fixed: int | np.ndarray | None = None,
        max_iterations: int = NEWTON_STEPS,
        known: np.ndarray | None = None,
        top: float = -np.inf,
    ) -> Point:
        """Run Newton from ``x``, optionally with some coordinates held fixed.

        In many coordinates gradients lead most of the way. With some of them fixed they do so with a ``known``
        Hessian only, from nearby, and the end is then left with it; ``top`` is as for :func:`approach`.
        """
        if self.size >= WIDE and not self.kinked:
            if fixed is None:
                quick = arrive(self, x, self.derivatives(x)[2] if known is None else known)
            else:
                quick = approach(self, x, known, fixed, top=top) if known is not None else None
            if quick is not None:
                return quick
        basis = None
        if fixed is not None:
            basis = np.delete(np.eye(self.size), fixed, axis=1)
        return newton(
            self.derivatives,
            self.value,
            x,
            basis=basis,
            transformed=self.transformed,
            max_iterations=max_iterations,
            rounding_error=self.rounding_error,
        )

    def with_room(self, x: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Return ``x`` with what bounds the coordinates at the positions ``held`` out of their way."""
        return np.asarray(self.engine.with_room(self.full(x), self.active[held])[self.active])

    def without(self, positions: np.ndarray) -> Objective:
        """Return the objective with some of its coordinates held at the origin."""
        return replace(self, active=np.delete(self.active, positions))

    def _summed(self, of_parts: np.ndarray) -> np.ndarray:
        """Add up likelihood and prior as far as they belong to the objective; what does not may be anything."""
        return np.asarray(of_parts[0] + of_parts[1] if self.parts[1] else of_parts[0])

    def _combined(self, value: np.ndarray) -> float:
        if self.engine.graph.fenced and np.isneginf(value[1]):
            return -np.inf  # the parameter space is the support of the priors
        total = float(self._summed(value))
        return total if not np.isnan(total) else -np.inf


def make_objective(engine: Engine, parts: np.ndarray) -> tuple[Objective, np.ndarray]:
    """Return the objective over the coordinates it depends on, and a mask of those it does not know.

    A coordinate is unknown when no value moves the objective along it: at random points its
    gradient vanishes and so do finite changes.
    """
    rng = np.random.default_rng(0)
    known, sloped = np.zeros((2, engine.size), dtype=bool)
    keep = parts != 0
    usable = 0
    for scale in LOOKS:
        z = engine.graph.start + scale * rng.standard_normal(engine.size)
        gradient = (engine.slopes(z) if engine.size >= WIDE else engine.derivatives(z))[1]
        value = engine.value(z)  # by the same function as below: the two differ in their rounding
        if not np.all(np.isfinite(value[keep])):
            continue
        usable += 1
        sloped |= np.any(gradient[keep] != 0, axis=0)
        known |= sloped
        for j in np.flatnonzero(~known):
            for change in FAR_MOVES:
                moved = z.copy()
                moved[j] += change
                if np.any(engine.value(moved)[keep] != value[keep]):
                    known[j] = True
                    break
    for change in WIDENED:
        if known.all():
            break
        z = engine.graph.start + np.where(engine.transformed, change, 0.0)
        gradient = engine.slopes(z)[1]
        slope = np.all(np.isfinite(gradient[keep]), axis=0) & np.any(gradient[keep] != 0, axis=0)
        sloped |= slope
        known |= slope
    if usable == 0:
        known[:] = True
    steps = np.flatnonzero(known & ~sloped)
    return Objective(engine, parts, engine.graph.start.copy(), np.flatnonzero(known), steps), ~known


@once_for_model
def exponentiated(engine: Engine) -> list[str]:
    """Names of the small untransformed variables that the model passes through an exponential, or a softplus."""
    from pytensor.graph.traversal import ancestors

    model = engine.model
    small = {
        model[b.variable.name]: b.variable.name
        for b in engine.blocks
        if b.transform is None and b.variable.size <= MOST_SMALL
    }
    found: dict[str, None] = {}
    for variable in ancestors([*model.observed_RVs, *model.potentials]):
        node = variable.owner
        if node is None or kind_of(node) not in ("Exp", "Softplus"):
            continue
        for above in ancestors(node.inputs):
            if above in small:
                found[small[above]] = None
    return list(found)
