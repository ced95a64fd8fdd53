"""Checks a JWT the way codeQ's libraries do, gaps included.

A token without ``exp`` is valid, one whose ``exp`` or ``nbf`` is not a number is invalid; there is no leeway,
whatever ``allowedClockSkewSeconds`` says; ``iat`` and ``jti`` are not looked at.
"""

import base64
import json
import math
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from kvstore.clock import Clock
from worker.codeq.auth.jwks import Jwks, NoSuchKey
from worker.codeq.errors import Refusal

ALGORITHMS = ("RS256", "RS384", "RS512")
_UNVERIFIABLE = "token is unverifiable: error while executing keyfunc: "


@dataclass(frozen=True, slots=True)
class Verifier:
    """Accepts tokens that ``jwks`` signed, from ``issuer`` and for ``audience``."""

    jwks: Jwks
    issuer: str
    audience: str
    clock: Clock

    async def claims(self, token: str) -> dict[str, Any]:
        """The token's claims. Raises Refusal 401 with the library's text."""
        header, claims = _parts(token)
        await self._check_signature(token, header)
        self._check_times(claims)
        if claims.get("iss", "") != self.issuer:
            raise Refusal(401, f"invalid issuer: {claims.get('iss', '')}")
        audiences = _audiences(claims)
        if self.audience not in audiences:
            raise Refusal(401, f"invalid audience: [{' '.join(audiences)}]")
        return claims

    async def _check_signature(self, token: str, header: dict[str, Any]) -> None:
        algorithm = str(header.get("alg", ""))
        if algorithm not in ALGORITHMS:
            raise Refusal(401, f"{_UNVERIFIABLE}unexpected signing method: {algorithm}")
        key_id = header.get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise Refusal(401, f"{_UNVERIFIABLE}missing kid in token header")
        try:
            jws.deserialize_compact(token, await self.jwks.find(key_id), algorithms=list(ALGORITHMS))
        except NoSuchKey as error:
            raise Refusal(401, f"{_UNVERIFIABLE}{error}") from error
        except (JoseError, ValueError) as error:
            raise Refusal(401, "token signature is invalid: crypto/rsa: verification error") from error

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self.clock.now_ms() / 1000
        expires, starts = _moment(claims, "exp", math.inf), _moment(claims, "nbf", -math.inf)
        if now >= expires:
            raise Refusal(401, "token has invalid claims: token is expired")
        if now < starts:
            raise Refusal(401, "token has invalid claims: token is not valid yet")


def _moment(claims: dict[str, Any], name: str, default: float) -> float:
    """A claim in seconds since the epoch, ``default`` without it. Raises Refusal for what is not a number."""
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(401, f"token has invalid claims: invalid type for claim: {name} is invalid")
    return value


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    segments = token.split(".")
    if len(segments) != 3:
        raise Refusal(401, "token is malformed: token contains an invalid number of segments")
    return _segment(segments[0], "header"), _segment(segments[1], "claim")


def _segment(text: str, what: str) -> dict[str, Any]:
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        value = json.loads(content, parse_float=_number, parse_int=_number, parse_constant=_number)
    except (ValueError, RecursionError) as error:
        raise Refusal(401, f"token is malformed: could not decode {what}") from error
    if not isinstance(value, dict):
        raise Refusal(401, f"token is malformed: could not decode {what}")
    return value


def _number(text: str) -> int | float:
    """As Go reads it: what is infinite, too large for a double or no number is no JSON. Raises ValueError."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return int(text) if text.lstrip("-").isdigit() else number


def _audiences(claims: dict[str, Any]) -> list[str]:
    audience = claims.get("aud")
    if isinstance(audience, str):
        return [audience]
    return [str(one) for one in audience] if isinstance(audience, list) else []


def bearer(header: str | None) -> str:
    """The token in ``Bearer <token>``; the scheme's case does not matter. Raises Refusal 401."""
    if not header:
        raise Refusal(401, "missing Authorization header")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal(401, "invalid Authorization format")
    return token.strip()
