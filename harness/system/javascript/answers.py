"""What an isolate asks and waits for: it is done in the simulation, and answered as workerd reads it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable
from urllib.parse import SplitResult, parse_qs, urlsplit

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.outbound import Outbound
from harness.system.deployment import NotSequential
from harness.system.javascript.lane import Held
from harness.system.javascript.messages import Message, written
from harness.system.noted import NotedNamespace
from kvstore import KVError, KVNamespace, StoreError
from kvstore.javascript.json_text import stringify
from kvstore.storage.storage import Storage
from kvstore.store import Verb
from worker.d1 import Service
from worker.d1.wire import TOKEN_HEADER, answered
from worker.kvwire import Asked, Reply, answer, refused
from worker.kvwire.operations import METADATA_HEADER
from worker.sdk.http.request import RequestParts
from worker.sdk.surroundings import surroundings

SetAlarm = Callable[[str, str, int | None], None]
"""Called with the class and the id of a Durable Object, and when its alarm rings (ms), None for never."""

# Statuses by which our own module understands what the KV binding has no place for.
_WITHOUT_RESULT: Final = 599
_CRASHED: Final = 597
_ASKED: Final = "understudy-asked"
_MARK: Final = "\0understudy"


class Surroundings(Protocol):
    """What an invocation asks of the code that it runs."""

    clock: LoopClock | None
    chance: Chance

    def now_ms(self) -> int: ...
    def in_one_line(self, stack: str) -> str: ...
    def is_parallel(self, method: str, path: str) -> bool: ...
    def was_parallel(self, method: str, path: str) -> NotSequential: ...
    def was_sequential(self, method: str, path: str) -> None: ...


@runtime_checkable
class ObjectClass(Protocol):
    """What a binding to a class of Durable Objects is here."""

    async def called(self, asked: Mapping[str, Any], body: bytes) -> tuple[Mapping[str, Any], bytes]:
        """What one of its objects answers: what our own module is told, and the content."""


@dataclass(eq=False)
class Answers:
    """``namespaces``, ``databases`` and classes of Durable Objects, ``objects``, are by their bindings.

    ``set_alarm`` is called for what an object plans.
    """

    _code: Surroundings
    _namespaces: Mapping[str, KVNamespace]
    _databases: Mapping[str, Service]
    objects: Mapping[str, ObjectClass]
    set_alarm: SetAlarm | None = None
    _storages: dict[str, Storage] = field(default_factory=dict, init=False)

    async def told(self, held: Held) -> bytes:
        """The message that answers what is held. Raises InvocationCrashed."""
        message, binding = held.message, held.binding
        method, target, _ = message.first.split(" ", 2)
        if not binding:
            return written(*await self._without_binding(message, urlsplit(target)))
        if binding in self._databases:
            return await self._queried(self._databases[binding], message, urlsplit(target))
        path, _, query = target.encode("latin-1").partition(b"?")
        metadata = message.header(METADATA_HEADER) if method == "PUT" else None
        if metadata is not None:
            metadata = metadata.encode("latin-1").decode("utf-8", "replace")
        asked = Asked(method, path, query, metadata, message.body)
        verb = asked.verb
        told = await self._asked(self._namespaces[binding], binding, asked, verb or "get")
        return self._as_workerd_reads(asked, verb, told)

    def crashed(self, held: Held) -> bytes:
        """The message by which our own module ends the Durable Object that asks."""
        if not held.binding:
            _, headers, _ = self._said(None)
            return written("HTTP/1.1 200 OK", {**headers, "understudy-crashed": "1"})
        return written(f"HTTP/1.1 {_CRASHED} {self._code.now_ms()} crashed", {})

    async def _queried(self, database: Service, message: Message, url: SplitResult) -> bytes:
        token = message.header(TOKEN_HEADER)
        told = await answered(database, url.path, url.query, token, message.body)
        headers = {**told.headers, "understudy-now": str(self._code.now_ms())}
        return written(f"HTTP/1.1 {told.status} OK", headers, told.body)

    async def _asked(self, namespace: KVNamespace, binding: str, asked: Asked, verb: Verb) -> Reply:
        storage = self._storages.get(binding)
        if storage is None:
            strict = namespace.strict if isinstance(namespace, NotedNamespace) else None
            storage = self._storages[binding] = strict or Storage(namespace.store)
        try:
            if not isinstance(namespace, NotedNamespace):
                return await answer(storage, asked)
            key = asked.path[1:].decode("latin-1")
            return await namespace.noted(verb, (key,), answer(storage, asked))
        except (KVError, StoreError) as error:
            return refused(error)

    def _as_workerd_reads(self, asked: Asked, verb: Verb | None, told: Reply) -> bytes:
        """An error goes without a body: workerd reads none, and opens a new connection where one is left."""
        now, status = self._code.now_ms(), told.status
        body = told.body if status == 200 else b""
        if status == 200 and verb in ("put", "delete"):
            status = _WITHOUT_RESULT
        elif status == 200 and verb == "get_many":
            mark = {"value": str(now), "metadata": None} if b'"withMetadata":true' in asked.body else str(now)
            text = str(stringify({_MARK: mark}))
            body = text[:-1].encode() + (b"," + body[1:] if body != b"{}" else b"}")
        line = "OK" if told.reason is None else " ".join(told.reason.split())
        head = f"HTTP/1.1 {status} {now} {line}\r\nCF-Cache-Status: {now}\r\nContent-Length: {len(body)}\r\n"
        lines = [head.encode("utf-8", "replace")]
        lines += [b"%s: %s\r\n" % (name.encode(), value) for name, value in told.headers]
        return b"%s\r\n%s" % (b"".join(lines), body)

    async def _without_binding(self, message: Message, url: SplitResult) -> tuple[str, dict[str, str], bytes]:
        """The answer to a timer, to what wants to leave, to calls of Durable Objects and to their alarms."""
        place, outbound = url.path if message.header("host") == "understudy" else "", surroundings().outbound
        if isinstance(outbound, Outbound) and place == "/fetch":
            return await self._left(outbound, message)
        if self.set_alarm is not None and place == "/alarm":
            alarm = json.loads(message.body)
            self.set_alarm(alarm["kind"], alarm["id"], alarm["at"])
            return self._said(None)
        if place == "/object":
            asked = json.loads(message.header(_ASKED) or "")
            return self._said(*await self.objects[asked["binding"]].called(asked, message.body))
        if place != "/sleep":
            return "HTTP/1.1 403 Forbidden", {}, b"nothing leaves a rehearsal"
        assert self._code.clock is not None
        await self._code.clock.sleep(int(parse_qs(url.query)["ms"][0]) / 1000)
        return "HTTP/1.1 200 OK", {}, str(self._code.now_ms()).encode()

    async def _left(self, outbound: Outbound, message: Message) -> tuple[str, dict[str, str], bytes]:
        asked = json.loads(message.header(_ASKED) or "")
        headers = [(name, value) for name, value in asked["headers"]]
        found = await outbound.parts(RequestParts(asked["method"], asked["url"], headers, message.body))
        if isinstance(found, str):
            return self._said({"refused": found})
        body = found.body if isinstance(found.body, bytes) else b""
        return self._said({"status": found.status, "headers": found.headers}, body)

    def _said(self, answer: object, body: bytes = b"") -> tuple[str, dict[str, str], bytes]:
        """What `ask` in prelude.mjs reads."""
        told = {"understudy-now": str(self._code.now_ms()), "understudy-told": json.dumps(answer)}
        return "HTTP/1.1 200 OK", told, body
