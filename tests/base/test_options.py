"""What is misspelt is told which name is meant, by one rule for options, columns and scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from triptych.base.errors import InputError
from triptych.base.options import meant, nearest, one_of, some_of

FAMILIES = ["bernoulli", "binomial", "gaussian", "laplace", "negative_binomial", "poisson", "student"]


@pytest.mark.parametrize(
    ("given", "known", "wanted"),
    [
        ("possion", FAMILIES, "poisson"),
        ("Poisson", FAMILIES, "poisson"),
        ("negative-binomial", FAMILIES, "negative_binomial"),
        ("neg", FAMILIES, "negative_binomial"),  # the beginning of one name
        ("b", FAMILIES, None),  # the beginning of two
        ("cauchy", FAMILIES, None),
        ("", FAMILIES, None),
        ("BLOOD pressure", ["blood_pressure", "age"], "blood_pressure"),
        ("seed", ["random_seed", "draws"], "random_seed"),
        ("--drws", ["--draws", "--tune"], "--draws"),
        ("--link", ["--nu", "--name", "--out"], None),  # dashes alone make no likeness
        ("x", [], None),
    ],
)
def test_the_name_that_is_meant(given: str, known: list[str], wanted: str | None) -> None:
    assert meant(given, known) == wanted


def test_a_message_asks_or_lists() -> None:
    assert nearest("possion", FAMILIES) == "did you mean 'poisson'?"
    assert nearest("chain", ["chains"], str) == "did you mean chains?"
    assert nearest("zzz", ["a", "b"]) == "there are 'a', 'b'"
    assert nearest("zzz", ()) == "there are none"
    assert nearest("zzz", [f"s{k}" for k in range(32)]).endswith("'s29' and 2 more")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["mpa"], "methods=['mpa']: there is no 'mpa'; did you mean 'map'?"),
        (["mle", "mode"], "there is no 'mode'; use one or more of mle, map, mcmc"),
        ([], r"methods=[]: use one or more of mle, map, mcmc"),
        ("mle", "methods='mle': use one or more of"),
        (3, "methods=3: use one or more of"),
        ([["mle"]], "there is no ['mle']; use one or more of"),
    ],
)
def test_a_choice_of_several(values: Any, said: str) -> None:
    with pytest.raises(InputError) as refused:
        some_of("methods", values, ("mle", "map", "mcmc"))
    assert said in str(refused.value)


def test_a_choice_of_one() -> None:
    one_of("backend", "jax", ("jax", "numba"))
    for value, said in (("numpa", "did you mean 'numba'?"), ("torch", "use 'jax' or 'numba'"), (3, "backend=3: use")):
        with pytest.raises(InputError) as refused:
            one_of("backend", value, ("jax", "numba"))
        assert said in str(refused.value)
