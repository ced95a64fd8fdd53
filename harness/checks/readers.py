"""Readers: they find every entry that lives, at any time and everywhere, and nothing that is gone."""

from collections.abc import Iterable, Mapping

from harness.model.evidence import of_call, story
from harness.model.expectation import LAST_MINUTE, Expectation, overlap
from harness.model.record import Act, Call, Record
from harness.model.verdict import Finding, Moment, finding

TITLE = "Readers: they find what lives, and nothing that is gone"
AT = "requests of readers"

# How late a write may be seen elsewhere, in milliseconds: cached reads and listings last a minute.
_SEEN_MS = 61_000


def judged(record: Record, expectation: Expectation) -> int:
    return sum(act.role != "client" for act in record.acts)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    changes: dict[tuple[str, str], list[Act]] = {}
    for act in record.acts:
        if act.role == "client":
            changes.setdefault(act.place, []).append(act)
    missed, ghosts = [], []
    for act in record.acts:
        if act.role == "client" or act.outcome not in ("found", "missed"):
            continue
        lives = _lives(record, expectation, act, changes.get(act.place, []))
        if lives is True and act.outcome == "missed":
            missed.append(act)
        elif lives is False and act.outcome == "found":
            ghosts.append(act)
    yield _finding(record, expectation, "not-found", "{n} entr{ies} that live{es} {were} not found", missed)
    yield _finding(
        record, expectation, "ghost", "{n} entr{ies} that a client had deleted {were} found", ghosts
    )
    errors = [call for call in record.calls if _is_own_error(record, call)]
    allowed = record.scenario.platform.allowance.operations
    over = [call for call in errors if allowed is not None and call.operations > allowed]
    yield _of_errors("{n} request{s} ran into the limit of operations", over, "request-budget")
    queries = {event.invocation: event.error for event in record.queried if event.error}
    failed = [call for call in errors if call not in over and call.name in queries]
    yield _of_errors("{n} request{s} failed with an error of D1", failed, "query-error", queries)
    own = [call for call in errors if call not in over and call not in failed]
    what = "{n} request{s} {were} answered with an error that neither KV nor D1 explains"
    yield _of_errors(what, own, "own-error")


def _lives(record: Record, expectation: Expectation, act: Act, changes: list[Act]) -> bool | None:
    """Whether the entry was there, for everybody, all the time; None when that cannot be said."""
    if act.place in expectation.immovable or act.place in record.unreadable:
        return None
    if changes and any(target in record.start for target in expectation.originals.get(act.place, ())):
        return None  # what was there beside it is another's
    lives: bool | None = None
    if act.place in record.start:
        expiration = record.start[act.place].expiration
        if expiration is not None and expiration * 1000 <= act.ended + LAST_MINUTE * 1000:
            return None
        lives = True
    last: Act | None = None
    for change in sorted(changes, key=lambda change: change.ended):
        if change.began > act.ended:
            continue
        before, last = last, change
        settled = change.ended >= 0 and change.ended + _SEEN_MS < act.began
        if change.outcome == "unknown" or not settled:
            return None
        lives = {"gone": False, "made": True}.get(change.outcome, lives)
        if before is not None and before.outcome != change.outcome and overlap(before, change):
            lives = None  # either may have been the last
        if change.outcome == "made" and _ends(record, change, act.ended):
            return None
    return lives


def _ends(record: Record, made: Act, moment: int) -> bool:
    """Whether something that a client wrote in an act has expired by ``moment`` (ms), or is about to."""
    ends = (
        event.entry.expiration
        for event in record.writes[made.first : made.last]
        if event.entry is not None and event.invocation.startswith(f"{made.actor}.")
    )
    return any(end is not None and end * 1000 <= moment + LAST_MINUTE * 1000 for end in ends)


def _finding(
    record: Record, expectation: Expectation, code: str, what: str, acts: list[Act]
) -> Finding | None:
    def show() -> tuple[Moment, ...]:
        first = acts[0]
        return story(record, [first.place, *expectation.originals.get(first.place, ())], first)

    return finding(what, list(dict.fromkeys(act.place[1] for act in acts)), show=show, code=code)


def _of_errors(
    what: str, calls: list[Call], code: str, why: Mapping[str, str | None] | None = None
) -> Finding | None:
    """A finding for requests that failed; ``why`` has what is known of the cause, by their names."""
    known = why or {}
    said = dict.fromkeys(
        f"{call.method} {call.path.partition('?')[0]}: {known.get(call.name) or _said(call)}"
        for call in calls
    )
    return finding(what, list(said), show=lambda: tuple(map(of_call, calls[:3])), code=code)


def _is_own_error(record: Record, call: Call) -> bool:
    """Whether a Worker failed although neither KV nor D1 refused it anything."""
    if call.status is None or call.status < 500 or call.refused:
        return False
    return not any(event.error for event in record.operations.get(call.name, ()))


def _said(call: Call) -> str:
    return f"{call.status} {' '.join(str(call.answer).split())[:80]}"
