"""Baselines are read as they were written, and refuse what they are not baselines of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytest

import triptych
from triptych.base.errors import InputError
from triptych.testing import Baseline, agreement
from triptych.testing.baseline import rounded
from triptych.testing.of_comparison import of_comparison

COUNTS = [3, 5, 4, 1, 0, 2, 6, 3]


def counts(scale: float = 1.0) -> pm.Model:
    with pm.Model(coords={"half": ["early", "late"]}) as model:
        rate = pm.Gamma("rate", 2, scale, dims="half")
        pm.Poisson("y", rate[np.repeat([0, 1], 4)], observed=COUNTS)
    return model


@pytest.fixture(scope="module")
def solved() -> Any:
    return triptych.compare(counts(), name="counts", draws=300, profile=False, progressbar=False)


@pytest.fixture(scope="module")
def kept(solved: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Baseline.of(solved).save(tmp_path_factory.mktemp("kept") / "counts.json")


def test_the_figures_are_those_of_the_exact_posterior(kept: Path) -> None:
    record = json.loads(kept.read_text())
    rows = {row["name"]: row for row in record["estimates"] if row["method"] == "mcmc"}
    for name, total in (("rate[early]", sum(COUNTS[:4])), ("rate[late]", sum(COUNTS[4:]))):
        mean, error, ess = rows[name]["mean"]
        assert abs(mean - (2 + total) / 5) < 5 * error
        assert ess > 8 * 300
        points = {r["method"]: r["estimate"] for r in record["estimates"] if r["name"] == name and "estimate" in r}
        assert points["mle"] == pytest.approx(total / 4, rel=1e-6)
        assert points["map"] == pytest.approx((1 + total) / 5, rel=1e-6)


def test_it_is_read_as_it_was_written(kept: Path, tmp_path: Path) -> None:
    again = Baseline.load(kept).save(tmp_path / "again.json")
    assert again.read_text() == kept.read_text()
    assert len(kept.read_bytes()) < 20_000


def test_an_unchanged_model_agrees_at_another_seed(solved: Any, kept: Path) -> None:
    variant = of_comparison(solved).variants["default"]
    assert variant.redraw is not None
    again = replace(of_comparison(solved), variants={"default": replace(variant, sampled=variant.redraw(1, 5))})
    found = Baseline.load(kept).compare(again)
    assert found.verdict == "agree"
    assert set(found.table["method"]) == {"mle", "map", "mcmc"}


def test_other_versions_than_the_baselines_are_told(solved: Any, kept: Path, tmp_path: Path) -> None:
    place = tmp_path / "counts.json"
    place.write_text(edited(lambda r: r["versions"].update(nutpie="0.1"))(kept.read_text()))
    found = Baseline.load(place).compare(solved, fast=True)
    assert found.verdict == "agree"
    assert found.told[-1].startswith("The baseline was made with other versions: nutpie 0.1 and ")


def test_a_changed_model_is_told_with_what_should_move(solved: Any, kept: Path) -> None:
    variant = replace(of_comparison(solved).variants["default"], model=counts(1.01))
    found = Baseline.load(kept).compare(replace(of_comparison(solved), variants={"default": variant}), fast=False)
    assert found.causes[0] == "prior"
    means = found.table[(found.table["quantity"] == "mean") & (found.table["estimand"] == "rate[early]")].iloc[0]
    exact = (2 + sum(COUNTS[:4])) * (1 / 5.01 - 1 / 5)
    assert means["predicted"] - means["a"] == pytest.approx(exact, rel=0.25)


def test_draws_for_predictions_may_be_missing_and_are_not_damaged_in_silence(solved: Any, kept: Path) -> None:
    beside = kept.with_name("counts.draws.npz")
    content = beside.read_bytes()
    changed = replace(
        of_comparison(solved),
        variants={"default": replace(of_comparison(solved).variants["default"], model=counts(1.01))},
    )
    try:
        beside.unlink()
        assert any("no draws of the reference were kept" in one for one in Baseline.load(kept).compare(changed).told)
        beside.write_bytes(content[:200])
        with pytest.raises(InputError, match=r"counts\.draws\.npz' is damaged"):
            Baseline.load(kept)
    finally:
        beside.write_bytes(content)


def edited(change: Callable[[dict[str, Any]], Any]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        record = json.loads(text)
        change(record)
        return json.dumps(record)

    return edit


def early(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in record["estimates"] if "late" not in row["name"]]


def renamed(record: dict[str, Any]) -> None:
    for row in record["estimates"]:
        row["name"] = row["name"].replace("late", "last")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (edited(lambda r: r.update(what="comparison of lasso")), "is a comparison of lasso, and what is held against"),
        (edited(renamed), r"lacks rate\[last\]"),
        (edited(lambda r: r.update(estimates=early(r))), r"lacks rate\[late\]"),
        (edited(lambda r: r.update(estimates=[])), "no estimates in common"),
        (edited(lambda r: r.update(variants=[])), "has no variants"),
        (edited(lambda r: r.pop("estimates")), "has no 'estimates'"),
        (edited(lambda r: r["estimates"][-1].update(mean=[None, 0.1, 400])), "has an error and no value"),
        (edited(lambda r: r["estimates"][-1].update(mean=[1.0])), "has 1 numbers, not 3"),
        (edited(lambda r: r["estimates"][0].update(estimate="high")), "is 'high' and no number"),
        (edited(lambda r: r["estimates"][0].update(estimate=None)), "is ok and has no estimate"),
        (edited(lambda r: r["densities"]["default"]["terms"][0]["values"].__setitem__(0, None)), "is not a number"),
        (lambda text: text[:-100], "damaged or truncated"),
    ],
)  # fmt: skip
def test_what_is_no_baseline_of_this_is_refused(
    solved: Any, kept: Path, tmp_path: Path, damage: Callable[[str], str], message: str
) -> None:
    place = tmp_path / "counts.json"
    content = damage(kept.read_text())
    place.write_text(content)
    with pytest.raises(InputError, match=message):
        Baseline.load(place).compare(solved)
    assert place.read_text() == content


def test_another_shape_is_told(solved: Any, kept: Path) -> None:
    with pm.Model() as one:
        pm.Poisson("y", pm.Gamma("rate", 2, 1), observed=COUNTS)
    with pytest.raises(InputError, match="no scalar in common"):
        Baseline.load(kept).compare(triptych.compare(one, name="counts", methods=("mle",), progressbar=False))


def test_numbers_need_no_baseline() -> None:
    with pytest.raises(InputError, match="need no baseline"):
        Baseline.of({"mu": 1.0})


@pytest.mark.parametrize(
    ("value", "error", "written"),
    [(1.23456789, 0.013, 1.235), (123456.0, 2000.0, 123500.0), (1.23456789, 0.0, 1.23456789), (np.nan, 1.0, None)],
)
def test_values_are_written_to_a_tenth_of_their_error(value: float, error: float, written: float | None) -> None:
    assert rounded(value, error) == written


def test_a_baseline_of_draws_alone_agrees_with_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    place = Baseline.of({"x": rng.gamma(3, size=(4, 2000))}).save(tmp_path / "x.json")
    assert Baseline.load(place).compare({"x": rng.gamma(3, size=(4, 500))}).verdict == "agree"
    assert Baseline.load(place).compare({"x": rng.gamma(3.4, size=(4, 500))}).verdict == "disagree"
    assert agreement(Baseline.load(place).estimates, Baseline.load(place).estimates).verdict == "agree"
