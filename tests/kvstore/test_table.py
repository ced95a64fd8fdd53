"""A table is a dict, in less memory."""

import pickle
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvstore import Entry
from kvstore.stores.names import Names
from kvstore.stores.table import Table

_KEYS = st.sampled_from(["", "a", "ab", "b", "a\0", "é", "\ud800", "a/b", "日本"])
_ENTRIES = st.builds(
    Entry,
    st.binary(max_size=3),
    st.sampled_from([None, 0, 60, 2**53]),
    st.sampled_from([None, "{}"]),
)
# How many keys and entries are kept as Python has them: few of these, or all.
_MOST = st.sampled_from([1, 3, 1000])
# As many values of 512 bytes are four times what is written to the file at once.
_COUNT = 8192


@given(st.lists(st.tuples(_KEYS, st.none() | _ENTRIES)), st.lists(_KEYS), _MOST)
def test_table_is_a_dict(changes: list[tuple[str, Entry | None]], more: list[str], most: int) -> None:
    table, expected = Table(most=most), dict[str, Entry]()
    for key, entry in changes:
        if entry is None:
            assert (key in table) == (expected.pop(key, None) is not None)
            table.pop(key, None)
        else:
            table[key] = expected[key] = entry
    twin = table.copy()
    for key in more:
        twin[key] = Entry(b"later")
    assert list(table.items()) == list(expected.items())
    assert len(table) == len(expected)
    assert list(table.under("a")) == [key for key in expected if key.startswith("a")]
    assert {key: table.get(key) for key in more} == {key: expected.get(key) for key in more}
    assert [tuple(one) for one in table.about(expected)] == [
        (key, entry.expiration, entry.metadata) for key, entry in expected.items()
    ]
    alive = {key: one for key, one in expected.items() if one.expiration is None or one.expiration > 60}
    assert list(table.alive(60_000).items()) == list(alive.items())
    assert list(table.in_order(sorted(expected))) == sorted(expected)
    assert list(twin.items()) == list({**expected, **dict.fromkeys(more, Entry(b"later"))}.items())
    assert list(pickle.loads(pickle.dumps(table)).items()) == list(expected.items())


@given(st.lists(_KEYS), st.lists(_KEYS), _MOST)
def test_names_give_back_what_runs_were_made_of(before: list[str], names: list[str], most: int) -> None:
    known = Names(most)
    for name in before:
        known.number(name)
    assert known.of(known.runs(names)) == tuple(names)
    assert list(known) == list(dict.fromkeys([*before, *names]))
    assert [known.number(name) for name in known] == list(range(len(known)))


@pytest.mark.parametrize("most", [1, 1000])
def test_names_that_come_one_after_the_other_are_one_run(most: int) -> None:
    names = Names(most)
    names.runs(f"key-{number}" for number in range(100))
    assert list(names.runs(f"key-{number}" for number in range(20, 90))) == [20, 70]
    assert list(names.runs(f"key-{number}" for number in range(100) if number != 50)) == [0, 50, 51, 49]


def test_table_of_many_keys_has_few_bytes_for_each() -> None:
    def of(count: int) -> Table:
        entries = ((f"task:{number:08}", Entry(b"%0512d" % number)) for number in range(count))
        return Table(entries, most=1_000)

    assert _bytes_for_each(of) < 100
    assert _bytes_for_each(lambda count: of(count).copy()) < 120


def _bytes_for_each(make: Callable[[int], object]) -> float:
    """How many more are held for each key more, without what is held of any number of them."""
    held = []
    for count in (_COUNT, 2 * _COUNT):
        tracemalloc.start()
        made = make(count)
        held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del made
    return (held[1] - held[0]) / _COUNT
