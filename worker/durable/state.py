"""``ctx`` of a Durable Object."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from worker.durable.object_id import DurableObjectId
from worker.durable.storage import DurableObjectStorage
from worker.sdk.context import ExecutionContext
from worker.sdk.ffi.jsobject import JsObject


class DurableObjectState(JsObject):
    """The object's id, its storage, and what it may ask of its runtime.

    ``js_block`` runs a callback before all later events, ``js_abort`` ends the object.
    """

    js_name = "DurableObjectState"

    def __init__(
        self,
        identity: DurableObjectId,
        storage: DurableObjectStorage,
        context: ExecutionContext,
        block: Callable[[Callable[[], Awaitable[Any]]], asyncio.Future[Any]],
        abort: Callable[[str | None], None],
    ) -> None:
        self.id = identity
        self.storage = storage
        self._context = context
        self.js_block = block
        self.js_abort = abort

    def waitUntil(self, awaitable: Any) -> None:
        """Accepted as for a Worker; an object lives on by itself."""
        self._context.waitUntil(awaitable)
