"""One binding in the configuration that workerd reads."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from worker.config import WorkerConfig


def kv_binding(name: str, service: str) -> str:
    """A namespace, which that service answers for."""
    return f"(name = {literal(name)}, kvNamespace = {literal(service)})"


def r2_binding(name: str, service: str) -> str:
    """A bucket, which that service answers for."""
    return f"(name = {literal(name)}, r2Bucket = {literal(service)})"


def d1_binding(name: str, service: str) -> str:
    """A database, which that service answers for."""
    return (
        f'(name = {literal(name)}, wrapped = (moduleName = "cloudflare-internal:d1-api", '
        f'innerBindings = [(name = "fetcher", service = {literal(service)})]))'
    )


def object_namespaces(config: WorkerConfig, unique_key: Callable[[str], str], more: str = "") -> str:
    """The classes of a Worker's Durable Objects; ``more`` is said of each of them."""
    classes = {one.class_name: one.sqlite for one in config.durable_objects}
    return ", ".join(
        f"(className = {literal(name)}, uniqueKey = {literal(unique_key(name))}, {more}"
        f"enableSql = {'true' if sqlite else 'false'})"
        for name, sqlite in classes.items()
    )


def variables(given: Mapping[str, Any]) -> list[str]:
    """Text stays text; every other value is JSON to the Worker."""
    return [
        f"(name = {literal(name)}, text = {literal(value)})"
        if isinstance(value, str)
        else f"(name = {literal(name)}, json = {literal(json.dumps(value))})"
        for name, value in given.items()
    ]


def literal(value: str) -> str:
    """A Cap'n Proto string: bytes beyond ASCII, quotes and control characters as hexadecimal escapes."""
    plain = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in value.encode()
    )
    return '"' + "".join(plain) + '"'
