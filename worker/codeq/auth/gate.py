"""Who may do what in codeQ: producers, workers, administrators."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers

from worker.codeq.auth.tokens import Verifier, bearer
from worker.codeq.errors import Refusal

CLAIM = "codeq:claim"
HEARTBEAT = "codeq:heartbeat"
ABANDON = "codeq:abandon"
NACK = "codeq:nack"
RESULT = "codeq:result"
SUBSCRIBE = "codeq:subscribe"
ADMIN = "codeq:admin"
WORKER_SCOPES = frozenset({CLAIM, HEARTBEAT, ABANDON, NACK, RESULT, SUBSCRIBE})
EVERY_EVENT = "*"


@dataclass(frozen=True, slots=True)
class Producer:
    """Who a producer's token speaks for; ``role`` is None where the token names none."""

    subject: str
    scopes: frozenset[str]
    role: str | None


@dataclass(frozen=True, slots=True)
class WorkerIdentity:
    """A worker: ``subject`` is the id that goes into the task and its lease."""

    subject: str
    event_types: tuple[str, ...]
    scopes: frozenset[str]

    def may_take(self, command: str) -> bool:
        return EVERY_EVENT in self.event_types or command in self.event_types


@dataclass(frozen=True, slots=True)
class Gate:
    """Checks the Authorization header. Every method raises Refusal, 401 or 403."""

    producers: Verifier
    workers: Verifier
    trust_role_header: bool
    producers_may_work: bool = False

    async def producer(self, headers: Headers) -> Producer:
        return _producer(await self.producers.claims(bearer(headers.get("authorization"))))

    async def worker(self, headers: Headers, scope: str) -> WorkerIdentity:
        worker = await self._worker(headers)
        if scope not in worker.scopes:
            raise Refusal(403, "missing scope")
        return worker

    async def anyone(self, headers: Headers) -> None:
        """A worker or a producer: for reading."""
        try:
            try:
                await self._worker(headers)
            except Refusal:
                await self.producer(headers)
        except Refusal as error:
            raise Refusal(401, "invalid token") from error

    async def admin(self, headers: Headers) -> None:
        """A producer with the admin scope or role; under ``env`` dev the header X-Role serves as role."""
        producer = await self.producer(headers)
        role = producer.role
        if role is None and self.trust_role_header:
            role = headers.get("x-role")
        if ADMIN not in producer.scopes and (role or "").upper() != "ADMIN":
            raise Refusal(401, "unauthorized. Admin only")

    async def _worker(self, headers: Headers) -> WorkerIdentity:
        token = bearer(headers.get("authorization"))
        try:
            return _worker(await self.workers.claims(token))
        except Refusal:
            if not self.producers_may_work:
                raise
        producer = _producer(await self.producers.claims(token))
        return WorkerIdentity(producer.subject, (EVERY_EVENT,), WORKER_SCOPES)


def _producer(claims: dict[str, Any]) -> Producer:
    role = claims.get("role")
    return Producer(_text(claims, "sub"), _scopes(claims), role if isinstance(role, str) else None)


def _worker(claims: dict[str, Any]) -> WorkerIdentity:
    event_types = claims.get("eventTypes")
    if not isinstance(event_types, list) or not event_types:
        raise Refusal(401, "missing eventTypes")
    if not _text(claims, "scope"):  # an array named `scopes` is not read
        raise Refusal(401, "missing scope")
    return WorkerIdentity(_text(claims, "sub"), tuple(str(one) for one in event_types), _scopes(claims))


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    return frozenset(_text(claims, "scope").split())


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
