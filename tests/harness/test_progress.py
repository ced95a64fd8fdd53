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


def test_one_long_part_says_how_far_it_is_and_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter([0.0, 0.0] + [30.0] * 9)  # it begins twice, then half a minute is over
    monkeypatch.setattr(told, "stopwatch", lambda: next(moments))
    out, written = io.StringIO(), list[int]()
    progress = Progress(out, enabled=False)
    progress.follow("walking: {done} of some {of} writes", written.__len__, 4_000)
    assert progress.so_far().endswith("walking: 0 of some 4,000 writes")
    written += range(1_000)
    assert "walking: 1,000 of some 4,000 writes, 1 min 30 s left" in progress.so_far()
    written += range(9_000)
    assert progress.so_far().endswith("walking: 10,000 of some 4,000 writes")


def test_each_part_of_a_search_says_how_long_its_rest_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(told, "stopwatch", lambda: now[0])
    progress = Progress(io.StringIO(), enabled=False)
    progress.rehearsed("walks", 7, 7, 0)
    now[0] = 100.0
    progress.rehearsed("schedules", 20, 500, 0)
    assert progress.so_far().endswith("0 kinds of damage"), "its pace is not known yet"
    now[0] = 110.0
    progress.rehearsed("schedules", 40, 500, 0)
    assert "schedules: 40 of 500 runs, 0 kinds of damage, 3 min 50 s left" in progress.so_far()


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
