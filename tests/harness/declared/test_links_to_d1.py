"""The example that moves short links from KV to rows of D1: naive and careful, and what people get wrong."""

import shutil
from pathlib import Path

import pytest

from harness.model.scenario import Scenario
from kvstore.layers.quotas import DAY_MS
from tests.harness.declared.declaring import codes, entries_of, rehearsed, subject_of
from worker.d1 import messages

LINKS = Path(__file__).parents[3] / "examples" / "links_to_d1"
ENTRIES = entries_of(LINKS / "links.json", "LINKS")
# What people get wrong: what the careful Worker says, what theirs says, the run that shows it, and the
# sentence that names it.
MISTAKES = {
    "a backfill over newer rows": (
        '"DO NOTHING"',
        '"DO UPDATE SET url = excluded.url"',
        "entries=1 interrupt=replace@operator.1:3",
        "1 newer write of a client was overwritten by the migration",
    ),
    "a lost ttl": (
        'key.get("expiration")',
        "None",
        "entries=6",
        "entries have no expiration any more",
    ),
    "lost metadata": (
        '(key.get("metadata") or {}).get("owner")',
        "None",
        "entries=1",
        "the metadata of 1 entry is lost",
    ),
    "originals deleted before anybody has looked for their rows": (
        "            if url is not None:\n                owner",
        '            await self.env.LINKS.delete(key["name"])\n            if url:\n                owner',
        "entries=1 faults=crash@operator.1:4",
        "1 entry is stored nowhere at the end",
    ),
    "a listing without its cursor": (
        '{"done": page["list_complete"], "cursor": page.get("cursor"), name: said}',
        '{"done": True, name: said}',
        "entries=4 page=3",
        "1 entry is left in the old layout only",
    ),
}


def test_naive_is_no_go_and_says_what_is_lost() -> None:
    found = codes(
        rehearsed(LINKS / "naive.py", ENTRIES, explore=("crashes", "schedules"), seeds=range(1, 60))
    )
    assert {
        "nowhere-for-a-while",
        "lost",
        "metadata-lost",
        "expiration-lost",
        "resurrected",
        "left-behind",
        "not-found",
    } <= found


@pytest.mark.parametrize("explore", ["walks", "crashes", "orders", "schedules"])
def test_careful_is_go(explore: str) -> None:
    result = rehearsed(LINKS / "migration.py", ENTRIES, explore=(explore,), seeds=range(1, 121))
    assert not result.damage
    assert result.decision.verdict == "go", result.unmet


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_and_named(tmp_path: Path, mistake: str) -> None:
    right, wrong, run, said = MISTAKES[mistake]
    folder = shutil.copytree(LINKS, tmp_path / "links")
    entry = folder / "careful" / "src" / "entry.py"
    code = entry.read_text()
    assert right in code
    entry.write_text(code.replace(right, wrong))
    subject = subject_of(folder / "migration.py", ENTRIES)
    verdicts = subject.judge(subject.simulate(Scenario.read(run)))
    told = [finding.what for one in verdicts for finding in one.findings]
    assert any(said in one for one in told), told


def test_the_forecast_has_what_d1_is_billed_by() -> None:
    found = rehearsed(LINKS / "migration.py", ENTRIES, explore=("walks",)).forecast
    assert found is not None
    said = found.as_json()
    assert said["queries"] > 0
    assert said["rowsWritten"] >= said["entries"]
    assert said["mostQueries"] == 1  # a page is one batch


def test_a_run_tells_its_calls_of_d1() -> None:
    subject = subject_of(LINKS / "naive.py", ENTRIES)
    record = subject.simulate(Scenario.read("seed=1 entries=1"))
    (saved,) = [event for event in record.queried if event.invocation == "operator.1"]
    assert saved.database == "DB"
    assert saved.queries[0].sql.startswith("INSERT OR REPLACE INTO links")
    assert (saved.changes, saved.rows_written) == ((1,), 2)
    assert saved.ordinal == 4


def test_the_operator_goes_on_tomorrow_when_the_rows_of_the_day_are_used_up() -> None:
    subject = subject_of(LINKS / "migration.py", ENTRIES)
    record = subject.simulate(Scenario.read("seed=1 conditions=free spent=997"))
    refused = [event for event in record.queried if event.code == "daily-quota"]
    assert [event.error for event in refused] == [messages.WRITES_OF_DAY]
    after = [call.sent for call in record.calls if call.role == "operator" and call.sent > refused[0].at]
    assert after[0] // DAY_MS == refused[0].at // DAY_MS + 1
    assert not any(verdict.findings for verdict in subject.judge(record))
