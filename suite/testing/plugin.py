"""The pytest plugin: baselines beside tests, and scenarios as tests. It imports nothing heavy until it is used."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from triptych.testing.agreement_table import Agreement

FOLDER = "baselines"
FIXTURE = "estimates_regression"
KNOWN = "triptych_baselines"  # what a worker of xdist tells of: folder to the names that its tests have


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("triptych", "estimates")
    group.addoption(
        "--estimates-update", action="store_true", help="write the baselines of estimates_regression anew, and pass"
    )
    group.addoption("--estimates-force", action="store_true", help="allow --estimates-update where CI is set")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and refuse to update where nobody looks at what changed."""
    config.addinivalue_line("markers", "scenario(name, **options): run the contract and the claims of a scenario")
    updates = config.getoption("--estimates-update") and not config.getoption("--estimates-force")
    if updates and os.environ.get("CI", "").lower() in ("1", "true"):
        raise pytest.UsageError(
            "--estimates-update writes baselines, and CI is set: update them where you can look at the difference, or "
            "add --estimates-force"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note how many tests share the budget of false alarms, and which baselines belong to a test."""
    users = [item for item in items if FIXTURE in getattr(item, "fixturenames", ())]
    config.stash[_users] = max(1, len(users))
    known: dict[str, list[str]] = {}
    for item in users:
        known.setdefault(str(_folder(item.path)), []).append(_safe(item.name))
    # Named one by one, a file's other tests are not collected, and their baselines are no orphans.
    config.stash[_known] = {} if any("::" in str(a) for a in config.args) else known


_users = pytest.StashKey[int]()
_known = pytest.StashKey[dict[str, list[str]]]()
_orphans = pytest.StashKey[set[str]]()


def _folder(test_file: Path) -> Path:
    return test_file.parent / FOLDER / test_file.stem


def _safe(name: str) -> str:
    return re.sub(r"[^\w.=+-]+", "-", name).strip("-")


def _orphans_among(known: dict[str, list[str]]) -> set[str]:
    """Return the baselines that belong to no test of the files that were collected."""
    found = set()
    for folder, names in known.items():
        for path in Path(folder).glob("*.json"):
            stem = path.name.removesuffix(".json")
            if not any(stem == name or stem.startswith(f"{name}--") for name in names):
                found.add(str(path))
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Look for baselines without a test; a worker of xdist sends them on."""
    orphans = _orphans_among(session.config.stash.get(_known, {}))
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        session.config.stash.setdefault(_orphans, set()).update(orphans)
    else:
        output[KNOWN] = sorted(orphans)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of xdist tells."""
    told = getattr(node, "workeroutput", {}).get(KNOWN, [])
    node.config.stash.setdefault(_orphans, set()).update(told)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List the baselines that no test has any more."""
    orphans = sorted(config.stash.get(_orphans, None) or ())
    if orphans:
        terminalreporter.section("baselines without a test")
        for path in orphans:
            terminalreporter.line(path)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Run the contract of the scenarios that a test is marked with, and then the test."""
    for marker in pyfuncitem.iter_markers("scenario"):
        if not marker.args:
            raise pytest.UsageError(f"{pyfuncitem.nodeid}: @pytest.mark.scenario names no scenario")
        from triptych.testing.contract import check_scenario

        for name in marker.args:
            check_scenario(name, **marker.kwargs)
    return (yield)


class EstimatesRegression:
    """Holds estimates of a test against the baseline beside it."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._update = bool(request.config.getoption("--estimates-update"))
        self._share = request.config.stash[_users]
        self._folder = _folder(request.path)
        self._name = _safe(request.node.name)
        self._used: set[str] = set()

    def check(self, given: Any, name: str | None = None, **options: Any) -> Agreement | None:
        """Assert that estimates agree with their baseline.

        Parameters
        ----------
        given
            A ``pm.Model``, which is solved by :func:`triptych.compare`; a comparison, a DataTree, draws, or results of
            statsmodels.
        name
            Tells several baselines of one test apart.
        **options
            As in :func:`triptych.testing.agreement`; the budget of 1e-6 is shared by all tests that use the fixture.
        """
        __tracebackhide__ = True
        from triptych.base.errors import InputError
        from triptych.testing.agree import BUDGET
        from triptych.testing.baseline import Baseline

        stem = self._name if name is None else f"{self._name}--{_safe(name)}"
        if stem in self._used:
            raise InputError(f"two baselines of {self._name} have one name; tell them apart by name=")
        self._used.add(stem)
        path = self._folder / f"{stem}.json"
        solved = _solved(given)
        if self._update:
            Baseline.of(solved).save(path)
            return None
        if not path.exists():
            pytest.fail(f"there is no baseline {path}; make it with --estimates-update, and look at it", pytrace=False)
        try:
            options.setdefault("budget", BUDGET / self._share)
            found = Baseline.load(path).compare(solved, **options)
        except InputError as error:
            pytest.fail(f"{path.name}: {error}; if that is meant, --estimates-update writes it anew", pytrace=False)
        if found.verdict != "agree":
            hint = "\n\nIf the change is meant: pytest --estimates-update, and review what it writes."
            pytest.fail(f"{path.name}: {found}{hint}", pytrace=False)
        return found


def _solved(given: Any) -> Any:
    """Solve a model; anything else is taken as it is."""
    import sys

    pymc = sys.modules.get("pymc")
    if pymc is None or not isinstance(given, pymc.Model):
        return given
    from triptych.api.compare import compare

    return compare(given, profile=False, progressbar=False)


@pytest.fixture
def estimates_regression(request: pytest.FixtureRequest) -> EstimatesRegression:
    """Hold estimates against the baseline beside the test: ``estimates_regression.check(comparison)``."""
    return EstimatesRegression(request)
