"""When the alarms of a class's objects ring.

An alarm rings at its time or later, at least once; one whose handler fails rings again (limits). The times
themselves are in each object's storage: here is only what is to be waited for.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from kvstore.clock import Clock
from kvstore.entropy import Entropy
from worker.durable.limits import ALARM_BACKOFF_MS, ALARM_JITTER, ALARM_RETRIES
from worker.sdk.rpc import JsDict


@dataclass(frozen=True, slots=True)
class Due:
    """An alarm that rings at ``at`` (ms), for the ``retry``-th time after the first."""

    at: int
    retry: int = 0


Ring = Callable[[str, int], Awaitable[bool]]
"""Rings the alarm of an object, given the number of its retry; False when it is to ring again."""


class Alarms:
    """``automatic`` waits for alarms on ``clock``; otherwise `ring_due` is for whoever moves the clock."""

    def __init__(self, clock: Clock, entropy: Entropy, ring: Ring, *, automatic: bool) -> None:
        self._clock = clock
        self._entropy = entropy
        self._ring = ring
        self._automatic = automatic
        self._due: dict[str, Due] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._ringing: set[asyncio.Task[None]] = set()

    @property
    def next_at(self) -> int | None:
        """When the next alarm rings, in milliseconds; None without one."""
        return min((due.at for due in self._due.values()), default=None)

    def at(self, digits: str) -> int | None:
        """When the alarm of an object rings, in milliseconds; None without one."""
        return self._due[digits].at if digits in self._due else None

    def set(self, digits: str, when: int | None) -> None:
        """The alarm of an object is at ``when`` now, or not at all."""
        self._stop(digits)
        if when is not None:
            self._plan(digits, Due(when))

    def _plan(self, digits: str, due: Due) -> None:
        self._due[digits] = due
        if self._automatic:
            self._waiting[digits] = asyncio.get_running_loop().create_task(self._wait(digits, due))

    def _stop(self, digits: str) -> None:
        self._due.pop(digits, None)
        waiting = self._waiting.pop(digits, None)
        if waiting is not None:
            waiting.cancel()

    async def _wait(self, digits: str, due: Due) -> None:
        delay = due.at - self._clock.now_ms()
        if delay > 0:
            await self._clock.sleep(delay / 1000)
        # From here on a new alarm does not end this one.
        task = self._waiting.pop(digits)
        self._ringing.add(task)
        try:
            await self._fire(digits)
        finally:
            self._ringing.discard(task)

    async def _fire(self, digits: str) -> None:
        due = self._due.pop(digits, None)
        if due is None or await self._ring(digits, due.retry):
            return
        if digits not in self._due:
            self._plan(digits, self._later(due))

    def _later(self, due: Due) -> Due:
        delay = ALARM_BACKOFF_MS << due.retry
        return Due(
            self._clock.now_ms() + delay + self._entropy.below(delay * ALARM_JITTER // 100), due.retry + 1
        )

    async def ring_due(self) -> int:
        """Ring every alarm whose time has come, earliest first; how many rang."""
        rang = 0
        while True:
            now = self._clock.now_ms()
            ready = sorted((due.at, digits) for digits, due in self._due.items() if due.at <= now)
            if not ready:
                return rang
            digits = ready[0][1]
            waiting = self._waiting.pop(digits, None)
            if waiting is not None:
                waiting.cancel()
            await self._fire(digits)
            rang += 1

    def close(self) -> None:
        """Wait for no alarm any more."""
        for digits in list(self._due):
            self._stop(digits)
        for task in self._ringing:
            task.cancel()


def is_last(retry: int) -> bool:
    """Whether an alarm that fails now is given up."""
    return retry >= ALARM_RETRIES


async def call_handler(handler: Callable[..., Any], when: int, retry: int) -> None:
    """Call an object's ``alarm``, with what it may know if it takes an argument."""
    about = JsDict(scheduledTime=when, retryCount=retry, isRetry=retry > 0)
    result = handler(about) if inspect.signature(handler).parameters else handler()
    if inspect.isawaitable(result):
        await result
