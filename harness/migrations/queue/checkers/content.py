"""I6 Content: a copy has the bytes and the metadata of its original."""

from harness.migrations.queue.checkers.copies import Copy, copies
from harness.migrations.queue.simulation import moments
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict


def content(record: Record) -> Verdict:
    every = copies(record)
    return verdict(
        "I6",
        "Content: copies equal their originals in bytes and metadata",
        [
            moments.finding(
                record,
                "{n} of the copies {are} different in bytes",
                dict.fromkeys(one.task for one in every if not _same_bytes(one)),
                "H55",
            ),
            moments.finding(
                record,
                "{n} of the copies {have} other metadata",
                dict.fromkeys(one.task for one in every if not _same_metadata(one)),
                "H54",
            ),
        ],
        looked=len(every),
        at="copies",
    )


def _same_bytes(copy: Copy) -> bool:
    return any(original.entry.value == copy.span.entry.value for original in copy.originals)


def _same_metadata(copy: Copy) -> bool:
    return any(original.entry.metadata == copy.span.entry.metadata for original in copy.originals)
