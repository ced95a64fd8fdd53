"""Whether what is stored is what is wanted: an entry with all that belongs to it, or the columns of a row."""

import json
from dataclasses import replace
from typing import Any

from harness.migration import Entry as Wanted
from harness.migration import entry_of, read_metadata
from harness.model.outcomes import place_of
from harness.model.record import Place
from harness.model.row import shaped
from kvstore import Entry


def read_as(wanted: Wanted, place: Place, stored: Entry) -> Wanted:
    """What is stored at a place, looked at as what is wanted there."""
    if wanted.shape is None:
        return entry_of(place[1], stored, place[0])
    return shaped(wanted.shape, place, json.loads(stored.value), wanted.expiration)


def is_as_wanted(wanted: Wanted, stored: Entry) -> bool:
    """Whether an entry is stored as it was to be: value, metadata, and absolute expiration."""
    if wanted.shape is not None:
        have = read_as(wanted, place_of(wanted), stored)
        return (
            have.expiration == wanted.expiration
            and has_value(wanted, have.value)
            and same(have.metadata, wanted.metadata)
        )
    return (
        stored.expiration == wanted.expiration
        and has_value(wanted, stored.value)
        and same(read_metadata(stored.metadata), wanted.metadata)
    )


def meaning_of(wanted: Wanted, *others: Wanted | None) -> Wanted:
    """The same entry: only what its JSON means matters, where that is so of another for its place."""
    if wanted.shape is None and any(one is not None and one.is_json for one in others):
        return replace(wanted, is_json=True)
    return wanted


def has_value(wanted: Wanted, value: bytes) -> bool:
    """Whether ``value`` is the wanted one: its bytes, or what its JSON means."""
    if value == wanted.value:
        return True
    if not wanted.is_json:
        return False
    try:
        return same(json.loads(value), wanted.json)
    except ValueError:
        return False


def same(one: Any, other: Any) -> bool:
    """Whether two JSON documents are the same: 1 is not true, and 1.0 is 1 as in JavaScript."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
