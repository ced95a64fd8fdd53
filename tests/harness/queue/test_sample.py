"""``rehearse queue --sample``: what is in it, and what it says of the whole queue."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.migrations.queue.example import example_namespace
from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING, RESULT
from harness.migrations.queue.rehearsal.rehearsal import rehearse_queue, walk_of
from harness.migrations.queue.rehearsal.sampling import QueueSample, sampled
from harness.migrations.queue.state import QueueState
from harness.sources.source import Source
from harness.terminal.exit_codes import USAGE
from kvstore import Entry, ManualClock, SystemClock, write_bulk
from tests.harness.queue.walks import old_queue

NOW = 1_800_000_000_000


def sample_of_the_example(most: int = 40) -> tuple[QueueState, QueueSample]:
    copy = example_namespace(ManualClock(NOW))
    copy.entries[OLD_TASK + "done"] = Entry(b'{"id":"done"}', NOW // 1000 + 900)
    copy.entries[RESULT + "done"] = Entry(b"{}")
    return QueueState(copy.entries), sampled(Source("the example", copy), most, NOW)


def test_a_sample_has_what_is_odd_and_whatever_belongs_to_its_tasks() -> None:
    whole, found = sample_of_the_example()
    entries = found.source.namespace.entries
    state = QueueState(entries)
    assert len(entries) < 80
    assert all((state.corrupt, state.orphans, state.duplicates, state.permanent, state.with_metadata))
    assert {"done"} == set(state.results) & set(state.old_tasks)
    assert set(state.dangling) <= set(whole.dangling)
    assert 0 < len(state.dangling) <= 5
    for task in state.tasks:
        assert (OLD_LEASE + task in entries) == (task in whole.old_leases)
        assert (task in state.pending_ids) == (task in whole.pending_ids)
    assert set(state.orphans) <= set(whole.orphans)


def test_a_list_that_is_broken_stays_as_it_is() -> None:
    copy = example_namespace(ManualClock(NOW))
    copy.entries[PENDING] = Entry(b"[1, ")
    found = sampled(Source("the example", copy), 20, NOW)
    assert found.source.namespace.entries[PENDING].value == b"[1, "


def test_a_forecast_from_a_sample_is_what_the_whole_takes() -> None:
    source = old_queue(300, 30)
    began = 1_800_000_000_000
    scenario = walk_of("safe", conditions="local")
    whole = rehearse_queue(source, scenario, began)
    taken = sampled(source, 60, began)
    small = rehearse_queue(taken.source, scenario, began, sample=taken)
    forecast = taken.forecast(small.record)
    assert forecast is not None
    assert forecast.entries == 331
    asked: list[str] = [
        event.verb for run in whole.record.runs for event in whole.record.operations[run.name]
    ]
    for name, verb in (("writes", "put"), ("deletes", "delete")):
        assert forecast.counts[name] == pytest.approx(asked.count(verb), rel=0.15)
    assert forecast.rests_on()[0].startswith("270 CACHE orchestrator:queue:* that become one, listed: ")


def test_a_sample_is_no_go_where_all_of_it_would_not_fit_into_one_request() -> None:
    _, found = sample_of_the_example()
    rehearsal = rehearse_queue(
        found.source, walk_of("documented", conditions="production"), NOW, sample=found
    )
    (why,) = found.unmet(rehearsal.record)
    assert "and 1,000 are allowed. Rehearse without --sample" in why
    local = rehearse_queue(found.source, walk_of("documented"), NOW, sample=found)
    assert found.unmet(local.record) == []


def report(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    source, file = tmp_path / "queue.json", tmp_path / "report.json"
    source.write_text(write_bulk(old_queue(200, 20, SystemClock().now_ms()).namespace.entries))
    main(["queue", "-q", "--from", str(source), "--json", str(file), *arguments])
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def test_the_report_says_of_how_many_keys_it_judged_how_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = report(tmp_path, "--migration", "safe", "--sample", "20")
    assert document["verdict"] == "go"
    assert (document["sample"]["asked"], document["sample"]["of"]) == (20, 221)
    assert document["forecast"]["entries"] == 221
    text = capsys.readouterr().out
    assert f"Judged: {document['sample']['judged']} of 221 keys" in text
    assert "  rests on " in text
    assert "--sample 20" in text.splitlines()[-1]


@pytest.mark.parametrize("other", [["--explore", "schedules"], ["--scenario", "seed=1"], ["--promises"]])
def test_only_a_rehearsal_takes_a_sample(other: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["queue", "--sample", "20", *other])
    assert caught.value.code == USAGE
    assert "--sample is for a rehearsal" in capsys.readouterr().err
