"""What is found of mistakes in scenarios, in the optimiser and in a sampler, with the size of what they do.

    python -m tests.benchmarks.mutations density    # scenarios and the optimiser, against the baselines that ship
    python -m tests.benchmarks.mutations sampler    # samplers with other seeds, at default settings

What it prints is in docs/agreement.md.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

import triptych
from tests.testing.mutants import (
    EVERY_PROPOSAL,
    HARMLESS_SAMPLERS,
    HARMLESS_SCENARIOS,
    SAMPLER_MUTANTS,
    SCENARIO_MUTANTS,
    SMALL_SAMPLER_MUTANTS,
    STAYS_IN_A_MODE,
    Mutant,
    mutated,
    sampler_of,
)
from tests.testing.test_sampler_mutations import Case, normal, two_modes
from triptych.graph.from_scenario import build_model, model_settings
from triptych.optimise.newton import newton
from triptych.panels import mcmc
from triptych.testing import Agreement, Baseline, Fingerprint
from triptych.testing.of_comparison import of_comparison

BASELINES = Path(__file__).parents[1] / "baselines"
SEEDS = 5


def fast(mutant: Mutant) -> Agreement:
    """Hold a changed scenario against the baseline that ships, as ``triptych check --fast`` does."""
    scenario = mutated(mutant.module, (mutant.right, mutant.wrong)).scenario
    solved = triptych.run(scenario, methods=("mle", "map"), progressbar=False)
    return Baseline.load(BASELINES / f"{scenario.name}.json").compare(solved, fast=True)


def largest_term(found: Agreement) -> str:
    """Return the largest difference of a term of the density, and what is allowed there."""
    terms = [t for change in found.changes.values() for t in change.terms if t.changed]
    worst = max(terms, key=lambda t: t.largest / t.allowed, default=None)
    return " | " if worst is None else f"{worst.largest:.2g} | {worst.allowed:.1g}"


def move(table: pd.DataFrame) -> str:
    """Return the largest move of an estimate in standard errors."""
    errors = table.loc[table["quantity"] == "estimate", "errors"].abs()
    return f"{errors.max():.1g}" if errors.notna().any() else ""


def density() -> None:
    """Print the table of scenarios and of the optimiser."""
    print("| mistake | scenario | verdict, cause | largest difference of a term | allowed | moves MLE or MAP by |")
    print("|---|---|---|---|---|---|")
    for mutant in (*SCENARIO_MUTANTS, *HARMLESS_SCENARIOS):
        found = fast(mutant)
        causes = ", ".join(found.causes)
        print(
            f"| {mutant} | {mutant.scenario} | {found.verdict} {causes} | {largest_term(found)} | {move(found.table)} |"
        )
    power = next(m for m in SCENARIO_MUTANTS if m.scenario == "small_n_variance")
    right = triptych.scenarios()[power.scenario]
    wrong = mutated(power.module, (power.right, power.wrong)).scenario
    for n in (100, 1000):
        data = right.simulate(np.random.default_rng(n), n=n)[0]
        models = [build_model(s, data, model_settings(s, {})) for s in (right, wrong)]
        change = Fingerprint.of(models[0]).compare(models[1])
        worst = max(change.terms, key=lambda t: t.largest / t.allowed)
        print(f"| {power}, n = {n} | | {', '.join(change.causes)} | {worst.largest:.2g} | {worst.allowed:.1g} | |")
    with patch.dict(newton.__kwdefaults__, tolerance=1e-5, polish=0):
        solved = triptych.run("small_n_variance", methods=("mle", "map"), progressbar=False)
    found = Baseline.load(BASELINES / "small_n_variance.json").compare(solved, fast=True)
    print(f"| an optimiser stopped early | | {found.verdict} {', '.join(found.causes)} | | | {move(found.table)} |")


def effect(case: Case, mutant: Mutant) -> str:
    """Return how far a changed sampler is off at 8 times the draws: means in deviations, deviations in percent."""
    given = of_comparison(case.comparison).variants["default"]
    kept = case.baseline.estimates.variants["default"].sampled
    assert given.redraw is not None
    assert kept is not None
    with patch.object(mcmc, "sample", sampler_of(mutant)):
        drawn = given.redraw(8, 99)
    one, other = kept.figures.values, drawn.figures.values
    means, ratios = (other[:, 0] - one[:, 0]) / one[:, 1], other[:, 1] / one[:, 1] - 1
    return f"{means[np.argmax(abs(means))]:+.2f} | {100 * ratios[np.argmax(abs(ratios))]:+.1f} %"


def sampler() -> None:
    """Print the table of samplers."""
    plain, forked = Case(normal()), Case(two_modes())
    print(
        "| mistake | mean off by (deviations) | deviation off by | found of 5 seeds | causes |\n|---|---|---|---|---|"
    )
    for mutant in (*SAMPLER_MUTANTS, *SMALL_SAMPLER_MUTANTS, EVERY_PROPOSAL, STAYS_IN_A_MODE, *HARMLESS_SAMPLERS):
        case = forked if mutant is STAYS_IN_A_MODE else plain
        given = of_comparison(case.comparison)
        variant = given.variants["default"]
        assert variant.redraw is not None
        verdicts, causes = [], set()
        with patch.object(mcmc, "sample", sampler_of(mutant)):
            for seed in range(11, 11 + SEEDS):
                again = replace(variant, sampled=variant.redraw(1, seed))
                found = case.baseline.compare(replace(given, variants={"default": again}))
                verdicts.append(str(found.verdict))
                causes |= set(found.causes)
        said = ", ".join(f"{verdicts.count(v)} {v}" for v in sorted(set(verdicts)))
        print(f"| {mutant} | {effect(case, mutant)} | {said} | {', '.join(sorted(map(str, causes)))} |", flush=True)


if __name__ == "__main__":
    {"density": density, "sampler": sampler}[sys.argv[1]]()
