"""Who does the work of a search: this machine's cores, or a cluster."""

import bz2
import gc
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from logging import CRITICAL, getLogger
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, TypeVar

from harness.terminal.exit_codes import INCONCLUSIVE
from harness.terminal.output import TIMEOUT_SECONDS
from harness.terminal.processes import Child, Killed, ProcessError, ready
from worker.program import DISTRIBUTION, NOT_INSTALLED, installed_version

Job = TypeVar("Job")
Done = TypeVar("Done")

# How often a job is done again whose process was killed.
_MOST_TIMES: Final = 3
# Scenarios of a job: on this machine, so that its processes end at about the same time; and on a cluster.
_BATCH: Final = 20
_CLUSTER_BATCH: Final = 1000
# How many jobs a thread of a cluster has at most, with the one that it does.
_JOBS_AHEAD: Final = 3
# So long a cluster may be without workers, which may be about to come back, and how often one looks.
_PATIENCE_SECONDS: Final = 8
_LOOK_SECONDS: Final = 1


class Unfinished(ProcessError):
    """A job could not be done, however often it was tried: says which."""

    exit_code = INCONCLUSIVE


class ClusterError(Exception):
    """The cluster cannot be reached, or what it takes is not installed."""


class Workforce(Protocol):
    """``workers`` do jobs side by side, each in a process that keeps what it has loaded.

    A job is of ``batch`` scenarios at most: what it costs to hand one out is little beside what it does.
    """

    @property
    def workers(self) -> int: ...

    @property
    def batch(self) -> int: ...

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        """What ``work`` makes of each job, in the order in which they are done. Raises what it raises."""
        ...

    def operations(self) -> int:
        """How many operations of the runs that are under way are done, as far as that is known."""
        ...

    def close(self) -> None:
        """Let the processes go."""
        ...


class Here:
    """This process alone."""

    workers = 1
    batch = _BATCH

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        return map(work, jobs)

    def operations(self) -> int:
        return 0

    def close(self) -> None:
        """There is nothing to let go."""


class Processes:
    """Processes of this machine; one for each core when ``workers`` is not said.

    A request may take ``timeout`` seconds. They are kept for what is to be done next, until `close`. A job
    whose process is killed is done again in another; raises Unfinished when that does not help, Ended and
    Stuck for what the Worker does to its process.
    """

    batch = _BATCH

    def __init__(self, workers: int | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._timeout = timeout
        self._idle: list[Child] = []
        self._crew: dict[Child, tuple[Any, int]] = {}

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        for _, done in self.outcomes(work, jobs):
            if isinstance(done, ProcessError):
                raise done
            yield done

    def outcomes(
        self, work: Callable[[Job], Done], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Done | ProcessError]]:
        """Each job with what ``work`` makes of it, or what it did to its process, as they are done."""
        waiting = deque((job, 1) for job in jobs)
        crew: dict[Child, tuple[Job, int]] = {}
        self._crew = crew

        def begin(child: Child) -> None:
            crew[child] = waiting.popleft()
            child.give(crew[child][0])

        try:
            while waiting or crew:
                while waiting and len(crew) < self.workers:
                    begin(self._child(work))
                for child, stuck in ready(crew):
                    job, times = crew[child]
                    try:
                        if stuck is not None:
                            raise stuck
                        done: Done = child.take()
                    except ProcessError as death:
                        del crew[child]
                        child.end()
                        if isinstance(death, Killed) and times < _MOST_TIMES:
                            waiting.append((job, times + 1))
                        elif isinstance(death, Killed):
                            yield job, Unfinished(f"not done, {times} times: {job}: {death}")
                        else:
                            yield job, death
                        continue
                    if waiting:
                        begin(child)
                    else:
                        del crew[child]
                        self._idle.append(child)
                    yield job, done
        finally:
            for child in crew:
                child.end()

    def operations(self) -> int:
        return sum(child.operations for child in list(self._crew))

    def _child(self, work: Callable[[Any], Any]) -> Child:
        if not self._idle:
            return Child(work, self._timeout)
        child = self._idle.pop()
        child.turn_to(work)
        return child

    def close(self) -> None:
        """End them all."""
        while self._idle:
            self._idle.pop().end()

    def __del__(self) -> None:
        self.close()


def _packed(job: Any) -> bytes:
    """A job as few bytes: Dask's scheduler keeps the last thousand messages to each worker, jobs included."""
    return bz2.compress(pickle.dumps(job))


def _do_packed(work: Callable[[Job], Done], packed: bytes) -> Done:
    return work(pickle.loads(bz2.decompress(packed)))


class Cluster:
    """The workers of a Dask scheduler at ``address``, which have this version of Understudy installed.

    Its scheduler holds a few jobs for each worker at a time, however many there are. Raises ClusterError.
    """

    batch = _CLUSTER_BATCH

    def __init__(self, address: str) -> None:
        try:
            self._dask: Any = import_module("distributed")
        except ImportError as error:
            raise ClusterError("--cluster takes Dask: pip install 'understudy-kv[cluster]'") from error
        self._address = address
        # What becomes of the connection is said here, in words.
        getLogger("distributed.client").setLevel(CRITICAL)
        self._client, why = self._connected(address)
        if self._client is None:
            # What did not connect closes itself when it is collected: in the midst of the next connection it
            # would wait for a lock that the same thread holds, for ever.
            gc.collect()
            raise ClusterError(f"no Dask scheduler answers at {address}: {why}")
        threads = [one["nthreads"] for one in self._client.scheduler_info()["workers"].values()]
        self.workers, self._most_waiting = len(threads), _JOBS_AHEAD * sum(threads)
        if not self.workers:
            self.close()
            raise ClusterError(f"the Dask scheduler at {address} has no workers")
        if other := self._other_version():
            self.close()
            raise ClusterError(f"the Dask worker at {other}: install the same version on every worker")

    def _connected(self, address: str) -> tuple[Any, str]:
        """A client of the scheduler, or why there is none."""
        try:
            return self._dask.Client(address, timeout=10, set_as_default=False), ""
        except (OSError, ValueError) as error:
            return None, str(error)

    def _other_version(self) -> str:
        """A worker that has another version of Understudy than there is here, and which; "" without any."""
        here = installed_version()
        found = self._client.run(version, DISTRIBUTION, on_error="return")
        for worker, there in found.items():
            missing = isinstance(there, PackageNotFoundError)
            if here != (NOT_INSTALLED if missing else there):
                other = f"no {DISTRIBUTION}" if missing else f"{DISTRIBUTION} {there}"
                return f"{worker} has {other}, and here it is {here}"
        return ""

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        """As any workforce. Raises Unfinished when the cluster goes away, or loses a job with its workers."""
        lost = self._dask.CancelledError, self._dask.KilledWorker, self._dask.comm.CommClosedError
        done: SimpleQueue[Any] = SimpleQueue()
        waiting: set[Any] = set()
        left = iter(jobs)

        def begin(most: int) -> None:
            for job in islice(left, most):
                # Not pure: a job that was done before may be asked for again, and is then done again.
                future = self._client.submit(_do_packed, work, _packed(job), pure=False)
                waiting.add(future)
                future.add_done_callback(done.put)

        try:
            begin(self._most_waiting)
            while waiting:
                future = self._next(done)
                result = future.result()
                waiting.remove(future)
                del future  # the cluster forgets what it holds for us
                begin(1)
                yield result
        except lost as error:
            raise Unfinished(f"the cluster at {self._address} did not finish the search: {error}") from None
        finally:
            self._client.cancel(list(waiting))

    def _next(self, done: "SimpleQueue[Any]") -> Any:
        alone = 0
        while True:
            try:
                return done.get(timeout=_LOOK_SECONDS)
            except Empty:
                alone = 0 if self._client.scheduler_info()["workers"] else alone + _LOOK_SECONDS
                if alone >= _PATIENCE_SECONDS:
                    raise Unfinished(f"the cluster at {self._address} has no workers left") from None

    def operations(self) -> int:
        return 0

    def close(self) -> None:
        """Leave the cluster; its workers go on."""
        self._client.close()
