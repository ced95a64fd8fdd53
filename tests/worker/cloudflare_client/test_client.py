"""The API's client: what it sends, when it sends it again, and where lists end."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from kvstore import ManualClock, SeededEntropy
from worker.cloudflare.account import find_accounts
from worker.cloudflare.client import ATTEMPTS, ApiClient
from worker.cloudflare.credentials import Credentials, base_url, find_credentials
from worker.cloudflare.errors import ApiError, CloudflareError, OfflineError
from worker.cloudflare.namespaces import find_by_title, list_all
from worker.cloudflare.values import Values

OK = {"success": True, "errors": [], "messages": [], "result": {}}
NAMESPACE = "1" * 32
Answer = Callable[[httpx.Request], httpx.Response]


def with_client(
    answer: Answer, work: Callable[[ApiClient], Coroutine[Any, Any, Any]], clock: ManualClock | None = None
) -> Any:
    """Run ``work`` with a client whose requests ``answer`` answers."""

    async def session() -> Any:
        transport = httpx.MockTransport(answer)
        moment = clock or ManualClock()
        async with ApiClient(
            "http://api/v4", Credentials("tok"), moment, SeededEntropy(1), transport
        ) as client:
            return await work(client)

    return asyncio.run(session())


def sequence(*responses: httpx.Response) -> tuple[Answer, list[httpx.Request]]:
    """An answer that gives these responses in turn, and the requests it was asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return responses[min(len(asked), len(responses)) - 1]

    return answer, asked


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_a_refusal_that_passes(status: int) -> None:
    answer, asked = sequence(httpx.Response(status), httpx.Response(status), httpx.Response(200, json=OK))
    clock = ManualClock()
    with_client(answer, lambda client: client.ask("GET", "/x"), clock)
    assert len(asked) == 3
    assert 1100 <= clock.now_ms() <= 1500  # half a second, then one, each up to a quarter less


def test_retry_ends_with_the_error() -> None:
    answer, asked = sequence(
        httpx.Response(500, json={"success": False, "errors": [{"code": 1, "message": "no"}]})
    )
    with pytest.raises(ApiError, match=r"A request to the Cloudflare API \(/x\) failed") as caught:
        with_client(answer, lambda client: client.ask("GET", "/x"))
    assert (len(asked), caught.value.notes) == (ATTEMPTS, ("no [code: 1]",))


@pytest.mark.parametrize(
    ("told", "waited"), [("7", 7000), ("Thu, 01 Jan 1970 00:00:09 GMT", 9000), ("soon", None)]
)
def test_retry_waits_as_long_as_the_server_says(told: str, waited: int | None) -> None:
    refused = httpx.Response(429, headers={"Retry-After": told})
    answer, _ = sequence(refused, httpx.Response(200, json=OK))
    clock = ManualClock()
    with_client(answer, lambda client: client.ask("GET", "/x"), clock)
    assert clock.now_ms() == waited if waited else 375 <= clock.now_ms() <= 500


def test_retry_does_not_wait_for_minutes() -> None:
    answer, asked = sequence(httpx.Response(429, headers={"Retry-After": "300"}, json={"success": False}))
    with pytest.raises(ApiError) as caught:
        with_client(answer, lambda client: client.ask("GET", "/x"))
    assert len(asked) == 1
    assert "you should wait 300 second(s) before retrying" in caught.value.notes[-1]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_no_retry_of_what_stays_refused(status: int) -> None:
    answer, asked = sequence(httpx.Response(status, json={"success": False, "errors": []}))
    with pytest.raises(ApiError):
        with_client(answer, lambda client: client.ask("GET", "/x"))
    assert len(asked) == 1


def test_an_unreachable_server_is_said_to_be() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(OfflineError, match="fetch failed"):
        with_client(answer, lambda client: client.ask("GET", "/x"))


def values(client: ApiClient) -> Values:
    return Values(client, "acc", NAMESPACE)


KEY = "a/b:c%2Fd é?#&=+ ;@,~!'()*"
ON_THE_WIRE = b"a%2Fb%3Ac%252Fd%20%C3%A9%3F%23%26%3D%2B%20%3B%40%2C~!'()*"


def test_a_key_is_encoded_as_wrangler_encodes_it() -> None:
    answer, asked = sequence(httpx.Response(200, json=OK))
    with_client(answer, lambda client: values(client).delete(KEY))
    assert asked[0].url.raw_path.rpartition(b"/")[2] == ON_THE_WIRE


@pytest.mark.parametrize("key", ["..", ".", ""])
def test_a_key_that_leads_elsewhere_is_never_sent(key: str) -> None:
    answer, asked = sequence(httpx.Response(200, json=OK))
    works: list[Callable[[Values], Coroutine[Any, Any, Any]]] = [
        lambda one: one.delete(key),
        lambda one: one.put(key, "v"),
        lambda one: one.get(key),
    ]
    for work in works:
        with pytest.raises(CloudflareError) as caught:
            with_client(answer, lambda client, work=work: work(values(client)))  # type: ignore[misc]
        assert "Nothing was sent" in str(caught.value) + "".join(getattr(caught.value, "notes", ()))
    assert asked == []


@pytest.mark.parametrize("namespace", ["..", ".", ""])
def test_a_namespace_that_leads_elsewhere_is_never_asked_for(namespace: str) -> None:
    answer, asked = sequence(httpx.Response(200, json=OK))
    with pytest.raises(CloudflareError, match="nothing was sent"):
        with_client(answer, lambda client: Values(client, "acc", namespace).keys())
    assert asked == []


def test_a_prefix_is_encoded_like_a_form() -> None:
    answer, asked = sequence(httpx.Response(200, json={**OK, "result": []}))
    with_client(answer, lambda client: values(client).keys("queue:task/é &~*"))
    assert asked[0].url.query == b"prefix=queue%3Atask%2F%C3%A9+%26%7E*"


def test_a_listing_ends_at_a_cursor_that_came_before() -> None:
    page = {**OK, "result": [{"name": "a"}], "result_info": {"cursor": "same"}}
    answer, asked = sequence(httpx.Response(200, json=page))
    listing = with_client(answer, lambda client: values(client).keys())
    assert (len(asked), len(listing[0])) == (2, 2)


def test_a_list_of_namespaces_ends_at_a_page_that_came_before() -> None:
    page = {**OK, "result": [{"id": NAMESPACE, "title": "t"}]}
    answer, asked = sequence(httpx.Response(200, json=page))
    assert with_client(answer, lambda client: list_all(client, "acc")) == page["result"]
    assert len(asked) == 2


def test_a_namespace_is_looked_for_on_every_full_page() -> None:
    full = [{"id": str(number), "title": f"t{number}"} for number in range(100)]
    last = [{"id": "x", "title": "wanted"}]
    answer, asked = sequence(
        httpx.Response(200, json={**OK, "result": full}), httpx.Response(200, json={**OK, "result": last})
    )
    assert with_client(answer, lambda client: find_by_title(client, "acc", "wanted")) == last[0]
    assert [request.url.params["page"] for request in asked] == ["1", "2"]


def test_accounts_are_those_with_a_membership() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/accounts"):
            result: Any = [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]
        else:
            result = [{"account": {"id": "b"}}]
        return httpx.Response(200, json={**OK, "result": result})

    assert with_client(answer, find_accounts) == [{"id": "b", "name": "B"}]


def test_bytes_and_metadata_are_sent_as_a_form() -> None:
    answer, asked = sequence(httpx.Response(200, json=OK))
    options: dict[str, Any] = {"ttl": 300.0, "expiration": float("nan"), "metadata": {"a": "é"}}
    with_client(answer, lambda client: values(client).put("k", b"\x00\xff", **options))
    boundary = asked[0].headers["content-type"].partition("boundary=")[2].encode()
    value, metadata = asked[0].content.split(b"--" + boundary)[1:3]
    assert b'name="value"; filename="blob"' in value
    assert value.endswith(b"\r\n\r\n\x00\xff\r\n")
    assert json.loads(metadata.split(b"\r\n\r\n")[1]) == {"a": "é"}
    assert asked[0].url.query == b"expiration_ttl=300"


def test_credentials_come_from_the_environment() -> None:
    both = {"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_API_KEY": "k", "CLOUDFLARE_EMAIL": "e@x"}
    assert find_credentials(both).headers() == {"X-Auth-Key": "k", "X-Auth-Email": "e@x"}
    assert find_credentials({"CF_API_TOKEN": "t"}).headers() == {"Authorization": "Bearer t"}
    assert "secret" not in repr(find_credentials({"CLOUDFLARE_API_TOKEN": "secret"}))
    with pytest.raises(CloudflareError, match="necessary to set a CLOUDFLARE_API_TOKEN"):
        find_credentials({"CLOUDFLARE_API_KEY": "k"})
    with pytest.raises(
        CloudflareError, match=r"cannot be used in an HTTP Authorization header: \"…\" \(U\+2026\)"
    ):
        find_credentials({"CLOUDFLARE_API_TOKEN": "tö…"})
    with pytest.raises(CloudflareError, match="should begin with https://"):
        base_url({"CLOUDFLARE_API_BASE_URL": "api.example"})


@pytest.mark.parametrize(
    ("method", "resource"),
    [
        ("PUT", "/x/bulk"),
        ("DELETE", "/x"),
        ("POST", "/x"),
        ("POST", "/x/bulk/delete"),
        ("PATCH", "/bulk/get"),
    ],
)
def test_a_client_that_only_reads_sends_nothing_else(method: str, resource: str) -> None:
    async def session() -> None:
        transport = httpx.MockTransport(answer)
        async with ApiClient(
            "http://api/v4", Credentials("tok"), ManualClock(), transport=transport, only_reads=True
        ) as client:
            await client.ask("GET", "/x")
            await client.ask("POST", "/x/bulk/get")
            with pytest.raises(CloudflareError, match=f"{method} {resource} could change something"):
                await client.ask(method, resource)

    answer, asked = sequence(httpx.Response(200, json=OK))
    asyncio.run(session())
    assert [request.method for request in asked] == ["GET", "POST"]
