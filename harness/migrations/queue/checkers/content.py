"""I6 Content: a copy has the bytes and the metadata of its original."""

from harness.migrations.queue.checkers.copies import Copy, copies
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict


def content(record: Record) -> Verdict:
    count, other_bytes, other_metadata = 0, dict[str, None](), dict[str, None]()
    for one in copies(record):
        count += 1
        if not _same_bytes(one):
            other_bytes[one.task] = None
        if not _same_metadata(one):
            other_metadata[one.task] = None
    return verdict(
        "I6",
        "Content: copies equal their originals in bytes and metadata",
        [
            timeline.finding(
                record,
                "{n} of the copies {are} different in bytes",
                other_bytes,
                "H55",
            ),
            timeline.finding(
                record,
                "{n} of the copies {have} other metadata",
                other_metadata,
                "H54",
            ),
        ],
        looked=count,
        at="copies",
    )


def _same_bytes(copy: Copy) -> bool:
    return any(original.entry.value == copy.span.entry.value for original in copy.originals)


def _same_metadata(copy: Copy) -> bool:
    return any(original.entry.metadata == copy.span.entry.metadata for original in copy.originals)
