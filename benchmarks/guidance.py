"""Coverage-guided drawing of schedules against drawing all alike: ``python -m benchmarks guidance``.

Runs until a mistake is found, over the small mistakes in the example's careful Worker, from several seeds.
The first generation is the same of both; only mistakes that it does not find are compared.
"""

import json
import sys
import tomllib
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measurement import Measurement
from harness.explore.search import BLOCK
from harness.explore.tally import Tally
from harness.explore.workforce import Here
from harness.model.scenario import Scenario
from harness.rehearsal.rehearsal import schedules_of
from harness.rehearsal.subject import Subject, loaded, sampled
from kvstore import ManualClock, read_bulk

_ROOT: Final = Path(__file__).parents[1]
_LINKS: Final = _ROOT / "examples" / "links"
_MUTANTS: Final = _ROOT / "tests" / "harness" / "declared" / "mutants.toml"
_BEGAN: Final = 1_800_000_000_000
_GENERATION: Final = 50
# Where blocks of seeds begin.
_STARTS: Final = (1, BLOCK + 1, 2 * BLOCK + 1)


async def measure(folder: Path) -> list[Measurement]:
    guided, uniform, early = [], [], 0
    for mutant in tomllib.loads(_MUTANTS.read_text())["mutant"]:
        if "same" in mutant or "unseen" in mutant:
            continue
        for start in _STARTS:
            found = _until_found(_subject(mutant), start, None)
            if found <= _GENERATION:
                early += 1
                continue
            guided.append(found)
            uniform.append(_until_found(_subject(mutant), start, 0))
            print(json.dumps([mutant["name"], start, found, uniform[-1]]), file=sys.stderr, flush=True)
    what = (
        f"runs until one of {len(guided)} mistakes is found, beside {early} of the first {_GENERATION} runs"
    )
    return [
        Measurement(f"{what}: {name}", "runs", of(guided), of(uniform), "drawn alike", bar=1)
        for name, of in (("median", median), ("worst", max), ("mean", lambda runs: sum(runs) / len(runs)))
    ]


class _OneByOne(Here):
    """Says of every run what it found."""

    batch = 1


class _Found(Exception):
    """After so many runs."""


def _until_found(subject: Subject, start: int, varied: int | None) -> int:
    """How many runs it takes, and one more than a block of seeds where that does not suffice."""
    search = schedules_of(subject, _OneByOne(), Scenario(conditions="production", colos=2))
    if varied is not None:
        search.varied = varied

    def told(tally: Tally, of: int) -> None:
        if tally.violations:
            raise _Found(tally.looked.runs)

    try:
        search.search(range(start, start + BLOCK), told)
    except _Found as found:
        return int(found.args[0])
    return BLOCK + 1


def _subject(mutant: dict[str, Any]) -> Subject:
    """The example with one mistake in its Worker."""
    entry = _LINKS / "careful" / "src" / "entry.py"
    parts = entry.read_text().split(mutant["right"])
    place = mutant.get("occurrence", 1)
    text = mutant["right"].join(parts[:place]) + mutant["wrong"] + mutant["right"].join(parts[place:])
    stored = read_bulk((_LINKS / "links.json").read_text(), ManualClock(_BEGAN), "links.json").entries
    entries = {("LINKS", key): one for key, one in stored.items()}
    path = _LINKS / "migration.py"
    sample = sampled(loaded(Subject(path, (), _BEGAN)).migration, entries)
    return Subject(path, sample, _BEGAN, (("after", entry, text),))
