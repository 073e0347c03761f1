"""Every threshold has beside it what pins it, or stands among those of which a kind is known that no case can pin."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tests.gallery import CASES
from tests.perturb_thresholds import modules, named_numbers
from tests.threshold_kinds import GROUPS

PINNED = re.compile(r"(?:(?P<name>[A-Z_]+) is )?pinned by (?P<by>\w+)")


def beside(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield each threshold of a module with the comments on its lines and directly above them."""
    lines = inspect.getsource(module).splitlines()
    for name, node in named_numbers(module):
        first = node.lineno - 1
        while lines[first - 1].startswith("#"):
            first -= 1
        yield name, " ".join(line.partition("#")[2] for line in lines[first : node.end_lineno])


def pins(name: str, said: str) -> list[str]:
    """Return what is said to pin a threshold: of the name, or of all that stand on the line."""
    return [found["by"] for found in PINNED.finditer(said) if found["name"] in (None, name)]


def test_each_threshold_is_pinned_or_is_of_a_kind_that_no_case_can_pin() -> None:
    listed = {name for group in GROUPS for name in group.names.split()}
    found, wrong = set(), []
    for module in modules():
        file = module.__name__.rpartition(".")[2]
        for name, said in beside(module):
            keys = {name, f"{file}.{name}"} & listed
            found |= keys
            if bool(keys) == bool(pins(name, said)):
                wrong.append(f"{module.__name__}.{name}: {'pinned and listed' if keys else 'neither'}")
    assert not wrong, "\n".join(wrong)
    assert not listed - found, "in tests/threshold_kinds.py and nowhere else"


def test_what_pins_a_threshold_is_there() -> None:
    known = {case.name for case in CASES}
    for file in Path(__file__).parent.rglob("test_*.py"):
        known |= set(re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE))
    said = {(name, by) for module in modules() for name, words in beside(module) for by in pins(name, words)}
    assert said
    assert not {f"{name}: {by}" for name, by in said if by not in known}


def test_no_threshold_is_listed_twice() -> None:
    listed = [name for group in GROUPS for name in group.names.split()]
    assert len(listed) == len(set(listed))
