"""Workers' subscriptions: which are notified when a queue has work."""

from dataclasses import dataclass
from uuid import UUID

from kvstore.entropy import Entropy
from worker.codeq.documents import Fields, Subscription
from worker.codeq.documents.subscription import DELIVERY_MODES, FANOUT, GROUP
from worker.codeq.errors import DocumentError, Refusal
from worker.codeq.keys import BUILT_IN_COMMANDS
from worker.codeq.servers import Command, checked
from worker.codeq.service.operations import Operations
from worker.codeq.web import is_web_address

TTL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Subscriptions(Operations):
    """Event types are not checked against the worker's token."""

    entropy: Entropy

    async def create(self, body: Fields) -> Subscription:
        """Raises Refusal 400 with what is wrong about the body."""
        subscription = self._new(body)
        await self._store(subscription)
        return subscription

    async def extend(self, subscription_id: str, seconds: int) -> Subscription:
        """Makes it last for ``seconds`` from now. Raises Refusal 404 not-found."""
        text = await self.server.call("HGET", self.keys.subs, subscription_id)
        try:
            subscription = Subscription.parse(text) if text is not None else None
        except DocumentError:
            subscription = None
        if subscription is None:
            raise Refusal(404, "not-found")
        subscription.expires_at = self.timeline.after(_lasting(seconds))
        await self._store(subscription)
        return subscription

    def _new(self, body: Fields) -> Subscription:
        url, group = body.string("callbackUrl"), body.string("groupId")
        if not url:
            raise Refusal(400, "invalid body")
        if not is_web_address(url):
            raise Refusal(400, "invalid callback url")
        mode = body.string("deliveryMode") or FANOUT
        if mode not in DELIVERY_MODES:
            raise Refusal(400, "invalid deliveryMode")
        if mode == GROUP and not group.strip():
            raise Refusal(400, "groupId is required")
        interval = body.integer("minIntervalSeconds")
        return Subscription(
            id=str(UUID(bytes=self.entropy.token(16), version=4)),
            callback_url=url,
            event_types=body.strings("eventTypes") or list(BUILT_IN_COMMANDS),
            delivery_mode=mode,
            min_interval=interval if interval > 0 else self.settings.subscription_min_interval_seconds,
            expires_at=self.timeline.after(_lasting(body.integer("ttlSeconds"))),
            created_at=self.timeline.now(),
            group_id=group,
        )

    async def _store(self, subscription: Subscription) -> None:
        commands: list[Command] = [("HSET", self.keys.subs, subscription.id, subscription.text())]
        commands += [
            ("ZADD", self.keys.subscribers(event), subscription.expires_at.seconds, subscription.id)
            for event in subscription.event_types
        ]
        checked(await self.server.transaction(commands))


def _lasting(seconds: int) -> int:
    return seconds if seconds > 0 else TTL_SECONDS
