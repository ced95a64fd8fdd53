"""Request: incoming and made by the Worker."""

import pytest
from pyodide.ffi import JsProxy, jsnull

from worker.sdk import Blob, FormData, Request
from worker.sdk.ffi.errors import JsException

pytestmark = pytest.mark.anyio


async def test_incoming_request_shows_what_arrived() -> None:
    headers = [("X-A", "1"), ("x-a", "2"), ("Content-Type", "text/plain")]
    request = Request.from_parts("POST", "https://e.com/a?b=c", headers, b"hi", {"colo": "DFW"})
    assert (request.method, request.url, request.redirect) == ("POST", "https://e.com/a?b=c", "manual")
    assert request.headers.items() == [("content-type", "text/plain"), ("x-a", "1, 2")]
    assert isinstance(request.cf, JsProxy)
    assert request.cf.colo == "DFW"
    assert await request.text() == "hi"


def test_incoming_headers_cannot_be_changed() -> None:
    request = Request.from_parts("GET", "https://e.com/", [("a", "1")])
    with pytest.raises(JsException, match=r"^TypeError: Can't modify immutable headers.$"):
        request.js_object.headers.set("a", "2")


def test_changing_the_python_headers_of_a_request_changes_only_the_copy() -> None:
    request = Request.from_parts("GET", "https://e.com/", [("a", "1")])
    request.headers["b"] = "2"
    assert request.headers.items() == [("a", "1")]


async def test_javascript_sees_the_same_incoming_request() -> None:
    request = Request.from_parts("POST", "https://e.com/", [], b"hi")
    assert request.js_object is request.js_object
    assert await request.js_object.text() == "hi"
    assert request.body_used
    with pytest.raises(OSError, match=r"^Body already used$"):
        await request.text()


def test_incoming_unknown_verb_fails_only_when_it_is_asked_for() -> None:
    request = Request.from_parts("PURGE", "https://e.com/")
    assert repr(request) == "Request(method='PURGE', url='https://e.com/')"
    with pytest.raises(KeyError, match=r"PURGE"):
        _ = request.method


def test_incoming_request_without_body_has_none() -> None:
    request = Request.from_parts("GET", "https://e.com/")
    assert request.body is jsnull
    assert request.cf is None


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("/rel", {}, "Invalid URL: /rel"),
        ("https://e.com", {"method": "FOO"}, "Invalid HTTP method string: FOO"),
        ("https://e.com", {"body": "x"}, "Request with a GET or HEAD method cannot have a body."),
        ("https://e.com", {"headers": {"a b": "1"}}, "Invalid header name."),
        ("https://e.com", {"headers": {"a": "1\n2"}}, "Invalid header value."),
    ],
)
def test_request_refuses_what_workerd_refuses(url: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(JsException) as refused:
        Request(url, **options)
    assert (refused.value.name, refused.value.message) == ("TypeError", message)


async def test_request_made_of_another_takes_its_body() -> None:
    first = Request("https://e.com", method="POST", body="x", headers={"a": "1"})
    second = Request(first, method="PUT")
    assert (second.method, second.headers["a"], await second.text()) == ("PUT", "1", "x")
    assert first.body_used
    with pytest.raises(JsException, match=r"^TypeError: Cannot reconstruct a Request with a used body.$"):
        Request(first)


async def test_request_body_may_be_any_kind() -> None:
    for body in (b"ab", Blob("ab"), "ab"):
        assert await Request("https://e.com", method="POST", body=body).bytes() == b"ab"
    form = await Request("https://e.com", method="POST", body=FormData({"a": "1"})).form_data()
    assert form["a"] == "1"


async def test_form_data_needs_a_content_type_for_forms() -> None:
    with pytest.raises(TypeError, match=r"^Unrecognized Content-Type header value. FormData can only parse"):
        await Request("https://e.com", method="POST", body="a=1").form_data()
    with pytest.raises(TypeError, match=r"^Parsing a Body as FormData requires a Content-Type header.$"):
        await Request("https://e.com", method="POST", body=b"a=1").form_data()
