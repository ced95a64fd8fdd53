"""The least evidence of a finding: the few events of a record that show how it came about."""

from collections.abc import Iterable, Sequence
from typing import Final

from harness.model.expectation import Expectation
from harness.model.record import Act, Call, Place, Record
from harness.model.row import is_table, named
from harness.model.verdict import Finding, Moment, finding
from kvstore import Event

MOST: Final = 10

_SAID: Final = {
    "gone": "deletes {}, which is confirmed",
    "made": "makes {}, which is confirmed",
    "changed": "changes {}",
    "unknown": "gets no answer to its request about {}",
    "found": "finds {}",
    "missed": "does not find {}",
}


def damage(expectation: Expectation, code: str, what: str, places: Sequence[Place]) -> Finding | None:
    """A finding about ``places``, shown by what happened to the first of them; None without any."""

    def show() -> tuple[Moment, ...]:
        want = expectation.wants.get(places[0])
        if want is None:
            related = expectation.originals.get(places[0], ())
        else:
            related = () if want.origin is None else (want.origin,)
        return story(expectation.record, [places[0], *related])

    return finding(what, list(map(named, places)), show=show, code=code)


def story(record: Record, places: Iterable[Place], act: Act | None = None) -> tuple[Moment, ...]:
    """What happened to ``places``, and at last in ``act``: at most ten events, the last ones if there are
    more.

    Writes of them, what the migration read of them right before, what clients did to them, faults on the
    way, and
    deployments.
    """
    wanted = set(places)
    keys = {key for _, key in wanted}
    moments = [*_deployments(record), *_writes(record, wanted), *_reads(record, wanted)]
    moments += [_of_act(one) for one in record.acts if one.role == "client" and one.place[1] in keys]
    moments += _faults(record, wanted)
    if act is not None:
        moments.append(_of_act(act))
    ordered = sorted(dict.fromkeys(moments), key=lambda moment: moment.at)
    if len(ordered) > MOST:
        told = [one for one in ordered if not one.what.startswith("reads")]
        ordered = told if len(told) <= MOST else told[-MOST:]
    return tuple(ordered[-MOST:])


def _deployments(record: Record) -> list[Moment]:
    return [Moment(at, "operator", f"deploys {stage}") for at, stage in record.deployed if at <= record.ended]


def _writes(record: Record, places: set[Place]) -> list[Moment]:
    return [
        Moment(event.at, event.invocation, f"{event.verb} {_key(record, event)}")
        for event in record.writes
        if (event.namespace, event.key) in places
    ]


def _reads(record: Record, places: set[Place]) -> list[Moment]:
    """What each request of the migration that wrote one of the places had read of them."""
    writers = {event.invocation for event in record.writes if (event.namespace, event.key) in places}
    return [
        Moment(
            event.at,
            event.invocation,
            f"reads {_key(record, event)}: {'nothing' if event.entry is None else 'there'}",
        )
        for event in record.asked
        if event.verb == "get" and event.invocation in writers and (event.namespace, event.key) in places
    ]


def _faults(record: Record, places: set[Place]) -> list[Moment]:
    return [
        Moment(event.at, event.invocation, f"{event.verb} {_key(record, event)}: {event.error}")
        for event in record.asked
        if event.error is not None and (event.namespace, event.key) in places
    ]


def of_call(call: Call) -> Moment:
    """The answer to a request, or that none came."""
    answer = "no answer" if call.status is None else str(call.status)
    return Moment(max(call.answered, call.sent), call.name, f"{call.method} {call.path} → {answer}")


def _of_act(act: Act) -> Moment:
    who = act.call.name if act.call is not None else act.actor
    return Moment(max(act.ended, act.began), who, _SAID.get(act.outcome, "{}").format(act.name))


def _key(record: Record, event: Event) -> str:
    several = len({namespace for namespace, _ in record.start}) > 1
    if is_table(event.namespace):
        return named((event.namespace, event.key))
    return f"{event.namespace}/{event.key}" if several else event.key
