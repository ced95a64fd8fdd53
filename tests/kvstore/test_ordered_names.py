"""Names in order, in parts: as a sorted list has them."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvstore.stores import ordered_names
from kvstore.stores.ordered_names import OrderedNames

NAMES = st.text("abc", min_size=1, max_size=4)


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterable[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordered_names, "_MANY", 2)
        yield


def changed(changes: Sequence[str]) -> tuple[OrderedNames, list[str]]:
    """Each change adds a name, or removes it where it is there."""
    names, there = OrderedNames(), set[str]()
    for name in changes:
        change: Callable[[str], None] = names.remove if name in there else names.add
        change(name)
        there ^= {name}
    return names, sorted(there)


@given(st.lists(NAMES, max_size=60))
def test_names_are_in_order_whatever_was_added_and_removed(changes: list[str]) -> None:
    names, there = changed(changes)
    assert list(names) == there
    assert list(OrderedNames(there)) == there


@given(
    st.lists(NAMES, max_size=60),
    st.text("abc", max_size=2),
    st.none() | st.text("abc", max_size=3),
    st.integers(1, 9),
)
def test_those_that_follow_begin_with_the_prefix(
    changes: list[str], prefix: str, after: str | None, most: int
) -> None:
    names, there = changed(changes)
    expected = [name for name in there if name.startswith(prefix) and (after is None or name > after)]
    assert names.following(prefix, after, most) == expected[:most]
