"""What the tests of recorded commands share."""

from pathlib import Path

import pytest

from tests.wrangler_compat.recordings import Scenario, lay_out


@pytest.fixture
def laid_out(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of a recorded scenario, in which the test runs as the recorded command did."""
    monkeypatch.chdir(lay_out(scenario, tmp_path))
    return tmp_path
