"""A worker's wish to be notified when a queue has work."""

from dataclasses import dataclass

from worker.codeq.documents.go_json import Fields, Struct, decode_whole, encode
from worker.codeq.documents.moment import Moment
from worker.codeq.documents.task import filled, moment

FANOUT = "fanout"
GROUP = "group"
HASH = "hash"
DELIVERY_MODES = (FANOUT, GROUP, HASH)


@dataclass(slots=True)
class Subscription:
    """One subscription: ``min_interval`` is the least number of seconds between two notifications."""

    id: str
    callback_url: str
    event_types: list[str]
    delivery_mode: str
    min_interval: int
    expires_at: Moment
    created_at: Moment
    group_id: str = ""

    @classmethod
    def parse(cls, text: str) -> "Subscription":
        """Reads a stored subscription. Raises DocumentError."""
        fields = Fields(decode_whole(text))
        return cls(
            id=fields.string("id"),
            callback_url=fields.string("callbackUrl"),
            event_types=fields.strings("eventTypes"),
            delivery_mode=fields.string("deliveryMode"),
            min_interval=fields.integer("minIntervalSeconds"),
            expires_at=moment(fields, "expiresAt"),
            created_at=moment(fields, "createdAt"),
            group_id=fields.string("groupId"),
        )

    def text(self) -> str:
        return encode(
            Struct(
                {
                    "id": self.id,
                    "callbackUrl": self.callback_url,
                    "eventTypes": self.event_types,
                    "deliveryMode": self.delivery_mode,
                }
                | filled(groupId=self.group_id)
                | {
                    "minIntervalSeconds": self.min_interval,
                    "expiresAt": str(self.expires_at),
                    "createdAt": str(self.created_at),
                }
            )
        )
