"""Plays recorded steps on a binding in this process."""

import base64
import hashlib
import inspect
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from kvstore.errors import KVError
from kvstore.javascript.json_text import stringify
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt, is_bigint
from tests.worker.d1.recordings import Case
from worker.d1.binding import D1Database
from worker.sdk.ffi.errors import JsException, as_javascript
from worker.sdk.ffi.jsobject import JsObject

_STATEMENT_METHODS = ("first", "all", "run", "raw", "none")


async def play(case: Case, database: D1Database) -> list[dict[str, Any] | None]:
    """The outcome of every step, None for one that only JavaScript can carry out."""
    saved: dict[str, Any] = {}
    return [await _outcome(step, database, saved) if playable(step) else None for step in case.steps]


def playable(step: dict[str, Any]) -> bool:
    return "js-only" not in step.get("tags", ()) or any(
        '"expr": "Array.from' in text for text in [str(step).replace("'", '"')]
    )


async def _outcome(step: dict[str, Any], database: D1Database, saved: dict[str, Any]) -> dict[str, Any]:
    at = ["prepare" if step["method"] in _STATEMENT_METHODS else "call"]
    try:
        result = _call(step, database, saved, at)
        at = [""]
        if inspect.isawaitable(result):
            result = await result
        return {"result": _shown(result, step.get("digest", False))}
    except KVError as error:
        return _error(as_javascript(error), at[-1])
    except JsException as error:
        return _error(error, at[-1])


def _call(
    step: dict[str, Any], database: D1Database, saved: dict[str, Any], at: list[str]
) -> Awaitable[Any] | Any:
    on: Any = saved[step["on"]] if "on" in step else database
    method = step["method"]
    arguments = [argument(one) for one in step.get("args", [])]
    if method not in _STATEMENT_METHODS:
        function = getattr(on, method, None)
        if function is None:
            raise JsException("TypeError", "<no such method>")
        if "statements" in step:
            arguments = [[_statement(one, on, saved, at) for one in step["statements"]]]
        result = function(*arguments)
    else:
        statement = _statement(step, on, saved, at)
        if "save" in step:
            saved[step["save"]] = statement
        at.append("call")
        return UNDEFINED if method == "none" else getattr(statement, method)(*arguments)
    if "save" in step:
        saved[step["save"]] = result
    return result


def _statement(step: dict[str, Any], on: Any, saved: dict[str, Any], at: list[str]) -> Any:
    if "stmt" in step:
        statement = saved[step["stmt"]]
    else:
        statement = on.prepare() if step.get("noargs") else on.prepare(argument(step["prepare"]))
    at.append("bind")
    for values in step["binds"] if "binds" in step else [step["bind"]] if "bind" in step else []:
        statement = statement.bind(*map(argument, values))
    return statement


def argument(recorded: Any) -> Any:
    """A recorded argument as the value that the binding takes."""
    if isinstance(recorded, list):
        return [argument(one) for one in recorded]
    if not isinstance(recorded, dict):
        return float(recorded) if is_bigint(recorded) else recorded
    if "$type" not in recorded:
        return {name: argument(value) for name, value in recorded.items()}
    match recorded["$type"]:
        case "undefined":
            return UNDEFINED
        case "number":
            return (
                -0.0
                if recorded["value"] == "-0"
                else float(recorded["value"].lower().replace("infinity", "inf"))
            )
        case "bigint":
            return BigInt(recorded["value"])
        case "date":
            return datetime.fromtimestamp(recorded.get("ms", 0) / 1000, UTC)
        case "bytes" | "typedArray":
            return base64.b64decode(recorded["base64"])
        case "arrayBuffer":
            return ArrayBuffer(base64.b64decode(recorded["base64"]))
        case "zeros":
            return bytes(recorded["length"])
        case "repeat":
            return recorded["text"] * recorded["count"]
        case "concat":
            return "".join(map(argument, recorded["parts"]))
        case "series":
            numbers = range(recorded["from"], recorded["to"] + 1)
            return recorded["sep"].join(recorded["text"].replace("#", str(number)) for number in numbers)
        case "js":
            return [{"statement": "INSERT INTO t VALUES (?)", "params": [n]} for n in range(300)]
    raise ValueError(f"a recorded argument of type {recorded['$type']} has no form in Python")


def _shown(value: Any, digest: bool) -> Any:
    if value is UNDEFINED:
        return {"$type": "undefined"}
    if isinstance(value, ArrayBuffer):
        return {"$type": "arrayBuffer", "base64": base64.b64encode(value).decode()}
    if isinstance(value, JsObject):
        return {"$type": "instance", "class": value.js_name}
    if callable(value):
        return {"$type": "function"}
    if not digest or value is None:
        return _with_undefined(value)
    return _digest(value) if isinstance(value, list) else {**value, "results": _digest(value["results"])}


def _with_undefined(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_undefined(one) for one in value]
    if isinstance(value, dict):
        return {name: _with_undefined(one) for name, one in value.items()}
    return {"$type": "undefined"} if value is UNDEFINED else value


def _digest(rows: list[Any]) -> dict[str, Any]:
    text = str(stringify([_masked(row) for row in rows]))
    hashed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"count": len(rows), "first": rows[0], "last": rows[-1], "sha256": hashed}


def _masked(row: Any) -> Any:
    if not isinstance(row, dict) or "meta" not in row:
        return row
    return {**row, "meta": {**row["meta"], "duration": "<number>", "size_after": "<number>"}}


def _error(error: JsException, at: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": error.name, "message": error.message}
    cause = getattr(error, "cause", None)
    if cause is not None:
        shown["cause"] = {"name": cause.name, "message": cause.message}
    return {"error": {**shown, "at": at} if at else shown}
