"""One assessment for all tests: no random schedules but two, so that it is the situations that decide."""

import pytest

from harness.migrations.queue.promises.assessment import Assessment, assess
from harness.migrations.queue.promises.evidence import Inquiry
from harness.migrations.queue.worker import OURS
from tests.harness.queue.promises.here import Here, small_queue


@pytest.fixture(scope="session")
def assessment() -> Assessment:
    return assess(Inquiry(small_queue(), "production", range(1, 3), Here(), OURS))
