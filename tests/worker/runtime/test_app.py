"""A Worker behind HTTP: what of a request it sees, and what of its answer goes out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worker.runtime.projects import project
from worker.runtime import Access, Worker, create_app, load_worker

pytestmark = pytest.mark.anyio

ENTRY = """\
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        asked = request.url.partition("/do/")[2]
        if asked == "seen":
            headers = [list(line) for line in request.js_object.headers]
            return Response.from_json({"headers": headers, "body": await request.text()})
        if asked == "nothing":
            return Response(None, status=204)
        if asked == "empty":
            return Response(None)
        if asked == "cookies":
            cookies = [["set-cookie", "a=1"], ["set-cookie", "b=2"]]
            return Response("x", headers=[*cookies, ["content-length", "9"]])
        if asked == "unspeakable":
            return Response("x", headers={"x-name": "日本"})
        if asked == "fail":
            raise ValueError("on purpose")
        return Response(request.url)
"""


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return load_worker(project(tmp_path / "demo", {"entry.py": ENTRY}), {})


@pytest.fixture
def accesses() -> list[Access]:
    return []


@pytest.fixture
async def http(worker: Worker, accesses: list[Access]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(worker, accesses.append), client=("10.0.0.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://worker.test") as client:
        yield client


async def seen(http: httpx.AsyncClient, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await http.post("/do/seen", **options)).json()
    return answer


async def test_request_has_the_platforms_headers(http: httpx.AsyncClient) -> None:
    headers = {"X-A": " spaced ", "Accept-Encoding": "identity"}
    fields = dict((await seen(http, headers=headers, content=b""))["headers"])
    assert fields["x-a"] == "spaced"
    assert fields["accept-encoding"] == "br, gzip"
    assert fields["cf-connecting-ip"] == "10.0.0.9"


async def test_request_keeps_the_address_that_a_client_names(http: httpx.AsyncClient) -> None:
    fields = (await seen(http, headers={"CF-Connecting-IP": "192.0.2.1"}))["headers"]
    assert [value for name, value in fields if name == "cf-connecting-ip"] == ["192.0.2.1"]


async def test_request_body_is_whole_however_it_arrives(http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"one ", b"two ", b"three"):
            yield chunk

    assert (await seen(http, content=chunks()))["body"] == "one two three"


async def test_request_url_is_as_sent(http: httpx.AsyncClient) -> None:
    assert (await http.get("/a%2Fb?c=%20d")).text == "http://worker.test/a%2Fb?c=%20d"
    assert (await http.get("/x", headers={"Host": "other.test:81"})).text == "http://other.test:81/x"


async def test_response_without_content_has_no_length(http: httpx.AsyncClient) -> None:
    assert "content-length" not in (await http.get("/do/nothing")).headers
    assert (await http.get("/do/empty")).headers["content-length"] == "0"


async def test_response_lines_stay_apart_and_its_length_is_the_true_one(http: httpx.AsyncClient) -> None:
    answer = await http.get("/do/cookies")
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers.get_list("content-length") == ["1"]


async def test_failure_is_a_500_with_the_traceback(http: httpx.AsyncClient, worker: Worker) -> None:
    errors: list[BaseException] = []
    worker.on_error = errors.append
    answer = await http.get("/do/fail")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.endswith("ValueError: on purpose\n")
    assert [str(error) for error in errors] == ["on purpose"]


async def test_header_that_http_cannot_carry_is_a_500(http: httpx.AsyncClient) -> None:
    answer = await http.get("/do/unspeakable")
    assert answer.status_code == 500
    assert "UnicodeEncodeError" in answer.text


async def test_access_is_logged_once_answered(http: httpx.AsyncClient, accesses: list[Access]) -> None:
    await http.get("/a%20b")
    await http.get("/do/fail")
    assert [(one.method, one.path, one.status) for one in accesses] == [
        ("GET", "/a%20b", 200),
        ("GET", "/do/fail", 500),
    ]


async def test_paths_of_the_platform_do_not_reach_the_worker(http: httpx.AsyncClient) -> None:
    answer = await http.get("http://localhost/cdn-cgi/handler/email")
    assert answer.status_code == 404
    assert "is not a valid handler" in answer.text
    assert (await http.get("http://localhost/cdn-cgi/local/scheduled")).text in ("ok", "exception")
    assert (await http.get("/__scheduled")).text == "http://worker.test/__scheduled"  # it was not asked for
    assert (await http.get("/cdn-cgi/other")).text == "http://worker.test/cdn-cgi/other"
