"""Answers: when nothing moves, the Worker after answers, and writes for clients, as the one before did.

This needs no declaration. Requests of readers and clients are sent to the Worker before with the old
entries, twice, at different moments and with different chance, and to the Worker after with what the
migration left: wherever the first two are the same, it must be so, too. What clients wrote is compared
through `Migration.becomes`.
"""

import json
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from harness.migration import Entry as Wanted
from harness.model.evidence import course
from harness.model.expectation import Expectation
from harness.model.outcomes import place_of
from harness.model.record import Compared, Place, Record, Response
from harness.model.sameness import read_as, same
from harness.model.verdict import Finding, Moment, finding
from kvstore import Entry

TITLE = "Answers: the Worker after answers clients, and writes for them, as the one before"
AT = "requests sent to both Workers"

# What a client goes by, of all headers.
_HEADERS: Final = ("content-type", "location")
# How far apart (seconds) the ends of two lifetimes may be that are the same.
_NEAR: Final = 30
_OTHERWISE: Final = 'where that is meant, declare answers="changed"'


def judged(record: Record, expectation: Expectation) -> int:
    both = (record.compared, record.baseline)
    return sum(len(asked) for one in both if one for asked in one.once.responses.values())


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    if record.baseline is not None:
        yield _at_the_end(record, record.baseline, expectation)
    if record.compared is None:
        return
    differ = list(_answers(record.compared))
    yield finding(
        "{n} request{s} {are} not answered as by the Worker before; " + _OTHERWISE,
        differ,
        code="answers-differ",
    )
    written = [place for place in sorted(record.compared.once.written) if _is_ours(expectation, place)]
    wrong = [place for place in written if not _is_kept(expectation, record.compared, place)]
    yield finding(
        "what clients write for {n} entr{ies} is not what the Worker before writes becomes; " + _OTHERWISE,
        [key for _, key in wrong],
        code="writes-differ",
    )
    others = [] if wrong else [key for _, key in _others(expectation, record.compared)]
    yield finding(
        "clients' requests leave {n} key{s} that nothing becomes; " + _OTHERWISE, others, code="writes-more"
    )


def _at_the_end(record: Record, baseline: Compared, expectation: Expectation) -> Finding | None:
    """What readers are answered otherwise of entries of which nothing else is wrong."""
    wrong = {one.place for one in expectation.wrong} | {place for _, place in expectation.bare}
    known = {
        act.what
        for act in record.acts
        if act.role == "judge"
        and not wrong.isdisjoint((act.place, *expectation.originals.get(act.place, ())))
    }
    differ = list(_answers(baseline, known))
    what = "{n} request{s} {have} another answer at the end than without the migration; " + _OTHERWISE

    def show() -> tuple[Moment, ...]:
        asked = differ[0].partition(": ")[0]
        judges = [call for call in record.calls if call.role == "judge"]
        return course(record, next(call for call in judges if f"{call.method} {call.path}" == asked))

    return finding(what, differ, show=show, code="changed-at-the-end")


def _answers(compared: Compared, known: Container[str] = ()) -> Iterable[str]:
    """The requests that are answered otherwise, and how, each once; acts that are ``known`` are left out."""
    found: dict[str, None] = {}
    for name, once in compared.once.responses.items():
        twice, after = compared.twice.responses.get(name, ()), compared.after.responses.get(name, ())
        for one, two, its in zip(once, twice, after, strict=False):
            if name in known or not one.request == two.request == its.request:
                break
            how = _how(one, two, its)
            if how:
                found[f"{its.request}: {how}"] = None
                break
    return found


def _how(one: Response, two: Response, its: Response) -> str:
    """How an answer differs from two that were given before; empty where it does not."""
    if one.status == two.status != its.status:
        return f"{its.status} instead of {one.status}"
    if not agrees(one.body, two.body, its.body):
        return f"{_shown(its.body)} instead of {_shown(one.body)}"
    for name in _HEADERS:
        mine, other = one.headers.get(name), two.headers.get(name)
        if mine == other != its.headers.get(name):
            return f"{name} {its.headers.get(name)} instead of {mine}"
    return ""


def _shown(body: Any) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def agrees(one: Any, two: Any, its: Any) -> bool:
    """Whether ``its`` is the same as ``one`` wherever ``two`` is the same as ``one``."""
    if same(one, two):
        return same(one, its)
    if isinstance(one, dict) and isinstance(two, dict):
        shared = one.keys() & two.keys()
        return isinstance(its, dict) and all(
            name in its and agrees(one[name], two[name], its[name]) for name in shared
        )
    return type(one) is not type(two) or type(one) is type(its)


def _is_ours(expectation: Expectation, place: Place) -> bool:
    return expectation.migration.rule_for(*place) is not None and not expectation.migration.is_note(*place)


def _targets(
    expectation: Expectation, stored: Mapping[Place, Entry], place: Place
) -> dict[Place, Wanted] | None:
    """What is at a place, and what it becomes; None where it cannot be moved."""
    if place not in stored:
        return {}
    targets = expectation.mapping.targets(place, stored[place])
    return None if targets is None else {place_of(one): one for one in targets}


def _is_kept(expectation: Expectation, compared: Compared, place: Place) -> bool:
    """Whether what a client left at an old place is there as it is to be; what is gone, readers tell of."""
    after = compared.after.stored
    once, twice = (_targets(expectation, one.stored, place) for one in (compared.once, compared.twice))
    if once is None or twice is None or once.keys() != twice.keys():
        return True
    return all(_is_as_wanted(one, twice[where], after.get(where)) for where, one in once.items())


def _is_as_wanted(one: Wanted, two: Wanted, have: Entry | None) -> bool:
    if have is None:
        return False
    its = read_as(one, place_of(one), have)
    if not (agrees(one.metadata, two.metadata, its.metadata) and agrees(*map(_value, (one, two, its)))):
        return False
    ends = one.expiration, two.expiration, its.expiration
    if one.expiration == two.expiration or None in ends:
        return bool(ends[0] == ends[2])
    return abs((ends[0] or 0) - (ends[2] or 0)) <= _NEAR


def _value(entry: Wanted) -> Any:
    try:
        return entry.json
    except ValueError:
        return entry.value


def _others(expectation: Expectation, compared: Compared) -> list[Place]:
    """What clients left that nothing becomes, and nothing before had."""
    before = {*compared.once.stored, *compared.twice.stored}
    if compared.once.stored.keys() != compared.twice.stored.keys():
        return []  # names by chance
    known = before.union(*expectation.originals.values())  # what marks an entry as gone may be in its place
    for place in before:
        if expectation.migration.rule_for(*place) is not None:
            known |= (_targets(expectation, compared.once.stored, place) or {}).keys()
    after = compared.after
    return sorted(
        place
        for place in after.written
        if place in after.stored and place not in known and not expectation.migration.is_note(*place)
    )
