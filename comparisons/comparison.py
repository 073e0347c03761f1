"""A solved scenario with everything that is asked across its panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from triptych.base.errors import InputError
from triptych.base.text import join
from triptych.comparisons.contrast import contrast_frame, contrasts
from triptych.comparisons.datatree import datatree
from triptych.comparisons.explanation.explanation import Explanation, explain
from triptych.comparisons.explanation.prior import prior_draws
from triptych.comparisons.explanation.prior_density import PriorDensity, prior_densities
from triptych.comparisons.explanation.prior_sample import pictured
from triptych.comparisons.holdout import Score, score_frame
from triptych.comparisons.problems import problems
from triptych.comparisons.recovery import recovery
from triptych.comparisons.wide import latex, markdown, wide
from triptych.panels.solution import Solution
from triptych.problem.claims import Bound, Claim
from triptych.problem.scenario import DEFAULT, Figure, Scenario, Table
from triptych.problem.table import METHODS, frame
from triptych.problem.varied import chosen

if TYPE_CHECKING:
    import pandas as pd

    from triptych.comparisons.study.study import Study

CLAIM_COLUMNS = ("scenario", "name", "statement", "measured", "bound", "holds")


class Display(Protocol):
    """How a comparison is shown. The report room implements it, and the caller of Comparison passes it in."""

    def draw(self, comparison: Any) -> Any:
        """Return what the report shows of one comparison, with its figures drawn."""

    def page(self, comparisons: Sequence[Any]) -> str:
        """Return the report on comparisons as one HTML page."""

    def fragment(self, comparison: Any) -> str:
        """Return one comparison for a notebook, as HTML."""

    def plot(self, kind: str, comparison: Any, variant: str, **options: Any) -> Any:
        """Draw a comparison on matplotlib's axes: ``forest``, ``posterior`` or ``why``."""


class Comparison:
    """The three panels of one scenario side by side.

    Attributes
    ----------
    scenario
        The problem.
    solutions
        Variant to its solution; ``comparison["default"]`` is a short cut.
    estimates, intervals, optima, contrasts, claims, scores : pandas.DataFrame
        The tables, one row per scalar and panel; see :data:`triptych.problem.table.COLUMNS`.
    results
        Method to the library's own object for the default variant: statsmodels results, the mode,
        ArviZ's DataTree (``mcmc`` or ``posterior``), or an object that says why there is none.
    provenance
        Versions, seeds and settings of the run.
    error
        Why the scenario could not be solved at all; None when it was.
    skipped
        Why its claims are not measured; empty where they are.
    walked
        A path of the scenario (:func:`triptych.path`) along which the page moves; None until one is given.
    """

    def __init__(
        self,
        scenario: Scenario,
        solutions: Mapping[str, Solution],
        *,
        provenance: Mapping[str, Any],
        display: Display,
        score: Callable[[], list[Score]] = list,
        study: Callable[..., Study] | None = None,
        truth: Mapping[str, Any] | None = None,
        error: str | None = None,
        skipped: str = "",
    ) -> None:
        self.scenario = scenario
        self.solutions = dict(solutions)
        self.provenance = dict(provenance)
        self.truth = dict(truth or {})
        self.error = error
        self.skipped = skipped
        self.walked: Any = None
        self._score = score
        self._study = study
        self._display = display

    def __getitem__(self, variant: str) -> Solution:
        return self.solutions[variant]

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Headline rows, one per scalar and panel."""
        return self._table("estimates")

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """The other kinds of interval: profile, HDI or ETI, the median."""
        return self._table("intervals")

    @cached_property
    def optima(self) -> pd.DataFrame:
        """Other local maxima, never the headline."""
        return self._table("optima")

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """Mode shift, mean-minus-mode, interval widths and overlap, one row per scalar."""
        return contrast_frame([c for s in self.solutions.values() for c in contrasts(s)])

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Held-out log scores of the three predictive distributions, fitted anew when first asked for."""
        return score_frame(self._score())

    def study(self, **options: Any) -> Study:
        """Solve many data sets that the scenario's simulator draws.

        Parameters
        ----------
        **options
            As in :func:`triptych.study`.

        Raises
        ------
        InputError
            For a comparison that came from another process, or of a model: use ``triptych.study``.
        """
        if self._study is None:
            raise InputError(
                f"this comparison of {self.scenario.name} has left what solves studies behind; use triptych.study"
            )
        return self._study(**options)

    @cached_property
    def explanations(self) -> dict[str, Explanation]:
        """Variant to why its panels differ, and what follows."""
        source = self.scenario
        return {
            variant: explain(solution, source.priors, chosen(source.model, source.varies, solution.settings))
            for variant, solution in self.solutions.items()
        }

    @cached_property
    def prior_draws(self) -> dict[str, tuple[dict[str, np.ndarray], str]]:
        """Variant to draws of its prior by variable, ``(draws, size)``, and what is fixed in them, if anything.

        Of variables without an exact density, which is drawn from them, there are many.
        """
        return {
            variant: (pictured(solution, kept, self.prior_densities[variant]), given)
            for variant, solution in self.solutions.items()
            for kept, given in [prior_draws(solution)]
        }

    @cached_property
    def prior_densities(self) -> dict[str, dict[str, PriorDensity]]:
        """Variant to the exact densities of the priors of those of its variables that have one each."""
        return {variant: prior_densities(one) for variant, one in self.solutions.items()}

    def explain(self, variant: str = DEFAULT) -> Explanation:
        """Return why the three panels of a variant differ, as sentences with the figures that they rest on.

        Parameters
        ----------
        variant
            The name of a variant that was solved.

        Raises
        ------
        InputError
            For a variant that was not solved.
        """
        self._of(variant)
        return self.explanations[variant]

    def summary(self, variant: str = DEFAULT) -> pd.DataFrame:
        """Return the headline estimates side by side, one row a scalar.

        Parameters
        ----------
        variant
            The name of a variant that was solved.

        Returns
        -------
        pandas.DataFrame
            Columns panel by ``estimate, std_error, lower, upper, status``.
        """
        return wide(self._of(variant))

    def to_markdown(self, variant: str = DEFAULT, digits: int = 3) -> str:
        """Return the headline estimates as a Markdown table, ``4.62 [-1.57, 10.8]`` or a status in each cell."""
        return markdown(self._of(variant), digits)

    def to_latex(self, variant: str = DEFAULT, digits: int = 3) -> str:
        """Return the headline estimates as a LaTeX table, for the package booktabs."""
        return latex(self._of(variant), digits)

    def plot_forest(self, variant: str = DEFAULT, *, var_names: Sequence[str] | None = None, ax: Any = None) -> Any:
        """Draw estimates and intervals of the three panels, one row a scalar, and return matplotlib's axes."""
        return self._plot("forest", variant, var_names, ax=ax)

    def plot_posterior(self, variant: str = DEFAULT, *, var_names: Sequence[str] | None = None) -> Any:
        """Draw posterior densities with MLE and MAP, one panel a scalar, and return an array of matplotlib's axes."""
        return self._plot("posterior", variant, var_names)

    def plot_why(self, variant: str = DEFAULT, *, var_names: Sequence[str] | None = None, ax: Any = None) -> Any:
        """Draw MAP - MLE and posterior mean - MAP in posterior standard deviations, and return matplotlib's axes."""
        return self._plot("why", variant, var_names, ax=ax)

    def _plot(self, kind: str, variant: str, var_names: Sequence[str] | None, **options: Any) -> Any:
        known = list(self.scenario.estimands)
        if unknown := [name for name in var_names or () if name not in known]:
            raise InputError(f"{self.scenario.name} has no estimand {join(unknown)}; it has {join(known)}")
        self._of(variant)
        chosen = None if var_names is None else list(var_names)
        return self._display.plot(kind, self, variant, var_names=chosen, **options)

    def _of(self, variant: str) -> pd.DataFrame:
        """Return the headline rows of a variant."""
        if variant not in self.solutions:
            solved = list(self.solutions)
            raise InputError(f"{self.scenario.name} was not solved in variant {variant!r}; solved: {solved}")
        table = self.estimates
        return table[table["variant"] == variant]

    @cached_property
    def answer(self) -> str:
        """The scenario's answer to its question; without one, a sentence on how the panels differ."""
        if self.error is not None or not self.solutions:
            return ""
        if self.scenario.answer is not None and self._complete:
            return self.scenario.answer(self)
        explanation = self.explanations.get(DEFAULT)
        return "" if explanation is None else explanation.answer

    @cached_property
    def questions(self) -> list[tuple[str, str]]:
        """The scenario's questions for a class, each with its answer from this run."""
        return [(q.text, q.answer(self)) for q in self.scenario.questions] if self._complete else []

    @property
    def _complete(self) -> bool:
        """Whether all variants were solved by all methods; the scenario's answer and questions need them."""
        solved = self.error is None and not self.skipped and set(self.solutions) == set(self.scenario.variants)
        return solved and all(set(s.panels) == set(METHODS) for s in self.solutions.values())

    @cached_property
    def recovery(self) -> pd.DataFrame:
        """Error and coverage against the truth, where the truth was given."""
        return recovery(self.estimates, self.truth, self.solutions)

    @cached_property
    def evaluated_claims(self) -> list[Claim]:
        """The scenario's claims with what was measured for each."""
        if self.error is not None or self.skipped:
            return []
        return [_evaluate(claim, self) for claim in self.scenario.claims]

    @cached_property
    def claims(self) -> pd.DataFrame:
        """The claims with their measured figures."""
        import pandas as pd

        told, name = self.evaluated_claims, self.scenario.name
        rows = [(name, c.name, c.statement, c.measured, str(c.bound), c.holds) for c in told]
        return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))

    @cached_property
    def figures(self) -> list[Figure | str]:
        """The scenario's own figures; of one that fails, a sentence that says so."""
        return [_draw(make, self) for make in self.scenario.figures if self.error is None and not self.quick]

    @cached_property
    def tables(self) -> list[Table | str]:
        """The scenario's own tables; of one that fails, a sentence that says so."""
        return [_draw(make, self) for make in self.scenario.tables if self.error is None and not self.quick]

    @cached_property
    def drawn(self) -> Any:
        """What the report shows of it, with its figures drawn, as its display wants it."""
        return self._display.draw(self)

    @property
    def results(self) -> dict[str, Any]:
        """The libraries' own objects for the default variant."""
        first = next(iter(self.solutions.values()), None)
        found = {} if first is None else {m: p.native for m, p in first.panels.items()}
        return {**found, **({"posterior": found["mcmc"]} if "mcmc" in found else {})}

    @property
    def diagnostics(self) -> dict[str, dict[str, Any]]:
        """Variant to method to diagnostics."""
        return {
            variant: {**{m: p.diagnostics for m, p in s.panels.items()}, "seconds": s.seconds}
            for variant, s in self.solutions.items()
        }

    @cached_property
    def problems(self) -> list[str]:
        """Failed claims and unexpected statuses, a sentence each."""
        return problems(self.scenario, self.solutions, self.evaluated_claims, self.error)

    @property
    def quick(self) -> bool:
        """Whether it is only a first look (``triptych.run`` with ``quick``)."""
        return bool(self.provenance.get("quick"))

    @property
    def ok(self) -> bool:
        """Whether every claim holds and every status is the expected one."""
        return not self.problems

    def to_datatree(self) -> Any:
        """Return the posterior and its groups as ArviZ wants them, with the point estimates.

        The default variant is at the root; the others are under ``variants/<name>``. The groups
        ``mle`` and ``map`` hold the estimates with their status as an attribute.
        """
        return datatree(self.scenario.name, self.solutions)

    def to_html(self, path: str | Path) -> Path:
        """Write the report of this comparison alone as one self-contained file."""
        target = Path(path)
        target.write_text(self._display.page([self]), encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        return self._display.fragment(self)

    def __repr__(self) -> str:
        methods = sorted({m for s in self.solutions.values() for m in s.panels})
        state = ("quick, " if self.quick else "") + ("ok" if self.ok else f"{len(self.problems)} problems")
        return f"<Comparison {self.scenario.name}: {', '.join(self.solutions)}; {', '.join(methods)}; {state}>"

    def __getstate__(self) -> dict[str, Any]:
        # A pickle has no engine, so that everything computed with it is computed now.
        needed = (
            "evaluated_claims",
            "explanations",
            "answer",
            "questions",
            "figures",
            "tables",
            "scores",
            "prior_draws",
            "prior_densities",
        )
        kept = {name: getattr(self, name) for name in needed}
        return {**self.__dict__, **kept, "_score": list, "_study": None}

    def _table(self, which: str) -> pd.DataFrame:
        return frame(row for s in self.solutions.values() for p in s.panels.values() for row in getattr(p, which))


def _evaluate(claim: Any, comparison: Comparison) -> Claim:
    """Evaluate a claim; one that cannot be computed does not hold, and says why."""
    try:
        outcome: Claim = claim(comparison)
    except (KeyError, ValueError, TypeError, AttributeError, FloatingPointError, np.linalg.LinAlgError) as error:
        name, statement = claim.__name__, getattr(claim, "statement", claim.__name__)
        return Claim(name, statement, f"not computed: {type(error).__name__}: {error}", Bound(""), False)
    return outcome


def _draw(make: Any, comparison: Comparison) -> Any:
    """Return a figure or a table; of one that fails, a sentence that says so."""
    try:
        return make(comparison)
    except Exception as error:  # users write figures; one that fails must not prevent the report
        return f"{getattr(make, '__name__', 'figure')} could not be drawn: {type(error).__name__}: {error}"
