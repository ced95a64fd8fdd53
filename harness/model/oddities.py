"""Odd entries: what old namespaces hold beside the usual, made from the user's own entries.

Each kind changes one thing about an entry that is there. One that ``becomes`` cannot read, or that it makes
something of that KV does not take, is not part of the migration, and is left out.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from harness.engine.chance import Chance
from harness.migration import Migration, Rule, stored_as
from harness.model.outcomes import Outcomes, place_of
from harness.model.record import Place
from harness.model.row import is_table
from kvstore import LIMITS, Entry

_LONG_NAME: Final = 480


@dataclass(frozen=True, slots=True)
class Odd:
    """``like`` is the entry that it is made from, ``name`` what its key is to have after the prefix."""

    rule: Rule
    like: Entry
    name: str
    began: int
    chance: Chance


Make = Callable[[Odd], Entry]


def _ending(odd: Odd) -> Entry:
    return odd.like._replace(expiration=odd.began // 1000 + odd.chance.between(60, 1500))


def _ending_meanwhile(odd: Odd) -> Entry:
    """Right when the operator comes to it, who waits three minutes for a deployment to be everywhere."""
    return odd.like._replace(expiration=odd.began // 1000 + odd.chance.between(185, 300))


def _much_metadata(odd: Odd) -> Entry:
    frame = len(json.dumps({"padding": ""}, separators=(",", ":")))
    return odd.like._replace(
        metadata=json.dumps({"padding": "m" * (LIMITS.metadata_size - frame)}, separators=(",", ":"))
    )


# Where all values are text, one that is not is nobody's.
NOT_TEXT: Final = "not-text"
# Another entry for the place that one goes to already.
TWO_SOURCES: Final = "two-sources"

# Those that end in the midst of a migration.
ENDING: Final = frozenset({"ending", "ending-meanwhile"})

# What is odd, the name that an entry of this kind gets, and how it is made.
KINDS: Final[Mapping[str, tuple[str, Make]]] = {
    "permanent": ("odd-permanent", lambda odd: odd.like._replace(expiration=None)),
    "ending": ("odd-ending", _ending),
    "ending-meanwhile": ("odd-ending-meanwhile", _ending_meanwhile),
    "no-metadata": ("odd-no-metadata", lambda odd: odd.like._replace(metadata=None)),
    "much-metadata": ("odd-much-metadata", _much_metadata),
    "other-metadata": ("odd-other-metadata", lambda odd: odd.like._replace(metadata='{"by":"somebody"}')),
    "empty-metadata": ("odd-empty-metadata", lambda odd: odd.like._replace(metadata="{}")),
    "empty": ("odd-empty", lambda odd: odd.like._replace(value=b"")),
    "not-json": ("odd-not-json", lambda odd: odd.like._replace(value=b"{not json")),
    NOT_TEXT: ("odd-not-text", lambda odd: odd.like._replace(value=b"\xff\xfe\x00")),
    "long-key": ("odd-" + "k" * (_LONG_NAME - 4), lambda odd: odd.like),
    "unicode": ("odd-é漢🎉", lambda odd: odd.like),
    "punctuation": ("odd-a:b/c?d=%41 e", lambda odd: odd.like),
    "target-there": ("odd-target-there", lambda odd: odd.like),
    "upper-case": ("ODD-ENDING", lambda odd: odd.like),
    TWO_SOURCES: ("odd-two-sources", lambda odd: odd.like),
}


def odd_entries(
    migration: Migration,
    outcomes: Outcomes,
    kind: str,
    like: tuple[Place, Entry],
    began: int,
    chance: Chance,
    other: tuple[Place, Entry] | None = None,
) -> dict[Place, Entry]:
    """The odd entry of a kind made from ``like``, with what belongs to it; nothing where there is none.

    What is there already where it goes is what ``other`` would become, for ever.
    """
    (binding, key), entry = like
    if is_table(binding):
        return {}  # what is odd about a row is not known
    rule = migration.rule_for(binding, key)
    assert rule is not None
    name, make = KINDS[kind]
    odd = Odd(rule, entry, name, began, chance)
    place, made = (binding, rule.prefix + name), make(odd)
    if len(place[1].encode()) > LIMITS.key_size:
        return {}
    targets = outcomes.targets(place, made)
    if targets is None:
        return {}
    found = {place: made}
    # A row cannot be there before its table is.
    if kind == "target-there" and targets and targets[0].shape is not None:
        return {}
    if kind == "target-there" and targets and place_of(targets[0]) != place:
        elsewhere = () if other is None else outcomes.targets(*other) or ()
        found[place_of(targets[0])] = stored_as((*elsewhere, targets[0])[0])._replace(expiration=None)
    return found
