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
        if event.error is not None:
            continue
        if event.verb == "put" and event.entry is not None:
            state[event.key] = event.entry
        elif event.verb == "delete":
            state.pop(event.key, None)
        else:
            continue
        yield event, state
