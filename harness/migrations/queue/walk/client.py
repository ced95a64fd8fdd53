"""How a rehearsal talks to the Worker: over a real port, or, for a search, without one."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

import httpx

from harness.answers import read_body
from harness.engine.loop import WEEK_MS, SimulatedLoop
from harness.transport import ANSWER_SECONDS, Answer, BrokenOff, Unanswered, deliver, read_to_end
from harness.under_way import asking
from kvstore.faults import InvocationCrashed
from worker.runtime import Worker
from worker.sdk.request import Request

API_KEY: Final = "rehearsal-queue-key"
CUT_OFF: Final = "the invocation was cut off"
# A Worker that has asked KV for nothing in so long is at no work that will ever end.
IDLE_SECONDS: Final = 30


class Client(Protocol):
    """Sends one request with the rehearsal's API key, and waits for the answer.

    An answer that breaks off counts as a 500 that says so. Raises Unanswered.
    """

    async def send(self, method: str, path: str, body: Any = None) -> Answer: ...


@dataclass(frozen=True)
class PortClient:
    """Over HTTP, through the server; ``operations`` says how many KV operations there were so far."""

    http: httpx.AsyncClient
    operations: Callable[[], int]

    async def send(self, method: str, path: str, body: Any = None) -> Answer:
        sending = asyncio.create_task(self._send(method, path, body))
        try:
            await self._wait(sending, method, path)
            return await sending
        except BrokenOff as error:
            return Answer(500, str(error))
        finally:
            sending.cancel()

    async def _wait(self, sending: asyncio.Task[Answer], method: str, path: str) -> None:
        """Wait for an answer as long as the Worker is at work. Raises Unanswered."""
        waited, before, now = 0, -1, self.operations()
        while not sending.done() and before < now:
            if waited >= ANSWER_SECONDS:
                raise Unanswered(method, path, f"nothing came for {waited:,} seconds")
            waited += IDLE_SECONDS
            await asyncio.wait({sending}, timeout=IDLE_SECONDS)
            before, now = now, self.operations()
        if not sending.done():
            raise Unanswered(method, path, f"it asked KV for nothing in {IDLE_SECONDS} seconds")

    async def _send(self, method: str, path: str, body: Any) -> Answer:
        try:
            async with self.http.stream(method, path, json=body, headers={"X-API-Key": API_KEY}) as answer:
                content = await read_to_end(answer.aiter_bytes())
        except httpx.RequestError as error:  # what came was no answer that HTTP knows
            raise BrokenOff(f"the answer broke off: {type(error).__name__}: {error}") from error
        return Answer(answer.status_code, read_body(content))


@dataclass(frozen=True)
class DirectClient:
    """Straight into the Worker, as the server would hand it the request; ``api_key`` None sends none."""

    worker: Worker
    api_key: str | None = API_KEY

    async def send(self, method: str, path: str, body: Any = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        headers = [("content-type", "application/json")]
        if self.api_key is not None:
            headers.append(("x-api-key", self.api_key))
        request = Request.from_parts(method, f"http://queue.example{path}", headers, content)
        if isinstance(loop := asyncio.get_running_loop(), SimulatedLoop):
            loop.watch(partial(_look, method, path))
        with asking(f"{method} {path}"):
            answering = asyncio.ensure_future(deliver(self.worker, request))
        try:
            await asyncio.wait({answering}, timeout=ANSWER_SECONDS)
            if not answering.done():
                raise Unanswered(method, path, f"nothing came for {ANSWER_SECONDS:,} seconds")
            answer = Answer(500, "CancelledError") if answering.cancelled() else answering.result()
        except InvocationCrashed:
            return Answer(500, CUT_OFF)
        except BrokenOff as error:
            return Answer(500, str(error))
        finally:
            answering.cancel()
        await self.worker.background.drain()
        return answer


def _look(method: str, path: str, idle: bool) -> int:
    """What a simulated loop asks when nobody can go on, or no time passes."""
    if idle:
        raise Unanswered(method, path, "it waits, or goes on, for ever")
    return WEEK_MS
