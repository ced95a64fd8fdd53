"""The Authorization header."""

from worker.codeq.errors import Refusal


def bearer(header: str | None) -> str:
    """The token in ``Bearer <token>``; the scheme's case does not matter. Raises Refusal 401."""
    if not header:
        raise Refusal(401, "missing Authorization header")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal(401, "invalid Authorization format")
    return token.strip()
