"""The least evidence of a finding: the few events of a record that show how it came about."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from harness.migration import Entry as Wanted
from harness.model.expectation import Expectation
from harness.model.record import Act, Call, ObjectCall, Place, Record
from harness.model.row import is_table, named
from harness.model.sameness import has_value, read_as, same
from harness.model.verdict import Finding, Moment, finding
from harness.terminal.numbers import write_moment
from kvstore import Event

MOST: Final = 10
# So many characters of a value are shown, from a few before the first that differs.
_SHOWN: Final = 40
_BEFORE: Final = 10

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
        told = story(expectation.record, [places[0], *related])
        unlike = _unlike(expectation, places[0])
        return told if unlike is None else (*told[-MOST + 1 :], unlike)

    return finding(what, list(map(named, places)), show=show, code=code)


def _unlike(expectation: Expectation, place: Place) -> Moment | None:
    """How what is at a place in the end differs from what is to be there; None where either is nothing."""
    record, have = expectation.record, expectation.record.final.get(place)
    wanted = None if have is None else _wanted(expectation, place)
    if have is None or wanted is None:
        return None
    differs = "; ".join(_differences(read_as(wanted, place, have), wanted))
    return Moment(record.ended, "at the end", differs) if differs else None


def _wanted(expectation: Expectation, place: Place) -> Wanted | None:
    """What is to be at a place that does not have it, None for nothing."""
    want = expectation.wants.get(place)
    if want is None:  # it was to stay as it was, or as clients left it
        stored = expectation.untouched.get(place, expectation.record.start.get(place))
        return None if stored is None else expectation.mapping.written(place, stored)
    if want.gone is not None or all(one.place != place for one in expectation.wrong):
        return None
    return next((one for one in want.allowed if one is not None), None)


def _differences(have: Wanted, wanted: Wanted) -> Iterator[str]:
    """What an entry has instead of what it is to have, a part each."""
    if not has_value(wanted, have.value):
        yield f"its value is {_instead(_text(have), _text(wanted))}"
    if not same(have.metadata, wanted.metadata):
        yield f"its metadata is {_instead(_json(have.metadata), _json(wanted.metadata))}"
    if have.expiration != wanted.expiration:
        yield f"its end is {_end(have.expiration)} instead of {_end(wanted.expiration)}"


def _text(entry: Wanted) -> str:
    return repr(entry.value.decode("utf-8", "backslashreplace"))


def _json(metadata: Any) -> str:
    return "nothing" if metadata is None else json.dumps(metadata, ensure_ascii=False)


def _end(expiration: int | None) -> str:
    return "none" if expiration is None else write_moment(1000 * expiration)


def _instead(one: str, other: str) -> str:
    """Both texts, of which as much is shown as there is room for, about where they differ."""
    differs = next(
        (at for at, (mine, its) in enumerate(zip(one, other, strict=False)) if mine != its),
        min(len(one), len(other)),
    )
    return f"{_cut(one, differs)} instead of {_cut(other, differs)}"


def _cut(text: str, differs: int) -> str:
    if len(text) <= _SHOWN:
        return text
    start = 0 if differs < _SHOWN - _BEFORE else differs - _BEFORE
    shown = text[start : start + _SHOWN]
    return f"{'…' * (start > 0)}{shown}{'…' * (start + _SHOWN < len(text))}"


def story(record: Record, places: Iterable[Place], act: Act | None = None) -> tuple[Moment, ...]:
    """What happened to ``places``, and at last in ``act``: at most ten events, the last ones if there are
    more.

    Writes of them, what the migration read of them right before, what it called of objects meanwhile, what
    clients did to them, faults on the way, and deployments.
    """
    wanted = set(places)
    keys = {key for _, key in wanted}
    moments = [*_deployments(record), *_writes(record, wanted), *_reads(record, wanted)]
    moments += _object_calls(record, wanted)
    moments += [_of_act(one) for one in record.acts if one.role == "client" and one.place[1] in keys]
    moments += _faults(record, wanted)
    if act is not None:
        moments.append(_of_act(act))
    ordered = sorted(dict.fromkeys(moments), key=lambda moment: moment.at)
    for less in ("reads", "calls"):
        if len(ordered) > MOST:
            ordered = [one for one in ordered if not one.what.startswith(less)]
    return tuple(ordered[-MOST:])


def course(record: Record, last: Call) -> tuple[Moment, ...]:
    """What was asked until ``last``, since somebody came in between: at most ten events, the last ones."""
    beside = [call for call in record.calls if call.actor in record.interrupted]
    since = beside[0].sent if beside else record.began
    operators = [call for call in record.calls if call.role == "operator" and call.answered >= since]
    asked = [*map(of_call, [*beside, *operators, last])]
    names = {call.name for call in (*beside, last)}
    asked += [_of_object_call(one) for one in record.called if one.invocation in names]
    return tuple(sorted([*_deployments(record), *asked], key=lambda moment: moment.at)[-MOST:])


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


def _object_calls(record: Record, places: set[Place]) -> list[Moment]:
    """What each request called of objects between the first and the last that it had to do with the places.

    Of requests that only read them: calls that failed.
    """
    if not record.called:
        return []
    writers = {event.invocation for event in record.writes if (event.namespace, event.key) in places}
    spans: dict[str, tuple[int, int]] = {}
    for event in (*record.asked, *record.writes):
        if (event.namespace, event.key) in places:
            first, last = spans.get(event.invocation, (event.at, event.at))
            spans[event.invocation] = min(first, event.at), max(last, event.at)
    return [
        _of_object_call(one)
        for one in record.called
        if one.invocation in spans
        and (one.error is not None or one.invocation in writers)
        and one.began < spans[one.invocation][1]
        and one.at >= spans[one.invocation][0]
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


def _of_object_call(call: ObjectCall) -> Moment:
    """The answer to a call of a Durable Object, or why there is none."""
    if call.error is not None:
        return Moment(call.at, call.invocation, f"{call.label}: {call.error}")
    answer = call.answer if len(call.answer) <= _SHOWN else f"{call.answer[:_SHOWN]}…"
    return Moment(call.at, call.invocation, f"calls {call.label} → {answer}")


def _of_act(act: Act) -> Moment:
    who = act.call.name if act.call is not None else act.actor
    return Moment(max(act.ended, act.began), who, _SAID.get(act.outcome, "{}").format(act.name))


def _key(record: Record, event: Event) -> str:
    several = len({namespace for namespace, _ in record.start}) > 1
    if is_table(event.namespace):
        return named((event.namespace, event.key))
    return f"{event.namespace}/{event.key}" if several else event.key
