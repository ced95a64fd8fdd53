"""Tells subscribed workers that an empty queue has work again."""

from dataclasses import dataclass

import httpx

from worker.codeq.documents import Moment, Subscription, encode
from worker.codeq.documents.subscription import FANOUT, GROUP
from worker.codeq.errors import DocumentError, ServerError
from worker.codeq.service.operations import Operations
from worker.codeq.service.webhooks.callbacks import signed_headers

CLAIM_URL = "/v1/codeq/tasks/claim"
_MOST_SUBSCRIBERS = 1000


@dataclass(frozen=True, slots=True)
class Notifications(Operations):
    """Posted one after the other while the producer waits, without a time limit: so codeQ does it.

    Failures are not reported to anyone.
    """

    http: httpx.AsyncClient

    async def send(self, command: str) -> None:
        """One notification to each chosen subscriber whose least interval has passed."""
        try:
            for subscription in await self._chosen(command, await self._subscribers(command)):
                if await self._may_send(subscription):
                    await self._post(command, subscription)
        except ServerError:
            return  # the task is stored; that no subscriber is notified does not make it refused

    async def _subscribers(self, command: str) -> list[Subscription]:
        key, now = self.keys.subscribers(command), self.timeline.epoch()
        ids = await self.server.call("ZRANGEBYSCORE", key, now, "+inf", "LIMIT", 0, _MOST_SUBSCRIBERS)
        subscriptions = []
        for subscription_id in ids:
            text = await self.server.call("HGET", self.keys.subs, subscription_id)
            try:
                subscriptions.append(Subscription.parse(text or ""))
            except DocumentError:
                continue
        return subscriptions

    async def _chosen(self, command: str, subscriptions: list[Subscription]) -> list[Subscription]:
        """All of mode fanout, one of each group in turn, one of mode hash, each for a minute."""
        chosen = [one for one in subscriptions if one.delivery_mode == FANOUT]
        groups: dict[str, list[Subscription]] = {}
        hashed = []
        for one in subscriptions:
            if one.delivery_mode == GROUP:
                groups.setdefault(one.group_id, []).append(one)
            elif one.delivery_mode != FANOUT:
                hashed.append(one)
        for group, members in groups.items():
            turn = await self.server.call("INCR", self.keys.turn(command, group))
            chosen.append(members[(turn - 1) % len(members)])
        if hashed:
            chosen.append(hashed[self.timeline.epoch() // 60 % len(hashed)])
        return chosen

    async def _may_send(self, subscription: Subscription) -> bool:
        key, seconds = self.keys.last_sent(subscription.id), max(subscription.min_interval, 1)
        return bool(await self.server.call("SET", key, "1", "EX", seconds, "NX"))

    async def _post(self, command: str, subscription: Subscription) -> None:
        body = encode(
            {
                "available": True,
                "claimUrl": CLAIM_URL,
                "eventType": command,
                "notificationId": f"ntf-{subscription.id}",
                "queueDepth": 0,
                "sentAt": str(Moment(self.timeline.epoch())),
            }
        ).encode()
        headers = signed_headers(self.settings.webhook_hmac_secret, self.timeline.epoch(), body)
        try:
            await self.http.post(subscription.callback_url, content=body, headers=headers, timeout=None)
        except (httpx.HTTPError, httpx.InvalidURL):
            return
