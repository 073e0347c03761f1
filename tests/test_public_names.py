"""The public names are those of ``public_names.txt``: what is added or taken away is added or taken there."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

LIST = Path(__file__).with_name("public_names.txt")
MODULES = ("triptych", "triptych.penalties", "triptych.testing")


def public_names() -> list[str]:
    """Return a line for each public name: functions and classes with the names of their parameters."""
    lines = []
    for module in map(import_module, MODULES):
        for name in module.__all__:
            value = getattr(module, name)
            told = f"({', '.join(inspect.signature(value).parameters)})" if inspect.isroutine(value) else ""
            if inspect.isclass(value) and ".engine." not in value.__module__:  # how an engine is made may change
                own = (part for part in vars(value) if not part.startswith("_"))
                told = f": {', '.join(sorted({*own, *getattr(value, '__dataclass_fields__', {})}))}"
            lines.append(f"{module.__name__}.{name}{told}")
    return sorted(lines)


def test_public_names_are_those_of_the_list() -> None:
    found, listed = public_names(), LIST.read_text(encoding="utf-8").splitlines()
    new, gone = sorted(set(found) - set(listed)), sorted(set(listed) - set(found))
    assert found == listed, f"write `python -m tests.test_public_names`, and say it in CHANGELOG: {new=} {gone=}"


if __name__ == "__main__":
    LIST.write_text("\n".join(public_names()) + "\n", encoding="utf-8")
