"""Events in columns are what a list of them is."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.log import Log, chosen, counted, grouped
from kvstore import Entry, Event
from kvstore.store import Verb
from kvstore.stores.table import Table

_NAMES = st.sampled_from(["", "a", "ab", "b", "a\0", "é", "a,b", "b,,a"])


@st.composite
def _event(draw: st.DrawFn) -> Event:
    event = Event(
        0, draw(st.integers(0, 9)), draw(_NAMES), draw(st.sampled_from(get_args(Verb))), draw(_NAMES)
    )
    event.entry = draw(st.sampled_from([None, Entry(b"1"), Entry(b"2", 60, "{}")]))
    if draw(st.booleans()):
        event.error, event.code = "no", "write-rate"
    event.found = draw(st.sampled_from([(), ("a", "b"), ("b", "a", "a"), ("ab", "b", "é", "a,b")]))
    return event


# How many keys and entries a table has in memory: the rest of them, or all.
_MOST = st.sampled_from([2, 1000])


@given(st.lists(_event(), max_size=12), st.slices(12), st.slices(12), _MOST)
def test_log_is_a_list_of_events(events: list[Event], one: slice, other: slice, most: int) -> None:
    log = Log(Table(most=most))
    for place, event in enumerate(events):
        event.index = place
        log.append(event)
    assert list(log) == events
    assert list(reversed(log)) == events[::-1]
    assert list(log[one][other]) == events[one][other]
    part, some = log[one], events[one]
    assert counted(part) == counted(some)
    for by in ("key", "invocation"):
        left, right = grouped(part, by), grouped(some, by)
        assert {name: list(left[name]) for name in left} == dict(right)
        assert len(left) == len(right)
        assert list(left["never there"]) == list(right["never there"]) == []
    choices: list[tuple[tuple[str, ...], Verb | None, bool]] = [
        ((), "put", False),
        (("a",), None, True),
        (("a", "b"), "get", False),
    ]
    for begins, verb, failed in choices:
        found = (list(chosen(every, *begins, verb=verb, failed=failed)) for every in (part, some))
        assert next(found) == next(found)


def test_what_has_happened_is_not_changed() -> None:
    log = Log()
    log.append(Event(0, 1, "", "get", "a"))
    with pytest.raises(TypeError, match="not changed"):
        log[0] = Event(0, 1, "", "get", "b")
    with pytest.raises(TypeError, match="not changed"):
        del log[0]


def test_logs_keep_a_key_once() -> None:
    table = Table()
    one, other = Log(table), Log(table)
    for log in (one, other):
        log.append(Event(0, 1, "", "get", "".join(["a", "key"])))
    assert one[0].key is other[0].key
    assert list(table.names) == ["akey"]


def test_logs_keep_once_what_many_are_refused_with() -> None:
    log = Log()
    for place in range(2):
        error = "".join(["too ", "many"])
        log.append(Event(place, 1, "", "get", f"key-{place}", error=error, code="write-rate"))
    assert log[0].error is log[1].error
    assert [event.code for event in log] == ["write-rate"] * 2
