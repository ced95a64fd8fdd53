"""The public keys of whoever signs tokens, fetched and remembered."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from kvstore.clock import Clock
from worker.codeq.errors import CodeqError

CACHE_SECONDS = 300
TIMEOUT_SECONDS = 5.0


class NoSuchKey(CodeqError):
    """The signer's key set has no such key, or could not be fetched."""


@dataclass(slots=True)
class Jwks:
    """The key set at ``url``.

    Keys are remembered for 300 s, all from the same moment; an unknown key id is asked for every time. When
    the signer does not answer, known keys last until the 300 s are over, and then nobody gets in.
    """

    url: str
    http: httpx.AsyncClient
    clock: Clock
    _keys: dict[str, RSAKey] = field(default_factory=dict)
    _fetched_ms: int = 0

    async def find(self, key_id: str) -> RSAKey:
        """The key with this id. Raises NoSuchKey."""
        fresh = self.clock.now_ms() - self._fetched_ms < CACHE_SECONDS * 1000
        if fresh and key_id in self._keys:
            return self._keys[key_id]
        self._keys = _rsa_keys(await self._fetch())
        self._fetched_ms = self.clock.now_ms()
        if key_id not in self._keys:
            raise NoSuchKey(f"key {key_id} not found in JWKS")
        return self._keys[key_id]

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
