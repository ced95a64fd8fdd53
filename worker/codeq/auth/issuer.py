"""A small issuer for rehearsals: mints the tokens of both services and answers for them.

It stands in for the identity service. ``app`` serves what the two services ask:

    GET  /v1/.well-known/jwks.json     codeQ: the public key
    POST /v1/accounts/lookup           the scheduler: who an idToken belongs to
    POST /v1/accounts/token/exchange   clients: an access token for an idToken
"""

from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from kvstore.clock import Clock
from kvstore.entropy import Entropy
from worker.codeq.auth.gate import WORKER_SCOPES
from worker.codeq.documents import encode
from worker.codeq.errors import Refusal
from worker.codeq.keys import BUILT_IN_COMMANDS
from worker.codeq.web import create_front, json_reply, required, route

PRODUCER_AUDIENCE = "codeq-producer"
WORKER_AUDIENCE = "codeq-worker"
_LIFETIMES = (900, 3600)


class Issuer:
    """Signs with a key of its own, made anew with each issuer. ``url`` is its ``iss``, without a slash.

    Making the key takes about a tenth of a second. The key does not come from ``entropy``: nothing that a
    rehearsal shows depends on it.
    """

    def __init__(self, url: str, clock: Clock, entropy: Entropy, key_id: str = "rehearsal") -> None:
        self.url = url
        self._clock = clock
        self._entropy = entropy
        self._key = RSAKey.generate_key(2048, {"kid": key_id, "use": "sig"})
        self._users: dict[str, dict[str, Any]] = {}

    def producer_token(self, subject: str = "producer-1", **claims: Any) -> str:
        """An access token for codeQ's producers; ``role="ADMIN"`` or ``scope="codeq:admin"`` for an admin."""
        return self.token({"aud": PRODUCER_AUDIENCE, "sub": subject, **claims})

    def worker_token(
        self, subject: str = "worker-1", event_types: tuple[str, ...] = BUILT_IN_COMMANDS, **claims: Any
    ) -> str:
        """A worker's token with every worker scope, unless ``scope`` says otherwise."""
        given = {"aud": WORKER_AUDIENCE, "sub": subject, "eventTypes": list(event_types)}
        return self.token({**given, "scope": " ".join(sorted(WORKER_SCOPES)), **claims})

    def id_token(self, user: str = "user-1", role: str | None = None) -> str:
        """An idToken for the scheduler. To everyone but the issuer it is an opaque text."""
        token = self._entropy.token(24).hex()
        self._users[token] = {"localId": user, "email": f"{user}@example.test"} | (
            {"role": role} if role else {}
        )
        return token

    def every_token(self) -> dict[str, str]:
        """One token of each kind that a deployed codeQ can be tried with; none of them ends."""
        return {
            "producer": self.producer_token(exp=None),
            "admin": self.producer_token(role="ADMIN", exp=None),
            "worker": self.worker_token(event_types=("*",), exp=None),
            "unscoped": self.worker_token(event_types=("*",), scope="codeq:none", exp=None),
            "foreign": self.worker_token(event_types=("UNDERSTUDY_OTHER",), exp=None),
            "legacy": self.id_token(),
        }

    def token(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        """Any token: valid for an hour unless ``claims`` say otherwise; a claim of None is left out."""
        now = self._clock.now_ms() // 1000
        identity = {"iss": self.url, "iat": now, "exp": now + 3600, "jti": self._entropy.token(16).hex()}
        kept = {name: value for name, value in {**identity, **claims}.items() if value is not None}
        protected = {"alg": "RS256", "kid": self._key.kid, "typ": "JWT", **(header or {})}
        named = {name: value for name, value in protected.items() if value is not None}
        return jws.serialize_compact(named, encode(kept).encode(), self._key, algorithms=[named["alg"]])

    @property
    def app(self) -> Starlette:
        return create_front(
            [
                route("GET", "/v1/.well-known/jwks.json", self._jwks),
                route("POST", "/v1/accounts/lookup", self._lookup),
                route("POST", "/v1/accounts/token/exchange", self._exchange),
            ],
            self._entropy,
        )

    async def _jwks(self, request: Request) -> Response:
        return json_reply({"keys": [self._key.as_dict(private=False)]})

    async def _lookup(self, request: Request) -> Response:
        user = self._users.get((await required(request)).string("idToken"))
        if user is None:
            raise Refusal(400, "INVALID_ID_TOKEN")
        return json_reply({"users": [user]})

    async def _exchange(self, request: Request) -> Response:
        """Grants whatever is asked for: which rights a user has is not part of a rehearsal."""
        asked = await required(request)
        user = self._users.get(asked.string("idToken"))
        if user is None:
            raise Refusal(401, "INVALID_ID_TOKEN")
        seconds = min(max(asked.integer("ttlSeconds"), _LIFETIMES[0]), _LIFETIMES[1])
        claims = {
            "aud": asked.string("audience") or None,
            "sub": asked.string("subject") or user["localId"],
            "scope": " ".join(asked.strings("scopes")) or None,
            "eventTypes": asked.strings("eventTypes") or None,
            "tid": asked.string("tenantId") or None,
            "exp": self._clock.now_ms() // 1000 + seconds,
        }
        answer = {"accessToken": self.token(claims), "tokenType": "Bearer", "expiresIn": seconds}
        return json_reply(answer)
