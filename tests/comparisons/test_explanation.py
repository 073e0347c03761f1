"""Each reason that an explanation gives is given where its cause is, with the right figures, and nowhere else."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.comparisons.explanation import consequences, existence_rules, posterior_rules, prior_rules
from triptych.comparisons.explanation.corners import corner_of
from triptych.comparisons.explanation.in_short import in_short, most_different
from triptych.comparisons.explanation.measured import Measured, Sampled, measure
from triptych.comparisons.explanation.off_the_edge import Off, off_the_edge
from triptych.comparisons.explanation.sentences import about_zero, named
from triptych.problem.fixed import Fixed
from triptych.problem.table import Row, Status

NAN = math.nan
METHODS = ("mle", "map", "mcmc")


def row(method, estimate, *, half=1.0, status=Status.OK, estimand="b", label="", kind="wald"):
    lower, upper = (estimate - half, estimate + half) if kind != "none" else (NAN, NAN)
    return Row(
        "s", "default", method, estimand, label, estimate, "mean", half / 2, lower, upper, 0.95, kind, status,
        "" if status is Status.OK else "a reason",
    )  # fmt: skip


def _tops(top, error):
    """Return two chains that stand still on either side of a top, so that its error is the one given."""
    return np.array([[top - error], [top + error]])


def scalar(mle=1.0, mode=1.0, mean=1.0, *, sd=0.5, estimand="b", label="", statuses=None, **rest):
    statuses = statuses or {}
    rows = {
        m: row(m, v, half=2 * sd, estimand=estimand, label=label, status=statuses.get(m, Status.OK))
        for m, v in zip(METHODS, (mle, mode, mean), strict=True)
    }
    posterior = rest.pop("posterior", Sampled(sd=sd, median=mean, top=mean, skewness=0.0, parts=_tops(mean, 0.0)))
    return Measured(f"{estimand}[{label}]" if label else estimand, estimand, rows, posterior, **rest)


def test_agreement_is_said_where_the_three_are_within_a_tenth_of_a_deviation():
    (found,) = posterior_rules.agreement([scalar(1.0, 1.02, 1.04)])
    assert found.figures[0] == pytest.approx(0.08)
    assert "data outweigh" not in found.text
    assert posterior_rules.agreement([scalar(1.0, 1.02, 1.06)]) == []


def test_the_data_outweigh_the_prior_only_where_it_is_five_times_as_wide():
    wide, narrow = scalar(prior_scale=2.6), scalar(prior_scale=2.4)
    assert "the data outweigh the prior" in posterior_rules.agreement([wide])[0].text
    assert "outweigh" not in posterior_rules.agreement([narrow])[0].text
    assert "outweigh" not in posterior_rules.agreement([wide, narrow])[0].text


def test_a_prior_is_named_as_cause_only_if_its_centre_lies_that_way():
    pulled = scalar(3.0, 2.0, 2.0, prior_centre=0.0, prior_scale=1.0)
    (found,) = prior_rules.pull([pulled])
    assert found.text == (
        "The prior pulls b towards its centre, 0: from the MLE 3.00 to the MAP 2.00 (2 posterior standard "
        "deviations). The prior's scale is 1, the standard error of the MLE is 0.50."
    )
    assert found.figures[0] == pytest.approx(-2.0)
    assert prior_rules.pull([replace(pulled, prior_centre=9.0)]) == []
    assert prior_rules.pull([replace(pulled, prior_scale=NAN)]) == []


def test_a_prior_is_named_as_cause_only_if_half_of_the_shift_is_left_in_logarithms():
    pulled = scalar(3.0, 2.0, 2.0, prior_centre=0.0, prior_scale=1.0, rewritten=True, on_log_scales=2.4)
    assert prior_rules.pull([pulled])
    assert prior_rules.written([pulled]) == []
    moved = replace(pulled, on_log_scales=2.6)
    assert prior_rules.pull([moved]) == []
    assert "2.6" in prior_rules.written([moved])[0].text
    unknown = replace(pulled, on_log_scales=NAN)
    assert prior_rules.pull([unknown]) == prior_rules.written([unknown]) == []


def test_a_vector_may_be_pulled_although_one_of_its_scalars_moves_away():
    one = scalar(3.0, 0.5, label="x", prior_centre=0.0, prior_scale=1.0)
    two = scalar(-2.0, -1.0, label="z", prior_centre=0.0, prior_scale=1.0)
    other = scalar(0.1, 0.4, label="y", prior_centre=0.0, prior_scale=1.0)
    (found,) = prior_rules.pull([one, two, other])
    start = (
        "The prior pulls the values of b towards its centre, 0: 2 of the 3 MAPs lie nearer to 0 than their MLEs, most "
        "of all that of b[x]: 0.50 in place of 3.00 (5 posterior standard deviations)."
    )
    assert found.text == f"{start} The MAP of b[y] lies farther from 0 than its MLE."
    crossed = replace(other, rows={**other.rows, "map": row("map", -0.4)})
    assert prior_rules.pull([one, two, crossed])[0].text.endswith(
        " The MAP of b[y] lies farther from 0 than its MLE, on its other side (MLE 0.10, MAP -0.40)."
    )
    nearer = replace(other, rows={**other.rows, "map": row("map", 0.05)})
    (found,) = prior_rules.pull([one, two, nearer])
    assert "all 3 MAPs lie nearer to 0 than their MLEs" in found.text
    assert "farther" not in found.text
    said = "; as b[x] falls from 3.00 to 0.50, b[y] rises to make up for it (their posterior correlation is -0.6)."
    for partner, correlation, speaks in (("b[x]", -0.6, 1), ("b[x]", 0.6, 0), ("b[x]", -0.4, 0), ("b[w]", -0.6, 0)):
        tied = replace(other, partner=partner, partner_correlation=correlation)
        assert prior_rules.pull([one, two, tied])[0].text.endswith(said) == bool(speaks)
    flat = scalar(label="flat")  # whose prior has no centre
    named_ones = "The prior pulls b[x], b[z] and b[y] towards its centre, 0: 2 of the 3 MAPs"
    assert prior_rules.pull([one, two, other, flat])[0].text.startswith(named_ones)
    apart = replace(two, prior_centre=-0.5)
    (found,) = prior_rules.pull([one, apart, other])
    assert "towards the centre that it has for each: 2 of the 3 MAPs lie nearer to it than" in found.text
    # Centres from draws differ by their error; of scalars with one prior that is one centre.
    drawn = replace(two, prior_centre=-0.2)
    (found,) = prior_rules.pull([one, drawn, other])
    assert "towards its centre, about -0.067: 2 of the 3 MAPs lie nearer to it than" in found.text
    assert found.text.endswith("The MAP of b[y] lies farther from the centre of the prior than its MLE.")


def test_a_setting_that_was_chosen_from_the_data_is_reported_with_the_numbers():
    from triptych.problem.varied import Range, chosen

    def model(data, rate=0.237, other=3.0):
        """A model."""

    how = "the value under which they are most probable"
    varies = {"rate": Range(0.1, 1.0, "a rate", from_data=how, symbol="lambda"), "other": Range(1.0, 9.0, "a scale")}
    (one,) = chosen(model, varies, {})
    assert consequences.chosen_from_data(one, [scalar()]).text == (
        f"lambda = 0.237 was chosen from these same data ({how}), and MAP and posterior take it as known: report it "
        "with them, and say that their intervals leave out that lambda is uncertain."
    )
    assert chosen(model, varies, {"rate": 0.237, "other": 4.0}) == (one,)
    assert chosen(model, varies, {"rate": 0.3}) == ()
    assert chosen(model, {"other": varies["other"]}, {}) == ()


@pytest.mark.parametrize("rewritten", [False, True])
def test_one_scalar_that_carries_a_vector_is_not_said_to_be_the_vector(rewritten):
    far = scalar(9.0, 3.0, label="x", prior_centre=0.0, prior_scale=1.0, rewritten=rewritten, on_log_scales=3.0)
    away = [replace(far, name=f"b[{k}]", rows=scalar(0.1, 0.5).rows, on_log_scales=0.5) for k in "yz"]
    still = replace(far, name="b[w]", rows=scalar(0.1, 0.1).rows, on_log_scales=0.1)
    for rest in (away, [*away, still]):
        (found,) = prior_rules.pull([far, *rest])
        assert found.text == (
            "The prior pulls b[x] towards its centre, 0: from the MLE 9.00 to the MAP 3.00 (12 posterior standard "
            "deviations). The MAPs of b[y] and b[z] lie farther from 0 than their MLEs."
        )
        assert found.scalars == ("b[x]", "b[y]", "b[z]")
    (found,) = prior_rules.pull([far, still])
    assert found.text.startswith("The prior pulls b[x] towards")
    # Where none of those that lie nearer moves visibly nothing is pulled.
    small = replace(far, rows=scalar(9.0, 8.96).rows, on_log_scales=8.96)
    assert prior_rules.pull([small, replace(away[0], rows=scalar(-0.1, 0.1).rows, on_log_scales=0.1)]) == []


def test_scalars_are_named_by_their_vector_and_by_those_that_are_not_meant():
    ten = [scalar(label=k) for k in "abcdefghij"]
    assert named(ten, ten) == "b (all 10)"
    assert named(ten[1:9], ten) == "b (all but b[a] and b[j])"
    # What is left out stands last, so that no other name is read as one that is left out too.
    sigma = replace(scalar(), name="sigma", estimand="sigma")
    assert named([*ten[1:9], sigma], [*ten, sigma]) == "sigma and b (all but b[a] and b[j])"
    assert named(ten[:7], ten) == "b[a], b[b], b[c], b[d] and 3 more of b"
    assert named(ten[:3], ten) == "b[a], b[b] and b[c]"


def test_pooling_needs_a_prior_that_ties_the_scalars_together():
    mles, maps = (-2.0, 0.0, 3.0), (-0.5, 0.0, 1.0)
    tied = [
        scalar(a, b, b, label=str(k), prior_correlation=0.4) for k, (a, b) in enumerate(zip(mles, maps, strict=True))
    ]
    (found,) = prior_rules.pooling(tied)
    assert found.figures[0] == pytest.approx(np.std(mles, ddof=1))
    assert found.figures[1] == pytest.approx(np.std(maps, ddof=1))
    assert prior_rules.pooling([replace(s, prior_correlation=0.0) for s in tied]) == []
    assert prior_rules.pooling(tied[:2]) == []


def test_mles_that_differ_by_no_more_than_equal_values_would_are_said_to_differ_perhaps_by_noise():
    mles, means = (-2.0, 0.0, 3.0), (-0.5, 0.0, 1.0)  # the MLEs have a standard deviation of 2.52

    def told(errors):
        return prior_rules.pooling(vector(mles, means, errors=errors, prior_correlation=0.4))[0].text

    first = (
        "The prior pulls the 3 values of theta together: under it they are correlated, so that the data of each bear "
        "on all. Their standard deviation is 2.5 for the MLEs, 0.8 for the MAPs and 0.8 for the posterior means."
    )
    assert told((1.0, 2.6, 4.0)).startswith(
        f"{first} If all 3 were equal, independent errors of this size alone would give the MLEs a standard deviation "
        f"of about {np.sqrt((1 + 2.6**2 + 16) / 3):.1f}, so the data alone give no clear sign that they differ."
    )
    # Equal errors: the squared deviations sum to 38 / 3, and equal values would give 2 squared errors on average.
    edge = np.sqrt(38 / 3 / 2)
    assert "were equal" in told([edge * 1.01] * 3)
    assert "were equal" not in told([edge * 0.99] * 3)
    assert "were equal" not in told((0.1, 0.1, 99.0))  # one that is hardly known does not hide what the others show
    assert "were equal" not in told((1.0, NAN, 4.0))


def test_a_missing_maximum_is_explained_by_its_status():
    infinite = scalar(math.inf, statuses={"mle": Status.AT_INFINITY})
    (found,) = existence_rules.no_mle([infinite])
    assert "rises all the way to infinity" in found.text
    end = ": the likelihood rises all the way to infinity. With the prior"
    assert found.text == f"b has no MLE (status: at infinity){end} b has the MAP 1.00 and the posterior mean 1.00."
    (found,) = existence_rules.no_mle([infinite, replace(infinite, name="c")])
    assert found.text.startswith(f"b and c have no MLE (status: at infinity){end}, for example, b has the MAP 1.00 and")
    assert existence_rules.no_mle([scalar()]) == existence_rules.no_map([scalar()]) == []
    unbounded = scalar(statuses={"map": Status.UNBOUNDED})
    assert "its integral is finite" in existence_rules.no_map([unbounded])[0].text.lower()
    far = scalar(mode=NAN, statuses={"map": Status.AT_INFINITY})
    assert (
        "the joint density (likelihood times prior) rises all the way to infinity"
        in existence_rules.no_map([far])[0].text
    )
    for status in (Status.NO_POSTERIOR, Status.UNRELIABLE):
        assert existence_rules.no_map([scalar(statuses={"map": Status.UNBOUNDED, "mcmc": status})]) == []


def test_only_the_posterior_is_said_to_exist_where_no_search_failed():
    nothing = scalar(NAN, NAN, statuses={"mle": Status.UNBOUNDED, "map": Status.UNBOUNDED})
    assert consequences.only_posterior([nothing])
    for method, status in (("mle", Status.FAILED), ("map", Status.FAILED), ("mcmc", Status.UNRELIABLE)):
        statuses = {"mle": Status.UNBOUNDED, "map": Status.UNBOUNDED, method: status}
        assert consequences.only_posterior([scalar(NAN, NAN, statuses=statuses)]) == [], (method, status)


def test_an_interval_that_holds_something_is_said_to_answer_a_narrower_question():
    held = scalar(held={"map": Fixed((("0", ("tau",)),))})
    assert "computed as if tau = 0 were known" in existence_rules.held([held])[0].text
    narrow = "The MAP's interval of b is computed as if tau = 0 were known: report that of the posterior instead."
    assert consequences.conditional([held])[0].text == narrow
    bad = row("mcmc", 1.0, status=Status.UNRELIABLE)
    doubtful = replace(held, rows={**held.rows, "mcmc": bad})
    assert consequences.conditional([doubtful])[0].text == narrow.replace(
        "report that of the posterior instead", "say so where you report it"
    )
    assert existence_rules.held([held])[0].text.endswith(
        " The posterior's interval is not, and is as long as the MAP's."
    )
    short = replace(held, rows={**held.rows, "map": row("map", 1.0, half=0.5)})
    assert existence_rules.held([short])[0].text.endswith(" is not, and is 2 times as long as the MAP's.")
    assert consequences.conditional([short])[0].text == f"{narrow} The MAP's interval is shorter than the posterior's."
    long = replace(held, name="d", rows={**held.rows, "map": row("map", 1.0, half=2.0)})
    assert consequences.conditional([long])[0].text.endswith(
        " instead. The MAP's interval is longer than the posterior's."
    )
    one = consequences.conditional([held, replace(short, name="c")])[0].text
    assert one.endswith(
        " were known: report those of the posterior instead. The MAP's interval of c is shorter than the posterior's."
    )
    both = consequences.conditional([replace(short, name="c"), short])[0].text
    assert both.endswith(" instead. The MAP's intervals are shorter than the posterior's.")
    several = consequences.conditional([held, replace(short, name="c"), long])[0].text
    assert several.endswith(
        " report those of the posterior instead. Of the MAP's 3 intervals, 1 is shorter than the posterior's, 1 "
        "longer and 1 about as long."
    )
    assert existence_rules.held([scalar()]) == consequences.conditional([scalar()]) == []


def test_a_mode_on_an_edge_that_makes_other_values_equal_is_said_to():
    edge = scalar(statuses={"map": Status.AT_BOUNDARY}, estimand="tau")
    tied = [
        scalar(m, 4.0, 4.5, estimand="theta", label=k, held={"map": Fixed((("0", ("tau",)),))})
        for m, k in zip((1, 5, 9), "abc", strict=True)
    ]
    said = (
        "The MAP of tau is 1.00, the upper end of its range, and with it all 3 MAPs of theta are 4.00: there likelihood"
    )
    (found,) = existence_rules.edge([edge, *tied])
    assert said in found.text
    assert found.scalars == ("tau", "theta[a]", "theta[b]", "theta[c]")
    moved = [replace(tied[0], rows={**tied[0].rows, "map": row("map", 4.1, estimand="theta", label="a")}), *tied[1:]]
    other = [replace(s, held={"map": Fixed((("0", ("tau_2",)),))}) for s in tied]
    for scalars in ([edge, *moved], [edge, *other], [edge, *tied[:2]]):
        assert "and with it" not in existence_rules.edge(scalars)[0].text


def test_an_estimate_on_an_edge_is_told_with_the_density_that_is_highest_there_and_the_end_of_the_range():
    edge = scalar(0.5, 0.0, 0.8, sd=0.3, estimand="tau", statuses={"map": Status.AT_BOUNDARY})
    assert existence_rules.edge([edge])[0].text == (
        "The MAP of tau is 0, the lower end of its range: there likelihood times prior (the joint density of all "
        "parameters) is highest. The posterior averages over all values of tau and gives the single value 0 no "
        "probability: its mean is 0.80, and its 95 % interval (0.20 to 1.40) leaves 0 out in any case, which is "
        "no evidence against it."
    )
    upper = scalar(1.0, 0.9, 0.8, sd=0.3, estimand="p", statuses={"mle": Status.AT_BOUNDARY})
    start, end = "The MLE of p is 1.00, ", " of its range: there the likelihood is highest."
    assert existence_rules.edge([upper])[0].text.startswith(f"{start}the upper end{end} The posterior averages")
    unknown = replace(upper, rows={"mle": upper.rows["mle"]})
    assert existence_rules.edge([unknown])[0].text == f"{start}an end{end}"
    assert existence_rules.edge([scalar()]) == []


def test_a_mode_on_an_edge_is_told_with_what_likelihood_and_prior_do_off_it():
    edge = scalar(0.5, 0.0, 0.8, sd=0.3, estimand="tau", statuses={"map": Status.AT_BOUNDARY})

    def told(likelihood=NAN, prior=NAN, refitted=False, of=edge):
        (found, *_) = existence_rules.edge([replace(of, off_edge=Off(likelihood, prior, refitted))])
        return found.text.partition(" is highest.")[2].partition(" The posterior averages")[0]

    going = " Going from tau = 0.80 (the posterior mean) to 0{} makes the data {} and the prior density {}{}."
    wins = ", so their product is higher at 0"
    assert told(1.52, 0.54) == going.format("", "1.5 times less probable", "1.9 times higher", wins)
    others = ", with the other parameters at their best for each,"
    assert told(1.52, 0.54, refitted=True) == going.format(others, "1.5 times less probable", "1.9 times higher", wins)
    assert told(0.3, 2.0) == going.format("", "3.3 times more probable", "2 times lower", wins)
    assert told(1.001, 0.5) == going.format("", "as probable as before", "2 times higher", wins)
    assert told(0.5, 1.001) == going.format("", "2 times more probable", "as high as before", wins)
    assert told(0.3, 0.5) == going.format("", "3.3 times more probable", "2 times higher", wins)
    assert told(1.001, 0.9999) == going.format("", "as probable as before", "as high as before", "")
    assert told(NAN, NAN) == ""
    of_mle = replace(edge, rows={**edge.rows, "mle": row("mle", 0.0, status=Status.AT_BOUNDARY, estimand="tau")})
    first, second = existence_rules.edge([replace(of_mle, off_edge=Off(0.3, 0.5))])
    assert ("Going" in first.text, "Going" in second.text) == (False, True)


def test_the_scalar_on_which_they_differ_most_is_told_with_the_question_that_each_number_answers():
    far, near = scalar(3.0, 1.0, 1.0, label="far"), scalar(label="near")
    (found,) = consequences.which_number([near, far])
    assert found.scalars == ("b[far]",)
    assert "the MLE, 3.00 (95 % confidence interval 2.00 to 4.00)" in found.text
    assert "the posterior mean, 1.00 (95 % credible interval 0 to 2.00)" in found.text
    assert consequences.which_number([near]) == []
    doubtful = scalar(3.0, 1.0, 1.0, statuses={"mcmc": Status.UNRELIABLE})
    assert consequences.which_number([doubtful]) == []


def test_a_map_whose_interval_holds_something_is_not_among_those_that_may_be_reported():
    free, held = scalar(label="free"), scalar(label="held", held={"map": Fixed((("0", ("tau",)),))})
    first, second = consequences.any_of_them([free, held])
    assert first.text.startswith("For b[free] the three methods agree: report any of them")
    assert second.text.startswith("For b[held] MLE and posterior agree, in estimate and interval: report either")


def test_a_zero_on_a_corner_is_no_evidence_of_no_effect():
    zero = scalar(1.0, 0.0, 0.4, corner="prior")
    assert "not evidence of no effect, so do not drop b because of it: the 95 %" in consequences.zeros([zero])[0].text
    assert existence_rules.corner([zero])
    assert consequences.zeros([scalar(1.0, 0.0, 0.4)]) == []
    assert existence_rules.corner([scalar(1.0, 0.0, 0.4)]) == []


def test_of_scalars_that_differ_alike_the_first_reported_is_told():
    first, second = (replace(scalar(1.0, mode, mode), name=name) for mode, name in ((3.0, "a"), (3.2, "b")))
    assert most_different([first, second]) == "a"  # 4 and 4.4 posterior standard deviations
    assert in_short([first, second]).startswith("The three differ most on a: ")
    assert most_different([second, first]) == "b"
    assert most_different([first, replace(second, rows=scalar(1.0, 3.3, 3.3).rows)]) == "b"  # 4 and 4.6


def test_of_a_vector_on_which_all_agree_the_answer_says_whose_sign_is_certain():
    clear, open_ = scalar(5.0, 5.0, 5.0, signed=True), scalar(0.1, 0.1, 0.1, signed=True)
    slopes = [replace(one, name=f"b[{k}]") for one, k in ((clear, "x"), (open_, "z"), (open_, "w"))]
    sigma = replace(scalar(2.0, 2.0, 2.5), name="sigma", estimand="sigma")
    said = "of b, zero lies in 2 of the 3 credible intervals (95 %): b[z] and b[w] may be negative or positive"
    assert in_short([*slopes, sigma]).endswith(f"they agree on b (all 3); {said}.")
    assert in_short(slopes).endswith(f"{said}.")
    # Of a vector on which they do not all agree, and of what cannot be negative, nothing is said.
    differing = replace(slopes[2], rows=scalar(0.1, 0.1, 0.3).rows)
    assert "of b, zero" not in in_short([*slopes[:2], differing, sigma])
    assert "zero" not in in_short([replace(one, signed=False) for one in slopes])


def test_a_corner_of_the_likelihood_is_not_said_to_be_one_of_the_prior():
    level = replace(scalar(2.0, 2.0, 2.1, corner="likelihood"), name="level")
    slope = replace(scalar(0.0, 0.0, 0.2, corner="likelihood"), name="slope")
    (found,) = existence_rules.corner([level, slope])
    assert found.text == (
        "The likelihood has a corner at level = 2.00 and slope = 0, where its slope changes abruptly: MLE and MAP "
        "lie exactly on it. The posterior averages over values on all sides of it instead: the posterior mean of slope "
        "is 0.20."
    )
    assert found.scalars == ("level", "slope")
    (moved,) = existence_rules.corner([replace(level, rows=scalar(3.0, 2.0, 2.1).rows)])
    assert "at level = 2.00, where its slope changes abruptly: the MAP lies exactly on it." in moved.text
    # A zero of the data's own is none that the prior made.
    assert consequences.zeros([slope]) == []
    joint = scalar(1.0, 0.0, 0.4, corner="joint density")
    assert (
        ": the joint density of data and parameters has a sharp peak there" in existence_rules.corner([joint])[0].text
    )
    assert consequences.zeros([joint])


@pytest.mark.parametrize(
    ("prior", "errors", "y", "part"),
    [
        ("Normal", "Laplace", [1.0, 2.0, 4.0], "likelihood"),  # the median, where the prior's slope is 0.02 and not 1
        ("Laplace", "Normal", [0.1, -0.2, 0.3], "prior"),  # at zero the likelihood's slope is 0.2, the prior's 1
        ("Laplace", "Laplace", [0.0, 0.0, 5.0], "joint density"),
        ("Laplace", "Laplace", [2.0, 2.0, 2.0], "likelihood"),
        ("Normal", "Normal", [0.1, -0.2, 0.3], ""),
    ],
)
def test_the_part_of_the_density_is_found_that_has_the_corner(prior, errors, y, part):
    with pm.Model() as model:
        mu = getattr(pm, prior)("mu", 0.0, 10.0 if prior == "Normal" else 1.0)
        getattr(pm, errors)("y", mu, 1.0, observed=y)
    solved = triptych.compare(model, methods=["map"], progressbar=False)
    assert corner_of(solved["default"]) == part


def test_shares_above_and_below_zero_are_told_only_of_a_corner_at_zero():
    shape = Sampled(0.5, 0.4, 0.4, 0.0, share_above_zero=0.7)
    zero = scalar(1.0, 0.0, 0.4, corner="prior", posterior=shape)
    (found,) = existence_rules.corner([zero])
    assert found.text == (
        "The MAP of b is exactly 0: the prior's density has a sharp peak there, and to either side the prior loses "
        "more than the likelihood gains, so the top of likelihood times prior stays on that peak. The "
        "posterior averages over both sides, and a single value weighs nothing in it: 30 % of the probability of "
        "b lies below, 70 % above."
    )
    elsewhere = replace(scalar(4.0, 2.0, 2.5, corner="prior", posterior=shape), name="c")
    first, second = existence_rules.corner([zero, elsewhere])
    assert first.text == found.text
    assert second.text.endswith(" weighs nothing in it: the posterior mean of c is 2.50.")
    assert second.scalars == ("c",)


def test_skewness_is_said_only_where_it_is_sure_and_moves_the_mean():
    def shape(skewness, error, median):
        return scalar(posterior=Sampled(0.5, median, 0.8, skewness, error, 1.0))

    (found,) = posterior_rules.skewed([shape(1.2, 0.1, 0.9)])
    assert "to the right" in found.text
    assert posterior_rules.skewed([shape(1.2, 0.4, 0.9)]) == []
    assert posterior_rules.skewed([shape(0.4, 0.01, 0.9)]) == []
    assert posterior_rules.skewed([shape(1.2, 0.1, 1.1)]) == []


def test_a_chain_that_stands_still_leaves_the_error_of_the_skewness_unknown(recwarn):
    from triptych.comparisons.explanation.measured import _sampled

    moving = np.random.default_rng(1).exponential(size=(2, 400))
    assert _sampled(moving).skewness_error > 0
    stuck = np.vstack([moving, np.full(400, 1.7)])
    assert math.isnan(_sampled(stuck).skewness_error)
    assert _sampled(stuck).sd == pytest.approx(stuck.std(ddof=1))
    assert not list(recwarn)


def test_the_errors_of_many_chains_are_those_of_a_few_parts_of_the_draws(monkeypatch):
    """The skewness of n normal draws has the variance 6/n; a thousand density estimates would tell no more than 16."""
    from triptych.comparisons.explanation import measured

    estimated = []
    top = measured._top
    monkeypatch.setattr(measured, "_top", lambda draws: estimated.append(draws.size) or top(draws))
    draws = np.random.default_rng(3).normal(size=(1000, 40))
    found = measured._sampled(draws)
    assert len(estimated) <= 17
    assert found.skewness_error == pytest.approx(np.sqrt(6 / draws.size), rel=3 / np.sqrt(2 * 15))
    assert found.top_error < 0.1


def test_a_top_that_only_the_density_estimate_moves_is_not_said_to_move():
    moved = Sampled(sd=0.5, median=1.3, top=1.3, skewness=0.0, skewness_error=0.1, parts=_tops(1.3, 0.01))
    assert moved.top_error == pytest.approx(0.01)
    assert posterior_rules.marginal_top([scalar(posterior=moved)])[0].figures[0] == pytest.approx(0.6)
    assert posterior_rules.marginal_top([scalar(posterior=replace(moved, median=1.0))]) == []
    assert posterior_rules.marginal_top([scalar(posterior=replace(moved, parts=_tops(1.3, 0.2)))]) == []


def test_angles_and_missing_panels_leave_the_rules_silent():
    bare = Measured("b", "b", {"mle": row("mle", 1.0)})
    from triptych.comparisons.explanation.explanation import CAUSES, SHAPES

    assert [s for rule in (*CAUSES, *SHAPES, *consequences.CONSEQUENCES) for s in rule([bare])] == []


def vector(mles, means, *, estimand="theta", sd=1.0, errors=None, **rest):
    """Scalars of one estimand; the MAP is the posterior mean, and the MLEs have standard errors of their own."""
    errors = errors or [sd] * len(mles)
    made = []
    for k, (mle, mean, error) in enumerate(zip(mles, means, errors, strict=True)):
        one = scalar(mle, mean, mean, sd=sd, estimand=estimand, label="abcdefgh"[k], signed=True, **rest)
        made.append(replace(one, rows={**one.rows, "mle": row("mle", mle, half=2 * error, estimand=estimand)}))
    return made


def test_a_vector_is_answered_as_a_whole_before_what_differs():
    scalars = vector((-3.0, 1.0, 9.0), (0.5, 1.0, 1.5), prior_correlation=0.4)
    short = in_short(scalars)
    first = (
        "The best guesses of the 3 values of theta run from 0.5 to 1.5 (posterior means); none of the 3 credible "
        "intervals (95 %) rules out zero, so each may be negative or positive. "
    )
    most = "The three methods differ most on theta[c]: MLE 9.0, MAP 1.5, posterior mean 1.5."
    assert short == f"{first}The MLEs of theta, from the data alone, run from -3.0 to 9.0. {most}"
    positive = in_short([replace(s, signed=False) for s in scalars])
    assert (
        " run from 0.5 to 1.5 (posterior means); each is uncertain: the 95 % credible interval of theta[c] is -0.5 to "
        "3.5. "
    ) in positive
    # What the vector rests on comes behind what is asked.
    tau = scalar(NAN, 0.0, 0.8, sd=0.3, estimand="tau", statuses={"mle": Status.NOT_IDENTIFIED})
    under = [replace(s, parameters=("tau", "z")) for s in scalars]
    assert in_short([tau, *under]) == (
        f"{short} theta is computed from tau and z; the best guess of tau is 0.80 (95 % credible interval 0.20 to "
        "1.40)."
    )
    for parameters in (("tau", "theta"), ("tau", *"cdefgz")):  # its own prior depends on it; too many to be named
        told = in_short([tau, *(replace(s, parameters=parameters) for s in scalars)])
        assert told.startswith(f"{short} theta depends on tau; the best guess of")
    mu, nu = (replace(tau, name=name, estimand=name) for name in ("mu", "nu"))
    more = [replace(s, parameters=("tau", "mu", "nu", "z")) for s in scalars]
    two = "the best guesses of tau and mu are 0.80 (95 % credible interval 0.20 to 1.40) and 0.80 (0.20 to 1.40)."
    assert in_short([tau, mu, *more]).endswith(two)
    assert in_short([tau, mu, nu, *more]) == short
    for silent in ([tau, *scalars], [replace(tau, rows={}), *under], [tau, replace(tau, name="tau[2]"), *under]):
        assert in_short(silent) == short
    unknown = scalar(math.inf, statuses={"mle": Status.AT_INFINITY}, estimand="tau")
    assert in_short([*scalars, unknown]) == short  # what does not exist is left to the reasons
    for other in (
        scalars[1:],
        vector((0.5, 1.0, 1.5), (0.5, 1.0, 1.5), prior_correlation=0.4),
        [*scalars[:2], unknown],
    ):
        assert "best guesses" not in in_short(other)
    edge = replace(scalars[0], rows={**scalars[0].rows, "mle": row("mle", -3.0, half=2.0, status=Status.AT_BOUNDARY)})
    assert "The MLEs of theta, from the data alone, run from -3.0 to 9.0" in in_short([edge, *scalars[1:]])
    lost = replace(edge, rows={**edge.rows, "mle": row("mle", NAN, status=Status.FAILED)})
    assert "from the data alone" not in in_short([lost, *scalars[1:]])
    some = [replace(scalars[0], rows={**scalars[0].rows, "mcmc": row("mcmc", NAN, status=Status.UNRELIABLE)})]
    assert "best guesses" not in in_short([*some, *scalars[1:]])
    for tie in (0.0, NAN):  # values that need not be alike, such as coefficients, are not told as a range
        untied = [replace(s, prior_correlation=tie) for s in scalars]
        assert in_short(untied) == (
            "None of the 3 credible intervals (95 %) rules out zero, so each may be negative or positive. "
            "The three methods differ most on theta[c]: MLE 9.0, MAP 1.5, posterior mean 1.5."
        )
        assert in_short([replace(s, signed=False) for s in untied]).startswith("The three methods differ most on")


def test_mles_that_are_the_data_are_said_to_be():
    scalars = vector((-3.0, 1.0, 9.0), (0.5, 1.0, 1.5), prior_correlation=0.4, datum="gain")
    assert ". The MLEs of theta, which are the values of gain themselves, run from -3.0 to 9.0. " in in_short(scalars)
    assert "from the data alone" in in_short([replace(scalars[0], datum=""), *scalars[1:]])


def test_without_the_prior_each_mle_that_is_its_own_datum_is_said_to_be():
    own = vector((-2.0, 0.0, 3.0), (-0.5, 0.0, 1.0), prior_correlation=0.4, datum="gain")
    assert " bear on all; without it each MLE is its own value of gain. Their " in prior_rules.pooling(own)[0].text
    some = [replace(own[0], datum=""), *own[1:]]
    assert " bear on all. Their " in prior_rules.pooling(some)[0].text


def test_values_that_are_tied_and_not_told_apart_are_not_to_be_ranked():
    advice = "Do not rank the values of theta by their posterior means: each credible interval contains "
    mles = (-3.0, 1.0, 9.0)
    for means, tie, advised in (
        ((0.1, 0.5, 1.0), 0.4, True),
        ((0.1, 0.5, 3.0), 0.4, False),  # the first and the last are told apart
        ((0.1, 0.5, 1.0), 0.0, False),  # coefficients of unlike predictors are not ranked in any case
    ):
        (found,) = consequences.which_number(vector(mles, means, prior_correlation=tie))
        assert (advice in found.text) == advised, (means, tie)


def test_with_what_probability_all_are_positive_is_told_where_zero_lies_in_all_intervals():
    shares = [Sampled(0.5, 1.0, 1.0, 0.0, share_above_zero=share) for share in (0.812, 0.7, 0.918)]
    inside = vector((0.0, 0.0, 0.0), (0.5, 1.0, 1.5))
    told = [replace(s, posterior=shape) for s, shape in zip(inside, shares, strict=True)]
    end = "rules out zero: each is positive with a probability of 70 to 92 %"
    assert about_zero(told, "mcmc").endswith(end)
    assert about_zero([replace(s, posterior=shares[0]) for s in inside], "mcmc").endswith("a probability of 81 %")
    assert "probability" not in about_zero(told, "mle")


def test_the_mean_is_preferred_to_the_map_for_a_computed_reason():
    known = Fixed((("0", ("tau",)),))
    tau = scalar(0.5, 0.0, 0.8, sd=0.3, estimand="tau", statuses={"map": Status.AT_BOUNDARY})
    one = scalar(9.0, 1.0, 1.5, held={"map": known})
    start = " The mean and not the MAP: the MAP is the one combination of values with the highest density, with tau = 0"
    assert consequences.why_the_mean(one, [tau, one]) == (
        f"{start}, but half of the posterior's probability has tau above 0.80."
    )
    corner = scalar(2.0, 0.0, 0.8, estimand="tau", corner="prior")
    assert consequences.why_the_mean(one, [corner, one]) == (
        f"{start}; the mean averages over all combinations, and with 95 % of the probability tau lies from -0.20 to "
        "1.80."
    )
    # Elsewhere the mean squared error of a guess is the variance and the square of its distance from the mean.
    free = scalar(9.0, 1.0, 1.5)
    assert consequences.why_the_mean(free, [tau, free]) == (
        " The mean and not the MAP: of all single guesses the mean has the smallest expected squared error, whose root "
        f"is 0.50 for b, and {math.hypot(0.5, 0.5):.2f} for its MAP."
    )
    same = scalar(9.0, 1.46, 1.5)
    for silent in (same, replace(same, held={"map": known}), scalar(9.0, NAN, 1.5, statuses={"map": Status.UNBOUNDED})):
        assert consequences.why_the_mean(silent, [tau, silent]) == ""
    on_it = consequences.why_the_mean(tau, [tau])  # of the scalar on the edge itself the errors are told
    assert on_it.endswith(f"whose root is 0.30 for tau, and {math.hypot(0.3, 0.8):.2f} for its MAP.")
    unknown = consequences.why_the_mean(one, [replace(tau, posterior=Sampled()), one])
    assert unknown.startswith(" The mean and not the MAP: of all")


def test_an_example_to_copy_is_clear_of_zero_where_one_is():
    scalars = vector((-3.0, 4.0, 9.0), (0.5, 3.0, 1.5))
    assert "for example: theta[b] is 3.0 (95 % credible interval 1.0 to 5.0)" in (
        consequences.which_number(scalars)[0].text
    )
    # Of two clear of zero the one that rests less on the prior.
    beside = vector((-3.0, 4.0, 9.0, 8.0), (0.5, 3.0, 1.5, 7.9))
    assert "for example: theta[d] is 7.9" in consequences.which_number(beside)[0].text
    assert "for example: theta[c] is 1.5" in consequences.which_number([scalars[0], scalars[0], scalars[2]])[0].text
    positive = [replace(s, signed=False) for s in scalars]  # zero is no question of what cannot be negative
    assert "for example: theta[c] is 1.5" in consequences.which_number(positive)[0].text


def test_a_sentence_begins_with_its_lead():
    from triptych.comparisons.explanation.sentences import Sentence

    with pytest.raises(ValueError, match="does not begin with 'The MAP'"):
        Sentence("edge", "The MLE is 0.", (), lead="The MAP")


def test_scalars_that_are_clear_of_zero_by_every_method_are_named_where_others_are_not():
    clear, open_ = vector((9.0, -9.0), (5.0, -6.0)), vector((1.0, 9.0), (0.5, 1.0))
    open_ = [replace(s, name=f"theta[{k}]") for s, k in zip(open_, "yz", strict=True)]
    (found,) = consequences.which_number([*clear, *open_])
    every = "may be stated: by every method"
    assert found.text.endswith(f" The signs of theta[a] and theta[b] {every} their intervals lie on one side of zero.")
    bare = replace(clear[0], rows={**clear[0].rows, "map": row("map", 5.0, kind="none")})
    (found,) = consequences.which_number([bare, clear[1], *open_])
    assert found.text.endswith(f" The sign of theta[b] {every} its interval lies on one side of zero.")
    # A MAP whose intervals take something as known is no witness, neither for nor against.
    known = {"map": Fixed((("0", ("tau",)),))}
    held = [replace(s, held=known) for s in (bare, clear[1], *open_)]
    (found, *_) = consequences.which_number(held)
    assert found.text.endswith(
        " The signs of theta[a] and theta[b] may be stated: by MLE and posterior their intervals lie on one side of "
        "zero."
    )
    for silent in (vector((9.0, 9.0, 9.0), (5.0, 6.0, 7.0)), vector((1.0, 1.0, 9.0), (0.5, 1.0, 1.5))):
        assert "on one side of zero" not in consequences.which_number(silent)[0].text
    assert (
        "on one side of zero"
        not in consequences.which_number([replace(s, signed=False) for s in [*clear, *open_]])[0].text
    )


def test_zero_is_spoken_of_only_for_what_can_have_both_signs():
    inside, beyond = vector((0.0, 0.0, 0.0), (0.5, 1.0, 1.5)), vector((9.0, 9.0, 9.0), (5.0, 6.0, 7.0))
    assert (
        about_zero(inside, "mcmc")
        == "none of the 3 credible intervals (95 %) rules out zero, so each may be negative or positive"
    )
    assert about_zero(beyond, "mcmc") == "zero lies in none of the 3 credible intervals (95 %)"
    assert about_zero([*inside[:1], *beyond], "mcmc") == (
        "zero lies in 1 of the 4 credible intervals (95 %): theta[a] may be negative or positive"
    )
    assert (
        about_zero(inside, "mle")
        == "none of the 3 confidence intervals (95 %) rules out zero, so each may be negative or positive"
    )
    assert about_zero([replace(s, signed=False) for s in beyond], "mcmc") == ""
    without = replace(beyond[0], rows={**beyond[0].rows, "mcmc": row("mcmc", 5.0, kind="none")})
    assert about_zero([without, *beyond[1:]], "mcmc") == ""


def test_a_vector_that_moves_as_a_whole_is_said_to_be_pulled_to_the_centre_of_its_prior():
    mles = (2.0, 8.0, 14.0)
    prior = {"prior_correlation": 0.5, "prior_centre": 0.0, "prior_scale": 9.0, "rewritten": True}
    moved = vector(mles, (3.0, 4.0, 5.0), **prior)
    said = (
        " The prior also pulls their average towards its centre, 0: it is 8.0 for the MLEs, "
        "4.0 for the MAPs and 4.0 for the posterior means."
    )
    assert prior_rules.pooling(moved)[0].text.endswith(said)
    # They are only drawn together, or the mean by precision, (2 * 4 + 8 + 14) / 6 = 5, is where they went.
    for silent in (
        vector(mles, (7.0, 8.0, 9.0), **prior),
        vector(mles, (4.0, 5.0, 6.0), errors=(0.5, 1.0, 1.0), **prior),
        vector(mles, (3.95, 4.95, 5.95), errors=(0.5, 1.0, 1.0), **prior),
        vector(mles, (11.0, 12.0, 13.0), **prior),
        vector(mles, (-21.0, -20.0, -19.0), **prior),
        vector(mles, (3.0, 4.0, 5.0), **{**prior, "prior_centre": 20.0}),
        vector(mles, (3.0, 4.0, 5.0), **{**prior, "prior_centre": NAN}),
    ):
        assert "pulls their average" not in prior_rules.pooling(silent)[0].text
    assert "pulls their average" in prior_rules.pooling(vector(mles, (4.0, 5.0, 6.0), **prior))[0].text
    # Where the rule of the pull names the centre it is not said twice.
    # (2 * 4 + 8 + 14) / 6 = 5 is the mean by precision, to which tying them together alone would take the plain one.
    unlike = vector(mles, (1.0, 2.0, 3.0), errors=(0.5, 1.0, 1.0), **prior)
    assert ": it is 8.00 for the MLEs (5.00 where those with smaller errors count more), 2.00 for the MAPs" in (
        prior_rules.pooling(unlike)[0].text
    )
    plain = vector(mles, (3.0, 4.0, 5.0), **{**prior, "rewritten": False})
    assert prior_rules.pull(plain)
    assert "pulls their average" not in prior_rules.pooling(plain)[0].text
    # What tying alone does, far from a centre, brings the squares of the distances down too, and is no pull.
    for far in ((92.0, 98.0, 104.0), (96.0, 98.0, 109.0), (90.0, 101.0, 102.0)):
        mean = float(np.mean(far))
        drawn = vector(far, (mean - 1.0, mean, mean + 1.0), **{**prior, "rewritten": False})
        assert prior_rules.pulled(drawn)
        assert prior_rules.pull(drawn) == []
        loose = [replace(s, prior_correlation=0.0) for s in drawn]
        assert prior_rules.pull(loose)


def test_what_the_data_determine_of_parameters_that_they_do_not_is_named():
    mu, tau = (
        scalar(NAN, statuses={"mle": Status.NOT_IDENTIFIED}, estimand=name, parameters=(name,))
        for name in ("mu", "tau")
    )
    theta = vector((1.0, 2.0, 3.0), (1.0, 2.0, 3.0), parameters=("mu", "tau"))
    said = "combinations of the parameters, such as theta, which is computed from mu and tau."
    assert said in existence_rules.no_mle([mu, tau, *theta])[0].text
    assert said in existence_rules.no_mle([mu, *theta])[0].text
    other = [replace(s, parameters=("nu", "sigma")) for s in theta]
    free = [replace(s, parameters=("mu", "tau", "theta")) for s in theta]  # its prior depends on them, its value not
    missing = [replace(s, rows={**s.rows, "mle": row("mle", NAN, status=Status.FAILED)}) for s in theta]
    for scalars in ([mu, tau], [mu, tau, *other], [mu, tau, *missing], [mu, tau, *free]):
        assert existence_rules.no_mle(scalars)[0].text.startswith(
            "mu and tau have no MLE (status: not identified): the data determine only combinations of the parameters. "
        )


def test_a_vector_is_reported_as_a_whole_with_its_priors_spelled_out():
    priors: tuple[str, ...] = ("mu ~ Normal(0, 5)", "tau ~ HalfCauchy(5)")
    scalars = vector((-3.0, 1.0, 9.0), (0.5, 1.0, 1.5), parameters=("mu", "tau"), priors=priors)
    (found,) = consequences.which_number(scalars)
    assert found.text == (
        "Report the posterior means of theta (all 3) with their credible intervals, for example: theta[c] is 1.5 (95 % "
        "credible interval -0.5 to 3.5). Name the prior with them: mu ~ Normal(0, 5) and tau ~ HalfCauchy(5) (Normal: "
        "mean, standard deviation; HalfCauchy: median, with a long upper tail). To say what the data alone say, report "
        "the MLEs with their confidence intervals too."
    )
    assert found.scalars == ("theta[a]", "theta[b]", "theta[c]")
    priors = ("sigma ~ HalfFlat", "theta ~ Laplace(0, sigma)", "the potential p")
    (own,) = consequences.which_number([replace(s, priors=priors) for s in scalars])
    assert (
        " with them: theta ~ Laplace(0, sigma), sigma ~ HalfFlat and the potential p (Laplace: centre, scale; "
        "HalfFlat: the same density at all positive values; a potential: a factor of the prior density). To say"
    ) in own.text
    priors = ("mu ~ Normal", "tau ~ HalfNormal(0, 2)", "nu ~ HalfCauchy(1, 2)")  # numbers that are not those known
    (plain,) = consequences.which_number([replace(s, priors=priors) for s in scalars])
    assert "with them: mu ~ Normal, tau ~ HalfNormal(0, 2) and nu ~ HalfCauchy(1, 2). To say" in plain.text
    (bare,) = consequences.which_number([replace(s, priors=()) for s in scalars])
    assert "-0.5 to 3.5). Name the prior with them. To say" in bare.text
    mu = scalar(NAN, statuses={"mle": Status.NOT_IDENTIFIED}, estimand="mu")
    common = scalar(NAN, 4.0, 4.0, statuses={"mle": Status.NOT_IDENTIFIED}, estimand="mu")
    tied = [replace(s, prior_correlation=0.5) for s in scalars]
    assert "-0.5 to 3.5) and mu is 4.00 (3.00 to 5.00). Name" in consequences.which_number([common, *tied])[0].text
    for other in ([common, *scalars], [replace(common, estimand="nu", name="nu"), *tied]):
        assert "-0.5 to 3.5). Name" in consequences.which_number(other)[0].text
    assert consequences.prior_matters([mu, *scalars]) == []  # its prior is named already
    assert consequences.prior_matters([mu])
    assert consequences.prior_matters([mu, *(replace(s, parameters=("nu",)) for s in scalars)])


# Whole models, whose answers are known in closed form.


@pytest.fixture(scope="module")
def shrunken():
    """Ten observations of mean 2 and known deviation 1, under a prior N(0, 1/4): the MAP is 2 * 10 / 14."""
    y = np.linspace(-1.0, 1.0, 10) + 2.0
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 0.5)
        pm.Normal("y", mu, 1.0, observed=y)
    return triptych.compare(model, draws=500, tune=500, random_seed=3, progressbar=False)


def test_a_conjugate_prior_is_named_with_its_exact_figures(shrunken):
    explanation = shrunken.explain()
    (reason,) = [s for s in explanation.reasons if s.rule == "pull"]
    sd = float(shrunken["default"].row("mcmc", "mu").std_error)
    assert reason.figures[0] == pytest.approx((20 / 14 - 2.0) / sd)
    assert "towards its centre, 0" in reason.text
    assert [s.rule for s in explanation.reasons] == ["pull"]
    table = explanation.frame()
    assert list(table.columns) == ["scenario", "variant", "kind", "rule", "scalars", "text"]
    assert explanation.answer.startswith(
        f"The three differ most on mu: 2.00 by maximum likelihood (MLE), {20 / 14:.2f} by maximum a posteriori (MAP), "
    )
    assert "Why they differ\n- The prior pulls mu" in str(explanation)


def test_a_prior_that_only_changes_the_scale_is_not_blamed():
    """Under the prior 1/sigma the mode of sigma is sqrt(S/(n+1)), that of log sigma the MLE sqrt(S/n)."""
    y = np.array([-1.3, 0.2, 1.1])
    with pm.Model() as model:
        sigma = pm.HalfFlat("sigma")
        pm.Potential("reference", -pm.math.log(sigma))
        pm.Normal("y", 0.0, sigma, observed=y)
    comparison = triptych.compare(model, draws=500, tune=500, random_seed=3, progressbar=False)
    rules = {s.rule: s for s in comparison.explain().reasons}
    assert "pull" not in rules
    assert rules["written"].figures[1] == pytest.approx(np.sqrt(np.sum(y**2) / 3), rel=1e-6)


def test_an_explanation_survives_the_way_from_another_process(shrunken):
    kept = shrunken.__getstate__()["explanations"]  # the engine is left behind, and with it the mode in logarithms
    assert str(kept["default"]) == str(shrunken.explain())


def test_a_prior_that_cannot_be_drawn_from_as_a_whole_is_known_given_the_rest():
    """Slopes under Laplace(0, sigma/lambda) with a flat sigma: their scale at the mode is that of sigma there."""
    from triptych.comparisons.explanation.prior import centres_and_scales
    from triptych.models.lasso import RATE

    solution = triptych.run("lasso", methods=("mle", "map"), profile=False, progressbar=False)["default"]
    known = centres_and_scales(solution, ())
    slopes = [scale for (name, _), (_, scale) in known.items() if name == "beta"]
    sigma = solution.row("map", "sigma").estimate
    assert len(slopes) == 10
    # Of a Laplace density of scale b the quantiles of one normal deviation are b log(1/0.3173) = 1.1479 b away. Each
    # rests on 400 draws, with a standard error of 1.25 * sqrt(.16 * .84 / 400) / .1587 / 1.15, a tenth.
    scale = sigma / RATE / np.sqrt(solution.data.progression.size)
    np.testing.assert_allclose(np.mean(slopes), 1.1479 * scale, rtol=0.4 / np.sqrt(10))


@pytest.fixture(scope="module")
def raised():
    """Four means of deviation 1, tied by mu: with sigma known posterior, MLE and both pulls have closed forms."""
    y = np.array([4.0, 8.0, 12.0, 16.0])
    with pm.Model(coords={"place": list("abcd")}) as model:
        mu = pm.Normal("mu", 0.0, 2.0)
        z = pm.Normal("z", 0.0, 1.0, dims="place")
        pm.Deterministic("theta", mu + 1.5 * z, dims="place")
        pm.Normal("y", model["theta"], 1.0, observed=y, dims="place")
    return triptych.compare(model, draws=500, tune=500, random_seed=3, profile=False, progressbar=False)


def test_a_model_of_normal_densities_has_the_spread_and_the_averages_of_its_closed_form(raised):
    """The precision of theta is I + (2.25 I + 4 J)^-1, and a deviation from the mean keeps 2.25 / 3.25 of its size."""
    (reason,) = [s for s in raised.explain().reasons if s.rule == "pooling"]
    spread = np.std([4.0, 8.0, 12.0, 16.0], ddof=1)
    assert reason.figures[:2] == pytest.approx((spread, 2.25 / 3.25 * spread), rel=1e-4)
    prior = 2.25 * np.eye(4) + 4.0
    mean = np.linalg.solve(np.eye(4) + np.linalg.inv(prior), np.array([4.0, 8.0, 12.0, 16.0]))
    assert raised["default"].values("map", "theta") == pytest.approx(mean, rel=1e-4)
    assert mean.mean() < 10
    cov = np.linalg.inv(np.eye(4) + np.linalg.inv(prior))
    measured = [s for s in measure(raised["default"]) if s.estimand == "theta"]
    for s in measured:  # each of 2000 draws or less: a Monte Carlo error of at least (1 - r^2) / sqrt(2000) = .02
        assert s.partner_correlation == pytest.approx(cov[0, 1] / cov[0, 0], abs=0.15)
        assert s.partner in {other.name for other in measured} - {s.name}
    report = next(s.text for s in raised.explain().consequences if s.rule == "which_number")
    assert " Name the prior with them: mu ~ Normal(0, 2) and z ~ Normal(0, 1) (Normal: mean, " in report
    assert ", such as theta" in next(s.text for s in raised.explain().reasons if s.rule == "no_mle")


def hierarchy(density):
    """Three effects tau * z of known deviation 1, whose joint mode lies at tau = 0."""
    with pm.Model() as model:
        tau = pm.HalfNormal("tau", 1.0)
        z = density("z", 0.0, 1.0, shape=3)
        pm.Normal("y", tau * z, 1.0, observed=np.array([0.5, -0.5, 0.3]))
    return triptych.compare(model, draws=300, tune=300, random_seed=3, profile=False, progressbar=False)


def test_what_likelihood_and_prior_do_off_an_edge_has_its_closed_form():
    """With tau = t the joint density is highest at z = t y / (1 + t^2), which leaves residuals y / (1 + t^2)."""
    solution = hierarchy(pm.Normal)["default"]
    on = solution.row("map", "tau")
    assert (on.status, on.estimate) == (Status.AT_BOUNDARY, 0.0)
    squares, t = 0.5**2 + 0.5**2 + 0.3**2, solution.row("mcmc", "tau").estimate
    likelihood = np.exp(squares * (1 - 1 / (1 + t**2) ** 2) / 2)
    prior = np.exp(-squares * (t / (1 + t**2)) ** 2 / 2 - t**2 / 2)
    off = off_the_edge(solution, on)
    assert (off.likelihood, off.prior) == pytest.approx((likelihood, prior), rel=1e-4)
    assert off.refitted
    inside = replace(on, status=Status.OK)
    elsewhere = pickle.loads(pickle.dumps(solution))  # its engine is gone
    corners = hierarchy(pm.Laplace)["default"]
    edge = replace(corners.row("map", "tau"), status=Status.AT_BOUNDARY)
    for nothing in (off_the_edge(solution, inside), off_the_edge(elsewhere, on), off_the_edge(corners, edge)):
        assert np.isnan(nothing.likelihood + nothing.prior)
    panels = {m: solution.panels[m] for m in ("mle", "map")}
    assert np.isnan(off_the_edge(replace(solution, panels=panels), on).prior)
    moved = replace(solution.panels["map"], estimates=[replace(r, estimate=r.estimate + 1, status=Status.OK)
                                                       for r in solution.panels["map"].estimates])  # fmt: skip
    assert np.isnan(off_the_edge(replace(solution, panels={**solution.panels, "map": moved}), on).prior)


def test_off_an_edge_a_parameter_that_is_alone_has_no_others_refitted():
    """Of five successes the likelihood is p^5, and a uniform prior has one height."""
    with pm.Model() as model:
        p = pm.Uniform("p", 0.0, 1.0)
        pm.Bernoulli("y", p, observed=np.ones(5, dtype=int))
    comparison = triptych.compare(model, draws=300, tune=300, random_seed=3, profile=False, progressbar=False)
    off = off_the_edge(comparison["default"], comparison["default"].row("map", "p"))
    assert off.likelihood == pytest.approx(comparison["default"].row("mcmc", "p").estimate ** 5, rel=1e-3)
    assert off.prior == pytest.approx(1.0)
    assert not off.refitted


def test_potentials_that_weigh_an_estimand_are_named_with_its_priors():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 2.0)
        other = pm.Normal("other", 1.0, 3.0)
        pm.Potential("near_zero", -(mu**2))
        pm.Potential("count", -((other - 2.0) ** 2))
        pm.Normal("y", mu + other, 1.0, observed=np.array([1.0, 2.0]))
    comparison = triptych.compare(model, likelihood=["count"], methods=("mle", "map"), profile=False, progressbar=False)
    priors = {s.name: s.priors for s in measure(comparison["default"])}
    assert priors == {"mu": ("mu ~ Normal(0, 2)", "the factor exp(-mu^2)"), "other": ("other ~ Normal(1, 3)",)}
