"""The way through a real Worker: it makes each call in the real workerd, whose KV binding asks our server."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from kvstore import Clock, KVError, ReadableStream
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, JsMap
from tests.worker.kvwire.rig import Rig, as_error
from tests.worker.kvwire.workerd import RealWorker

from .expect import not_of_type
from .javascript import Inexpressible, ReadStream, source
from .ways import Binding, Way

# What workerd 1.20260426, which takes part, says in other words than the newest one that was recorded, whose
# words the tests have. A newer workerd passes as it is.
_NEWER_WORDS: Final = {
    # The name of a class inside of workerd, in later versions that of JavaScript's.
    not_of_type("put", 2, "string or JsObject"): not_of_type("put", 2, "string or Object"),
}


class WorkerBinding:
    """``env.KV`` of the Worker, for who calls it from Python."""

    def __init__(self, worker: RealWorker) -> None:
        self._worker = worker

    async def get(self, *arguments: Any) -> Any:
        return await self._call("get", arguments)

    async def getWithMetadata(self, *arguments: Any) -> Any:
        return await self._call("getWithMetadata", arguments)

    async def put(self, *arguments: Any) -> None:
        assert await self._call("put", arguments) is UNDEFINED

    async def delete(self, *arguments: Any) -> None:
        assert await self._call("delete", arguments) is UNDEFINED

    async def list(self, *arguments: Any) -> dict[str, Any]:
        page: dict[str, Any] = await self._call("list", arguments)
        return page

    async def _call(self, method: str, arguments: tuple[Any, ...]) -> Any:
        outcome = await self._worker.play("", method, [await _given(argument) for argument in arguments])
        if "error" in outcome:
            raise _newer(as_error(outcome["error"]))
        return value_of(outcome["result"])


def _newer(error: KVError) -> KVError:
    words = _NEWER_WORDS.get(str(error))
    return error if words is None else type(error)(words.removeprefix(f"{error.name}: "))


async def _given(argument: Any) -> dict[str, str]:
    """An argument in the recordings' notation. Skips the test where only Python could tell what it does."""
    if isinstance(argument, ReadableStream):
        argument = await _read(argument)
    try:
        return {"$type": "js", "expr": source(argument)}
    except Inexpressible as reason:
        pytest.skip(str(reason))


async def _read(stream: ReadableStream) -> ReadStream:
    read = ReadStream([])
    try:
        async for chunk in stream:
            read.chunks.append(chunk)
    except KVError as failure:
        read.failure = failure.message
    return read


def value_of(recorded: Any) -> Any:
    """A result in the recordings' notation as the binding in Python gives it."""
    if isinstance(recorded, list):
        return [value_of(item) for item in recorded]
    if not isinstance(recorded, dict):
        return recorded
    match recorded.get("$type"):
        case None:
            return {name: value_of(item) for name, item in recorded.items()}
        case "undefined":
            return UNDEFINED
        case "number":
            return float(recorded["value"])
        case "arrayBuffer":
            return ArrayBuffer(base64.b64decode(recorded["base64"]))
        case "stream":
            return ReadableStream([base64.b64decode(recorded["base64"])])
        case "map":
            return JsMap((key, value_of(item)) for key, item in recorded["entries"])
    raise AssertionError(recorded)


def in_workerd(rig: Rig) -> Way:
    """A way for one test after the other: all through the same Worker, each to a store of its own."""

    @asynccontextmanager
    async def workerd(folder: Path, clock: Clock) -> AsyncIterator[Binding]:
        await rig.refill("inline", folder, clock)
        yield WorkerBinding(rig.worker)
        await rig.close()

    return workerd
