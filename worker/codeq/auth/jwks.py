"""The public keys of whoever signs tokens, fetched and remembered."""

import asyncio
import math
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from kvstore.clock import Clock
from worker.codeq.errors import CodeqError

CACHE_SECONDS = 300
REFETCH_SECONDS = 10
TIMEOUT_SECONDS = 5.0


class NoSuchKey(CodeqError):
    """The signer's key set has no such key, or could not be fetched."""


@dataclass(slots=True)
class Jwks:
    """The key set at ``url``.

    Keys are remembered for 300 s, all from the same moment. An unknown key id makes them be fetched again, as
    a new key may be in use; but whatever ids are sent, the signer is asked once in 10 s, and by one request
    at a time. When it does not answer, known keys last until the 300 s are over, and then nobody gets in.
    """

    url: str
    http: httpx.AsyncClient
    clock: Clock
    _keys: dict[str, RSAKey] = field(default_factory=dict)
    _fetched_ms: float = -math.inf
    _asked_ms: float = -math.inf
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, key_id: str) -> RSAKey:
        """The key with this id. Raises NoSuchKey."""
        if key := self._known(key_id):
            return key
        async with self._asking:
            if self._known(key_id) is None and self._since(self._asked_ms) >= REFETCH_SECONDS:
                self._asked_ms = self.clock.now_ms()
                self._keys = _rsa_keys(await self._fetch())
                self._fetched_ms = self.clock.now_ms()
        if key := self._known(key_id):
            return key
        raise NoSuchKey(f"key {key_id} not found in JWKS")

    def _known(self, key_id: str) -> RSAKey | None:
        return self._keys.get(key_id) if self._since(self._fetched_ms) < CACHE_SECONDS else None

    def _since(self, moment_ms: float) -> float:
        """Seconds; those to a moment that is still to come, as after a clock was set back, count as well."""
        return abs(self.clock.now_ms() - moment_ms) / 1000

    async def _fetch(self) -> Any:
        try:
            answer = await self.http.get(self.url, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NoSuchKey(f"cannot fetch JWKS from {self.url}: {error}") from error


def _rsa_keys(document: Any) -> dict[str, RSAKey]:
    keys = {}
    listed = document.get("keys") if isinstance(document, dict) else None
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("kty") == "RSA" and one.get("kid"):
            try:
                # Its `alg` is not binding to codeQ: any of the accepted ones will do.
                keys[one["kid"]] = RSAKey.import_key({"kty": "RSA", "n": one["n"], "e": one["e"]})
            except (JoseError, KeyError, ValueError):
                continue
    return keys
