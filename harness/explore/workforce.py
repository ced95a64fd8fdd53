"""Who does the work of a search: this machine's cores, or a cluster."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


class ClusterError(Exception):
    """The cluster cannot be reached, or what it takes is not installed."""


class Workforce(Protocol):
    """``workers`` do jobs side by side, each in a process that keeps what it has loaded."""

    @property
    def workers(self) -> int: ...

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        """What ``work`` makes of each job, in the order in which they are done. Raises what it raises."""
        ...


@dataclass(frozen=True)
class Processes:
    """Processes of this machine; one for each core when ``workers`` is not said."""

    workers: int = os.cpu_count() or 1

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        # Spawned, not forked: whoever starts a search may have threads.
        with ProcessPoolExecutor(min(self.workers, len(jobs) or 1), get_context("spawn")) as pool:
            waiting = [pool.submit(work, job) for job in jobs]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


class Cluster:
    """The workers of a Dask scheduler at ``address``, which have this version of Understudy installed.

    Raises ClusterError.
    """

    def __init__(self, address: str) -> None:
        try:
            self._dask: Any = import_module("distributed")
        except ImportError as error:
            raise ClusterError("--cluster takes Dask: pip install 'understudy[cluster]'") from error
        try:
            self._client = self._dask.Client(address, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(f"no Dask scheduler answers at {address}: {error}") from error
        self.workers = len(self._client.scheduler_info()["workers"])
        if not self.workers:
            raise ClusterError(f"the Dask scheduler at {address} has no workers")

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        # Not pure: a job that was done before may be asked for again, and is then done again.
        waiting = self._client.map(work, jobs, pure=False)
        try:
            for future in self._dask.as_completed(waiting, loop=self._client.loop):
                yield future.result()
        finally:
            self._client.cancel(waiting)

    def close(self) -> None:
        """Leave the cluster; its workers go on."""
        self._client.close()
