"""Tells a task's webhook what came of it, in the background."""

import asyncio
import hashlib
import hmac

import httpx

from worker.codeq.documents import Result, Task, Timeline, encode
from worker.codeq.settings import Settings

TIMESTAMP_HEADER = "X-Codeq-Timestamp"
SIGNATURE_HEADER = "X-Codeq-Signature"


def signed_headers(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a signed POST: HMAC-SHA256 over ``<timestamp>.`` and the body, in hexadecimal.

    The names are written as they appear on the wire. ``timestamp`` is in epoch seconds.
    """
    message = f"{timestamp}.".encode() + body
    signature = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: signature,
    }


class Callbacks:
    """At most five tries, 2, 4, 8 and 16 seconds apart; then the result is to be had by asking only."""

    def __init__(self, http: httpx.AsyncClient, timeline: Timeline, settings: Settings) -> None:
        self._http = http
        self._timeline = timeline
        self._settings = settings
        self._running: set[asyncio.Task[None]] = set()

    def send(self, task: Task, result: Result) -> None:
        """Returns at once."""
        running = asyncio.create_task(self._deliver(task.webhook, callback_body(task, result)))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def drain(self) -> None:
        """Waits until all that was sent has arrived or was given up."""
        while self._running:
            await asyncio.gather(*self._running)

    async def _deliver(self, url: str, body: bytes) -> None:
        for tries in range(1, self._settings.result_webhook_max_attempts + 1):
            if await self._post(url, body):
                return
            if tries < self._settings.result_webhook_max_attempts:
                await self._timeline.clock.sleep(self._wait(tries))

    def _wait(self, tries: int) -> int:
        doubled = self._settings.result_webhook_base_backoff_seconds << (tries - 1)
        return min(doubled, self._settings.result_webhook_max_backoff_seconds)

    async def _post(self, url: str, body: bytes) -> bool:
        headers = signed_headers(self._settings.webhook_hmac_secret, self._timeline.epoch(), body)
        try:
            answer = await self._http.post(url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.is_success


def callback_body(task: Task, result: Result) -> bytes:
    """What is posted: every field is there, empty or not."""
    fields = {
        "artifacts": [artifact.struct() for artifact in result.artifacts] or None,
        "completedAt": str(result.completed_at),
        "error": result.error,
        "eventType": task.command,
        "result": result.result,
        "status": result.status,
        "taskId": result.task_id,
    }
    return encode(fields).encode()
