"""``kv key list | get | put | delete``."""

import codecs
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from kvstore.javascript.json_text import stringify
from kvstore.text.printable import printable
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.console import Console
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import UsageError
from wrangler_compat.cli.files import read_bytes
from wrangler_compat.kv.namespace import Namespace, PutOptions
from wrangler_compat.kv.target import Target, check_selector, is_remote, open_target

_MOST_NAMED: Final = 12


@asynccontextmanager
async def reading(invocation: Invocation) -> AsyncIterator[Target]:
    """The namespace of a command that reads: of two ids, the production one by default."""
    target = await open_target(invocation, default_preview=False)
    try:
        yield target
    finally:
        await target.namespace.close()


@asynccontextmanager
async def writing(invocation: Invocation) -> AsyncIterator[Target]:
    """The namespace of a command that writes, after saying in which world it is."""
    invocation.console.location(remote=is_remote(invocation.arguments))
    target = await open_target(invocation, default_preview=None)
    try:
        yield target
    finally:
        await target.namespace.close()


async def list_keys(invocation: Invocation) -> None:
    """Every key, as a JSON array; with --limit a part, and the cursor of the next one on stderr."""
    arguments, console = invocation.arguments, invocation.console
    check_selector(arguments)
    limit = _limit(arguments)
    async with reading(invocation) as target:
        prefix, cursor = arguments.text("prefix") or "", arguments.text("cursor") or ""
        listing = await target.namespace.keys(prefix, limit, cursor)
        await warn_of_damage(target.namespace, console)
    console.document(listing.keys)
    if limit is not None and listing.cursor:
        console.note(f"There are more keys: --cursor={listing.cursor}")


async def warn_of_damage(namespace: Namespace, console: Console) -> None:
    """Name the rows of the state folder that are left out because they are damaged."""
    if damaged := await namespace.damaged():
        console.caution(f"{len(damaged):,} damaged rows are left out: {'; '.join(damaged[:_MOST_NAMED])}")


def _limit(arguments: Arguments) -> int | None:
    limit = arguments.number("limit")
    if limit is None:
        if arguments.text("cursor"):
            raise UsageError("--cursor goes with --limit: without a limit all keys are listed")
        return None
    if math.isnan(limit) or not 1 <= limit <= 1000:
        raise UsageError("--limit must be a number from 1 to 1000")
    return int(limit)


async def get_key(invocation: Invocation) -> None:
    """The value, byte for byte; with --text decoded, and a newline at its end."""
    arguments, console = invocation.arguments, invocation.console
    check_selector(arguments)
    async with reading(invocation) as target:
        value = await target.namespace.get(arguments.words[0])
        if value is None:
            await warn_of_damage(target.namespace, console)
    if value is None:
        console.say("Value not found")
    elif arguments.switch("text"):
        console.data(_decoded(value))
    else:
        console.raw(value)


def _decoded(value: bytes) -> str:
    """UTF-8 with U+FFFD for broken bytes; an unfinished character at the end is dropped."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(value)


async def put_key(invocation: Invocation) -> None:
    """Write an entry; says so before it does, as wrangler does."""
    arguments, console = invocation.arguments, invocation.console
    metadata = arguments.flags.get("metadata")
    console.banner()
    check_selector(arguments)
    key, value, path = _content(arguments)
    async with writing(invocation) as target:
        content: str | bytes = value
        what = f'the value "{printable(value)}" to key'
        if path:
            content, what = read_bytes(invocation.folder, path), f"the contents of {path} to the key"
        with_metadata = f' with metadata "{stringify(metadata)}"' if metadata is not None else ""
        console.say(f'Writing {what} "{printable(key)}" on namespace {target.display}{with_metadata}.')
        options = PutOptions(arguments.number("expiration"), arguments.number("ttl"), metadata)
        await target.namespace.put(key, content, options)
        report(invocation, {"namespace_id": target.namespace.id, "key": key, "result": "written"})


def _content(arguments: Arguments) -> tuple[str, str, str | None]:
    """The key, the value and the path of the value's file. Raises UsageError unless exactly one is given.

    ``""`` is a value, which wrangler does not write.
    """
    key, *rest = arguments.words
    path = arguments.text("path")
    if rest and rest[0] and path:
        raise UsageError(
            "Conflicting options: <value> and --path cannot be used together. Please provide only one."
        )
    if not rest and not path:
        raise UsageError("Missing required option: exactly one of <value> and --path must be provided")
    return key, rest[0] if rest else "", path


async def delete_key(invocation: Invocation) -> None:
    """Delete an entry, whether or not it is there."""
    console, key = invocation.console, invocation.arguments.words[0]
    console.banner()
    async with writing(invocation) as target:
        console.say(f'Deleting the key "{printable(key)}" on namespace {target.display}.')
        await target.namespace.delete(key)
        report(invocation, {"namespace_id": target.namespace.id, "key": key, "result": "deleted"})


def report(invocation: Invocation, result: dict[str, Any]) -> None:
    """With --json, what was done."""
    if invocation.console.only_data:
        invocation.console.document(result)
