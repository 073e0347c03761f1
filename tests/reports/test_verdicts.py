"""What the page says of trust: a verdict on each of what the numbers rest on, with the right figures."""

from __future__ import annotations

import pickle
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest

import triptych
from triptych.comparisons.explanation.power_scaling import Scaled
from triptych.comparisons.explanation.prior_sample import Between
from triptych.problem.table import Status
from triptych.problem.varied import Chosen
from triptych.reports import trust as trusted
from triptych.reports.small_data import small_data
from triptych.reports.trust import predictions, trust

Y = np.array([1.0, 2.0, 4.5])
ERRORS = np.array([1.0, 2.0, 0.5])


@pytest.fixture(scope="module")
def solved() -> Any:
    """Three values of known standard errors and one mean, whose MLE is the mean by precision."""
    with pm.Model(coords={"place": ["x", "y", "z"]}) as model:
        mu = pm.Normal("mu", 0.0, 1.0)
        pm.Normal("y", mu, ERRORS, observed=Y, dims="place")
    return triptych.compare(model, draws=300, tune=300, random_seed=4, profile=False, progressbar=False)


def test_each_verdict_has_its_figures(solved: Any) -> None:
    found = dict(trust(solved, solved["default"]))
    assert list(found) == [
        "Computation",
        "Fit",
        "Prior",
    ]  # no checks were given, and no interval takes anything as known
    computation = found["Computation"]
    assert computation.startswith("yes. The 4 runs of the sampler agree: their R-hat is ")
    # The deviation of the posterior is 1 / sqrt(1 + sum(1 / errors^2)); two standard errors by the draws' own count.
    worth = float(solved["default"].panels["mcmc"].diagnostics["summary"][0]["ess_bulk"])
    error = 2 / np.sqrt(1 + np.sum(ERRORS**-2.0)) / np.sqrt(worth)
    assert float(computation.partition("±")[2].partition(" ")[0]) == pytest.approx(error, rel=0.3)
    row = solved["default"].row("mcmc", "mu")
    assert " and 400 are needed. By these draws the posterior mean of mu is known to about ±" in computation
    assert (
        f" (two standard errors), and its credible interval is {row.lower:.2f} to {row.upper:.2f}. From" in computation
    )
    mle = np.average(Y, weights=ERRORS**-2.0)
    mean = f"{solved['default'].row('mcmc', 'mu').estimate:.2f}"
    scaled = solved.explanations["default"].scaled
    said, middle, end = found["Prior"].partition(" Before the data the prior puts mu between about ")
    assert middle
    # MLE and posterior mean lie (3.71 - 3.12) / 0.4 posterior standard deviations apart.
    assert said == (
        f"with care. mu depends strongly on having one at all: the data alone (MLE) give the value {mle:.2f}, data and "
        f"prior (posterior mean) give {mean}. "
        f"A small change of the prior's width matters less: the posterior mean is {scaled.weaker:.2f} under a slightly "
        f"wider prior (its density to the power 0.8) and {scaled.stronger:.2f} under a slightly narrower one (to the "
        f"power 1.25), a change of at most {scaled.shift:.2g} posterior standard deviations. No prior of another kind "
        "was tried."
    )
    ends, _, judged = end.partition(" with a probability of 95 %. ")
    assert judged == trusted.JUDGE
    # A standard normal prior, whose ends are 1.96: both are right to the digits shown.
    low, high = ends.split(" and ")
    assert (low, high) in (("-2", "2"), ("-2.0", "2.0"))


def _explained(solved: Any, **changes: Any) -> Any:
    """Return what is asked of a comparison, with another explanation of its default variant."""
    explanation = replace(solved.explanations["default"], **changes)
    return SimpleNamespace(claims=solved.claims, scores=solved.scores, explanations={"default": explanation})


def test_a_prior_that_cannot_be_drawn_from_is_not_told_in_numbers(solved: Any) -> None:
    unknown = _explained(solved, before=Between(), scaled=Scaled())
    told = dict(trust(unknown, solved["default"]))["Prior"]
    assert told.endswith(f". No other prior was tried. {trusted.JUDGE}")


def test_a_prior_whose_weight_makes_no_difference_that_the_draws_show_is_told_so(solved: Any) -> None:
    scaled = replace(solved.explanations["default"].scaled, weaker=2.0, stronger=2.0 + 1e-9, mean=2.0)
    assert (
        " A slightly wider or narrower prior (its density to the power 0.8 or 1.25) moves the posterior mean by less "
        "than its Monte Carlo error shows. No prior of another kind was tried. Before the data"
        in dict(trust(_explained(solved, scaled=scaled), solved["default"]))["Prior"]
    )


def test_a_prior_given_the_others_at_the_map_is_told_as_such(solved: Any) -> None:
    one = _explained(solved, before=Between(-32.01, 32.02, 0.05, 0.05, "the others at the MAP"))
    said = " Before the data the prior, with the others at the MAP, puts mu between about -32 and 32 with a "
    assert said in dict(trust(one, solved["default"]))["Prior"]


def test_attempts_that_did_not_pass_are_told(solved: Any) -> None:
    solution = solved["default"]
    panel = solution.panels["mcmc"]

    def told(*attempts: str) -> str:
        other = replace(panel, diagnostics={**panel.diagnostics, "attempts": list(attempts)})
        changed = replace(solution, panels={**solution.panels, "mcmc": other})
        return dict(trust(solved, changed))["Computation"]

    first, second, last = "diag, 300 draws: 3 divergences", "diag, 300 draws: R-hat 1.02", "diag, 600 draws: passed"
    assert "attempt" not in told(last)
    assert (
        " and 400 are needed. A first attempt did not pass the checks (3 divergences): none of its draws is used. By"
        in told(first, last)
    )
    assert " 2 earlier attempts did not pass the checks (R-hat 1.02): none of their draws is used. By" in told(
        first, second, last
    )


def test_what_diverged_is_said_in_words_and_that_none_of_it_is_used(solved: Any) -> None:
    panel = solved["default"].panels["mcmc"]
    attempts = ["diag, 300 draws: 3 divergent transitions", "diag, 600 draws: passed"]
    changed = replace(panel, diagnostics={**panel.diagnostics, "attempts": attempts})
    said = dict(trust(solved, replace(solved["default"], panels={"mcmc": changed})))["Computation"]
    assert (
        " did not pass the checks (3 divergent transitions, steps that did not follow the density): none of its draws "
        "is used, and those used have none. By"
    ) in said


def test_signs_and_sizes_of_a_vector_come_first(solved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    solution = solved["default"]
    rows = {m: solution.panels[m].estimates[0] for m in ("mle", "mcmc")}

    def told(*pairs: tuple[float, float], half: float = 2.0) -> str:
        """Of MLEs and posterior means, both with intervals of two units to each side and a standard error of one."""
        changed = {}
        for m, k in (("mle", 0), ("mcmc", 1)):
            some = [
                replace(
                    rows[m], label=f"{i}", estimate=pair[k], std_error=1.0, lower=pair[k] - half, upper=pair[k] + half
                )
                for i, pair in enumerate(pairs)
            ]
            changed[m] = replace(solution.panels[m], estimates=some)
        one = _explained(solved, headline="mu[0]")
        return dict(trust(one, replace(solution, panels=changed))).get("In short", "")

    assert told((3.0, 2.1), (-2.5, -1.9), (1.0, 0.5)) == (
        "MLE and posterior agree on the sign of mu[0]. No size depends strongly on having a prior."
    )
    assert told((5.0, 2.1), (-3.5, -2.5), (1.0, 0.5)) == (
        "MLE and posterior agree on the signs of mu[0] and mu[1]. The sizes of mu[0] and mu[1] depend strongly on "
        "having a prior."
    )
    assert told((1.0, 0.1), (1.0, -0.1), (1.0, 0.0)) == (
        "neither MLE nor posterior tells the sign of any value of mu, as every interval contains zero. The sizes of "
        "mu[1] and mu[2] depend strongly on having a prior."
    )
    # Those beyond zero on different sides do not agree.
    assert "MLE and posterior agree on no sign of mu. The size" in told((3.0, -3.0), (1.0, 0.5), (1.0, 0.5))
    # Two scalars are no vector to sum up; what is positive throughout has no sign to tell; nothing without intervals.
    assert told((3.0, 2.1), (1.0, 0.5)) == told((3.0, 3.0), (4.0, 4.0), (5.0, 5.0)) == ""
    assert told((3.0, 2.1), (1.0, 0.5), (1.0, 0.5), half=np.nan) == ""
    monkeypatch.setattr(trusted, "fits", lambda _: "not in all. A figure is missed.")
    assert told((3.0, 2.1), (-2.5, -1.9), (1.0, 0.5)).endswith(". The model misses something of the data (see Fit).")
    assert told((3.0, 2.1), (1.0, 0.5)) == ""


def test_a_setting_that_was_chosen_from_the_data_is_admitted(solved: Any) -> None:
    one = Chosen("lambda", 0.237, "the value under which they are most probable")
    said = dict(trust(_explained(solved, chosen=(one,)), solved["default"]))["Prior"]
    assert " By itself the prior puts mu between about " in said
    assert said.endswith(
        " with a probability of 95 %. lambda = 0.237 was chosen from these same data, so this range was not known "
        "before them, and no interval of MAP or posterior includes the uncertainty of lambda."
    )
    assert "Judge" not in said
    two = dict(trust(_explained(solved, chosen=(one, replace(one, name="rho"))), solved["default"]))["Prior"]
    assert "lambda = 0.237 and rho = 0.237 were chosen from" in two
    assert two.endswith(" and no interval of MAP or posterior includes the uncertainty of lambda and rho.")


def _scored(solved: Any, *rows: tuple[str, float, float, float]) -> str:
    names = ("method", "log_score", "difference", "difference_error")
    table = pd.DataFrame([{"variant": "default", "n_held_out": 88, **dict(zip(names, row, strict=True))}
                          for row in rows])  # fmt: skip
    return predictions(SimpleNamespace(scores=table), "default")  # type: ignore[arg-type]


def test_scores_that_differ_by_less_than_two_errors_of_the_difference_or_four_are_said_to_be_alike(solved: Any) -> None:
    best = ("mcmc", -480.0, 0.0, 0.0)
    near, far = ("mle", -484.9, -4.9, 2.5), ("mle", -485.1, -5.1, 2.5)
    assert _scored(solved, near, ("map", -481.0, -1.0, 1.0), best) == (
        "all three predict about equally well: on the 88 rows that were left out of a fit their log scores (the "
        "log-density of all of them; higher is better) differ by "
        "at most 4.9, which is too little to prefer one: the standard error of that difference is 2.5."
    )
    assert _scored(solved, near, best).startswith("MLE and posterior predict about equally well: on")
    assert _scored(solved, far, ("map", -481.0, -1.0, 1.0), best) == (
        "posterior predicts best: on the 88 rows that were left out of a fit its log score is the highest, and lower "
        "is that of MLE by 5.1 (standard error 2.5). That of MAP is not clearly lower."
    )
    # A difference below four is small, whatever its standard error, which is not to be trusted then.
    assert "about equally well" in _scored(solved, ("mle", -483.9, -3.9, 0.1), best)
    assert _scored(solved, best) == ""
    assert _scored(solved, best, ("mle", np.nan, np.nan, np.nan)) == ""
    assert _scored(solved, best, (*near[:3], np.nan)) == ""


def test_a_missing_mle_leaves_what_data_and_prior_give(solved: Any) -> None:
    solution = solved["default"]
    rows = [
        replace(row, estimate=np.nan, status=Status.NOT_IDENTIFIED, reason="a reason")
        for row in solution.panels["mle"].estimates
    ]
    panels = {**solution.panels, "mle": replace(solution.panels["mle"], estimates=rows)}
    assert (
        "with care. The data alone give no value of mu, data and prior (posterior mean) give "
        in (dict(trust(solved, replace(solution, panels=panels)))["Prior"])
    )
    without = {m: panel for m, panel in panels.items() if m != "mle"}
    assert (
        "Of mu data and prior (posterior mean) give "
        in (dict(trust(solved, replace(solution, panels=without)))["Prior"])
    )


def test_without_a_spread_it_is_not_said_how_far_a_scalar_depends_on_the_prior(solved: Any) -> None:
    solution = solved["default"]
    panel = solution.panels["mcmc"]
    for spread in (np.nan, 0.0):
        rows = [replace(row, std_error=spread) for row in panel.estimates]
        changed = replace(solution, panels={**solution.panels, "mcmc": replace(panel, estimates=rows)})
        said = dict(trust(solved, changed))["Prior"]
        assert said.startswith(
            "with care. The data alone (MLE) give mu the value 3.71, data and prior (posterior mean) give "
        )


def test_draws_that_failed_their_checks_are_the_first_verdict_and_a_no(
    solved: Any, unreliable: Any, lasso: Any
) -> None:
    (what, verdict), *_ = trust(unreliable, unreliable["default"])
    assert (what, verdict.partition(".")[0]) == ("Computation", "no")
    assert dict(trust(lasso, lasso["default"]))["Checks"].split()[0] in ("yes.", "no.")
    for holds, order in (([True, False], ["Checks", "Computation"]), ([True, True], ["Computation", "Checks"])):
        claimed: Any = SimpleNamespace(claims=pd.DataFrame({"holds": holds}), explanations=solved.explanations,
                                       scores=solved.scores)  # fmt: skip
        assert [what for what, _ in trust(claimed, solved["default"])] == [*order, "Fit", "Prior"]
        start = "yes. All 2 checks hold" if all(holds) else "no. Only 1 of 2 checks hold"
        assert dict(trust(claimed, solved["default"]))["Checks"].startswith(f"{start}, against theory, other software")
    solution = solved["default"]
    alone = replace(solution, panels={"mle": solution.panels["mle"]})
    assert [what for what, _ in trust(solved, alone)] == ["Computation"]  # nothing rests on a prior
    assert not dict(trust(solved, alone))["Computation"].startswith("yes")
    unsampled = replace(solution, panels={m: solution.panels[m] for m in ("mle", "map")})
    assert " data and prior (MAP) give " in dict(trust(solved, unsampled))["Prior"]


def test_two_checks_are_told_in_words_and_the_shortest_in_their_order(solved: Any) -> None:
    def told(*statements: str) -> str:
        claims = pd.DataFrame({"holds": [True] * len(statements), "statement": statements})
        asked: Any = SimpleNamespace(claims=claims, explanations=solved.explanations, scores=solved.scores)
        return dict(trust(asked, solved["default"]))["Checks"]

    long, first, second = "A long statement on this and that (in sd)", "The MLE is OLS (gap, in sigma)", "b is 0"
    assert told(first, long, second) == (
        "yes. All 3 checks hold, against theory, other software or figures of this run, for example “The MLE is OLS”; "
        "“b is 0”."
    )
    assert told(first, second) == "yes. All 2 checks hold, against theory, other software or figures of this run."


def test_many_points_that_are_maxima_alike_are_no_search_for_another(solved: Any) -> None:
    solution = solved["default"]
    assert " for the MLE and " in dict(trust(solved, solution))["Computation"].partition(". From ")[2]
    rows = [replace(row, status=Status.OK) for row in solution.panels["mle"].estimates]
    level = [*rows, replace(rows[0], estimand="tau", estimate=np.nan, status=Status.NOT_IDENTIFIED, reason="a reason")]
    panels = {**solution.panels, "mle": replace(solution.panels["mle"], estimates=level)}
    searched = dict(trust(solved, replace(solution, panels=panels)))["Computation"].partition(". From ")[2]
    assert "MLE" not in searched
    assert searched.endswith(" starting points for the MAP no other maximum was found.")


def test_intervals_of_a_map_that_takes_something_as_known_are_named(solved: Any) -> None:
    from triptych.problem.fixed import Fixed

    solution = solved["default"]
    panel = replace(solution.panels["map"], held={("mu", ""): Fixed((("0", ("tau",)),))})
    held = replace(solution, panels={**solution.panels, "map": panel})
    assert dict(trust(solved, held))["The MAP's intervals"] == (
        "no. They are computed as if tau = 0 were known, and from the curvature at the mode alone. Those of the "
        "posterior suppose neither."
    )
    alone = replace(held, panels={"map": panel})
    assert dict(trust(solved, alone))["The MAP's intervals"].endswith(
        " at the mode alone, so they may be too short or too long."
    )


def test_few_rows_are_shown_with_what_the_model_knows_of_each(solved: Any) -> None:
    shown = small_data(solved["default"])
    assert shown is not None
    assert shown["axis"] == "place"
    assert shown["columns"] == ["y", "standard deviation of y"]
    assert [(name, [float(cell) for cell in cells]) for name, cells in shown["rows"]] == [
        ("x", [1.0, 1.0]), ("y", [2.0, 2.0]), ("z", [4.5, 0.5]),
    ]  # fmt: skip
    assert small_data(pickle.loads(pickle.dumps(solved["default"]))) == shown
    bare = small_data(SimpleNamespace(data=solved["default"].data, constants={}))
    assert bare is not None
    assert bare["columns"] == ["y"]


def test_many_rows_and_columns_of_unlike_length_are_not_shown(solved: Any) -> None:
    from triptych.problem.scenario import Data

    def of(**arrays: np.ndarray) -> Any:
        return small_data(SimpleNamespace(data=Data(arrays), constants={}))

    assert of(y=np.arange(12.0)) is not None
    assert of(y=np.arange(13.0)) is None
    assert of(y=np.arange(3.0), x=np.arange(4.0)) is None
    assert of(X=np.zeros((3, 2))) is None
    assert of(**{f"x{i}": np.arange(3.0) for i in range(7)}) is None
