"""What a migration copied, and what it can have copied it from."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness import Call
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, QUARANTINE
from harness.migrations.queue.simulation.expectation import ROLLBACK, RUN, Span
from harness.migrations.queue.simulation.record import Record, kept_if_few

_ORIGINAL = {NEW_TASK: OLD_TASK, NEW_LEASE: OLD_LEASE, QUARANTINE: OLD_TASK}
_BACK = {OLD_TASK: NEW_TASK, OLD_LEASE: NEW_LEASE}


@dataclass(frozen=True, slots=True)
class Copy:
    """``span`` was put by ``call``; ``originals`` are what it can have read, late or not."""

    task: str
    prefix: str
    span: Span
    call: Call
    originals: list[Span]


@kept_if_few
def copies(record: Record) -> Iterator[Copy]:
    """Every copy that a run or a rollback made of something that was there."""
    for path, routes in ((RUN, _ORIGINAL), (ROLLBACK, _BACK)):
        for span, call in record.expectation.put_by(path, *routes):
            prefix = next(prefix for prefix in routes if span.key.startswith(prefix))
            task = span.key[len(prefix) :]
            since = call.sent - record.expectation.window
            originals = record.expectation.during(routes[prefix] + task, since, span.begin)
            if originals:
                yield Copy(task, prefix, span, call, originals)
