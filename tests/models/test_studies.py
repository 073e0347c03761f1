"""Every scenario can be studied, and walked along the scale of its prior."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import triptych
from triptych.cli.main import main
from triptych.graph.from_scenario import build_model, scenario_data

NAMES = tuple(triptych.scenarios())


@pytest.mark.parametrize("name", NAMES)
def test_the_prior_has_a_scale_that_a_path_may_vary(name: str) -> None:
    import pytensor
    from pytensor.graph.traversal import ancestors

    scenario = triptych.scenarios()[name]
    assert scenario.simulate is not None
    along, span = next(iter(scenario.varies.items()))
    symbolic = pytensor.shared(np.float64(span.stop), name="scale")
    model = build_model(scenario, scenario_data(scenario, {}), {along: symbolic})
    assert symbolic in ancestors([model.logp([*model.free_RVs, *model.potentials])])
    assert symbolic not in ancestors([model.logp(model.observed_RVs)])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_studies_it_and_walks_along_its_prior(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["study", name, "--n", "20", "--replicates", "2"], ["path", name, "--points", "3"]):
        out = tmp_path / arguments[0]
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--out", str(out)])
        assert end.value.code == 0, capsys.readouterr().err
        assert (out / f"{arguments[0]}.html").stat().st_size > 10_000
    found = triptych.scenarios()[name]
    assert next(iter(found.varies)) in (tmp_path / "path" / "path.csv").read_text().splitlines()[0]
