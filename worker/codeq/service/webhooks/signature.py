"""Signs what codeQ sends to others."""

import hashlib
import hmac

TIMESTAMP_HEADER = "X-Codeq-Timestamp"
SIGNATURE_HEADER = "X-Codeq-Signature"


def signed_headers(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a signed POST: HMAC-SHA256 over ``<timestamp>.`` and the body, in hexadecimal.

    The names are written as they appear on the wire. ``timestamp`` is in epoch seconds.
    """
    message = f"{timestamp}.".encode() + body
    signature = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: signature,
    }
