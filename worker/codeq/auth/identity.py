"""Who a legacy idToken belongs to: asked of the identity service at every request."""

from dataclasses import dataclass
from typing import Any

import httpx
from starlette.datastructures import Headers

from worker.codeq.auth.tokens import bearer
from worker.codeq.errors import Refusal


@dataclass(frozen=True, slots=True)
class IdentityLookup:
    """The scheduler's only check. The role comes from a header that anyone can send: so it was.

    ``url`` is the identity service's, without a path; ``http`` asks it.
    """

    url: str
    api_key: str
    http: httpx.AsyncClient

    async def user(self, headers: Headers) -> dict[str, Any]:
        """The first user the token belongs to. Raises Refusal 401."""
        token = bearer(headers.get("authorization"))
        address = f"{self.url.rstrip('/')}/v1/accounts/lookup"
        try:
            answer = await self.http.post(address, params={"key": self.api_key}, json={"idToken": token})
        except httpx.HTTPError as error:
            raise Refusal(401, "identity lookup error") from error
        if answer.status_code != 200:
            raise Refusal(401, "invalid token")
        return _first_user(answer)

    async def admin(self, headers: Headers) -> None:
        """Raises Refusal 401 for anyone without ``X-Role: ADMIN``."""
        await self.user(headers)
        if headers.get("x-role", "USER").upper() != "ADMIN":
            raise Refusal(401, "unauthorized. Admin only")


def _first_user(answer: httpx.Response) -> dict[str, Any]:
    try:
        users = answer.json()["users"]
    except (ValueError, KeyError, TypeError):
        users = None
    if not isinstance(users, list) or not users or not isinstance(users[0], dict):
        raise Refusal(401, "user not found")
    return users[0]
