"""kvstore: what ``env.CACHE`` is.

The binding (KVNamespace), the stores that hold entries, and copies of namespaces that others made. No HTTP,
no command line. Errors: kvstore.errors.
"""

from kvstore.bulk_json import read_bulk, write_bulk
from kvstore.clock import Clock, ManualClock, SystemClock
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
from kvstore.journal import Event, Journal
from kvstore.limits import LIMITS, Limits
from kvstore.namespace import KVNamespace
from kvstore.sqlite_store import SqliteStore
from kvstore.state_copy import NamespaceCopy, copy_namespace
from kvstore.state_store import StateStore
from kvstore.store import Entry, KeyInfo, Page, Store
from kvstore.stream import ReadableStream

__all__ = [
    "LIMITS",
    "Clock",
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
    "SystemClock",
    "SystemEntropy",
    "copy_namespace",
    "read_bulk",
    "write_bulk",
]
