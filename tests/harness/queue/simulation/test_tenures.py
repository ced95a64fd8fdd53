"""Keys are counted as if each were asked."""

from hypothesis import given
from hypothesis import strategies as st

from harness.migrations.queue.simulation.expectation import Span, Tenures, are_steady, within
from kvstore import Entry

_SPAN = st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans())


def _spans(drawn: list[tuple[int, int, bool]]) -> list[Span]:
    spans = [Span("k", Entry(b""), begin, 0) for begin, _, _ in sorted(drawn)]
    for span, (_, end, is_endless) in zip(spans, sorted(drawn), strict=True):
        span.end = float("inf") if is_endless else end
    return spans


@given(st.lists(st.lists(_SPAN, max_size=2).map(_spans), max_size=8), st.integers(0, 9), st.integers(0, 9))
def test_keys_are_counted_as_if_each_were_asked(every: list[list[Span]], one: int, other: int) -> None:
    begin, end = sorted((one, other))
    there = [within(spans, begin, end) for spans in every]
    steady = sum(are_steady(spans, begin, end) for spans in there)
    assert Tenures(every).count(begin, end) == (steady, sum(map(bool, there)))
