"""The example in JavaScript: what one writes first loses data, the careful one does not."""

import shutil
from pathlib import Path

import pytest

from harness.cli.run import Wanted, open_migration
from harness.explore.faults import everywhere
from harness.migration import MigrationError
from harness.model.scenario import Scenario
from harness.rehearsal.subject import Subject, loaded
from harness.system.javascript.code import JavaScriptCode
from harness.system.repeating import check_repeats
from tests.harness.javascript.running import OPEN

pytestmark = [pytest.mark.workerd, pytest.mark.usefixtures("javascript")]
BOARD = Path(__file__).parents[3] / "examples" / "board"


def opened(file: Path) -> Subject:
    wanted = Wanted(file, [str(BOARD / "board.json")], at="2026-11-30T12:00:00Z")
    subject = open_migration(wanted).subject
    OPEN.extend(
        code
        for stage in loaded(subject).stages.all()
        if isinstance(code := stage.worker_code, JavaScriptCode) and code not in OPEN
    )
    return subject


def violated(subject: Subject, scenario: Scenario) -> set[str]:
    verdicts = subject.judge(subject.simulate(scenario))
    return {verdict.invariant for verdict in verdicts if verdict.findings}


def test_naive_loses_what_the_mapping_says() -> None:
    subject = opened(BOARD / "naive.py")
    assert {"readers", "expiration"} <= violated(subject, Scenario(colos=2, readers=1, clients=1))


@pytest.mark.parametrize("seed", range(1, 5))
def test_careful_is_silent_beside_clients_and_readers(seed: int) -> None:
    subject = opened(BOARD / "migration.py")
    assert not violated(subject, Scenario(seed=seed, colos=2, entries=2, readers=1, clients=1))


def test_careful_answers_as_the_worker_before_did() -> None:
    subject = opened(BOARD / "migration.py")
    record = subject.simulate(Scenario(conditions="local", page=1))
    assert record.compared is not None
    assert not violated(subject, record.scenario)


def test_a_worker_that_is_not_deterministic_is_named_and_not_judged(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    shutil.copytree(BOARD, folder)
    (folder / "old" / "src" / "index.js").write_text(
        "export default { async fetch(request, { BOARD }) {\n"
        "  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);\n"
        "  const { k } = await crypto.subtle.exportKey('jwk', key);\n"
        "  return Response.json([k, await BOARD.get('board:' + k)]);\n} };\n"
    )
    subject = opened(folder / "migration.py")
    record = subject.simulate(Scenario(colos=2, readers=1))
    with pytest.raises(
        MigrationError, match=r"not deterministic here.* The first difference: reader-1\.1 get"
    ):
        check_repeats(loaded(subject).stages, record, lambda: subject.simulate(record.scenario))


def test_a_careful_worker_does_the_same_again() -> None:
    subject = opened(BOARD / "migration.py")
    record = subject.simulate(Scenario(colos=2, readers=1, clients=1))
    check_repeats(loaded(subject).stages, record, lambda: subject.simulate(record.scenario))


def test_careful_survives_a_crash_and_a_refusal_at_every_operation() -> None:
    subject = opened(BOARD / "migration.py")
    base = Scenario(colos=2, entries=2)
    calls = [call for call in subject.simulate(base).calls if call.role == "operator"]
    faults = list(everywhere(("crash", "refused"), calls))
    assert len(faults) >= 20
    for fault in faults:
        assert not violated(subject, Scenario(colos=2, entries=2, faults=(fault,))), fault
