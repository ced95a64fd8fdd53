"""Who does the work of a search, on this machine and on a cluster: the same comes of it."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.engine.under_way import counting
from harness.explore.search import searched as searched_by
from harness.explore.workforce import Cluster, ClusterError, Processes, Unfinished
from harness.migrations.queue.explore.system import Queue
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import OURS
from harness.terminal.exit_codes import INCONCLUSIVE, NOT_STARTED, VIOLATED
from harness.terminal.processes import Child

pytestmark = pytest.mark.own_clock

ROOT = Path(__file__).parents[3]


def double(number: int) -> int:
    return 2 * number


def fail(number: int) -> int:
    raise KeyError(number)


def counted(number: int) -> None:
    """A run that has done so many operations when it is looked at."""
    with counting(lambda: number):
        signal.raise_signal(signal.SIGALRM)


@pytest.mark.parametrize("jobs", [[], [1], [1, 2, 3, 4, 5]])
def test_processes_do_every_job(jobs: Sequence[int]) -> None:
    assert sorted(Processes(2).do(double, jobs)) == [2 * number for number in jobs]


def test_operations_of_a_run_are_known_while_its_job_goes_on() -> None:
    child = Child(counted)
    for number in (1_000_000, 7):
        child.give(number)
        assert child.channel.poll(60)
        assert child.operations == number
        child.take()
        assert child.operations == 0
    child.end()


def test_workforce_raises_the_error_of_a_job() -> None:
    with pytest.raises(KeyError):
        list(Processes(1).do(fail, [1]))


def test_a_cluster_that_is_not_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["queue", "-q", "--explore", "schedules", "--seeds", "1", "--cluster"]
    assert main([*arguments, "nonsense://there:1"]) == NOT_STARTED
    assert "no Dask scheduler answers at nonsense://there:1" in capsys.readouterr().err
    clients = [one for one in gc.get_objects() if type(one).__module__ == "distributed.client"]
    assert not any(type(one).__name__ == "Client" for one in clients)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"--cluster takes Dask: pip install 'understudy-kv\[cluster\]'"):
        Cluster("tcp://127.0.0.1:1")


def test_a_cluster_is_for_searches_by_simulation(bad_usage: Callable[..., str]) -> None:
    for arguments in ([], ["--explore", "crashes"], ["--explore", "orders"]):
        said = bad_usage("queue", *arguments, "--cluster", "tcp://127.0.0.1:1")
        assert "--cluster is for --explore schedules" in said


def started(stack: ExitStack, part: str, *arguments: str) -> None:
    """Start a part of Dask, which ends with ``stack``."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{part}", "--no-dashboard", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def end() -> None:
        process.kill()
        process.wait()

    stack.callback(end)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler with two worker processes, of two threads each."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")
    file = tmp_path / "scheduler.json"
    with ExitStack() as stack:
        started(stack, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        for _ in range(2):
            folder = ["--local-directory", str(tmp_path)]
            threads = ["--nthreads", "2", "--no-nanny"]
            started(stack, "worker", "--scheduler-file", str(file), *threads, *folder)
        with distributed.Client(scheduler_file=str(file), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield json.loads(file.read_text())["address"]


def searched(report: Path, *arguments: str) -> dict[str, Any]:
    search = ["queue", "-q", "--explore", "crashes", "--scenario", "conditions=local tasks=0 leases=0 runs=1"]
    assert (
        main([*search, "--faults", "crash,refused,unanswered", *arguments, "--json", str(report)]) == VIOLATED
    )
    document: dict[str, Any] = json.loads(report.read_text())
    return document


def without_times(document: dict[str, Any]) -> str:
    """A report to the byte, but for how long it took and how many took part."""
    assert document.pop("seconds") > 0
    document.pop("workers")
    document["discoveries"] = {
        name: {member: value for member, value in one.items() if member != "seconds"}
        for name, one in document["discoveries"].items()
    }
    return json.dumps(document)


def test_a_search_is_the_same_whoever_does_it(cluster: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    shared = (["--cluster", cluster], ["--jobs", "1"], ["--jobs", "2"])
    there, alone, two = (searched(report, *arguments) for arguments in shared)
    assert (there["workers"], alone["workers"], two["workers"]) == (2, 1, 2)
    assert alone["runs"] > 10
    assert without_times(there) == without_times(alone) == without_times(two)


class Noting(Cluster):
    """A cluster that does nothing, and knows how many scenarios each of its jobs has."""

    workers = 2

    def __init__(self) -> None:
        self.jobs: list[int] = []

    def do(self, work: Any, jobs: Sequence[Any]) -> Iterator[Any]:
        self.jobs = [len(job.scenarios) for job in jobs]
        return iter(())


def test_a_job_of_a_cluster_has_a_thousand_scenarios() -> None:
    noting = Noting()
    for many, jobs in ((20_000, [1000] * 20), (800, [100] * 8)):
        searched_by(Queue(OURS), [Scenario(seed=1)] * many, noting, lambda tally, of: None)
        assert noting.jobs == jobs


def test_a_scheduler_holds_a_few_jobs_however_many_there_are(cluster: str) -> None:
    there = Cluster(cluster)
    held = [len(there._client.futures) for _ in there.do(abs, range(100))]
    there.close()
    assert len(held) == 100
    assert (
        max(held) <= 3 * 2 * 2 + 1
    )  # for two workers with two threads each, and the one that is handed over


def test_workers_of_another_version_are_refused(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.explore.workforce.installed_version", lambda: "9.9")
    with pytest.raises(ClusterError, match=r"has understudy-kv .*, and here it is 9\.9: install the same"):
        Cluster(cluster)
    monkeypatch.setattr("harness.explore.workforce.DISTRIBUTION", "understudy-of-nobody")
    with pytest.raises(ClusterError, match="has no understudy-of-nobody"):
        Cluster(cluster)


@pytest.mark.parametrize(
    ("lost", "words"), [("scheduler", "did not finish the search"), ("workers", "has no workers left")]
)
def test_a_cluster_that_goes_away_is_said_in_words(
    cluster: str, lost: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.explore.workforce._PATIENCE_SECONDS", 1)
    there = Cluster(cluster)
    client = there._client
    processes = client.run(os.getpid).values() if lost == "workers" else [client.run_on_scheduler(os.getpid)]
    results = there.do(time.sleep, [0, 1000, 1000])
    assert next(results) is None
    for process in processes:
        os.kill(process, signal.SIGKILL)
    with pytest.raises(Unfinished, match=words) as caught:
        list(results)
    assert caught.value.exit_code == INCONCLUSIVE
    there.close()
