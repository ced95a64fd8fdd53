"""Takes ended subscriptions away, every minute. They are never told of anything before either.

codeQ's own commands for it were not recorded; these are the least that does it.
"""

from worker.codeq.documents import Subscription, Timeline
from worker.codeq.errors import DocumentError, ServerError
from worker.codeq.keys import CodeqKeys
from worker.codeq.servers import Command, Server, checked

_PAGE = 200


class Sweep:
    """Every ``interval`` seconds, as long as the service runs."""

    def __init__(self, server: Server, keys: CodeqKeys, timeline: Timeline, interval: int) -> None:
        self._server = server
        self._keys = keys
        self._timeline = timeline
        self._interval = interval

    async def run(self) -> None:
        """Until it is cancelled. A server that fails is asked again the next time."""
        while True:
            await self._timeline.clock.sleep(self._interval)
            try:
                await self.once()
            except ServerError:
                continue

    async def once(self) -> int:
        """How many subscriptions had ended and are gone. Raises ServerError."""
        cursor, ended = "0", 0
        while True:
            cursor, flat = await self._server.call("HSCAN", self._keys.subs, cursor, "COUNT", _PAGE)
            for subscription_id, text in zip(flat[::2], flat[1::2], strict=True):
                ended += await self._end(subscription_id, text)
            if cursor == "0":
                return ended

    async def _end(self, subscription_id: str, text: str) -> bool:
        """One that cannot be read stays: nobody knows when it ends, nor where else it is noted."""
        try:
            subscription = Subscription.parse(text)
        except DocumentError:
            return False
        if subscription.expires_at.seconds >= self._timeline.epoch():
            return False
        commands: list[Command] = [
            ("HDEL", self._keys.subs, subscription_id),
            ("DEL", self._keys.last_sent(subscription_id)),
        ]
        commands += [
            ("ZREM", self._keys.subscribers(event), subscription_id) for event in subscription.event_types
        ]
        checked(await self._server.transaction(commands))
        return True
