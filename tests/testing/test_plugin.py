"""The pytest plugin, run on small suites as a user would: baselines, updates, orphans, workers, scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import numpy as np

def draws(seed, mean=0.0):
    return {"mu": np.random.default_rng(seed).normal(mean, 1, (4, 1000))}

def test_one(estimates_regression):
    estimates_regression.check(draws(SEED, MEAN))

def test_two(estimates_regression):
    estimates_regression.check(draws(SEED + 1), name="first")
    estimates_regression.check(draws(SEED + 2), name="second")
"""


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def write(pytester: pytest.Pytester, seed: int, mean: float = 0.0, suite: str = SUITE) -> Path:
    pytester.makepyfile(test_suite=suite.replace("SEED", str(seed)).replace("MEAN", str(mean)))
    return pytester.path / "baselines" / "test_suite"


def test_a_baseline_is_made_kept_and_missed(pytester: pytest.Pytester) -> None:
    folder = write(pytester, 1)
    result = pytester.runpytest("-p", "no:xdist")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*there is no baseline*test_one.json; make it with --estimates-update*"])
    assert not folder.exists()
    pytester.runpytest("-p", "no:xdist", "--estimates-update").assert_outcomes(passed=2)
    assert sorted(path.name for path in folder.iterdir()) == [
        "test_one.json", "test_two--first.json", "test_two--second.json",
    ]  # fmt: skip
    before = (folder / "test_one.json").read_text()
    write(pytester, 7)
    pytester.runpytest("-p", "no:xdist").assert_outcomes(passed=2)
    write(pytester, 7, mean=0.5)
    result = pytester.runpytest("-p", "no:xdist")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*test_one.json: The estimates disagree*", "estimand*quantity*", "mu *mcmc mean*disagree"]
    )
    assert (folder / "test_one.json").read_text() == before
    pytester.runpytest("-p", "no:xdist", "--estimates-update").assert_outcomes(passed=2)
    pytester.runpytest("-p", "no:xdist").assert_outcomes(passed=2)


def test_a_baseline_is_one_line_an_estimand_rounded_to_its_error(pytester: pytest.Pytester) -> None:
    folder = write(pytester, 1)
    pytester.runpytest("-p", "no:xdist", "--estimates-update", "-k", "test_one")
    text = (folder / "test_one.json").read_text()
    rows = [line for line in text.splitlines() if '"name"' in line]
    assert len(rows) == 1
    mean, error, _ = json.loads(text)["estimates"][0]["mean"]
    assert error == pytest.approx(1 / 4000**0.5, rel=0.1)
    assert mean == round(mean, 3)


def test_updates_are_refused_where_ci_is_set(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(pytester, 1)
    monkeypatch.setenv("CI", "true")
    result = pytester.runpytest("-p", "no:xdist", "--estimates-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*CI is set*"])
    assert not folder.exists()
    pytester.runpytest("-p", "no:xdist", "--estimates-update", "--estimates-force").assert_outcomes(passed=2)


def test_baselines_without_a_test_are_listed(pytester: pytest.Pytester) -> None:
    folder = write(pytester, 1)
    pytester.runpytest("-p", "no:xdist", "--estimates-update")
    (folder / "test_gone.json").write_text("{}")
    pytester.runpytest("-p", "no:xdist").stdout.fnmatch_lines(["*baselines without a test*", "*test_gone.json"])
    for some in ("-ktest_one", "test_suite.py::test_one"):
        assert "test_one.json" not in pytester.runpytest("-p", "no:xdist", some).stdout.str()


def test_a_worker_reads_baselines_and_tells_of_orphans(pytester: pytest.Pytester) -> None:
    folder = write(pytester, 1)
    pytester.runpytest("-p", "no:xdist", "--estimates-update").assert_outcomes(passed=2)
    (folder / "test_gone.json").write_text("{}")
    result = pytester.runpytest("-n", "1")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*test_gone.json"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("{", "damaged or truncated"),
        ('{"kind": "else"}', "is not a triptych baseline"),
        ('{"kind": "triptych baseline", "schema": 2}', "schema 2, and this triptych reads up to 1"),
    ],
)
def test_a_damaged_baseline_is_told_and_kept(pytester: pytest.Pytester, content: str, message: str) -> None:
    folder = write(pytester, 1)
    folder.mkdir(parents=True)
    (folder / "test_one.json").write_text(content)
    result = pytester.runpytest("-p", "no:xdist", "-k", "test_one")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{message}*"])
    assert (folder / "test_one.json").read_text() == content


def test_two_baselines_of_one_name_are_refused(pytester: pytest.Pytester) -> None:
    twice = SUITE.replace('name="second"', 'name="first"')
    write(pytester, 1, suite=twice)
    result = pytester.runpytest("-p", "no:xdist", "--estimates-update", "-k", "test_two")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*two baselines of test_two have one name*"])


def test_a_marked_test_runs_the_scenario(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(
        "triptych.testing.contract.check_scenario", lambda name, **options: asked.append((name, options))
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("lasso", draws=100)
        def test_lasso():
            pass

        @pytest.mark.scenario
        def test_nothing():
            pass
        """
    )
    result = pytester.runpytest("-p", "no:xdist", "--strict-markers")
    result.assert_outcomes(passed=1, failed=1)
    assert asked == [("lasso", {"draws": 100})]
    result.stdout.fnmatch_lines(["*names no scenario*"])


def test_an_unrelated_run_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_imports():
            heavy = {"pymc", "pytensor", "arviz", "jax", "numpy", "scipy", "pandas", "statsmodels", "nutpie"}
            assert "triptych.testing.plugin" in sys.modules
            assert not heavy & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess("-p", "no:xdist", "-p", "no:zarr").assert_outcomes(passed=1)
