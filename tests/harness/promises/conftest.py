"""One hearing for all tests: no random schedules but two, so that it is the situations that decide."""

import pytest

from harness.promises.evidence import Inquiry
from harness.promises.hearing import Hearing, hear
from harness.stage import QUEUE_WORKER
from tests.harness.promises.here import Here, small_queue


@pytest.fixture(scope="session")
def hearing() -> Hearing:
    return hear(Inquiry(small_queue(), "production", range(1, 3), Here(), QUEUE_WORKER))
