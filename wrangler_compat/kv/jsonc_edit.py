"""Puts a binding into a configuration in JSON with comments, and leaves all else as it is."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from kvstore.javascript.json_text import parse, stringify
from worker.config.files.jsonc import parse_jsonc

_FIELD: Final = "kv_namespaces"
_TRIVIA: Final = re.compile(r"(?:[\s,:]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SCALAR: Final = re.compile(r'[^\s,:{}\[\]"/]+')


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a text, from ``start`` to ``end``; objects have named ``members``, arrays numbered ones."""

    start: int
    end: int
    members: dict[str, "Node"] = field(default_factory=dict)


def put_binding(text: str, binding: dict[str, Any], environment: str | None = None) -> str:
    """``text`` with ``binding`` among the KV namespaces of ``environment``, or of the top level.

    One of the same name is changed: its other members stay. ``text`` must be a valid configuration.
    """
    node = _read(text, 0)
    path = ["env", environment] if environment else []
    for depth, name in enumerate(path):
        if name not in node.members:
            missing: Any = {_FIELD: [binding]}
            for outer in reversed(path[depth + 1 :]):
                missing = {outer: missing}
            return _insert(text, node, f'"{name}": ', missing)
        node = node.members[name]
    if _FIELD not in node.members:
        return _insert(text, node, f'"{_FIELD}": ', [binding])
    listed = node.members[_FIELD]
    for element in listed.members.values():
        present = parse_jsonc(text[element.start : element.end])
        if isinstance(present, dict) and present.get("binding") == binding["binding"]:
            return (
                text[: element.start] + _written(text, element, {**present, **binding}) + text[element.end :]
            )
    return _insert(text, listed, "", binding)


def _insert(text: str, container: Node, name: str, value: Any) -> str:
    """``value`` as the last member of an object or array, on a line of its own."""
    last = max(container.members.values(), key=lambda node: node.end, default=None)
    margin = _margin(text, last.start if last else container.start)
    if last is None:
        outer, margin = margin, margin + _unit(text)
        inside = f"\n{margin}{name}{_indented(value, margin, _unit(text))}\n{outer}"
        return text[: container.start + 1] + inside + text[container.end - 1 :]
    comma = "" if text[last.end :].lstrip().startswith(",") else ","
    at = last.end + (text[last.end :].index(",") + 1 if not comma else 0)
    return text[:at] + f"{comma}\n{margin}{name}{_indented(value, margin, _unit(text))}" + text[at:]


def _written(text: str, node: Node, value: Any) -> str:
    return _indented(value, _margin(text, node.start), _unit(text))


def _indented(value: Any, margin: str, unit: str) -> str:
    return str(stringify(value, indent=unit)).replace("\n", "\n" + margin)


def _margin(text: str, at: int) -> str:
    """The white space that the line of ``at`` begins with."""
    start = text.rfind("\n", 0, at) + 1
    found = re.match(r"[ \t]*", text[start:])
    return found.group() if found else ""


def _unit(text: str) -> str:
    """What one level of the file is indented by."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else "  "


def _read(text: str, at: int) -> Node:
    at = _skip(text, at)
    if text[at] not in "{[":
        found = _STRING.match(text, at) or _SCALAR.match(text, at)
        return Node(at, found.end() if found else at + 1)
    members: dict[str, Node] = {}
    position = _skip(text, at + 1)
    while text[position] not in "}]":
        name = str(len(members))
        if text[at] == "{":
            quoted = _read(text, position)
            name, position = parse(text[quoted.start : quoted.end]), quoted.end
        node = _read(text, position)
        members[name] = node
        position = _skip(text, node.end)
    return Node(at, position + 1, members)


def _skip(text: str, at: int) -> int:
    found = _TRIVIA.match(text, at)
    return found.end() if found else at
