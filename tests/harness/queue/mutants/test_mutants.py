"""Mutants prove the search: each small mistake in the Worker is found, and nothing is found without one."""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import pytest

from harness.migrations.queue.explore.probes import every_probe
from harness.migrations.queue.preflight import demand_queue_worker
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.walk.stage import QUEUE_WORKER
from harness.system.code import WorkerCode
from tests.harness.queue.mutants.hunt import CAP_SECONDS, Hunt, hunt, violated
from tests.harness.queue.mutants.mutant import Mutant, PatchError, read_mutants

pytestmark = pytest.mark.mutants

MUTANTS = {mutant.name: mutant for mutant in read_mutants()}
FEWEST = 40
PROCESSES = 2
# How much of what the hunts try must be silent without a mistake: nearly all of them end before this.
SILENT = 400


def _clean(part: int) -> dict[str, dict[str, str]]:
    """What the Worker as it is violates in every ``PROCESSES``-th of the probes."""
    backstage = WorkerCode(QUEUE_WORKER)
    probes = islice(every_probe(lambda one: simulate(one, backstage)), part, SILENT, PROCESSES)
    # On plain KV two requests at once collide, whatever the Worker does.
    able = (one for one in probes if not (one.at_once and one.claims == "kv"))
    return {str(one): found for one in able if (found := violated(one, backstage))}


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    # Spawned, not forked: whoever runs the tests may have threads.
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        yield pool
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def hunts(processes: ProcessPoolExecutor, request: pytest.FixtureRequest) -> dict[str, Future[Hunt]]:
    """The hunts for the mutants that the selected tests ask about, under way."""
    selected = {item.name for item in request.session.items}
    every = test_the_kill_rate_is_one.__name__ in selected
    wanted = [name for name in MUTANTS if every or f"{test_the_search_finds.__name__}[{name}]" in selected]
    return {name: processes.submit(hunt, MUTANTS[name]) for name in wanted}


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
    worker = MUTANTS[name].build(QUEUE_WORKER, tmp_path)
    demand_queue_worker(worker, "safe", producers=True, coordinator=True)


def test_a_patch_that_fits_no_more_says_so() -> None:
    stale = Mutant("stale", "keys.py", "no such line", "", "nothing", ("I1",))
    with pytest.raises(PatchError, match="'stale' replaces a text that occurs 0 times in keys.py, not once"):
        stale.patched(QUEUE_WORKER)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_search_finds(name: str, hunts: dict[str, Future[Hunt]]) -> None:
    found = hunts[name].result()
    assert found.invariant is not None, f"{found}\n{MUTANTS[name].why}"


def test_the_kill_rate_is_one(hunts: dict[str, Future[Hunt]]) -> None:
    done = [future.result() for future in hunts.values()]
    killed = [one for one in done if one.invariant is not None]
    runs, seconds = median(one.runs for one in done), median(one.seconds for one in done)
    slowest = max(done, key=lambda one: one.seconds)
    print(f"\n{len(killed)} of {len(done)} mutants found; median {runs:.0f} runs, {seconds:.1f} s;", end=" ")
    print(f"slowest {slowest.mutant!r}: {slowest.runs} runs, {slowest.seconds:.1f} s")
    assert [one.mutant for one in done if one.invariant is None] == []
    assert all(one.seconds <= CAP_SECONDS for one in done)


def test_without_a_mistake_the_same_search_is_silent(processes: ProcessPoolExecutor) -> None:
    alarms = {line: found for part in processes.map(_clean, range(PROCESSES)) for line, found in part.items()}
    assert alarms == {}
