"""One assessment for all tests: no random schedules but two, so that it is the situations that decide."""

import pytest

from harness.explore.workforce import Here
from harness.migrations.queue.promises.assessment import Assessment, assess
from harness.migrations.queue.promises.evidence import Inquiry
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.worker import OURS
from harness.sources.source import Source
from kvstore import NamespaceCopy, SystemClock


def small_queue() -> Source:
    """Four tasks, two of them held, and what is odd about old queues."""
    now = SystemClock().now_ms() // 1000
    return Source("a small queue", NamespaceCopy(populate(now, 4, 2, ("duplicate", "orphan", "metadata"))))


@pytest.fixture(scope="session")
def assessment() -> Assessment:
    return assess(Inquiry(small_queue(), "production", range(1, 3), Here(), OURS))
