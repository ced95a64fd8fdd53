"""The seeds of trouble stay: what a search found and was mended is replayed here."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.checkers.exclusion import UNSEEN
from tests.harness.queue.simulation.runs import run


def _regressions() -> list[Any]:
    text = Path(__file__).with_name("regressions.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)["regression"]
    return [pytest.param(one, id=f"{number}: {one['what']}") for number, one in enumerate(found)]


@pytest.mark.parametrize("regression", _regressions())
def test_mended_stays_mended(regression: dict[str, Any]) -> None:
    record = run(regression["scenario"])
    unseen = UNSEEN if record.scenario.claims == "kv" else frozenset()
    broken = [
        (verdict.invariant, finding.what)
        for verdict in judge(record)
        for finding in verdict.findings
        if unseen.isdisjoint(finding.hazards)
    ]
    assert broken == []
