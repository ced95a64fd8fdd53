"""``kv key list | get | put | delete``."""

import asyncio
import codecs
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

from kvstore.errors import KVError, KVSyntaxError, StoreError
from kvstore.json_text import parse, stringify
from wrangler_compat.context import Invocation
from wrangler_compat.errors import CommandError, FileError, RefusedError, UsageError
from wrangler_compat.target import check_selector, open_project, open_target

T = TypeVar("T")


def run(work: Awaitable[T]) -> T:
    """Carry out one operation. Raises RefusedError with the store's words."""

    async def operation() -> T:
        return await work

    try:
        return asyncio.run(operation())
    except KVError as error:
        raise RefusedError(error.message) from error
    except StoreError as error:
        raise CommandError(str(error)) from error


def list_keys(invocation: Invocation) -> None:
    """Every key, as a JSON array; unlike older wranglers never only the first 1000."""
    arguments = invocation.arguments
    check_selector(arguments)
    project = open_project(arguments, invocation.environ, invocation.console)
    target = open_target(project, arguments, default_preview=False)
    keys = run(_all_keys(target.namespace, arguments.text("prefix") or ""))
    invocation.console.say(str(stringify(keys, indent="  ")))


async def _all_keys(namespace: Any, prefix: str) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = []
    options = {"prefix": prefix}
    while True:
        page = await namespace.list(options)
        keys += page["keys"]
        if page["list_complete"]:
            return keys
        options["cursor"] = page["cursor"]


def get_key(invocation: Invocation) -> None:
    """The value, byte for byte; with --text decoded, and a newline at its end."""
    arguments = invocation.arguments
    check_selector(arguments)
    project = open_project(arguments, invocation.environ, invocation.console)
    target = open_target(project, arguments, default_preview=False)
    value = run(target.namespace.get(arguments.words[0], "arrayBuffer"))
    if value is None:
        invocation.console.say("Value not found")
    elif arguments.switch("text"):
        invocation.console.say(_decoded(value))
    else:
        invocation.console.raw(value)


def _decoded(value: bytes) -> str:
    """UTF-8 with U+FFFD for broken bytes; an unfinished character at the end is dropped."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(value)


def put_key(invocation: Invocation) -> None:
    """Write an entry; says so before it does, as wrangler does."""
    arguments, console = invocation.arguments, invocation.console
    metadata = _metadata(arguments.flags.get("metadata"))
    console.banner()
    check_selector(arguments)
    key, value = arguments.words[0], arguments.words[1] if len(arguments.words) > 1 else ""
    path = arguments.text("path")
    if value and path:
        raise UsageError(
            "Conflicting options: <value> and --path cannot be used together. Please provide only one."
        )
    if not value and not path:
        raise UsageError("Missing required option: exactly one of <value> and --path must be provided")
    console.location()
    project = open_project(arguments, invocation.environ, console)
    target = open_target(project, arguments, default_preview=None)
    content: str | bytes = _file(project.folder, path) if path else value
    what = f"the contents of {path} to the key" if path else f'the value "{value}" to key'
    with_metadata = f' with metadata "{stringify(metadata)}"' if metadata else ""
    console.say(f'Writing {what} "{key}" on namespace {target.display}{with_metadata}.')
    options = {"metadata": metadata} | {
        option: arguments.flags[flag]
        for flag, option in (("ttl", "expirationTtl"), ("expiration", "expiration"))
        if flag in arguments.flags
    }
    run(target.namespace.put(key, content, options))


def _metadata(text: str | None) -> Any:
    if not text:
        return None
    try:
        value = parse(text)
    except KVSyntaxError as error:
        raise UsageError(f"--metadata must be valid JSON. Received: {text}") from error
    if not isinstance(value, dict):
        raise UsageError(f"--metadata must be a JSON object. Received: {text}")
    return value


def _file(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        reason = (
            "ENOENT: no such file or directory" if isinstance(error, FileNotFoundError) else error.strerror
        )
        raise FileError(f"Could not read file: {name}", f"{reason}, open '{folder / name}'") from error


def delete_key(invocation: Invocation) -> None:
    """Delete an entry, whether or not it is there."""
    arguments, console = invocation.arguments, invocation.console
    console.banner()
    console.location()
    project = open_project(arguments, invocation.environ, console)
    if not arguments.text("binding") and not arguments.text("namespace-id"):
        raise CommandError(
            'No KV namespace with binding "undefined" was found: give --binding or --namespace-id.'
        )
    target = open_target(project, arguments, default_preview=None)
    console.say(f'Deleting the key "{arguments.words[0]}" on namespace {target.display}.')
    run(target.namespace.delete(arguments.words[0]))
