"""The example that ships: short links move from JSON to a URL with metadata."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.model.scenario import Scenario
from harness.rehearsal.migration_file import load_migration
from harness.rehearsal.subject import Subject, loaded
from tests.harness.declared.declaring import BEGAN, codes, entries_of, rehearsed, subject_of

LINKS = Path(__file__).parents[3] / "examples" / "links"
ENTRIES = entries_of(LINKS / "links.json", "LINKS")


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["run", *arguments, "--from", str(LINKS / "links.json"), "--json", "-", "-q"])
    return code, json.loads(capsys.readouterr().out)


def test_naive_is_no_go_and_says_what_is_lost() -> None:
    found = codes(rehearsed(LINKS / "naive.py", ENTRIES, explore=("walks", "schedules"), seeds=range(1, 60)))
    assert {"expiration-lost", "left-behind", "not-found", "resurrected", "budget"} <= found


def test_careful_is_go_under_every_search() -> None:
    result = rehearsed(LINKS / "migration.py", ENTRIES, seeds=range(1, 121))
    assert not result.damage
    assert result.decision.verdict == "go", result.unmet


@pytest.mark.parametrize("conditions", ["local", "free", "hostile"])
def test_careful_survives_schedules_under_other_conditions(conditions: str) -> None:
    result = rehearsed(
        LINKS / "migration.py", ENTRIES, explore=("schedules",), conditions=conditions, seeds=range(1, 60)
    )
    assert not result.damage


def test_the_same_line_is_the_same_run() -> None:
    subject = subject_of(LINKS / "migration.py", ENTRIES)
    scenario = Scenario.read("seed=7 entries=4 colos=3 readers=2 clients=2 rollout=60 odd=unicode,ending")
    one, two = (subject.simulate(scenario) for _ in range(2))
    assert [(event.at, event.verb, event.key) for event in one.asked] == [
        (event.at, event.verb, event.key) for event in two.asked
    ]
    assert one.final == two.final


def test_a_finding_is_shown_again_by_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    moment = "2027-01-15T08:00:00Z"
    code, report = run(
        str(LINKS / "naive.py"),
        "--at",
        moment,
        "--explore",
        "schedules",
        "--seeds",
        "12",
        "--jobs",
        "1",
        capsys=capsys,
    )
    assert code == 1
    assert report["verdict"] == "no-go"
    for finding in report["findings"]:
        code, again = run(
            str(LINKS / "naive.py"), "--at", moment, "--scenario", finding["scenario"], capsys=capsys
        )
        assert code == 1
        assert finding["code"] in {
            one["code"] for verdict in again["verdicts"] for one in verdict["findings"]
        }


def test_the_worker_before_is_read_without_a_miss() -> None:
    subject = subject_of(LINKS / "migration.py", ENTRIES)
    own = loaded(subject)
    start = own.start(subject, Scenario.read("entries=6"))
    assert own.unreadable(start, BEGAN) == frozenset()


def test_the_declaration_has_what_it_says() -> None:
    migration = load_migration(LINKS / "migration.py")
    assert sorted(migration.stages) == ["after", "before"]
    assert [rule.name for rule in migration.clients] == ["remove", "create"]
    assert Subject(LINKS / "migration.py", (), BEGAN).migration.name == "links"
