"""A rehearsal that is shared out, or stopped half-way, comes to the same end as one that is not."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.cli.rehearse import main
from harness.cli.run import open_migration, result_of
from harness.explore import search
from harness.explore.checkpoint import Checkpoint
from harness.explore.workforce import Done, Here, Job, Processes
from harness.rehearsal.progress import NoProgress
from harness.report.document import rehearsal_document
from harness.terminal.command import CannotStart
from harness.terminal.output import json_text
from tests.harness.report.reports import AT, LINKS, wanted


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_GENERATION", 3)
    monkeypatch.setattr(search, "BLOCK", 6)
    monkeypatch.setattr(Processes, "batch", 2)


def searched(seeds: range, checkpoint: Checkpoint | None = None) -> dict[str, Any]:
    opened = open_migration(wanted(seeds=seeds))
    result = result_of(opened, wanted(seeds=seeds), NoProgress(), checkpoint)
    found: dict[str, Any] = json.loads(json_text(rehearsal_document(opened.about, result, 0)))
    return found


def test_shards_merged_are_one_search(tmp_path: Path) -> None:
    for number, seeds in enumerate((range(1, 7), range(13, 19), range(7, 13))):
        (tmp_path / f"{number}.json").write_text(json_text(searched(seeds)))
    parts = [str(tmp_path / f"{number}.json") for number in range(3)]
    merged = tmp_path / "merged.json"
    assert main(["merge", *parts, "--json", str(merged), "--jobs", "1"]) == 1
    assert json.dumps(json.loads(merged.read_text()) | {"seconds": 0}) == json.dumps(searched(range(1, 19)))


class Wide(Here):
    """As a cluster: a job is of many seeds, and those that came last are done first."""

    batch, workers = 12, 1

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        return map(work, reversed(jobs))


def test_whole_blocks_in_a_job_are_one_search(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seeds, path = range(1, 34), tmp_path / "kept.json"
    once = searched(seeds)
    searched(range(1, 10), Checkpoint(path, "this"))  # up to the midst of a block
    monkeypatch.setattr(run, "_processes", lambda wanted: Wide())
    assert searched(seeds) == once
    assert searched(seeds, Checkpoint(path, "this")) == once


class _Stopped(Exception):
    pass


def test_a_search_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seeds = tmp_path / "kept.json", range(1, 13)
    keep = Checkpoint.keep
    count = 0

    def stopping(checkpoint: Checkpoint, part: str, state: Any) -> None:
        nonlocal count
        keep(checkpoint, part, state)
        count += 1
        if count == 3:
            raise _Stopped

    monkeypatch.setattr(Checkpoint, "keep", stopping)
    with pytest.raises(_Stopped):
        searched(seeds, Checkpoint(path, "this"))
    monkeypatch.setattr(Checkpoint, "keep", keep)
    kept = Checkpoint(path, "this")
    assert kept.parts["schedules"]["tally"]["looked"]["runs"] == 9
    assert searched(seeds, kept) == searched(seeds)


def test_a_checkpoint_of_another_search_is_refused(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "kept.json", "this").keep("schedules", {})
    with pytest.raises(CannotStart, match="the checkpoint of another search"):
        Checkpoint(tmp_path / "kept.json", "that")
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(CannotStart, match="is not a checkpoint"):
        Checkpoint(tmp_path / "other.json", "this")


def test_reports_of_two_rehearsals_are_not_merged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = searched(range(1, 4))
    (tmp_path / "1.json").write_text(json.dumps(one))
    (tmp_path / "2.json").write_text(json.dumps({**one, "digest": "other"}))
    assert main(["merge", str(tmp_path / "1.json"), str(tmp_path / "2.json")]) == 3
    assert "digest is other in one" in capsys.readouterr().err
    assert main(["merge", str(tmp_path / "1.json"), str(tmp_path / "1.json")]) == 3
    assert "the seeds from 1 to 3 were searched twice" in capsys.readouterr().err


def test_a_checkpoint_is_written_on_the_command_line(tmp_path: Path) -> None:
    given = ["--from", str(LINKS / "links.json"), "--at", AT, "--explore", "schedules", "--seeds", "3", "-q"]
    kept = tmp_path / "kept.json"
    assert main(["run", str(LINKS / "naive.py"), *given, "--jobs", "1", "--checkpoint", str(kept)]) == 1
    assert "schedules" in json.loads(kept.read_text())["parts"]
