"""Hypothesis strategies: what a namespace can hold. They need the package hypothesis."""

import json
from typing import Any, Final

from hypothesis import strategies as st

from harness.terminal.numbers import read_moment
from kvstore import LIMITS, Entry

# Text that is a key's, and what keys are usually made of.
_ANY_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
_USUAL_TEXT: Final = st.text("abcxyz019-_:/. é", min_size=1, max_size=12)
_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_SCALAR: Final = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT
_JSON: Final[st.SearchStrategy[Any]] = st.recursive(
    _SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=8,
)


def keys(prefix: str = "") -> st.SearchStrategy[str]:
    """Keys that KV takes, each of at most 512 bytes: what is usual, and any Unicode."""
    made = (_USUAL_TEXT | _ANY_TEXT).map(lambda name: prefix + name)
    return made.filter(lambda key: key not in (".", "..") and len(key.encode()) <= LIMITS.key_size)


def entries(
    values: st.SearchStrategy[bytes] | None = None, *, at: str = "2026-01-01T00:00:00Z"
) -> st.SearchStrategy[Entry]:
    """Entries with any value (``values``, by default JSON, text, nothing or any bytes) and metadata.

    They expire, if they do, a minute to ten days after ``at``, which is when a test begins by default.
    """
    if values is None:
        values = _JSON.map(_text).map(str.encode) | st.text("ab é", max_size=8).map(str.encode) | st.binary()
    metadata = st.none() | _JSON.map(_text).filter(lambda text: len(text.encode()) <= LIMITS.metadata_size)
    ends = st.none() | st.integers(60, 864_000).map(lambda seconds: read_moment(at) // 1000 + seconds)
    return st.builds(Entry, values, ends, metadata)


def namespaces(
    keys: st.SearchStrategy[str] | None = None,
    entries: st.SearchStrategy[Entry] | None = None,
    *,
    max_size: int = 8,
) -> st.SearchStrategy[dict[str, Entry]]:
    """Namespaces of at most ``max_size`` entries, for ``kv.NOTES.seed``."""
    made_keys = _keys() if keys is None else keys
    return st.dictionaries(made_keys, _entries() if entries is None else entries, max_size=max_size)


_keys, _entries = keys, entries


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
