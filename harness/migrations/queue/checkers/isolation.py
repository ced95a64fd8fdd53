"""I25 Isolation: a migration writes to no key but those of tasks, leases, the pending list, and its own."""

from harness.migrations.queue.layout import NOTES, belongs_to_migration
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.log import chosen
from harness.model.verdict import Verdict, verdict


def isolation(record: Record) -> Verdict:
    foreign = [
        event
        for event in record.writes
        if not belongs_to_migration(event.key)
        and (call := record.expectation.calls.get(event.invocation)) is not None
        and call.path.startswith("/api/migrate")
    ]
    # What the migration notes for itself goes away by itself, whatever becomes of the migration.
    endless = [
        event
        for event in chosen(record.writes, NOTES, verb="put")
        if event.entry is not None and event.entry.expiration is None
    ]
    return verdict(
        "I25",
        "Isolation: keys outside the queue are untouched",
        [
            timeline.shown_by(
                "{n} key{s} outside the queue {were} written by the migration",
                dict.fromkeys(event.key for event in foreign),
                foreign,
            ),
            timeline.shown_by(
                "{n} note{s} of the migration {have} no end",
                dict.fromkeys(event.key for event in endless),
                endless,
            ),
        ],
        looked=sum(map(record.made_by_migration, record.writes)),
        at="writes of the migration",
    )
