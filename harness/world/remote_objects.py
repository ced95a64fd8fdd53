"""A class of Durable Objects that runs in workerd: its objects are called, and its alarms ring, from here."""

import asyncio
import json
import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeVar

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.system.deployment import RunningObjects
from harness.world.calls import Asked
from kvstore.javascript.json_text import stringify
from worker.durable import ObjectError
from worker.durable.alarms import Alarms, is_last
from worker.durable.stub import asked_for
from worker.javascript import decode

T = TypeVar("T")
Told = tuple[Mapping[str, Any], bytes]


class Carry(Protocol):
    """Has calls of objects carried out, as `CallTransit.carry` says."""

    def __call__(
        self, asked: Asked, call: Callable[[], Coroutine[Any, Any, T]], came: Callable[[T], str | ObjectError]
    ) -> Awaitable[T]: ...


class Home(NamedTuple):
    """The objects of a Worker, which binds the class as ``binding``."""

    running: RunningObjects
    binding: str


class RemoteObjects:
    """What every Worker that binds the class called ``class_name`` calls; ``key`` names it among all.

    ``carry`` has each call carried out. ``around`` is entered for each event, with its name.
    """

    def __init__(
        self,
        running: RunningObjects,
        binding: str,
        key: str,
        class_name: str,
        clock: LoopClock,
        chance: Chance,
        carry: Carry,
        around: Callable[[str], AbstractContextManager[object]],
    ) -> None:
        self.class_name = class_name
        self._key = key
        self._carry = carry
        self._around = around
        self._alarms = Alarms(clock, chance, self._ring, automatic=True)
        self._names: dict[str, str | None] = {}
        # Where each object is, and those that are where the Worker that was deployed last has them.
        self._homes: dict[str, Home] = {}
        self._moved: set[str] = set()
        self._moving: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.define(running, binding)

    def define(self, running: RunningObjects, binding: str) -> None:
        """The Worker that is deployed now: its code is that of every object that does nothing."""
        self._newest = Home(running, binding)
        self._moved.clear()

    async def called(self, asked: Mapping[str, Any], body: bytes) -> Told:
        """What an object answers to a call: what our own module is told, and the content."""
        name = asked.get("named")
        self._names.setdefault(asked["id"], name)

        async def deliver() -> Told:
            with self._around("call"):
                return await self._deliver(asked["id"], {"call": asked["call"]}, body)

        try:
            return await self._carry(
                Asked(self.class_name, asked["id"] if name is None else name, _what(asked["call"])),
                deliver,
                _came,
            )
        except ObjectError as error:
            return {"error": _told(error)}, b""

    async def _deliver(self, digits: str, event: Mapping[str, Any], body: bytes = b"") -> Told:
        async with self._moving[digits]:  # nobody comes to an object that moves
            await self._move(digits)
            answer = self._begun(self._homes[digits], digits, event, body)
        return await answer

    def _begun(self, home: Home, digits: str, event: Mapping[str, Any], body: bytes = b"") -> Awaitable[Told]:
        name = self._names.get(digits)
        named = {} if name is None else {"named": name}
        return home.running.deliver({"binding": home.binding, "id": digits, **named, **event}, body)

    async def _move(self, digits: str) -> None:
        """Let an object that does nothing have the code that was deployed last, and what it stored."""
        old = self._homes.get(digits)
        if digits in self._moved or (old is not None and old.running.is_busy(digits)):
            return
        self._homes[digits] = new = self._newest
        self._moved.add(digits)
        if old is None:
            return
        await self._begun(old, digits, {"ends": True})
        if old.running is new.running:
            return
        await self._begun(new, digits, {"ends": True})  # it may have been there before
        there = new.running.files(self._key, digits)
        for path, place in zip(old.running.files(self._key, digits), there, strict=True):
            place.unlink(missing_ok=True)
            if path.exists():
                shutil.copyfile(path, place)
        await self._begun(new, digits, {"moved": {"alarm": self._alarms.at(digits)}})

    def set_alarm(self, digits: str, when: int | None) -> None:
        """An object's alarm is at ``when`` (ms) now, or not at all."""
        self._alarms.set(digits, when)

    async def _ring(self, digits: str, retry: int) -> bool:
        """Ring an object's alarm; False when it is to ring again."""
        with self._around("alarm"):
            told, _ = await self._deliver(digits, {"alarm": {"retry": retry}})
        return "error" not in told or is_last(retry)

    def close(self) -> None:
        self._alarms.close()


def _what(call: Mapping[str, Any]) -> str:
    """What a call asks for, as reports show it."""
    return asked_for(call["method"], call["url"]) if "url" in call else str(call["name"])


def _came(answer: Told) -> str | ObjectError:
    """What came of a call."""
    told, content = answer
    if "error" in told:
        error = told["error"]
        return ObjectError(error["name"], error["message"], retryable=error.get("retryable"))
    return (
        str(told["response"]["status"]) if "response" in told else str(stringify(decode(json.loads(content))))
    )


def _told(error: ObjectError) -> dict[str, Any]:
    flags = {"retryable": error.retryable, "durableObjectReset": error.durableObjectReset}
    return {"name": error.name, "message": error.message, **flags}
