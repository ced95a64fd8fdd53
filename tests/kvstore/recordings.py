"""Reads the recorded vectors of the binding and plays them against a KVNamespace."""

import base64
import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kvstore import KVError, KVNamespace, ManualClock, ReadableStream, Store
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt, JsMap, is_bigint, utf16_length

VECTORS = Path(__file__).parents[1] / "data" / "vectors" / "binding"

Dump = Callable[[Store], Awaitable[list[dict[str, Any]]]]


@dataclass(frozen=True)
class Case:
    area: str
    name: str
    clock: int | None
    steps: list[dict[str, Any]]


def cases() -> list[Case]:
    """Every recorded case of the binding."""
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        recorded = json.loads(path.read_text())
        found += [
            Case(recorded["area"], case["name"], case["clock"], case["steps"]) for case in recorded["cases"]
        ]
    return found


def argument(recorded: Any, results: list[Any]) -> Any:
    """A recorded argument as the value that the binding takes."""
    if isinstance(recorded, list):
        return [argument(item, results) for item in recorded]
    if not isinstance(recorded, dict):
        # A whole number in JSON is a JavaScript number, whatever its size; only Python ints can be BigInts.
        return float(recorded) if is_bigint(recorded) else recorded
    if "$ref" in recorded:
        return _follow(results[recorded["$ref"]["step"]], recorded["$ref"]["path"])
    if "$type" not in recorded:
        return {name: argument(value, results) for name, value in recorded.items()}
    return _tagged(recorded)


def _follow(value: Any, path: list[Any]) -> Any:
    for part in path:
        value = value[part]
    return value


def _tagged(recorded: dict[str, Any]) -> Any:
    match recorded["$type"]:
        case "undefined":
            return UNDEFINED
        case "number":
            return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}[
                recorded["value"]
            ]
        case "bytes" | "typedArray":
            return base64.b64decode(recorded["base64"])
        case "arrayBuffer":
            return ArrayBuffer(base64.b64decode(recorded["base64"]))
        case "stream":
            return ReadableStream([base64.b64decode(chunk) for chunk in recorded["chunks"]])
        case "repeat":
            return recorded["text"] * recorded["count"]
        case "repeatList":
            return [recorded["value"]] * recorded["count"]
        case "concat":
            return "".join(argument(part, []) for part in recorded["parts"])
        case "zeros":
            return bytes(recorded["length"])
        case "zeroStream":
            chunks = [bytes(recorded["chunk"])] * recorded["count"]
            return ReadableStream([*chunks, bytes(recorded.get("extra", 0))])
        case "js":
            return _EXPRESSIONS[recorded["expr"]]()
    raise AssertionError(recorded)


def _circle() -> dict[str, Any]:
    circle: dict[str, Any] = {}
    circle["c"] = circle
    return circle


_EXPRESSIONS: dict[str, Callable[[], Any]] = {
    "10n": lambda: BigInt(10),
    "new Date(0)": lambda: datetime.fromtimestamp(0, UTC),
    "new Date(1700000100000)": lambda: datetime.fromtimestamp(1700000100, UTC),
    "new Map([[1,2]])": lambda: JsMap({1: 2}),
    "new Uint8Array([1,2])": lambda: b"\1\2",
    "({a:undefined,b:1})": lambda: {"a": UNDEFINED, "b": 1},
    "({toJSON(){return 'tj'}})": lambda: {"toJSON": lambda _: "tj"},
    "(()=>1)": lambda: lambda: 1,
    "(()=>{const a={};a.c=a;return a})()": _circle,
}


async def shown(value: Any) -> Any:
    """A result in the recordings' notation."""
    if value is UNDEFINED:
        return {"$type": "undefined"}
    if isinstance(value, ArrayBuffer):
        return {"$type": "arrayBuffer", "base64": base64.b64encode(value).decode()}
    if isinstance(value, ReadableStream):
        return {"$type": "stream", "base64": base64.b64encode(await value.read()).decode()}
    if isinstance(value, JsMap):
        return {"$type": "map", "entries": [[key, await shown(item)] for key, item in value.items()]}
    if isinstance(value, list):
        return [await shown(item) for item in value]
    if isinstance(value, dict):
        return {name: await shown(item) for name, item in value.items()}
    assert value is None or isinstance(value, str | int | float | datetime)
    return value


async def play(step: dict[str, Any], kv: KVNamespace, results: list[Any], dump: Dump) -> Any:
    """Carry out one step; returns the result as recorded would be, or raises what it raised."""
    given = [argument(recorded, results) for recorded in step["args"]]
    operation = step["op"]
    if operation in ("get", "getWithMetadata", "list"):
        return await getattr(kv, operation)(*given)
    if operation in ("put", "delete"):
        await getattr(kv, operation)(*given)
        return UNDEFINED
    if operation.startswith("clock."):
        clock = kv.store.clock
        assert isinstance(clock, ManualClock)
        (clock.set if operation == "clock.set" else clock.advance)(given[0])
        return UNDEFINED
    return await _DERIVED[operation](kv, dump, given)


async def _dump(kv: KVNamespace, dump: Dump, given: list[Any]) -> Any:
    return await dump(kv.store)


async def _blob_count(kv: KVNamespace, dump: Dump, given: list[Any]) -> int:
    return len(await dump(kv.store))


async def _put_range(kv: KVNamespace, dump: Dump, given: list[Any]) -> Any:
    for name in _range(given[0]):
        await kv.put(name, given[0].get("value", "v"))
    return UNDEFINED


def _range(spec: dict[str, Any]) -> list[str]:
    return [
        spec["prefix"] + str(number).zfill(spec.get("pad", 0)) for number in range(spec["from"], spec["to"])
    ]


async def _get_digest(kv: KVNamespace, dump: Dump, given: list[Any]) -> dict[str, Any]:
    value = await kv.get(*given)
    content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    length = utf16_length(value) if isinstance(value, str) else len(value)
    return {"length": length, "sha256": hashlib.sha256(content).hexdigest()}


def _names(keys: list[dict[str, Any]]) -> dict[str, Any]:
    names = [key["name"] for key in keys]
    return {
        "count": len(names),
        "first": names[0] if names else None,
        "last": names[-1] if names else None,
        "names_sha256": hashlib.sha256("\n".join(names).encode()).hexdigest(),
    }


async def _list_digest(kv: KVNamespace, dump: Dump, given: list[Any]) -> dict[str, Any]:
    page = await kv.list(*given)
    rest = {name: page[name] for name in ("list_complete", "cursor") if name in page}
    return _names(page["keys"]) | rest


async def _list_all(kv: KVNamespace, dump: Dump, given: list[Any]) -> dict[str, Any]:
    pages, keys = [], []
    options = dict(given[0]) if given else {}
    while True:
        page = await kv.list(options)
        pages.append(len(page["keys"]))
        keys += page["keys"]
        if page["list_complete"]:
            return {"pages": pages} | _names(keys)
        options["cursor"] = page["cursor"]


async def _bulk_digest(kv: KVNamespace, dump: Dump, given: list[Any]) -> dict[str, Any]:
    found = await kv.get(_range(given[0]))
    return {"size": len(found), "non_null": sum(value is not None for value in found.values())}


async def _bulk_sizes(kv: KVNamespace, dump: Dump, given: list[Any]) -> JsMap:
    found = await kv.get(given[0])
    return JsMap(
        (key, None if value is None else {"length": utf16_length(value)}) for key, value in found.items()
    )


_DERIVED: dict[str, Callable[[KVNamespace, Dump, list[Any]], Awaitable[Any]]] = {
    "dump": _dump,
    "blobCount": _blob_count,
    "putRange": _put_range,
    "getDigest": _get_digest,
    "listDigest": _list_digest,
    "listAll": _list_all,
    "bulkDigest": _bulk_digest,
    "bulkSizes": _bulk_sizes,
}


def agrees(expected: dict[str, Any], result: Any, error: KVError | None) -> bool:
    """Whether an outcome is the recorded one; of a SyntaxError only the name is compared."""
    if "error" in expected:
        if error is None:
            return False
        same_text = error.name == "SyntaxError" or error.message == expected["error"]["message"]
        return error.name == expected["error"]["name"] and same_text
    return error is None and bool(as_doubles(result) == as_doubles(expected["result"]))


def as_doubles(value: Any) -> Any:
    """The same value with every number a double, as JavaScript compares them."""
    if isinstance(value, list):
        return [as_doubles(item) for item in value]
    if isinstance(value, dict):
        return {name: as_doubles(item) for name, item in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
