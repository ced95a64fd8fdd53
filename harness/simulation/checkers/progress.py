"""I19 Progress: a migration that is not done gets on with every call, unless it waits for something."""

from harness.layout import NOTES, OLD_LEASE, OLD_TASK, PENDING, belongs_to_migration
from harness.simulation import moments
from harness.simulation.record import Call, Record
from harness.verdict import Verdict, verdict
from kvstore.messages import TOO_MANY_OPERATIONS

# A safe migration may be called this often for nothing: it sees late what it has done itself.
_PATIENCE = 5
# What has less to live can have no copy: a migration waits for its end.
_LAST_MINUTE_MS = 60_000


def progress(record: Record) -> Verdict:
    stuck = _stuck_safe(record) if record.scenario.migration == "safe" else _stuck_documented(record)
    return verdict(
        "I19",
        "Progress: every call of an unfinished migration gets on with it",
        [
            moments.told(
                "{n} call{s} of the migration changed nothing, though old keys were left and nothing failed",
                [call.name for call in stuck],
                [moments.of_call(call) for call in stuck],
            )
        ],
    )


def _stuck_documented(record: Record) -> list[Call]:
    """Runs that did nothing with what everybody could see. Each of them goes over everything."""
    return [
        run
        for run in record.runs
        if not _moved(record, run) and not _hindered(record, run) and _left(record, run)
    ]


def _stuck_safe(record: Record) -> list[Call]:
    """Steps of one operator in a row that did nothing: many, and for longer than anything is seen late.

    What another operator's step did meanwhile is progress of the one migration.
    """
    stuck: dict[str, list[Call]] = {}
    for run in record.runs:
        if _moved(record, run):
            stuck = {who: row for who, row in stuck.items() if _is_stuck(record, row)}
        row = stuck.setdefault(run.actor, [])
        done = run.member("done") is True or not _left(record, run)
        if not _is_stuck(record, row) and (done or _moved(record, run) or _hindered(record, run)):
            row.clear()
        else:
            row.append(run)
    return [run for row in stuck.values() if _is_stuck(record, row) for run in row]


def _is_stuck(record: Record, row: list[Call]) -> bool:
    return len(row) >= _PATIENCE and row[-1].sent - row[0].sent > 2 * record.truth.window


def _moved(record: Record, run: Call) -> bool:
    """Whether a run changed anything but its own notes."""
    return any(
        belongs_to_migration(event.key)
        and not event.key.startswith(NOTES)
        and (event.verb == "put" or record.past.before(event) is not None)
        for event in record.past.by(run.name)
    )


def _hindered(record: Record, run: Call) -> bool:
    """Whether something failed that was no fault of the run; the limit of operations is its own."""
    mishaps = any(fired.partition("@")[2].partition(":")[0] == run.name for fired in record.fired)
    refused = any(
        event.error and TOO_MANY_OPERATIONS not in event.error
        for event in record.operations.get(run.name, ())
    )
    return mishaps or refused or run.status is None


def _left(record: Record, run: Call) -> bool:
    """Whether something of the old format was there all the time, with a minute or more to live."""
    truth, (begin, end) = record.truth, record.truth.evidence(run)
    return any(
        truth.was_steady(key, begin, end)
        and all(span.due > end + _LAST_MINUTE_MS for span in truth.during(key, begin, end))
        for key in truth.spans
        if key == PENDING or key.startswith((OLD_TASK, OLD_LEASE))
    )
