"""The scenario that stands for a PyMC model as it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from triptych.base.errors import InputError
from triptych.base.options import word
from triptych.base.text import said, sentence
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
    """Refuse what is no model, or a name that is no text."""
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
        """Stand for the model that was given."""

    safe = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower())[:LONGEST_NAME].strip("_")
    return Scenario(
        name=safe if safe[:1].isalpha() else f"model_{safe}"[:LONGEST_NAME],
        question=f"What do the three panels say of {name}?",
        source="a PyMC model as given",
        model=given,
        data=lambda: data,
        estimands=names,
        mathematics=tuple(equations(model)),
        code="",
        expect=None,
        holdout="a model as given declares no hold-out split",
        why=why,
    )
