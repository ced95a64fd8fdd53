"""Small mistakes in the example's careful Worker, kept as data: each is found within a minute."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kvstore.clock import stopwatch
from tests.harness.declared.declaring import codes, rehearsed
from tests.harness.declared.test_links import ENTRIES, LINKS

MUTANTS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("mutants.toml").read_text())["mutant"]
DIFFERENT = [one for one in MUTANTS if "same" not in one]
# What is cheap and tells much comes first.
HUNT: list[dict[str, Any]] = [
    {"explore": ("schedules",), "seeds": range(1, 31)},
    {"explore": ("walks",)},
    {"explore": ("interruptions",)},
    {"explore": ("crashes",)},
    {"explore": ("schedules",), "seeds": range(31, 501)},
    {"explore": ("schedules",), "seeds": range(1, 201), "conditions": "hostile"},
]

found_after: dict[str, tuple[float, set[str]]] = {}


def mutated(folder: Path, mutant: dict[str, Any]) -> Path:
    """The example with one mistake."""
    links = Path(shutil.copytree(LINKS, folder / "links"))
    entry = links / "careful" / "src" / "entry.py"
    code = entry.read_text()
    parts = code.split(mutant["right"])
    place = mutant.get("occurrence", 1)
    assert len(parts) > place, f"{mutant['right']!r} is not {place} times in the Worker"
    before, after = mutant["right"].join(parts[:place]), mutant["right"].join(parts[place:])
    entry.write_text(before + mutant["wrong"] + after)
    return links / "migration.py"


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", DIFFERENT, ids=[one["name"] for one in DIFFERENT])
def test_a_mistake_is_hunted(tmp_path: Path, mutant: dict[str, Any]) -> None:
    path, start = mutated(tmp_path, mutant), stopwatch()
    for options in HUNT:
        found = codes(rehearsed(path, ENTRIES, **options))
        if found:
            found_after[mutant["name"]] = stopwatch() - start, found
            return


@pytest.mark.mutants
def test_nineteen_of_twenty_are_found() -> None:
    missed = [one["name"] for one in DIFFERENT if one["name"] not in found_after]
    slowest = max(found_after.values(), default=(0.0, set()))[0]
    print(f"{len(found_after)} of {len(DIFFERENT)} mutants found; slowest {slowest:.1f} s; missed: {missed}")
    assert len(DIFFERENT) >= 30
    assert len(missed) <= len(DIFFERENT) // 20
