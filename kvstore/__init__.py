"""kvstore: what ``env.CACHE`` is.

The binding (KVNamespace), the stores that hold entries, and copies of namespaces that others made. No HTTP,
no command line. Errors: kvstore.errors.

Names are imported when they are first asked for: a command that lists keys loads no server and no event log.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from kvstore.binding.namespace import KVNamespace
    from kvstore.binding.strict import StrictNamespace, StrictStorage
    from kvstore.clock import Clock, ManualClock, SystemClock
    from kvstore.copies.bulk_json import read_bulk, write_bulk
    from kvstore.copies.diff import Change, Difference, diff
    from kvstore.copies.snapshot import open_snapshot, save_snapshot
    from kvstore.copies.state_copy import NamespaceCopy, copy_namespace
    from kvstore.entropy import Entropy, SeededEntropy, SystemEntropy
    from kvstore.errors import (
        KVError,
        KVRangeError,
        KVSyntaxError,
        KVTypeError,
        SourceError,
        StateError,
        StoreError,
    )
    from kvstore.javascript.stream import ReadableStream
    from kvstore.layers.journal import Event, Journal
    from kvstore.limits import LIMITS, Limits
    from kvstore.store import Entry, KeyInfo, Page, Store
    from kvstore.stores.sqlite import SqliteStore
    from kvstore.stores.state import StateStore

__all__ = [
    "LIMITS",
    "Change",
    "Clock",
    "Difference",
    "Entropy",
    "Entry",
    "Event",
    "Journal",
    "KVError",
    "KVNamespace",
    "KVRangeError",
    "KVSyntaxError",
    "KVTypeError",
    "KeyInfo",
    "Limits",
    "ManualClock",
    "NamespaceCopy",
    "Page",
    "ReadableStream",
    "SeededEntropy",
    "SourceError",
    "SqliteStore",
    "StateError",
    "StateStore",
    "Store",
    "StoreError",
    "StrictNamespace",
    "StrictStorage",
    "SystemClock",
    "SystemEntropy",
    "copy_namespace",
    "diff",
    "open_snapshot",
    "read_bulk",
    "save_snapshot",
    "write_bulk",
]

_HOMES: Final = {
    "LIMITS": "kvstore.limits",
    "Change": "kvstore.copies.diff",
    "Clock": "kvstore.clock",
    "Difference": "kvstore.copies.diff",
    "Entropy": "kvstore.entropy",
    "Entry": "kvstore.store",
    "Event": "kvstore.layers.journal",
    "Journal": "kvstore.layers.journal",
    "KVError": "kvstore.errors",
    "KVNamespace": "kvstore.binding.namespace",
    "KVRangeError": "kvstore.errors",
    "KVSyntaxError": "kvstore.errors",
    "KVTypeError": "kvstore.errors",
    "KeyInfo": "kvstore.store",
    "Limits": "kvstore.limits",
    "ManualClock": "kvstore.clock",
    "NamespaceCopy": "kvstore.copies.state_copy",
    "Page": "kvstore.store",
    "ReadableStream": "kvstore.javascript.stream",
    "SeededEntropy": "kvstore.entropy",
    "SourceError": "kvstore.errors",
    "SqliteStore": "kvstore.stores.sqlite",
    "StateError": "kvstore.errors",
    "StateStore": "kvstore.stores.state",
    "Store": "kvstore.store",
    "StoreError": "kvstore.errors",
    "StrictNamespace": "kvstore.binding.strict",
    "StrictStorage": "kvstore.binding.strict",
    "SystemClock": "kvstore.clock",
    "SystemEntropy": "kvstore.entropy",
    "copy_namespace": "kvstore.copies.state_copy",
    "diff": "kvstore.copies.diff",
    "open_snapshot": "kvstore.copies.snapshot",
    "read_bulk": "kvstore.copies.bulk_json",
    "save_snapshot": "kvstore.copies.snapshot",
    "write_bulk": "kvstore.copies.bulk_json",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
