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
# Those that make a difference, but for those that are known not to be found: ``unseen`` says why.
FOUND = [one for one in MUTANTS if "same" not in one and "unseen" not in one]
# What is cheap and tells much comes first.
HUNT: list[dict[str, Any]] = [
    {"explore": ("schedules",), "seeds": range(1, 31)},
    {"explore": ("walks",)},
    {"explore": ("interruptions",)},
    {"explore": ("crashes",)},
    {"explore": ("schedules",), "seeds": range(31, 501)},
    {"explore": ("schedules",), "seeds": range(1, 201), "conditions": "hostile"},
]


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
@pytest.mark.parametrize("mutant", FOUND, ids=[one["name"] for one in FOUND])
def test_a_mistake_is_found(tmp_path: Path, mutant: dict[str, Any]) -> None:
    path, start = mutated(tmp_path, mutant), stopwatch()
    for options in HUNT:
        found = codes(rehearsed(path, ENTRIES, **options))
        if found:
            print(f"{mutant['name']}: {', '.join(sorted(found))}, after {stopwatch() - start:.1f} s")
            return
    pytest.fail(f"nothing of all that was searched notices: {mutant['name']}")


def test_nineteen_of_twenty_that_make_a_difference_are_found() -> None:
    different = [one for one in MUTANTS if "same" not in one]
    assert len(different) >= 30
    assert len(FOUND) >= 0.95 * len(different)


@pytest.mark.parametrize("mutant", MUTANTS, ids=[one["name"] for one in MUTANTS])
def test_every_mistake_can_be_made(tmp_path: Path, mutant: dict[str, Any]) -> None:
    assert mutated(tmp_path, mutant).is_file()
