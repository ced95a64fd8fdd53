"""Replays the operations of a run, one by one, over the keys that were there before it."""

from collections.abc import Iterator, Mapping, Sequence

from kvstore import Entry, Event


def timeline(
    before: Mapping[str, Entry], events: Sequence[Event]
) -> Iterator[tuple[Event, dict[str, Entry]]]:
    """Each successful write with the namespace right after it.

    The same dict is given every time, changed in place: look, do not keep.
    """
    state = dict(before)
    for event in events:
        if carry_out(event, state):
            yield event, state


def carry_out(event: Event, state: dict[str, Entry]) -> bool:
    """Change ``state`` as the operation changed the store; whether it was a write that succeeded."""
    if event.error is not None:
        return False
    if event.verb == "put" and event.entry is not None:
        state[event.key] = event.entry
    elif event.verb == "delete":
        state.pop(event.key, None)
    else:
        return False
    return True
