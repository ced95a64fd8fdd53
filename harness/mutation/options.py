"""The mistakes about options of KV: one left out, or given another value."""

from collections.abc import Callable, Iterator
from typing import Final

from harness.mutation.points import Code, Option, TextRange

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
_LIFETIMES: Final = OPTIONS["expiration"]


def left_out(words: tuple[str, ...]) -> Callable[[Code, TextRange], Iterator[Change]]:
    """The rule about the options ``words``: an argument by its name, or a member of an object."""

    def rule(code: Code, point: TextRange) -> Iterator[Change]:
        if isinstance(point, Option) and point.name in words:
            yield _cut(code, point)
            yield from _otherwise(code, point)

    return rule


def all_left_out(code: Code, point: TextRange) -> Iterator[Change]:
    """All options that are passed on together left out."""
    if isinstance(point, Option) and point.name is None:
        yield _cut(code, point)


def _otherwise(code: Code, option: Option) -> Iterator[Change]:
    name, label, value = option.name, option.label, option.value
    own = f": {name}" if value is None else ""
    if name in _OTHER:
        yield label.start, label.end, _OTHER[name] + own
    if name in _LIFETIMES:
        later = f"({code.source.at(label if value is None else value)}) + 60"
        where = label if value is None else value
        yield where.start, where.end, f"{name}: {later}" if value is None else later


def _cut(code: Code, option: Option) -> Change:
    """Cut it, with the comma before it or, for the first of a list, after it."""
    first, last = option.within.start, option.within.end
    before = code.source.between(first, option.start)
    if before.rstrip().endswith(","):
        return first + len(before[: before.rindex(",")].encode()), option.end, ""
    after = code.source.between(option.end, last)
    comma = after.lstrip().startswith(",")
    return option.start, option.end + (len(after[: after.index(",") + 1].encode()) if comma else 0), ""
