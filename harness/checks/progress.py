"""Progress: the runbook comes to its end."""

from collections.abc import Iterable

from harness.model.evidence import of_call
from harness.model.expectation import Expectation
from harness.model.record import Failure, Record
from harness.model.verdict import Finding, Moment

TITLE = "Progress: the runbook comes to its end"
AT = "requests of an operator"


def judged(record: Record, expectation: Expectation) -> int:
    return sum(call.role == "operator" for call in record.calls)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    for one in record.failures[:1]:
        yield Finding(
            f"the operator gave up: {one.what.partition('?')[0]} {one.why}",
            code="gave-up",
            show=lambda one=one: _show(record, one),  # type: ignore[misc]
        )


def _show(record: Record, failure: Failure) -> tuple[Moment, ...]:
    theirs = [call for call in record.calls if call.role == "operator" and call.sent <= failure.at]
    refused = [event for call in theirs[-1:] for event in record.operations.get(call.name, ()) if event.error]
    errors = [
        Moment(event.at, event.invocation, f"{event.verb} {event.key}: {event.error}")
        for event in refused[:3]
    ]
    return (*map(of_call, theirs[-4:]), *errors)
