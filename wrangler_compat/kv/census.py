"""``kv census``: what kinds of keys a namespace or file has, counted in one pass."""

from typing import Final

from kvstore.clock import Clock
from kvstore.copies.census import Census, Group, Shape, as_json
from kvstore.text.printable import printable
from wrangler_compat.cli.context import Invocation
from wrangler_compat.kv.transfer.command import Opened
from wrangler_compat.kv.transfer.ends import From
from wrangler_compat.kv.transfer.pace import Plan

_MOST: Final = 4
_HEAD: Final = ("keys", "pattern", "bytes, largest", "expire", "metadata", "value")


async def count_kinds(invocation: Invocation) -> None:
    """A table of the shapes, or with --json a census that ``rehearse new --from`` takes."""
    console, name = invocation.console, invocation.arguments.words[0]
    async with Opened(invocation) as opened:
        source = await opened.source(name)
        console.say(f"{source.display}: {Plan(await source.count(), source.is_account, False).as_text()}")
        census = await counted(source, invocation.clock)
    groups = census.groups()
    if console.only_data:
        console.document({"of": source.display, "keys": census.count, "census": as_json(groups)})
        return
    console.say("\n".join(_table([_HEAD, *(_row(shape) for group in groups for shape in group.shapes)])))
    console.say(_summary(census.count, groups))


async def counted(source: From, clock: Clock) -> Census:
    """All entries of a source, in one pass."""
    census = Census(clock.now_ms() // 1000)
    async for entries, _ in source.parts({}):
        for key, entry in entries.items():
            census.add(key, entry)
    return census


def _row(shape: Shape) -> tuple[str, ...]:
    return (
        f"{shape.count:,}",
        printable(shape.pattern),
        f"{shape.bytes:,}, {shape.largest:,}",
        _some(shape.lifetimes) if shape.expire else "",
        f"{shape.with_metadata:,}: {_some(shape.metadata)}" if shape.with_metadata else "",
        ", ".join(
            part for part in (_some(shape.members), f"{shape.texts:,} not JSON") if part[:2] != "0 " and part
        ),
    )


def _some(counts: dict[str, int]) -> str:
    """The most frequent names."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return printable(", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if names[_MOST:] else ""))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at == 0 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _summary(count: int, groups: list[Group]) -> str:
    shapes = sum(len(group.shapes) for group in groups)
    size = sum(shape.bytes for group in groups for shape in group.shapes)
    return f"{count:,} keys of {shapes:,} shapes, {size:,} bytes"
