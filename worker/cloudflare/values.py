"""The endpoints for what is in a namespace: keys, values, and both in bulk."""

from collections.abc import AsyncIterator
from typing import Any, Final

from kvstore.javascript.json_text import stringify
from kvstore.javascript.values import number_text
from worker.cloudflare.client import ApiClient
from worker.cloudflare.errors import ApiError, StatusError
from worker.cloudflare.pages import by_cursor, next_cursor
from worker.cloudflare.paths import collapses, namespace_path, value_path

_JSON: Final = "application/json"
_TEXT: Final = "text/plain;charset=UTF-8"


class Values:
    """The content of one namespace of an account. Errors are ApiError, with the API's own words."""

    def __init__(self, client: ApiClient, account: str, namespace: str) -> None:
        self._client = client
        self._account = account
        self._namespace = namespace
        self._path = namespace_path(account, namespace)

    async def keys(
        self, prefix: str = "", limit: int | None = None, cursor: str = ""
    ) -> tuple[list[dict[str, Any]], str]:
        """All keys as the API describes them, or ``limit`` of them with the cursor of the next ones."""
        query = {"prefix": prefix}
        if limit is None:
            parts = by_cursor(self._client, f"{self._path}/keys", query, cursor)
            return [key async for part in parts for key in part], ""
        query |= {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        envelope = await self._client.ask("GET", f"{self._path}/keys", query=query)
        return envelope.get("result") or [], next_cursor(envelope)

    def key_parts(self) -> AsyncIterator[list[dict[str, Any]]]:
        """All keys, as they come: up to 1,000 in a part."""
        return by_cursor(self._client, f"{self._path}/keys", {"prefix": ""})

    async def get(self, key: str) -> bytes:
        """The bytes of a value. Raises StatusError for any answer but a success, for a missing key too."""
        path = value_path(self._account, self._namespace, key)
        shown = f"Failed to fetch {self._client.base_url}{path}"
        if collapses(key):
            raise StatusError(f"{shown} - 404: Not Found\n{_unsendable(key)}", 404)
        response = await self._client.send("GET", path)
        if not response.is_success:
            status = response.status_code
            raise StatusError(f"{shown} - {status}: {response.reason_phrase}", status)
        return response.content

    async def put(
        self,
        key: str,
        content: str | bytes,
        *,
        expiration: float | None = None,
        ttl: float | None = None,
        metadata: Any = None,
    ) -> None:
        """Times are seconds, since the epoch and from now; zero, and what is not a number, is not sent."""
        times = (("expiration", expiration), ("expiration_ttl", ttl))
        query = {name: number_text(time) for name, time in times if time and time == time}
        body, kind = self._form(content, metadata) if metadata else _plain(content)
        path = self._sendable(key)
        await self._client.ask("PUT", path, query=query, content=body, content_type=kind)

    async def delete(self, key: str) -> None:
        await self._client.ask("DELETE", self._sendable(key))

    async def get_many(self, keys: list[str], *, with_metadata: bool = False) -> dict[str, Any]:
        """The values of up to 100 keys, None for a missing one."""
        request: dict[str, Any] = {"keys": keys} | ({"withMetadata": True} if with_metadata else {})
        result = await self._send_json("POST", "/bulk/get", request)
        return dict(result.get("values") or {})

    async def put_many(self, items: list[dict[str, Any]]) -> None:
        await self._send_json("PUT", "/bulk", items)

    async def delete_many(self, keys: list[str]) -> None:
        await self._send_json("DELETE", "/bulk", keys)

    async def _send_json(self, method: str, end: str, body: Any) -> dict[str, Any]:
        content = str(stringify(body)).encode("utf-8", "replace")
        envelope = await self._client.ask(method, f"{self._path}{end}", content=content, content_type=_JSON)
        return envelope.get("result") or {}

    def _sendable(self, key: str) -> str:
        path = value_path(self._account, self._namespace, key)
        if collapses(key):
            raise ApiError(f"A request to the Cloudflare API ({path}) failed.", _unsendable(key))
        return path

    def _form(self, content: str | bytes, metadata: Any) -> tuple[bytes, str]:
        """A multipart form of the value and its metadata, with its content type."""
        boundary = "----form-" + self._client.entropy.token(12).hex()
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="value"'
        if isinstance(content, bytes):
            head += '; filename="blob"\r\nContent-Type: application/octet-stream'
        value = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        rest = (
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'
            f"{stringify(metadata)}\r\n--{boundary}--\r\n"
        )
        body = f"{head}\r\n\r\n".encode() + value + rest.encode("utf-8", "replace")
        return body, f"multipart/form-data; boundary={boundary}"


def _plain(content: str | bytes) -> tuple[bytes, str]:
    return (content, "") if isinstance(content, bytes) else (content.encode("utf-8", "replace"), _TEXT)


def _unsendable(key: str) -> str:
    return (
        f'"{key}" cannot be a key: in a URL it would lead to the namespace itself, or to all its values. '
        "Nothing was sent."
    )
