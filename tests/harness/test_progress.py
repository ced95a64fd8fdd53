"""What is said of work that goes on: to a terminal, and into a log."""

import io

import pytest

import harness.terminal.progress as told
from harness.terminal.progress import Progress


def test_a_log_hears_of_long_work_that_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "_SILENT_SECONDS", -1)
    out = io.StringIO()
    progress = Progress(out)
    progress.rehearsed("schedules", 3, 5, 1)
    progress.remind()
    progress.end()
    assert "   schedules: 3 of 5 runs, 1 kinds of damage … (0 s)\n" in out.getvalue()


def test_a_log_is_not_filled_with_counts() -> None:
    out = io.StringIO()
    progress = Progress(out)
    for done in range(100):
        progress.made_small(done, 100)
    progress.remind()
    progress.end()
    assert out.getvalue() == ""


@pytest.mark.parametrize("enabled", [True, False])
def test_what_was_found_until_it_was_stopped_is_kept(enabled: bool) -> None:
    out = io.StringIO()
    progress = Progress(out, enabled=enabled)
    progress.found("I7", "1 task now expires later", "seed=1")
    progress.simulated(7, 10, 1, 0)
    progress.end()
    assert "7 of 10 runs" in progress.so_far()
    assert "1 found" in progress.so_far()
    assert "1 task now expires later [I7]" in out.getvalue() + progress.so_far()
