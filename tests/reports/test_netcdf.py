"""Names and labels that NetCDF or ArviZ refuse: another stands in the file, or the model is refused unsolved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import pytest

import triptych
from triptych.base.errors import ModelError
from triptych.engine.engine import Engine
from triptych.problem.axes import axis_labels
from triptych.reports.files import write_report
from triptych.reports.netcdf import stand_ins, write_tree

REFUSED = [
    "site ",
    "(unit)",
    "-b",
    "b\n2",
    "",
    "a\0b",
    "β" * 200,
    "e\u0301",
    "a/b",
    "tab\t",
    " b",
    "\x7f",
    "@",
    "'",
    "b\u00a0",
]
PLAIN = ["b", "site", "_x", "9lives", "β", "été", "dose mg", "a.b", "a-b", "b(1)", "名前"]


def tree_of(names: list[str]) -> Any:
    import xarray as xr

    variables = {name: ((f"{name} axis ",), [k, k + 1.0]) for k, name in enumerate(names)}
    coords = {f"{name} axis ": ["first", "second"] for name in names}
    group = xr.Dataset(variables, coords=coords)
    return xr.DataTree.from_dict({"/posterior": group, "/mle": group[names[:1]]})


def test_plain_names_stand_for_themselves() -> None:
    assert stand_ins(PLAIN) == {name: name for name in PLAIN}


def test_no_two_names_have_the_same_stand_in() -> None:
    names = ["-b", "_-b", "b ", "b_", "b\n", "b_2", "e\u0301", "\u00e9", "x" * 300, "x" * 299 + "y", "b\t"]
    found = stand_ins(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(found[name] == name for name in ("_-b", "b_", "b_2", "\u00e9")), "what can have its own name has it"


def test_every_name_comes_back_from_the_file_with_its_values(tmp_path: Path) -> None:
    names = [name for name in (*REFUSED, *PLAIN) if name and "/" not in name]
    write_tree(tree_of(names), tmp_path / "tree.nc")
    read = az.from_netcdf(tmp_path / "tree.nc")
    for group, wanted in (("posterior", names), ("mle", names[:1])):
        true = json.loads(read[group].attrs["true_names"])
        found = {true.get(n, n): v.values.tolist() for n, v in read[group].data_vars.items()}
        assert found == {name: [float(k), k + 1.0] for k, name in enumerate(wanted)}
        axes = {true.get(n, n): v.values.tolist() for n, v in read[group].coords.items()}
        assert axes == {f"{name} axis ": ["first", "second"] for name in wanted}
        for stand_in, name in true.items():
            if "\0" not in name:  # where the library that writes attributes ends a text
                assert read[group][stand_in].attrs["true_name"] == name


def solved(site: str, labels: list[Any], slope: str) -> Any:
    with pm.Model(coords={site: labels}) as model:
        b = pm.Normal(slope, 0, 1, dims=site)
        pm.Normal("y ", b, 1, observed=np.array([1.0, 3.0]), dims=site)
    return triptych.compare(model, draws=50, tune=50, profile=False, progressbar=False)


def test_a_model_with_such_names_has_a_report(tmp_path: Path) -> None:
    """With labels that are no plain values besides; the mode is half of each observation."""
    labels = [("a", 1), None]
    done = solved("site ", labels, "-b")
    write_report([done], tmp_path, ("json", "csv", "nc"))
    read = az.from_netcdf(tmp_path / "model.nc")
    for group in ("posterior", "map", "observed_data", "log_likelihood"):
        assert json.loads(read[group].attrs["true_names"])["site_"] == "site ", group
        assert read[group]["site_"].values.tolist() == ["('a', 1)", "None"], group
    np.testing.assert_allclose(read["map"]["_-b"], [0.5, 1.5], atol=1e-8)
    assert read["map"]["_-b"].attrs["true_name"] == "-b"
    assert done.to_datatree()["map"]["-b"].dims == ("site ",)
    table = pd.read_csv(tmp_path / "estimates.csv")
    means = read["posterior"]["_-b"].mean(("chain", "draw")).values
    np.testing.assert_allclose(table["estimate"][table["method"] == "mcmc"], means, rtol=1e-12)


@pytest.mark.parametrize(
    ("site", "slope", "said"),
    [
        ("dose mg/l", "b", "dimension 'dose mg/l' has a name that ArviZ takes for a path.*'dose mg per l'"),
        ("site", ".", r"variable '\.' has a name"),
        ("site", "draw", "variable 'draw' has the name of an axis"),
        ("site", "y_dim_0", "variable 'y_dim_0' has the name of an axis"),
        ("site", "b\udce9", "variable 'b.udce9' is no Unicode text"),
        ("site\udce9", "b", "dimension 'site.udce9' is no Unicode text"),
    ],
)
def test_names_that_no_result_can_have_are_refused_unsolved(site: str, slope: str, said: str) -> None:
    with pm.Model(coords={site: [1, 2]}) as model:
        pm.Normal("y", pm.Normal(slope, 0, 1, dims=site), 1, observed=np.array([1.0, 3.0]), dims=site)
    with pytest.raises(ModelError, match=said):
        Engine.build(model)


def test_a_label_that_is_no_text_is_refused_unsolved() -> None:
    with pm.Model(coords={"site": ["a", "\udce9"]}) as model:
        pm.Normal("y", pm.Normal("b", 0, 1, dims="site"), 1, observed=np.array([1.0, 3.0]), dims="site")
    with pytest.raises(ModelError, match=r"label .*udce9. is no Unicode text"):
        Engine.build(model)


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ([1, 2], [1, 2]),
        (["a", "b"], ["a", "b"]),
        ([True, False], [True, False]),
        ([("a", 1), ("b", 2)], ["('a', 1)", "('b', 2)"]),
        ([("a",), ("b", 2)], ["('a',)", "('b', 2)"]),
        ([None, "a"], ["None", "a"]),
        ([1j, 2j], ["1j", "2j"]),
    ],
)
def test_labels_are_kept_as_they_are_or_as_text(labels: list[Any], kept: list[Any]) -> None:
    assert axis_labels(labels) == kept


def test_the_posterior_is_stored_exactly_and_what_has_a_value_a_row_in_little_space(tmp_path: Path) -> None:
    import xarray as xr

    rng = np.random.default_rng(1)
    draws, terms = rng.standard_normal((2, 250)), rng.standard_normal((2, 250, 100))
    counts = rng.poisson(2.0, (2, 50, 100))
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"mu": (("chain", "draw"), draws)}),
            "log_likelihood": xr.Dataset({"y": (("chain", "draw", "row"), terms)}),
            "posterior_predictive": xr.Dataset({"y": (("chain", "draw", "row"), counts)}),
            "variants/wide/log_likelihood": xr.Dataset({"y": (("chain", "draw", "row"), terms)}),
        }
    )
    write_tree(tree, tmp_path / "x.nc")
    with xr.open_datatree(tmp_path / "x.nc") as back:
        assert back["posterior"]["mu"].values.tolist() == draws.tolist()
        np.testing.assert_allclose(back["log_likelihood"]["y"], terms, rtol=1e-7)
        np.testing.assert_allclose(back["variants/wide/log_likelihood"]["y"], terms, rtol=1e-7)
        assert np.array_equal(back["posterior_predictive"]["y"], counts)
    assert (tmp_path / "x.nc").stat().st_size < 0.55 * (2 * terms.nbytes + counts.nbytes)
