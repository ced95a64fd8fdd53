"""JavaScript Workers with D1: the example that moves short links to rows, in the other language."""

import shutil
from pathlib import Path

import pytest

from harness.cli.run import Wanted, open_migration
from harness.explore.faults import everywhere
from harness.explore.workforce import Here
from harness.model.scenario import Scenario
from harness.rehearsal.rehearsal import rehearse
from harness.rehearsal.subject import Subject, loaded
from harness.system.javascript.code import JavaScriptCode
from harness.system.repeating import check_repeats
from tests.harness.declared.test_links_to_d1 import ENTRIES
from tests.harness.javascript.running import OPEN

pytestmark = [pytest.mark.workerd, pytest.mark.usefixtures("javascript")]
EXAMPLE = Path(__file__).parents[3] / "examples" / "links_to_d1"
WORKERS = Path(__file__).parent / "links"


def twin(folder: Path) -> Path:
    """The example, whose Workers are the JavaScript ones: the declaration, SQL and entries are its own."""
    shutil.copytree(EXAMPLE, folder)
    for code in WORKERS.iterdir():
        config = folder / code.stem / "wrangler.toml"
        text = config.read_text().replace("src/entry.py", code.name).replace('"python_workers"', "")
        config.write_text(text)
        shutil.rmtree(folder / code.stem / "src")
        shutil.copyfile(code, folder / code.stem / code.name)
    return folder


def opened(file: Path) -> Subject:
    wanted = Wanted(file, [str(EXAMPLE / "links.json")], at="2026-11-30T12:00:00Z")
    subject = open_migration(wanted).subject
    codes = [stage.worker_code for stage in loaded(subject).stages.all()]
    OPEN.extend(code for code in codes if isinstance(code, JavaScriptCode) and code not in OPEN)
    return subject


def violated(subject: Subject, scenario: Scenario) -> set[str]:
    verdicts = subject.judge(subject.simulate(scenario))
    return {finding.code for verdict in verdicts for finding in verdict.findings}


def test_naive_is_no_go_and_says_what_is_lost(tmp_path: Path) -> None:
    subject = opened(twin(tmp_path / "links") / "naive.py")
    found = violated(subject, Scenario(colos=2, readers=1, clients=1))
    assert {"nowhere-for-a-while", "metadata-lost", "expiration-lost"} <= found
    crash = Scenario.read("seed=1 entries=1 faults=crash@operator.1:4")  # between the delete and the row
    assert "lost" in violated(subject, crash)


def test_careful_is_go_over_schedules(tmp_path: Path) -> None:
    subject = opened(twin(tmp_path / "links") / "migration.py")
    result = rehearse(subject, ENTRIES, Here(), explore=("schedules",), seeds=range(1, 201))
    assert not result.damage
    assert result.decision.verdict == "go", result.unmet


def test_careful_survives_a_fault_at_every_statement(tmp_path: Path) -> None:
    subject = opened(twin(tmp_path / "links") / "migration.py")
    base = Scenario(colos=2, entries=2)
    record = subject.simulate(base)
    asked = {(event.invocation, event.ordinal) for event in record.queried}
    calls = [call for call in record.calls if call.role == "operator"]
    faults = [
        one for one in everywhere(("crash", "refused", "timeout"), calls) if (one.request, one.at) in asked
    ]
    assert {one.kind for one in faults} == {"crash", "refused", "timeout"}
    for fault in faults:
        damaged = subject.simulate(Scenario(colos=2, entries=2, faults=(fault,)))
        assert [str(one) for one in damaged.fired] == [str(fault)]
        assert not [one for one in subject.judge(damaged) if one.findings], fault


def test_it_does_the_same_again_in_a_new_process_of_workerd(tmp_path: Path) -> None:
    subject = opened(twin(tmp_path / "links") / "migration.py")
    record = subject.simulate(Scenario(colos=2, readers=1, clients=1))
    check_repeats(loaded(subject).stages, record, lambda: subject.simulate(record.scenario))
    assert record.queried
