"""The Durable Objects of probe.mjs in Python, asked the same way."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from kvstore import ManualClock, SeededEntropy
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt, JsMap
from tests.worker.durable.calls import Call
from tests.worker.durable.real import CLASSES, unique_key
from worker.durable import Disk, Objects
from worker.sdk import DurableObject
from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.rpc import python_to_rpc

NOW = 1_795_000_000_000


def literals() -> dict[str, Any]:
    """What `literals` of probe.mjs stores."""
    twice = {"x": 1}
    return {
        "array": [1, [2, "x"], {"a": []}, UNDEFINED, None],
        "bigint": BigInt(2**70),
        "buffer": ArrayBuffer(b"\x01\x02\xff"),
        "bytes": b"\x01\x02\xff",
        "date": datetime.fromtimestamp(1_795_000_000, UTC) + timedelta(milliseconds=123),
        "map": JsMap({"a": 1, 2: JsMap()}),
        "minus": BigInt(-(2**64)),
        "set": {"a"},
        "twice": [twice, twice, b"\x07", twice],
    }


def encoded(value: Any) -> Any:
    if value is UNDEFINED:
        return {"undefined": True}
    return {"map": [[key, item] for key, item in value.items()]} if isinstance(value, JsMap) else value


class Probe(DurableObject):
    clock: ManualClock

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.seen: list[str] = []
        self.count = 0

    async def run(self, operations: list[list[Any]]) -> list[Any]:
        # JavaScript's own storage: Python's shows no difference between undefined and null.
        storage = unwrap(wrap(self.ctx._ctx.storage))
        answers: list[Any] = []
        for name, *given in operations:
            try:
                answers.append(encoded(await getattr(storage, name)(*given)))
            except JsException as error:
                answers.append({"error": str(error)})
        return answers

    async def big(self, kind: str, size: int) -> str:
        key = "k" * size if kind == "key" else "v"
        try:
            await self.ctx.storage.put(key, "v" * size if kind == "text" else "v")
        except JsException as error:
            return str(error)
        return "stored"

    async def gate(self) -> int:
        self.seen.append("in")
        await self.ctx.storage.get("x")
        self.seen.append("read")
        await self.ctx.storage.put("x", 1)
        self.seen.append("written")
        await self.clock.sleep(0.02)
        self.seen.append("waited")
        return len(self.seen)

    async def visible(self) -> list[str]:
        return self.seen

    async def transactions(self) -> dict[str, Any]:
        storage = self.ctx.storage
        seen: dict[str, Any] = {}

        async def throwing(txn: Any) -> None:
            await txn.put("t", 1)
            seen["inside"] = await txn.get("t")
            raise JsException("Error", "no")

        async def rolling_back(txn: Any) -> str:
            await txn.put("t", 2)
            txn.rollback()
            return "result"

        async def late(txn: Any) -> None:
            txn.rollback()
            await txn.put("t", 3)

        async def fine(txn: Any) -> str:
            await txn.put("t", 4)
            return "fine"

        def in_sync() -> int:
            storage.put("t", 5)
            return 7

        def throwing_in_sync() -> None:
            storage.put("t", 6)
            raise JsException("Error", "sync")

        await storage.put("t", 0)
        seen["thrown"] = await text_of(storage.transaction(throwing))
        seen["afterThrown"] = await storage.get("t")
        seen["rolledBack"] = await storage.transaction(rolling_back)
        seen["afterRollback"] = await storage.get("t")
        seen["late"] = await text_of(storage.transaction(late))
        seen["value"] = await storage.transaction(fine)
        seen["afterValue"] = await storage.get("t")
        seen["sync"] = storage.transactionSync(in_sync)
        seen["afterSync"] = await storage.get("t")
        try:
            storage.transactionSync(throwing_in_sync)
        except JsException as error:
            seen["syncThrown"] = str(error)
        seen["afterSyncThrown"] = await storage.get("t")
        return seen

    async def block(self) -> str:
        async def failing() -> None:
            raise JsException("Error", "blocked")

        self.ctx.blockConcurrencyWhile(failing)
        await self.clock.sleep(0.01)
        return "after"

    async def counted(self) -> int:
        self.count += 1
        return self.count

    async def die(self) -> None:
        self.ctx.storage.put("unflushed", 1)
        self.ctx.abort("because")

    async def fail(self) -> None:
        self.ctx.storage.put("kept", 1)
        raise JsException("RangeError", "oops")

    async def literals(self) -> None:
        unwrap(wrap(self.ctx._ctx.storage)).put(literals())

    async def echo(self, *given: Any) -> list[Any]:
        return list(given)


async def text_of(pending: Any) -> str:
    try:
        return str(await pending)
    except JsException as error:
        return str(error)


class Ringing(Probe):
    async def alarm(self, info: Any) -> None:
        storage = self.ctx.storage
        rings = (await storage.get("rings")) or []
        rings.append(
            {"retryCount": info.retryCount, "isRetry": info.isRetry, "alarm": await storage.getAlarm()}
        )
        await storage.put("rings", rings)
        if len(rings) <= ((await storage.get("failures")) or 0):
            raise JsException("Error", "alarm fails")
        again = await storage.get("again")
        if again:
            await storage.setAlarm(again)


class Broken(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        raise JsException("RangeError", "no birth")

    async def counted(self) -> int:
        return 1


KINDS: dict[str, type[DurableObject]] = {"Probe": Probe, "Ringing": Ringing, "Broken": Broken}


class Ours:
    """Understudy's objects of the three classes, with a clock that stands still."""

    def __init__(self, disk: Disk | None = None) -> None:
        self.clock = ManualClock(NOW)
        Probe.clock = self.clock
        self.objects = {
            namespace: Objects(
                unique_key(kind),
                KINDS[kind],
                {},
                disk=disk,
                clock=self.clock,
                entropy=SeededEntropy(7),
                ring=False,
            )
            for namespace, kind in CLASSES.items()
        }

    async def ask(self, call: Call) -> Any:
        objects = self.objects[call.namespace]
        if call.method == "ids":
            return ids(objects.binding)
        stub = objects.binding.getByName(call.name)
        try:
            if call.method == "gates":
                await asyncio.gather(stub.gate(), stub.gate())
                return await stub.visible()
            return encoded(
                await getattr(stub, call.method)(*(unwrap(python_to_rpc(one)) for one in call.given))
            )
        except JsException as error:
            known = ("remote", "retryable", "durableObjectReset")
            told = {name: getattr(error, name) for name in known if getattr(error, name) is not None}
            return {"thrown": str(error), **told}


def ids(namespace: Any) -> dict[str, Any]:
    def tried(attempt: Any, *given: Any) -> str:
        try:
            return str(attempt(*given))
        except JsException as error:
            return str(error)

    named, unique = namespace.idFromName("default-queue"), namespace.newUniqueId()
    return {
        "text": named.toString(),
        "name": named.name,
        "equal": named.equals(namespace.idFromName("default-queue")),
        "uniqueLength": len(unique.toString()),
        "uniqueIsKnown": namespace.idFromString(unique.toString()).equals(unique),
        "again": namespace.idFromString(named.toString()).equals(named),
        "otherName": namespace.idFromName("日本 / x").toString(),
        "short": tried(namespace.idFromString, "xyz"),
        "foreign": tried(namespace.idFromString, "0" * 64),
        "noId": tried(namespace.get, "text"),
        "noName": tried(namespace.idFromName),
        "stub": namespace.get(named).name,
    }
