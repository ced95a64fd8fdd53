"""I8 New wins: a run puts nothing over what is there in the new format already."""

from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import RUN
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict


def new_wins(record: Record) -> Verdict:
    tasks, leases = dict[str, None](), dict[str, None]()
    expectation = record.expectation
    copied = list(expectation.put_by(RUN, NEW_TASK, NEW_LEASE))
    for span, _ in copied:
        before = expectation.before(span.key, span.first, span.begin)
        if before is not None and before.entry.value != span.entry.value:
            if span.key.startswith(NEW_TASK):
                tasks[span.key.removeprefix(NEW_TASK)] = None
            else:
                leases[span.key.removeprefix(NEW_LEASE)] = None
    return verdict(
        "I8",
        "New wins: nothing that is in the new format is overwritten by a copy",
        [
            timeline.finding(
                record, "{n} task{s} that had changed in the new format {were} overwritten", tasks, "H41"
            ),
            timeline.finding(
                record, "{n} lease{s} in the new format {were} overwritten by older ones", leases, "H36"
            ),
        ],
        looked=len(copied),
        at="copies",
    )
