"""The configuration file: what it takes, and what it says of the rest."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import pytest

from triptych.base.errors import InputError
from triptych.cli.commands import fit
from triptych.cli.config import FitConfig, check_config, read_config
from triptych.cli.options import REGRESSION, SETTINGS


def test_a_file_is_read_key_by_key(tmp_path: Path) -> None:
    path = tmp_path / "fit.toml"
    path.write_text('formula = "y ~ x"\nfamily = "student"\nprior_scale = 2\nnu = "estimate"\n')
    config = read_config(path)
    assert config.given() == {
        "formula": "y ~ x",
        "family": "student",
        "prior_scale": 2.0,
        "nu": "estimate",
    }
    assert FitConfig().given() == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("famly = 'gaussian'", ["unknown key 'famly'; did you mean 'family'?"]),
        ("zzz = 1", ["unknown key 'zzz'", "'formula'", "'prior_scale'"]),
        ("[formula]\nx = 1", ["formula"]),
        ("family = 'gauss'", ["family", "'gauss'", "did you mean 'gaussian'?"]),
        ("family = 'possion'", ["'bernoulli', ", "did you mean 'poisson'?"]),
        ("backend = 'numpa'", ["did you mean 'numba'?"]),
        ("nu = 'estimat'", ["a valid number or ", "did you mean 'estimate'?"]),
        ("draws = 0", ["draws", "greater than or equal to 4"]),
        ("draws = '10'", ["draws", "integer"]),
        ("ci_prob = 1.5", ["ci_prob"]),
        ("l1_ratio = 2.0", ["l1_ratio", "less than 1", "'auto'"]),
        ("standardize = 1", ["standardize", "bool"]),
        ("prior_scale = 'wide'", ["prior_scale", "'auto'"]),
        ("formula = ", ["not TOML"]),
    ],
)
def test_bad_keys_and_values_are_named(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "fit.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_config(path)
    for word in [*words, "fit.toml"]:
        assert word in str(refused.value)


def test_the_mark_that_some_editors_write_first_is_no_part_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "fit.toml").write_bytes(b"\xef\xbb\xbfdraws = 50\n")
    assert read_config(tmp_path / "fit.toml").draws == 50


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_config(tmp_path / "absent.toml")
    with pytest.raises(InputError, match="directory"):
        read_config(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"formula = '\xe9'")
    with pytest.raises(InputError, match="UTF-8"):
        read_config(tmp_path / "latin.toml")


def test_a_mapping_is_checked_the_same_way() -> None:
    assert check_config({"seed": 3}).seed == 3
    with pytest.raises(InputError, match="unknown key"):
        check_config({"sede": 3})


def test_a_file_has_the_options_that_commands_share_and_no_others_but_its_own() -> None:
    shared = [*REGRESSION, *SETTINGS]
    assert sorted(FitConfig.model_fields) == sorted([*shared, "data", "formula", "name", "out", "format"])
    parameters = signature(fit).parameters
    assert set(FitConfig.model_fields) == set(parameters) - {"context", "config", "quiet", "open", "walk"}
