"""Signatures that channels put on their deliveries, as far as they are HMACs."""

import hmac
import re
from hashlib import sha256
from typing import Final

from taskqueue import platform

SLACK_TOLERANCE_S: Final = 300
_SECONDS: Final = re.compile("[0-9]{1,15}")  # Python converts no text of thousands of digits


def slack_is_valid(signature: str | None, timestamp: str | None, body: str, secret: str) -> bool:
    """``v0=`` and the HMAC of ``v0:<timestamp>:<body>``, with a timestamp within five minutes of now."""
    if not signature or not timestamp or not _SECONDS.fullmatch(timestamp):
        return False
    if abs(platform.now_ms() // 1000 - int(timestamp)) > SLACK_TOLERANCE_S:
        return False
    return _equal(signature, f"v0={_hmac(secret, f'v0:{timestamp}:{body}')}")


def whatsapp_is_valid(signature: str | None, body: str, secret: str) -> bool:
    """``sha256=`` and the HMAC of the body."""
    return signature is not None and _equal(signature, f"sha256={_hmac(secret, body)}")


def token_is_valid(offered: str | None, expected: str) -> bool:
    return offered is not None and _equal(offered, expected)


def _hmac(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def _equal(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
