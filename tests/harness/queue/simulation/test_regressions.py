"""The seeds of trouble stay: what a search found and was mended is replayed here."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.migrations.queue.checkers import judge
from tests.harness.queue.simulation.runs import run

# Without a coordinator no claim is exclusive, and nothing keeps two writers a second apart.
_WITHOUT_COORDINATOR = ("I9", "I10", "I20")


def _regressions() -> list[Any]:
    text = Path(__file__).with_name("regressions.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)["regression"]
    return [pytest.param(one, id=f"{number}: {one['what']}") for number, one in enumerate(found)]


@pytest.mark.parametrize("regression", _regressions())
def test_mended_stays_mended(regression: dict[str, Any]) -> None:
    record = run(regression["scenario"])
    coordinated = record.scenario.claims == "coordinator"
    broken = [
        (verdict.invariant, [finding.what for finding in verdict.findings])
        for verdict in judge(record)
        if not verdict.held and (coordinated or verdict.invariant not in _WITHOUT_COORDINATOR)
    ]
    assert broken == []
