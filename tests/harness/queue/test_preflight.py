"""Workers that are not the queue's are refused before anything is judged; a faulty queue Worker is not."""

from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.migrations.queue.rehearsal.preflight import demand_queue_worker
from harness.migrations.queue.worker import OURS
from harness.terminal.exit_codes import INCONCLUSIVE, NOT_STARTED, VIOLATED

from .strangers import FAULTY, IDLE, STRANGERS, faulty, stranger

KINDS = {
    "a walk": [],
    "a walk while messages arrive": ["--strategy", "zero-downtime", "--migration", "safe"],
    "a walk under limits": ["--conditions", "hostile", "--fault", "crash@3"],
    "crashes": ["--explore", "crashes", "--jobs", "1"],
    "crashes of a plan": ["--explore", "crashes", "--scenario", "tasks=1", "--jobs", "1"],
    "schedules": ["--explore", "schedules", "--seeds", "3", "--jobs", "1"],
    "orders": ["--explore", "orders"],
    "one run": ["--scenario", "tasks=1"],
    "promises": ["--promises", "G38"],
    "one run with a coordinator": ["--scenario", "tasks=1 claims=coordinator"],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_refused_in_words(
    name: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = str(stranger(tmp_path, STRANGERS[name]))
    assert main(["queue", "-q", "--worker", worker, *KINDS[kind]]) == NOT_STARTED
    out, err = capsys.readouterr()
    assert out == ""
    why = "claims=coordinator" if "coordinator" in kind else "POST /api/migrate/run answered "
    assert err.startswith(f"rehearse: could not start: this is not the queue's Worker: {why}")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in ("promises", "one run with a coordinator")]
)
def test_a_worker_that_never_asks_kv_is_inconclusive(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = str(stranger(tmp_path, IDLE))
    assert main(["queue", "-q", "--worker", worker, *KINDS[kind]]) == INCONCLUSIVE
    said = capsys.readouterr().out
    assert "INCONCLUSIVE: " in said
    assert "KV and D1 were never asked" in said or "nothing was run" in said


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_queue_worker_is_judged(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = str(faulty(tmp_path, name))
    assert main(["queue", "-q", "--worker", worker]) == VIOLATED
    assert "NO-GO: " in capsys.readouterr().out


@pytest.mark.parametrize("migration", ["documented", "safe"])
def test_the_queues_own_worker_passes(migration: str) -> None:
    demand_queue_worker(OURS, migration, producers=True, coordinator=True)  # type: ignore[arg-type]


def test_a_queue_worker_has_its_own_variables_beside_the_guides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It raises both: its own, and one of the guide's, which the rehearsal sets."""
    worker = stranger(tmp_path, "raise ValueError(self.env.OWN, self.env.MIGRATION)")
    config = worker / "wrangler.toml"
    config.write_text(config.read_text().replace("[vars]", '[vars]\nOWN = "kept"', 1))
    assert main(["queue", "-q", "--worker", str(worker)]) == NOT_STARTED
    assert "ValueError: ('kept', 'documented')" in capsys.readouterr().err
