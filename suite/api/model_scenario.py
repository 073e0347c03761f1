"""A scenario made of a user's PyMC model, so that ``compare`` and ``study`` treat it like one that is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.base.errors import InputError
from triptych.base.options import word
from triptych.base.text import counted, join_all, said, sentence
from triptych.problem.scenario import LONGEST_NAME, Data, Scenario

if TYPE_CHECKING:
    import pymc as pm


def model_scenario(model: pm.Model, estimands: Sequence[str] | None, name: str) -> Scenario:
    """Return the scenario that stands for a model as it is given."""
    from triptych.engine.engine import Engine
    from triptych.engine.estimands import resolve

    check_model(model, name)
    engine = Engine.build(model)
    names = tuple(e.name for e in resolve(engine, estimands))
    return ad_hoc(model, engine, names, name, Data({}))


def check_model(model: Any, name: Any) -> None:
    """Raise InputError unless a ``pm.Model`` and a text as its name are given."""
    import pymc as pm

    if not isinstance(model, pm.Model):
        raise InputError(f"compare takes a pm.Model, not {said(model)}")
    word("name", name, "a text")


def ad_hoc(model: pm.Model, engine: Any, names: tuple[str, ...], name: str, data: Data) -> Scenario:
    """Return the scenario of a model whose engine is built, with its equations."""
    from triptych.graph.equations import equations

    potentials = engine.graph.potentials_in_prior
    why = (f"The potentials {', '.join(potentials)} count as prior.",) if potentials else ()
    if engine.note:
        why = (*why, sentence(engine.note))

    def given(data: Data) -> None:
        """Do nothing: the engine is compiled from the user's model, and this body is never run."""

    safe = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower())[:LONGEST_NAME].strip("_")
    called = "this model" if name == "model" else f"the model {name}"
    return Scenario(
        name=safe if safe[:1].isalpha() else f"model_{safe}"[:LONGEST_NAME],
        question=f"What do MLE, MAP and posterior say about {called}?",
        source="a PyMC model as given",
        model=given,
        data=lambda: data,
        estimands=names,
        mathematics=tuple(equations(model)),
        code="",
        expect=None,
        holdout="a model as given declares no hold-out split",
        why=why,
        about=_about(engine, names),
    )


def asked(scenario: Scenario, question: str, about: str) -> Scenario:
    """Return the scenario with the user's question and words on the data.

    Parameters
    ----------
    scenario
        What stands for the model.
    question, about
        Texts; an empty one leaves what the scenario has.

    Raises
    ------
    InputError
        For what is no text.
    """
    for option, text in (("question", question), ("about", about)):
        if not isinstance(text, str):
            raise InputError(f"{option} is a text, not {said(text)}")
    return replace(scenario, question=question or scenario.question, about=about or scenario.about)


def _about(engine: Any, names: Sequence[str]) -> str:
    """Say what was observed, what is unknown, and what of the question is computed from it."""
    axes = engine.model.named_vars_to_dims

    def written(name: str, size: int) -> str:
        along = list(axes.get(name) or ())
        each = f", one per {along[0]}" if len(along) == 1 and along[0] is not None and size > 1 else ""
        return f"{name} ({size} values{each})" if size > 1 else name

    seen = []
    for name, values in engine.observed.items():
        size = int(np.size(values))
        seen.append(written(name, size) if size > 1 else f"{name} ({counted(size, 'value')})")
    free = [rv.name for rv in engine.model.free_RVs if rv.name in engine.variables]
    unknown = [written(name, engine.variables[name].size) for name in free]
    computed = [written(name, engine.variables[name].size) for name in names if name not in free]
    from_them = f" Computed from them: {join_all(computed)}." if computed else ""
    return f"Observed: {join_all(seen)}. Unknown: {join_all(unknown)}.{from_them}"
