"""What a request wrote at a key, and how long it lives: for what judges requests of the queue."""

import json
from typing import Any, Final

from harness import Call
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import BROKEN
from kvstore import Event

# Seconds of KV and milliseconds of a Worker round differently.
ROUNDING: Final = 2


def put_last(record: Record, call: Call, key: str) -> Event | None:
    """The last entry that a request put at a key; None if it put none."""
    puts = [one for one in record.versions.by(call.name) if one.verb == "put" and one.key == key]
    return puts[-1] if puts else None


def lives(event: Event, seconds: float, record: Record) -> bool:
    """Whether an entry ends so many seconds after it was written, by clocks that may be off."""
    entry = event.entry
    if entry is None or entry.expiration is None:
        return False
    if record.scenario.at_once:
        return True  # it waited for its turn
    off = record.scenario.clock_spread / 1000
    trip = 8 + ROUNDING + (30 if record.fired else 0)
    return seconds - trip - off <= entry.expiration - event.at / 1000 <= seconds + ROUNDING + off


def plain(value: Any) -> str:
    """JSON as a text that is the same for the same value, empty for what is none."""
    return "" if value is BROKEN else json.dumps(value, sort_keys=True, default=str)
