"""One object has what panels are asked for, and the command line, the file and Python take its defaults from there."""

from __future__ import annotations

from dataclasses import fields, replace
from inspect import signature
from typing import Any

import numpy as np
import pytest

import triptych
from triptych.cli.config import FitConfig
from triptych.cli.options import SETTINGS
from triptych.panels.settings import CHAINS, DRAWS, SEED, TUNE, Settings

SHARED = {shared.keyword: (name, shared.default) for name, shared in SETTINGS.items()}


@pytest.mark.parametrize("call", [triptych.run, triptych.compare])
def test_every_setting_has_the_same_default_in_python_and_on_the_command_line(call: Any) -> None:
    default, parameters = Settings(), signature(call).parameters
    asked = {field.name for field in fields(Settings)} & set(parameters)
    assert asked == {field.name for field in fields(Settings)} - {"forward", "brief"}  # which are no options
    for name in asked:
        assert parameters[name].default == getattr(default, name), name
    assert set(SHARED) < asked
    for name, (_, shown) in SHARED.items():
        assert shown == getattr(default, name), name


@pytest.mark.parametrize(
    ("name", "option"), {"draws": DRAWS, "tune": TUNE, "chains": CHAINS, "random_seed": SEED}.items()
)
def test_the_range_of_a_whole_number_is_the_same_in_a_file(name: str, option: Any) -> None:
    key = SHARED[name][0]
    settings = Settings(methods=("mle",))
    replace(settings, **{name: option.least}).check()
    FitConfig.model_validate({key: option.least})
    with pytest.raises(triptych.InputError, match=f"{name}={option.least - 1}: use a whole number"):
        replace(settings, **{name: option.least - 1}).check()
    with pytest.raises(ValueError, match=key):
        FitConfig.model_validate({key: option.least - 1})


def test_settings_are_taken_from_other_options_by_name() -> None:
    found = Settings.of({"draws": np.int64(7), "variants": None, "ci_kind": "hdi"})
    assert found == Settings(draws=7, ci_kind="hdi")
    assert type(found.draws) is int


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"methods": "mle"}, "methods='mle': use one or more of mle, map, mcmc"),
        ({"methods": ("mle", "ml")}, "there is no 'ml'; did you mean 'mle'?"),
        ({"methods": ("mle", "mpa")}, r"methods=\('mle', 'mpa'\): there is no 'mpa'; did you mean 'map'\?"),
        ({"ci_kind": "HDI"}, r"ci_kind='HDI': did you mean 'hdi'\?"),
        ({"ci_kind": "wald"}, "ci_kind='wald': use 'eti' or 'hdi'"),
        ({"backend": "torch"}, "backend='torch': use 'auto', 'jax' or 'numba'"),
        ({"cores": 0}, "cores=0: use a whole number of at least 1"),
        ({"tune": 10**8}, "tune=100000000: use 10000000 at most"),
        ({"chains": 10**4, "draws": 4}, "chains=10000: use 1000 at most"),
        ({"random_seed": 2**32}, "use a whole number from 0 to 4294967295"),
    ],
)
def test_an_option_out_of_its_range_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(triptych.InputError, match=words):
        Settings(**options).check()
