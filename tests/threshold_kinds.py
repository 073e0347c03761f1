"""Thresholds that no case of the gallery and no test pins, by what they are and why none can.

What each kind is stands in docs/architecture.md. A threshold of no kind is a decision, and beside it stands the case or
the test that comes out wrong at twice or half of it. One that a case pins at ten times or a tenth names that case.
"""

from __future__ import annotations

from typing import NamedTuple


class Group(NamedTuple):
    """Thresholds of one kind that no case can pin for one reason.

    Of a name that two files have, the file stands before it.
    """

    kind: str
    why: str
    names: str


GROUPS = (
    Group(
        "precision",
        "What is left of a zero by rounding, as a share of the terms or sizes that make it up. What is no zero is "
        "larger by powers of ten.",
        "DERIVATIVE_ROUNDING SAME_VALUES UNCHANGED ON_KINK FACE_ROUNDING SOLVED RAY_SHARE SUM_ROUNDING VANISHING "
        "ADMIXED INDEPENDENT LEVEL_PART SETTLING ZERO_ROUNDING COUPLED AT_ZERO HELD_VARIANCE INVOLVED SAME "
        "UNEXPLAINED BENDS EMPTY_SHARE LIMIT_ZERO GONE CROSSED OVER_LIMIT IMPLIED LEAST_SHARE KEEPS_VALUE REGULAR "
        "NO_VARIANCE_LEFT END_STILL LEFT SHRUNK MORE_LEFT CLEAN_WIDTHS CHANGES AS_FAR "
        "LINEAR_BETWEEN STRICTLY_INSIDE MEETS_KINK",
    ),
    Group(
        "precision",
        "Eigenvalues and singular values below which a matrix has lost its rank: of regular problems they are "
        "larger by powers of ten, of redundant ones they are rounding.",
        "conditional.SINGULAR whitening.SINGULAR FADING_SLOPE SPANNED FLAT NEW_DIRECTION NEW_KINK LEAST_PIVOT "
        "LEAST_CURVATURE CURVED DEPENDENT FADED",
    ),
    Group(
        "precision",
        "Rounding error of an objective, measured or foretold, and how many times of it a difference has to be.",
        "LEAST_SAME LEFT_BY_ASCENT LEAST_FALL LEAST_RISE CLEARLY_HIGHER NEAR_KINK NO_KINK SUM_ERROR MEASURED_TWICE "
        "STRAIGHT LOG_NUDGE WIDE_NUDGE SHAKEN FOURTH_TO_SECOND VALUE_ROUNDING LEFT_TO_GAIN SMALL_CHANGE MEASURED_AT "
        "FAR_OUT FAR_ON_A_LINE LEAP SAME_SLOPE",
    ),
    Group(
        "precision",
        "Where an iteration ends: further steps would change digits that are not reported. Another method, slower, "
        "would converge to the same.",
        "CONFIRMED FALL CLEAR_FALL ON_MAXIMUM CORNER_DONE CORNER_REACHED MULTIPLIERS_DONE ROUNDED_DONE ARRIVED "
        "NO_PROGRESS CRAWL NEARLY_THERE NO_RISE SHORTEST_STEP FALL_ERROR BREACH ON_LEVEL NEARLY_ON CROSSING_ERROR "
        "PRECISE ROUGHLY BRACKETED QUANTILE_ERROR ON_EDGE CONVERGES",
    ),
    Group(
        "precision",
        "Distances up to which two places, directions, values or limits are one. Two that are not lie apart by much "
        "more.",
        "OTHER_HEIGHT SAME_LIMIT COME_TO_REST NEAR_LIMIT PARALLEL ON_DOMAIN_EDGE ON_END AT_END TOUCHES "
        "LIMIT_REACHED AT_LIMIT VANISHED SETTLED LEFT_LIMIT NOTHING ONE held_profile.LEVEL CLOSED_GAP AT_LEVEL "
        "AGAIN",
    ),
    Group(
        "precision",
        "Short ways on which a difference stands for a derivative, or that are left to an edge so that what lies "
        "beside it is seen.",
        "NEAREST UPHILL_REACH INWARDS INSIDE NEXT_TO_END BENT LEFT_OUT MARGIN SHORT OFF_END SHIFT MISSING POLE_FALL "
        "SHORTEST_FACE LEAST_UNITS LEAST_WIDTHS",
    ),
    Group(
        "budget",
        "Steps, halvings or doublings after which an iteration is given up that is not expected to come so far.",
        "LATE_STEPS BACK_STEPS TURNS MOST_SHAKEN KINK_DOUBLINGS KINK_HALVES BESIDE_STEPS TO_DATUM STAGES ROUNDS "
        "START_HALVES SCAN_STEPS OVERFLOW_HALVES RIDGE_STEPS BEGIN_STEPS GRADIENT_STEPS STEP_HALVES CORNER_HALVES "
        "CORNER_LOOKS ACTIVE_SET_STEPS LETS_GO CROSSINGS PIECE_STEPS ONTO_STEPS MOST_STALLS SEARCH_HALVES "
        "LEAP_HALVES FINER PUSH_STEPS ROUNDED_STEPS SLSQP_STEPS HELD_STEPS LEVEL_HALVES MOVING_DOUBLINGS "
        "MOST_POINTS SHORTER FEWER region_ends.TIMES MOST_BACK END_BEGINS ADMIXTURES POLISH NEWTON_POLISH MEMORY "
        "NEARBY END_TIMES kinks.FEW",
    ),
    Group(
        "budget",
        "Coordinates, directions, data, paths or starts that are looked at at most, and from how many on a cheaper "
        "way is taken.",
        "WALKED MOST_COLUMNS MOST_TRIED FEW_DATA search.TRIES KINKED_STARTS SCANNED SCANNED_OF_SEVERAL MOST_SMALL "
        "MOST_BENT GRID COUPLING_LOOKS ORDER_LOOKS POINTS BATCHES FEW_PLACES MANY_PLACES PARTS "
        "PLACES MOST_MOVED PROBED_BRIEFLY",
    ),
    Group(
        "budget",
        "How fast an iteration goes, and not where it ends: lengths of steps, and when a step is lengthened, cut or "
        "taken.",
        "FIRST_STEP ARMIJO LEVELS PROBE_LEVEL STRIDE SHORT_START SECANT SAME_RATE",
    ),
    Group(
        "look",
        "Places and distances at which it is seen whether something holds wherever one looks: others would show the "
        "same.",
        "MOVED MOVED_SHARES REACHES HEAVIEST RIDGE_UNITS RIDGE_WIDTHS RIDGE_PART ORDER_KEPT ORDER_SPREAD OFF_START "
        "NULL_LOOKS LOOKED_AT RIDGE_SHIFT MOVES reasons.STEPS JUMP_REACH WIDEST_LOOK FARTHER SPREAD MOVED_ON "
        "GOES_ON ONWARDS LOOKS FAR_MOVES TURN_SHARES POLE_LOOKS BELOW FIRST_TRY TRIES_GROW SCAN_REACH PUSHED_ON "
        "FARTHEST_SCALE DRAWN CORNER_REACH nuts.STARTS WIDENED",
    ),
    Group(
        "look",
        "How far a way is followed that may have no end: what has one ends before.",
        "FEW_STEPS LOGARITHMS WIDTHS OPEN_SIDE PROFILE_REACH CURVE_ROOTS LINE_FAR LINE_STEPS",
    ),
    Group(
        "stand-in",
        "A number that stands for zero, for infinity, or for a place there, because a method needs one.",
        "BARELY ENDLESS LOGARITHM_ENDS ENDS OUTSIDE ABYSS OVERFLOWS densities.LEVEL OUT_OF_DOMAIN",
    ),
    Group(
        "budget",
        "Seconds and calls by which the work is divided between threads, on the machine as it is: no result hangs "
        "on them.",
        "CHEAP TIMED LOOK",
    ),
)
