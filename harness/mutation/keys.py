"""The mistake of another key: a prefix, or the function that makes a key, in the place of another one."""

import ast
from collections.abc import Iterator
from typing import Final

from harness.mutation.syntax import Syntax

# What a text ends with that other text is to follow.
_ENDS: Final = (":", "/", "-", ".", "_", "#", "|")
# In how many others' places one of many keys is put.
_MOST: Final = 2


def another_key(syntax: Syntax, node: ast.AST) -> Iterator[tuple[int, int, str]]:
    """Another prefix of the same file, by its name or as it is written, or another function of keys."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for other in _others(node.id, _named(syntax)):
            yield syntax.start(node), syntax.end(node), other
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for other in _others(node.attr, _beside(syntax, node)):
            yield syntax.end(node) - len(node.attr.encode()), syntax.end(node), other
    elif isinstance(node, ast.Constant | ast.JoinedStr) and (prefix := _prefix(node)):
        place = syntax.of(node).find(prefix)
        if place >= 0:
            start = syntax.start(node) + len(syntax.of(node)[:place].encode())
            for other in _others(prefix, _written(syntax)):
                yield start, start + len(prefix.encode()), other


def _others(name: str, all_names: list[str]) -> list[str]:
    """The next ones of a list that a name is in."""
    if name not in all_names:
        return []
    at = all_names.index(name)
    return [one for one in (all_names[at + 1 :] + all_names[:at])[:_MOST] if one != name]


def _named(syntax: Syntax) -> list[str]:
    """The names of prefixes, or of what else makes a key, that the file has itself or imports together."""
    for statement in ast.walk(syntax.tree):
        if isinstance(statement, ast.ImportFrom):
            names = [one.asname or one.name for one in statement.names]
            capitals = [name for name in names if name.isupper()]
            if len(capitals) > 1 and (statement.module or "").rpartition(".")[2] in ("keys", "prefixes"):
                return capitals
    return sorted(name for name, text in syntax.texts.items() if text.endswith(_ENDS))


def _beside(syntax: Syntax, node: ast.Attribute) -> list[str]:
    """Everything of one kind that the file takes of a module of keys: ``keys.result``, ``keys.event`` …"""
    owner = node.value
    if not isinstance(owner, ast.Name) or owner.id not in ("keys", "prefixes"):
        return []
    used = {
        one.attr
        for one in ast.walk(syntax.tree)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == owner.id
    }
    return sorted(one for one in used if one.isupper() == node.attr.isupper())


def _prefix(node: ast.Constant | ast.JoinedStr) -> str:
    """The beginning of a key that a literal writes; empty where it is none."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    text = first.value if isinstance(first, ast.Constant) else ""
    is_one = isinstance(text, str) and len(text) > 2 and text.endswith(_ENDS) and " " not in text
    return str(text) if is_one and not str(text).startswith(("/", "http")) else ""


def _written(syntax: Syntax) -> list[str]:
    found = {_prefix(one) for one in ast.walk(syntax.tree) if isinstance(one, ast.Constant | ast.JoinedStr)}
    return sorted(found - {""})
