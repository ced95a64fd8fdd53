"""Takes ended subscriptions away, every minute. They are never told of anything before either.

codeQ's own commands for it were not recorded; these are the least that does it.
"""

from worker.codeq.documents import Subscription
from worker.codeq.errors import DocumentError, ServerError
from worker.codeq.servers import Command, checked
from worker.codeq.service.operations import Operations

_PAGE = 200


class Sweep(Operations):
    """As long as the service runs."""

    async def run(self) -> None:
        """Until it is cancelled. A server that fails is asked again the next time."""
        while True:
            await self.timeline.clock.sleep(self.settings.subscription_cleanup_interval_seconds)
            try:
                await self.once()
            except ServerError:
                continue

    async def once(self) -> int:
        """How many subscriptions had ended and are gone. Raises ServerError."""
        cursor, ended = "0", 0
        while True:
            cursor, flat = await self.server.call("HSCAN", self.keys.subs, cursor, "COUNT", _PAGE)
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
        if subscription.expires_at.seconds >= self.timeline.epoch():
            return False
        commands: list[Command] = [
            ("HDEL", self.keys.subs, subscription_id),
            ("DEL", self.keys.last_sent(subscription_id)),
        ]
        commands += [
            ("ZREM", self.keys.subscribers(event), subscription_id) for event in subscription.event_types
        ]
        checked(await self.server.transaction(commands))
        return True
