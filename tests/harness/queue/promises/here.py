"""A workforce of this process alone, and a small queue."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.migrations.queue.simulation.population import populate
from harness.sources.source import Source
from kvstore import NamespaceCopy, SystemClock


class Here:
    """Does every job where it is asked for."""

    workers, batch = 1, 20

    def do(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        return map(work, jobs)

    def close(self) -> None:
        pass


def small_queue() -> Source:
    """Four tasks, two of them held, and what is odd about old queues."""
    now = SystemClock().now_ms() // 1000
    return Source("a small queue", NamespaceCopy(populate(now, 4, 2, ("duplicate", "orphan", "metadata"))))
