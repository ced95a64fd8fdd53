"""The report of an assessment, and the command."""

import json
from collections.abc import Callable

import pytest

from harness.cli.rehearse import main
from harness.migrations.queue.promises import table
from harness.migrations.queue.promises.assessment import Assessment
from harness.terminal.exit_codes import HELD, VIOLATED


def test_the_table_fits_and_names_every_promise(assessment: Assessment) -> None:
    lines = table.as_text(assessment, 1.0).splitlines()
    assert all(len(line) <= 110 for line in lines if not line.lstrip().startswith("rehearse "))
    first = [line[:3] for line in lines if line.startswith("G") and line[3:5] == "  "]
    assert first[:45] == [row.promise.id for row in assessment.rows]


def test_promises_not_held_are_told_below_the_table(assessment: Assessment) -> None:
    text = table.as_text(assessment, 1.0)
    for row in assessment.rows:
        told = f"\n{row.promise.id}  {row.promise.claim} ({row.promise.where})" in text
        assert told == any(one.verdict != "held" for one in row.judgements.values())


def test_table_ends_with_a_decision_and_the_cost_of_each_migration(assessment: Assessment) -> None:
    documented, safe = assessment.recommendations
    assert not documented.go
    assert any("on this namespace, local" in reason.what for reason in documented.reasons)
    text = table.as_text(assessment, 1.0)
    assert "NO-GO for the documented migration" in text
    assert f"{'GO' if safe.go else 'NO-GO'} for the safe migration" in text
    assert "% of its writes" in " ".join(text.split())
    assert "with 1,000 operations a call" in text
    assert (assessment.decision.verdict == "go") == safe.go


def test_the_document_has_every_judgement(assessment: Assessment) -> None:
    document = json.loads(json.dumps(table.as_json(assessment, 1.0)))
    assert len(document["promises"]) == 45
    assert {one["verdict"] for row in document["promises"] for one in (row["documented"], row["safe"])} == {
        "held",
        "only if",
        "broken",
        "opinion",
    }
    assert all(row["claims"] >= row["heldByTwo"] for row in document["claims"])


def test_chosen_promises_are_judged_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", "-q", "--promises", "G14,G38"]) == HELD
    assert main(["queue", "-q", "--promises", "G40", "--json", "-"]) == VIOLATED
    out = capsys.readouterr().out
    assert "G38" in out
    assert "decision" not in out.partition("{")[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--promises", "--explore", "schedules"],
        ["--promises", "--migration", "safe"],
        ["--promises", "--scenario", "tasks=1"],
        ["--promises", "G46"],
    ],
)
def test_promises_refuse_flags_that_exclude_each_other(
    arguments: list[str], bad_usage: Callable[..., str]
) -> None:
    assert "promise" in bad_usage("queue", *arguments)
