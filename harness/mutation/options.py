"""The mistakes about options of KV: one left out, or given another value."""

import ast
from collections.abc import Callable, Iterator
from typing import Final

from harness.mutation.syntax import Syntax

Change = tuple[int, int, str]

# What a mistake is called, and the options that it is about.
OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "expiration": ("expiration", "expirationTtl", "expiration_ttl"),
    "metadata": ("metadata",),
    "cursor": ("cursor",),
    "list limit": ("limit",),
    "list prefix": ("prefix",),
}
_OTHER: Final = {"expiration": "expirationTtl", "expirationTtl": "expiration"}
_VALUE: Final = {"expiration", "expirationTtl", "expiration_ttl"}
_METHODS: Final = ("put", "list", "get", "getWithMetadata")


def left_out(words: tuple[str, ...]) -> Callable[[Syntax, ast.AST], Iterator[Change]]:
    """The rule about the options ``words``: as a keyword, or as a member of a dict."""

    def rule(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
        if isinstance(node, ast.Call):
            for one in node.keywords:
                if one.arg in words:
                    yield _without(syntax, one, syntax.end(node.func) + 1, syntax.end(node) - 1)
                    start = syntax.start(one)
                    yield from _otherwise(syntax, one.arg, start, start + len(one.arg), one.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in words:
                    start, end = syntax.start(key), syntax.end(value)
                    yield _cut(syntax, start, end, syntax.start(node) + 1, syntax.end(node) - 1)
                    yield from _otherwise(syntax, key.value, start + 1, syntax.end(key) - 1, value)

    return rule


def stars(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    """All options that are passed on as ``**options`` left out."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        for one in node.keywords:
            if one.arg is None:
                yield _without(syntax, one, syntax.end(node.func) + 1, syntax.end(node) - 1)


def _otherwise(syntax: Syntax, name: str, start: int, end: int, value: ast.expr) -> Iterator[Change]:
    if name in _OTHER:
        yield start, end, _OTHER[name]
    if name in _VALUE:
        yield syntax.start(value), syntax.end(value), f"({syntax.of(value)}) + 60"


def _without(syntax: Syntax, one: ast.keyword, first: int, last: int) -> Change:
    return _cut(syntax, syntax.start(one), syntax.end(one), first, last)


def _cut(syntax: Syntax, start: int, end: int, first: int, last: int) -> Change:
    """Cut from one byte to another, with the comma before it or, for the first of a list, after it."""
    before = syntax.between(first, start)
    if before.rstrip().endswith(","):
        return first + len(before[: before.rindex(",")].encode()), end, ""
    after = syntax.between(end, last)
    comma = after.lstrip().startswith(",")
    return start, end + (len(after[: after.index(",") + 1].encode()) if comma else 0), ""
