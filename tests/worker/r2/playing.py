"""Recorded steps, played on a binding here; outcomes are shown as `player.mjs` shows them."""

import inspect
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kvstore.errors import KVError
from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import UNDEFINED, ArrayBuffer
from worker.r2 import R2Bucket
from worker.sdk.ffi.errors import JsException
from worker.sdk.web.blob import Blob
from worker.sdk.web.http.headers import Headers

RECORDED: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "vectors" / "r2.json").read_text()
)
_MEMBERS: Final = (
    *("body", "bodyUsed", "customMetadata", "etag", "httpEtag", "httpMetadata", "key", "partNumber", "range"),
    *("size", "ssecKeyMd5", "storageClass", "uploadId", "uploaded", "version"),
)
_LONGEST: Final = 500
_RANDOM: Final = re.compile(r"[\w-]{171}")  # the id of an upload, or the etag of a part


def played_here() -> list[str]:
    return sorted(RECORDED)


async def play(bucket: R2Bucket, steps: list[dict[str, Any]]) -> list[Any]:
    saved: dict[str, Any] = {}
    outcomes: list[Any] = []
    for step in steps:
        try:
            outcomes.append(await _played(bucket, step, saved))
        except JsException as error:
            outcomes.append({"$error": str(error)})
        except KVError as error:
            outcomes.append({"$error": f"{error.name}: {error.message}"})
    return outcomes


async def _played(bucket: R2Bucket, step: dict[str, Any], saved: dict[str, Any]) -> Any:
    on: Any = saved[step["on"]] if "on" in step else bucket
    args = _made(step.get("args", []), saved)
    if "parts" in step:
        args.append([saved[name] for name in step["parts"]])
    result = getattr(on, step["do"])(*args)
    result = await result if inspect.isawaitable(result) else result
    if "save" in step:
        saved[step["save"]] = result
    if "then" not in step:
        return _shown(result)
    if step["then"] is None:
        return "done"
    if step["then"] == "writeHttpMetadata":
        headers = Headers(step.get("headers", {}))
        result.writeHttpMetadata(headers)
        return _shown(headers)
    value = await getattr(result, step["then"])()
    return [_shown(value), result.bodyUsed]


def _made(value: Any, saved: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_made(one, saved) for one in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"$saved": name, "member": member}:
            found = saved[name]
            return found[member] if isinstance(found, dict) else getattr(found, member)
        case {"$saved": name}:
            return saved[name]
        case {"$undefined": _}:
            return UNDEFINED
        case {"$repeat": text, "times": times}:
            return text * times
        case {"$buffer": digits}:
            return ArrayBuffer(bytes.fromhex(digits))
        case {"$bytes": digits}:
            return bytearray.fromhex(digits)
        case {"$headers": headers}:
            return Headers(headers)
        case {"$date": moment}:
            return datetime.fromtimestamp(moment / 1000, UTC)
        case {"$blob": text}:
            return Blob([text], {"type": value.get("type", "")})
        case {"$body": text}:
            return ReadableStream([text.encode()])
        case {"$number": text}:
            return float(text)
    return {name: _made(one, saved) for name, one in value.items()}


def _shown(value: Any) -> Any:
    if value is UNDEFINED:
        return {"$undefined": True}
    if isinstance(value, str) and (len(value) > _LONGEST or _RANDOM.fullmatch(value)):
        return {"$long": len(value)}
    if isinstance(value, datetime):
        return {"$date": value.timestamp() > 1e9}
    if isinstance(value, bytes | bytearray):
        return {"$buffer": value.hex()}
    if isinstance(value, Headers):
        return {"$headers": [list(pair) for pair in value.entries()]}
    if isinstance(value, Blob):
        return {"$blob": value.type, "size": value.size}
    if isinstance(value, list):
        return [*map(_shown, value)]
    if isinstance(value, ReadableStream):
        return {"$stream": True}
    if isinstance(value, dict):
        return _members(value)
    if not hasattr(value, "js_name"):
        return value
    found = _members({name: getattr(value, name) for name in _MEMBERS if hasattr(value, name)})
    if "version" in found:
        found["version"] = len(found["version"])
    if hasattr(value, "checksums"):
        found["json"] = value.checksums.toJSON()
    return {"$class": value.js_name, **found}


def _members(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _shown(one) for name, one in value.items() if one is not UNDEFINED}
