"""An odd entry: a task that differs from a usual one along a few axes, each of which chance draws by itself.

It is written as the words of what is unusual, with ``+`` between them: ``empty+meta-zero+held-both`` is a
task with an empty value, the metadata ``0``, and a lease in both formats.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from harness.engine.chance import Chance
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, QUARANTINE, RESULT
from harness.migrations.queue.simulation.namespace import Population, encoded
from kvstore import Entry
from kvstore.clock import iso

_HOUR: Final = 3600
_MONTH: Final = 30 * 86_400


# What a value, its metadata, its expiration, its place, its lease, and its mention in the list can be,
# beside what is usual.
VALUES: Final[dict[str, bytes]] = {
    "empty": b"",
    "object": b"{}",
    "list": b"[]",
    "zero": b"0",
    "quotes": b'""',
    "null": b"null",
    "words": b"some words",
    "cut": b'{"id":"x","con',
    "bytes": b'{"content":"\xff\xfe","status":"pending"}',
    "raw": b"\xff\x00\xfe",
    "nul": b"\x00",
    "marked": b'\xef\xbb\xbf{"content":"after a byte order mark"}',
    "digits": b'{"content":"x", "n":9007199254740993, "status":"pending"}',
    "long": encoded({"content": "long " * 12_000, "status": "pending"}),
}
METADATA: Final[dict[str, str]] = {
    "meta": '{"trace":"t-1"}',
    "meta-object": "{}",
    "meta-zero": "0",
    "meta-text": '""',
    "meta-false": "false",
    "meta-long": json.dumps("m" * 1022),
}
EXPIRATIONS: Final[dict[str, int | None]] = {
    "permanent": None,
    "far": _MONTH,
    "soon": 400,
    "ending-soon": 200,
    "minute": 30,
}
PLACES: Final = ("new-only", "both", "both-changed", "both-behind", "both-bytes", "both-end", "both-meta")
KEPT: Final = ("kept", "kept-end", "kept-other", "kept-bytes")
# Seconds for which somebody holds it, by the old format and by the new one.
_SECONDS: Final = {
    "held": (240, 0),
    "held-new": (0, 240),
    "held-both": (240, 240),
    "held-longer-old": (1500, 800),
    "held-longer-new": (300, 800),
    "held-unread": (240, 0),
    "held-endless": (900, 0),
    "held-over": (-60, 0),
    "held-briefly": (45, 0),
}
LEASES: Final = tuple(_SECONDS)
LISTED: Final = ("unlisted", "twice")
DONE: Final = ("done",)

AXES: Final[tuple[Sequence[str], ...]] = (
    tuple(VALUES),
    tuple(METADATA),
    tuple(EXPIRATIONS),
    PLACES,
    KEPT,
    LEASES,
    LISTED,
    DONE,
)
_WORDS: Final = {word: place for place, axis in enumerate(AXES) for word in axis}


def is_odd_entry(text: str) -> bool:
    """Whether a text has words of the axes, and no two of one axis."""
    places = [_WORDS.get(word) for word in text.split("+")]
    return None not in places and len(set(places)) == len(places)


def simpler(text: str) -> Iterator[str]:
    """The same with one word less."""
    words = text.split("+")
    if len(words) > 1:
        yield from ("+".join(words[:at] + words[at + 1 :]) for at in range(len(words)))


def draw_odd(chance: Chance) -> str:
    """An odd entry by chance; mostly two axes of it are unusual."""
    words = []
    for axis in AXES:
        if chance.happens(300):
            words.append(axis[chance.below(len(axis))])
    axis = AXES[chance.below(len(AXES))]
    return "+".join(words) or axis[chance.below(len(axis))]


def add_odd(population: Population, text: str) -> None:
    """Put an odd entry, and what goes with it, into a population."""
    words = {_WORDS[word]: word for word in text.split("+")}
    value, metadata, expiration, place, kept, lease, listed, done = (words.get(at, "") for at in range(8))
    task, now = "slack_" + text.replace("+", "."), population.now
    entry = _entry(population.task(task), now, value, metadata, expiration)
    if place != "new-only":
        population.entries[OLD_TASK + task] = entry
    if place:
        population.entries[NEW_TASK + task] = _in_new(task, entry, place, now)
    if kept:
        population.entries[QUARANTINE + task] = {
            "kept": entry,
            "kept-end": entry._replace(expiration=now + 1500),
            "kept-other": entry._replace(value=b"what was kept before"),
            "kept-bytes": entry._replace(value=_with_same_text(entry.value)),
        }[kept]
    if lease:
        _hold(population, task, lease, entry.metadata)
    if done:
        population.entries[RESULT + task] = Entry(b'{"success":true,"output":"before"}', now + _HOUR)
    if listed != "unlisted" and place != "new-only":
        population.pending += [task] * (2 if listed == "twice" else 1)


def _entry(usual: Entry, now: int, value: str, metadata: str, expiration: str) -> Entry:
    entry = usual._replace(value=VALUES[value]) if value else usual
    if metadata:
        entry = entry._replace(metadata=METADATA[metadata])
    if expiration:
        seconds = EXPIRATIONS[expiration]
        entry = entry._replace(expiration=None if seconds is None else now + seconds)
    return entry


def _in_new(task: str, entry: Entry, place: str, now: int) -> Entry:
    """The same task in the new format."""
    body: dict[str, Any] = {"id": task, "content": f"the work of {task}", "status": "processing"}
    changed: dict[str, Callable[[], Entry]] = {
        "both-changed": lambda: entry._replace(value=encoded({**body, "updatedAt": iso((now - 60) * 1000)})),
        "both-behind": lambda: entry._replace(value=encoded({**body, "queuedAt": iso((now - 9000) * 1000)})),
        "both-bytes": lambda: entry._replace(value=_with_same_text(entry.value)),
        "both-end": lambda: entry._replace(expiration=now + 2000),
        "both-meta": lambda: entry._replace(metadata='{"trace":"t-2"}'),
    }
    return changed[place]() if place in changed else entry


def _with_same_text(value: bytes) -> bytes:
    """Different bytes that decode to the same text; the same bytes where all are valid UTF-8."""
    return value.replace(b"\xff", b"\xfd")


def _hold(population: Population, task: str, lease: str, metadata: str | None) -> None:
    for prefix, seconds in zip((OLD_LEASE, NEW_LEASE), _SECONDS[lease], strict=True):
        if seconds:
            entry = population.lease(task, seconds)._replace(metadata=metadata)
            if lease == "held-unread":
                entry = entry._replace(value=b"{")
            if lease in ("held-endless", "held-over"):
                entry = entry._replace(expiration=None if lease == "held-endless" else population.now + 300)
            population.entries[prefix + task] = entry
