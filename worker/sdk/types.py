"""The typing names of the workers module."""

from collections.abc import Awaitable
from http import HTTPMethod
from typing import Any, Protocol, TypeAlias, TypedDict

from worker.sdk.http.blob import Blob, File
from worker.sdk.http.form_data import FormData

# A JavaScript object in Python's hands: Blob, buffer, FormData, ReadableStream, URLSearchParams.
JSBody: TypeAlias = Any
Body: TypeAlias = str | bytes | FormData | JSBody
Headers: TypeAlias = dict[str, str] | list[tuple[str, str]] | Any
BlobValue: TypeAlias = str | bytes | Blob | File | Any
FormDataValue: TypeAlias = str | Blob | Any


class Context(Protocol):
    """What a handler may do with its ``ctx``."""

    def waitUntil(self, other: Awaitable[Any], /) -> None: ...


class RequestInitCfProperties(TypedDict, total=False):
    """Cloudflare's own options of a request."""

    apps: bool | None
    cacheEverything: bool | None
    cacheKey: str | None
    cacheTags: list[str] | None
    cacheTtl: int
    cacheTtlByStatus: dict[str, int]
    image: Any
    mirage: bool | None
    polish: str | None
    resolveOverride: str | None
    scrapeShield: bool | None
    webp: bool | None


class FetchKwargs(TypedDict, total=False):
    """The options of Request and fetch."""

    headers: Headers | None
    body: Body | None
    method: HTTPMethod | None
    redirect: str | None
    cf: RequestInitCfProperties | None
    fetcher: Any
