"""A pytest fixture: ``from harness.fixtures import rehearse`` in a conftest.py, and a rehearsal is a test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.run_command import Wanted, rehearsed
from harness.run_report import as_text


@pytest.fixture
def rehearse() -> Callable[..., None]:
    """``rehearse("migration.py", source="links.json", conditions="production", seeds=300)``.

    Fails with the report of what it found, each with the line that shows it again, and when it found nothing
    because it looked at nothing.
    """

    def run(path: str | Path, *, source: str | Path, seeds: int = 100, **options: Any) -> None:
        wanted = Wanted(Path(path), [str(source)], seeds=range(1, seeds + 1), **options)
        about, result, seconds = rehearsed(wanted)
        if result.decision.verdict != "go":
            pytest.fail(as_text(about, result, seconds), pytrace=False)

    return run
