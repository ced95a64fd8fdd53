"""Metadata that a client took apart: the node SDK sends an object as fields ``metadata[a][b]``.

What the product makes of them is not known; here they become the object again. Its numbers, booleans and
nulls have become text on the way, and nothing tells them from text.
"""

import re
from collections.abc import Sequence
from typing import Any

from kvstore.javascript.json_text import stringify

_FIELD = re.compile(r"metadata((?:\[[^\[\]]*\])+)")


def nested_metadata(fields: Sequence[tuple[str, bytes]]) -> str | None:
    """The JSON of an object sent as nested fields; None when there are none."""
    root: dict[str, Any] = {}
    for name, content in fields:
        if (found := _FIELD.fullmatch(name)) is not None:
            _place(root, found[1][1:-1].split("]["), content.decode("utf-8", "replace"))
    return str(stringify(_arrays(root))) if root else None


def _place(root: dict[str, Any], steps: list[str], content: str) -> None:
    """Set ``content`` at ``steps``; a step without a name is the next element of an array."""
    inner = root
    for step in steps[:-1]:
        below = inner.setdefault(step, {})
        inner = below if isinstance(below, dict) else inner
    last = steps[-1]
    if last:
        inner[last] = content
    else:
        inner.setdefault("", []).append(content)


def _arrays(value: Any) -> Any:
    """An object whose only member has no name was an array."""
    if not isinstance(value, dict):
        return value
    if list(value) == [""]:
        only = value[""]
        return only if isinstance(only, list) else [_arrays(only)]
    return {name: _arrays(member) for name, member in value.items()}
