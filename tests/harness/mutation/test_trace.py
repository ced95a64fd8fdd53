"""What two runs are compared by: what they did, and not at which millisecond."""

from harness.mutation.trace import step_of
from kvstore import Entry, Event

BEGAN = 1_795_300_000_000


def test_a_moment_in_a_key_is_no_difference() -> None:
    steps = [
        step_of(Event(0, at, "operator-1.1", "put", f"notes:batch:{at:014}-x", Entry(b"{}")), BEGAN, set())
        for at in (BEGAN + 131_202, BEGAN + 131_212)
    ]
    assert steps[0] == steps[1]
    assert steps[0].asked == "put notes:batch:<moment>-x '{}'"
