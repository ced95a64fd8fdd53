"""I18 Budget: no request of a migration asks for more operations than an invocation has."""

from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import ROLLBACK
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict


def budget(record: Record) -> Verdict:
    over: dict[str, int] = {}
    for event in record.refused:
        if event.code == "invocation-limit" and record.made_by_migration(event):
            over[event.invocation] = over.get(event.invocation, 0) + 1
    calls = [record.expectation.calls[name] for name in over if name in record.expectation.calls]
    allowed = record.scenario.platform.allowance.operations
    return verdict(
        "I18",
        "Budget: no call of the migration runs into the limit of operations",
        [
            timeline.shown_by(
                f"{{n}} call{{s}} asked for more than the {allowed} operations of an invocation: "
                f"{sum(over.values())} refused",
                over,
                calls,
                "H03",
            )
        ],
        looked=len(record.runs) + len(record.to("POST", ROLLBACK)),
        at="calls of the migration",
    )
