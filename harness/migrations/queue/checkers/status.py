"""I17 Honest status: the status route tells what a full scan would, at most as late as listings are."""

import json

from harness import Call
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, PENDING, QUARANTINE
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Finding, Verdict, verdict

_COUNTERS = {
    "oldTaskCount": OLD_TASK,
    "newTaskCount": NEW_TASK,
    "oldLeaseCount": OLD_LEASE,
    "newLeaseCount": NEW_LEASE,
}
# What the guide's answer recommends, by whether a migration is needed.
_RECOMMENDED = {True: "Run migration to move to new format", False: "Already using new format"}
# A page for each of the five that are counted.
_FEW_PAGES = 5


def honest_status(record: Record) -> Verdict:
    asked = [call for call in record.to("GET", "/api/migrate/status") if call.status == 200]
    wrong: dict[str, list[tuple[Call, str]]] = {}
    if record.judged["status"].status == 200:
        asked.append(record.judged["status"])
    for call in asked:
        for name, text in _lies(record, call):
            wrong.setdefault(name, []).append((call, text))
    return verdict(
        "I17",
        "Honest status: needsMigration and the counters are those of a full scan",
        [_finding(name, told) for name, told in wrong.items()],
        looked=len(asked),
        at="answers of the status route",
    )


def _finding(name: str, told: list[tuple[Call, str]]) -> Finding | None:
    calls = [call for call, _ in told]
    what = f"{{n}} answer{{s}} of the status route {{were}} wrong about {name}: {told[0][1]}"
    return timeline.of_calls(what, calls)


def _lies(record: Record, call: Call) -> list[tuple[str, str]]:
    begin, end = record.expectation.evidence(call)
    bounds = {name: _bounds(record, prefix, begin, end) for name, prefix in _COUNTERS.items()}
    pending = _bounds(record, PENDING, begin, end)
    lies = []
    for name, (least, most) in bounds.items():
        said = call.member("status", name)
        least = 0 if call.member("complete") is False else least
        if not isinstance(said, int) or not least <= said <= most:
            truly = str(least) if least == most else f"from {least} to {most}"
            lies.append((name, f"{json.dumps(said)}, in truth {truly}"))
    old = [bounds["oldTaskCount"], bounds["oldLeaseCount"], pending]
    if record.scenario.migration == "safe":
        lies += _more_lies(record, call, bounds, pending)
    needed = call.member("needsMigration")
    recommended = call.raw("recommendation")
    if isinstance(needed, bool) and recommended != _RECOMMENDED[needed]:
        lies.append(
            ("recommendation", f"{json.dumps(recommended)}, with needsMigration {json.dumps(needed)}")
        )
    if needed is not True and any(least for least, _ in old):
        lies.append(("needsMigration", f"{json.dumps(needed)}, and there was something of the old format"))
    if needed is not False and not any(most for _, most in old):
        lies.append(("needsMigration", f"{json.dumps(needed)}, and there was nothing of the old format"))
    return lies


def _more_lies(
    record: Record, call: Call, bounds: dict[str, tuple[int, int]], pending: tuple[int, int]
) -> list[tuple[str, str]]:
    """What is wrong with the members that a safe migration adds, and with the guide's two flags."""
    complete, lies = call.member("complete"), []
    kept = _bounds(record, QUARANTINE, *record.expectation.evidence(call))
    said = call.raw("quarantined")
    if not isinstance(said, int) or said > kept[1] or (complete is True and said < kept[0]):
        lies.append(("quarantined", f"{json.dumps(said)}, in truth from {kept[0]} to {kept[1]}"))
    listed = call.raw("pendingListExists")
    if not isinstance(listed, bool) or (listed and not pending[1]) or (not listed and pending[0]):
        lies.append(("pendingListExists", json.dumps(listed)))
    counted = call.member("status") or {}
    new, old = counted.get("newFormatExists"), counted.get("oldFormatExists")
    if new is not bool(counted.get("newTaskCount")):
        lies.append(("newFormatExists", json.dumps(new)))
    if old is not call.member("needsMigration"):
        lies.append(("oldFormatExists", json.dumps(old)))
    few = sum(event.verb == "scan" for event in record.operations[call.name]) <= _FEW_PAGES
    failed = any(event.error for event in record.operations[call.name])
    if complete is not True and few and not failed and call is not record.judged["status"]:
        lies.append(("complete", f"{json.dumps(complete)}, and there was little to count"))
    return lies


def _bounds(record: Record, prefix: str, begin: int, end: int) -> tuple[int, int]:
    """How many keys were there all the time, and how many at any time."""
    return record.expectation.counted(prefix, begin, end)
