"""Asks the Cloudflare API, and asks again when that makes sense."""

from collections.abc import Mapping
from typing import Any, Final, Self, TypedDict, Unpack
from urllib.parse import quote_plus

import httpx

from kvstore.clock import Clock
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.figures import whole
from worker.cloudflare.credentials import Credentials
from worker.cloudflare.envelope import FAILED, open_envelope, retry_after
from worker.cloudflare.errors import ApiError, CloudflareError, OfflineError

ATTEMPTS: Final = 4
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 120.0
_TIMEOUT: Final = 60.0
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Sent(TypedDict, total=False):
    """What a request brings."""

    query: Mapping[str, str] | None
    content: bytes | None
    content_type: str


class ApiClient:
    """The API at ``base_url``.

    A request that is answered with 429 or 5xx is sent up to four times: after as long as ``Retry-After``
    says, else after about 0.5, 1 and 2 seconds. One that would have to wait for more than two minutes is
    given up at once. No more are sent in a window than the API takes of a user; one on this machine takes
    all. Resources are paths below the base, their parts encoded already. With ``only_reads`` no
    request that could change anything is ever sent: asking for one raises CloudflareError.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        clock: Clock,
        entropy: Entropy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        user_agent: str = "understudy",
        only_reads: bool = False,
    ) -> None:
        self.base_url = base_url
        self.credentials = credentials
        self.clock = clock
        self.entropy = entropy or SystemEntropy()
        self._only_reads = only_reads
        self._is_paced = httpx.URL(base_url).host not in _LOOPBACK
        self._window_began = self._sent = 0
        headers = {"User-Agent": user_agent, **credentials.headers()}
        # Reading all certificates takes longer than a request; without TLS nobody needs them.
        verify = base_url.startswith("https:")
        self._http = httpx.AsyncClient(headers=headers, timeout=_TIMEOUT, transport=transport, verify=verify)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(
        self, method: str, resource: str, *, named: bool = True, **sent: Unpack[Sent]
    ) -> dict[str, Any]:
        """The envelope of the answer. Raises ApiError when it is not a success, OfflineError without one.

        ``named`` says whether errors name the resource, which wrangler does not do everywhere.
        """
        try:
            response = await self.send(method, resource, **sent)
        except OfflineError as error:
            if named:
                raise
            raise ApiError(FAILED.format(""), f"{self.base_url} could not be reached: {error}") from error
        return open_envelope(response, resource, self.clock.now_ms(), named=named)

    async def send(self, method: str, resource: str, **sent: Unpack[Sent]) -> httpx.Response:
        """The answer as it came, whatever its status. Raises OfflineError when there is none."""
        if self._only_reads and not reads(method, resource):
            raise CloudflareError(f"{method} {resource} could change something; nothing was sent.")
        request = self._http.build_request(
            method,
            f"{self.base_url}{resource}{_query_text(sent.get('query'))}",
            content=sent.get("content"),
            headers={"Content-Type": kind} if (kind := sent.get("content_type")) else {},
        )
        for attempt in range(ATTEMPTS):
            response = await self._once(request)
            wait = self._wait(response, attempt)
            if wait is None:
                break
            await self.clock.sleep(wait)
        return response

    async def _once(self, request: httpx.Request) -> httpx.Response:
        await self._keep_the_pace()
        try:
            return await self._http.send(request)
        except httpx.TimeoutException as error:
            raise CloudflareError(
                "The request to Cloudflare's API timed out.\n"
                "This is likely due to network connectivity issues or slow network speeds.\n"
                "Please check your internet connection and try again."
            ) from error
        except httpx.TransportError as error:
            raise OfflineError("fetch failed") from error

    async def _keep_the_pace(self) -> None:
        """Wait until the window is over in which as many requests were sent as the API takes."""
        now, window = self.clock.now_ms(), 1000 * whole("rest.window")
        if now - self._window_began >= window:
            self._window_began, self._sent = now, 0
        elif self._is_paced and self._sent >= whole("rest.requests"):
            await self.clock.sleep((self._window_began + window - now) / 1000)
            self._window_began, self._sent = self.clock.now_ms(), 0
        self._sent += 1

    def _wait(self, response: httpx.Response, attempt: int) -> float | None:
        """How long to wait before asking again; None for not at all."""
        if attempt + 1 == ATTEMPTS or not (response.status_code == 429 or response.status_code >= 500):
            return None
        told = retry_after(response, self.clock.now_ms())
        # A quarter is left to chance, so that many clients do not come back at the same moment.
        own = FIRST_WAIT * 2**attempt * (1 - self.entropy.below(250) / 1000)
        wait = own if told is None else told
        return wait if wait <= LONGEST_WAIT else None


def reads(method: str, resource: str) -> bool:
    """Whether a request leaves everything as it is: a GET, or the one POST that only asks for values."""
    return method == "GET" or (method == "POST" and resource.endswith("/bulk/get"))


def _query_text(query: Mapping[str, str] | None) -> str:
    """As URLSearchParams writes it: a space is ``+``."""
    if not query:
        return ""
    pairs = (f"{name}={quote_plus(value, safe='*').replace('~', '%7E')}" for name, value in query.items())
    return "?" + "&".join(pairs)
