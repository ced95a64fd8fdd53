"""Mutants prove the search: each small mistake in the Worker is found, and nothing is found without one."""

from itertools import islice
from pathlib import Path

import pytest

from harness.migrations.queue.explore.probes import every_probe
from harness.migrations.queue.rehearsal.preflight import demand_queue_worker
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER, QueueWorker
from harness.system.code import WorkerCode
from tests.harness.queue.mutants.hunt import hunt, violated
from tests.harness.queue.mutants.mutant import Mutant, PatchError, read_mutants

pytestmark = pytest.mark.mutants

MUTANTS = {mutant.name: mutant for mutant in read_mutants()}
FEWEST = 40
# How much of what the hunts try must be silent without a mistake: nearly all of them end before this.
SILENT = 400
PARTS = 4


def test_there_are_enough_mutants_and_each_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in read_mutants()]
    assert len(names) == len(set(names)) >= FEWEST


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_changes_one_place_and_is_still_a_program(name: str) -> None:
    mutant = MUTANTS[name]
    compile(mutant.patched(QUEUE_WORKER), mutant.file, "exec")
    assert mutant.why
    assert mutant.expect
    assert mutant.old != mutant.new


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_still_the_queues_worker(name: str, tmp_path: Path) -> None:
    worker = QueueWorker(MUTANTS[name].build(QUEUE_WORKER, tmp_path))
    demand_queue_worker(worker, "safe", producers=True, coordinator=True)


def test_a_patch_that_fits_no_more_says_so() -> None:
    stale = Mutant("stale", "keys.py", "no such line", "", "nothing", ("I1",))
    with pytest.raises(PatchError, match="'stale' replaces a text that occurs 0 times in keys.py, not once"):
        stale.patched(QUEUE_WORKER)


# A mistake may be an await that is left out, of which Python complains when it clears up.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", MUTANTS)
def test_the_search_finds(name: str) -> None:
    found = hunt(MUTANTS[name])
    assert found.invariant is not None, f"{found}\n{MUTANTS[name].why}"


@pytest.mark.parametrize("part", range(PARTS))
def test_without_a_mistake_the_same_search_is_silent(part: int) -> None:
    code = WorkerCode(QUEUE_WORKER)
    probes = islice(every_probe(lambda one: simulate(one, code)), part, SILENT, PARTS)
    # On plain KV two requests at once collide, whatever the Worker does.
    able = (one for one in probes if not (one.at_once and one.claims == "kv"))
    assert {str(one): found for one in able if (found := violated(one, code))} == {}
