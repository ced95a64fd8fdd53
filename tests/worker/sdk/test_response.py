"""Response: what a Worker may answer, and what of it is sent."""

from http import HTTPStatus
from typing import Any

import pytest
from js import Blob, Headers, ReadableStream, URLSearchParams
from pyodide.ffi import to_js
from pyodide.http import BodyUsedError

from kvstore import ReadableStream as KVStream
from worker.sdk import FetchResponse, FormData, Response
from worker.sdk.ffi.errors import JsException
from worker.sdk.http.response import response_parts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("body", [{}, [], 5, bytearray(), ("a",)])
def test_response_refuses_types_that_are_no_body(body: object) -> None:
    with pytest.raises(TypeError, match=f"^Unsupported type in Response: {type(body).__name__}$"):
        Response(body)


@pytest.mark.parametrize("status", [100, 199, 600, 1000, -1])
def test_response_refuses_a_status_out_of_range(status: int) -> None:
    with pytest.raises(JsException) as refused:
        Response("x", status=status)
    assert refused.value.name == "RangeError"
    assert refused.value.message == (
        "Responses may only be constructed with status codes in the range 200 to 599, inclusive."
    )


@pytest.mark.parametrize("status", [204, 205, 304])
def test_response_refuses_a_body_with_a_null_body_status(status: int) -> None:
    with pytest.raises(JsException) as refused:
        Response("x", status=status)
    assert str(refused.value) == (
        "TypeError: Response with null body status (101, 204, 205, or 304) cannot have a body."
    )
    assert Response("", status=status).body is None


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (418, "I'm a teapot"),
        (299, "Successful"),
        (306, "Redirection"),
        (499, "Client Error"),
        (599, "Server Error"),
    ],
)
def test_response_names_its_status(status: int, text: str) -> None:
    assert Response(status=status).status_text == text


def test_response_refuses_line_breaks_in_its_text() -> None:
    with pytest.raises(JsException, match=r"^TypeError: Invalid statusText$"):
        Response("x", status_text="a\nb")


def test_status_0_is_no_status() -> None:
    assert Response("x", status=0).status == 200


@pytest.mark.parametrize("status", [HTTPStatus.CREATED, 201.0])
def test_status_is_a_plain_number(status: Any) -> None:
    assert type(response_parts(Response("x", status=status)).status) is int


def test_status_too_large_is_refused_by_javascript() -> None:
    with pytest.raises(JsException, match=r"^TypeError: Value out of range. Must be between -2147483648 and"):
        Response("x", status=2**32 + 200)


def test_headers_of_a_response_are_its_own() -> None:
    given = Headers.new()
    assert Response("x", headers=given).headers.items() == [("content-type", "text/plain;charset=UTF-8")]
    assert not given.has("content-type")


def test_headers_are_refused_before_the_status() -> None:
    with pytest.raises(JsException, match=r"^TypeError: Invalid header name.$"):
        Response("x", status=99, headers={"a b": "1"})
    with pytest.raises(JsException, match=r"^RangeError: "):
        Response("x", status=99, headers={"a": "1"})


def test_redirect_is_a_raw_response_with_immutable_headers() -> None:
    redirect = Response.redirect("https://Example.com/a b", HTTPStatus.SEE_OTHER)
    assert (redirect.status, redirect.headers.get("location")) == (303, "https://example.com/a%20b")
    with pytest.raises(JsException, match=r"^TypeError: Can't modify immutable headers.$"):
        redirect.headers.set("a", "b")


def test_redirect_checks_the_status_before_the_url() -> None:
    with pytest.raises(ValueError, match=r"^200 is not a redirect status code. It must be one of: 301"):
        Response.redirect("/rel", 200)
    with pytest.raises(TypeError, match=r"^Unable to parse URL: /rel$"):
        Response.redirect("/rel")


async def test_json_is_pythons_on_the_class_and_on_the_instance() -> None:
    response = Response.json({"a": 1, "é": None}, status=HTTPStatus.CREATED)
    assert (response.status, response.headers["content-type"]) == (201, "application/json")
    assert await response.clone().text() == '{"a": 1, "\\u00e9": null}'
    assert await response.json() == {"a": 1, "é": None}
    assert await Response("1.5").json(parse_float=str) == "1.5"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("x", "text/plain;charset=UTF-8"),
        (b"x", None),
        (URLSearchParams.new("a=1"), "application/x-www-form-urlencoded;charset=UTF-8"),
        (Blob.new(to_js(["x"]), type="Text/X"), "text/x"),
        (Blob.new(to_js(["x"])), None),
        (ReadableStream.from_(to_js([b"x"])), None),
    ],
)
def test_response_takes_its_content_type_from_the_body(body: Any, kind: str | None) -> None:
    assert Response(body).headers["content-type"] == kind


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a\ud800b", b"a\xed\xa0\x80b"),
        ("\udc00\ud800", b"\xed\xb0\x80\xed\xa0\x80"),
        ("\ud83d\ude00", "😀".encode()),
    ],
)
async def test_lone_surrogates_of_a_body_are_three_bytes_as_in_workerd(text: str, content: bytes) -> None:
    form = FormData()
    form.append("a", text)
    for response in (
        Response(text),
        Response(text, status=404, status_text="x"),
        Response(Blob.new(to_js([text]))),
    ):
        assert response_parts(response.clone()).body == content
        assert await response.text() == content.decode("utf-8", "replace")
    assert b"\r\n\r\n" + content + b"\r\n" in bytes(await Response(form).bytes())


def test_parts_of_a_response_are_what_is_sent() -> None:
    cookies = [("Set-Cookie", "a=1"), ("X-B", "1"), ("set-cookie", "b=2"), ("x-b", "2")]
    parts = response_parts(Response(b"x", status=201, headers=cookies))
    assert (parts.status, parts.status_text, parts.body) == (201, "Created", b"x")
    assert parts.headers == [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-b", "1"), ("x-b", "2")]


def test_parts_of_every_kind_of_response() -> None:
    response = Response("x")
    for value in (response, response.clone(), response.js_object, FetchResponse("", response.js_object)):
        assert response_parts(value).body == b"x"
    assert response_parts(Response()).body is None
    assert (
        response_parts(Response(FormData({"a": "b"})))
        .headers[0][1]
        .startswith("multipart/form-data; boundary=")
    )


async def test_parts_of_a_stream_stay_a_stream() -> None:
    body = response_parts(Response(ReadableStream.from_(to_js([b"a", b"b"])))).body
    assert isinstance(body, KVStream)
    assert [chunk async for chunk in body] == [b"a", b"b"]


@pytest.mark.parametrize("value", [None, "x", {}, 5, object()])
def test_parts_refuse_what_is_no_response(value: object) -> None:
    text = r"^Incorrect type for Promise: the Promise did not resolve to 'Response'.$"
    with pytest.raises(TypeError, match=text):
        response_parts(value)


async def test_parts_refuse_a_response_that_was_read() -> None:
    response = Response("x")
    await response.text()
    with pytest.raises(
        JsException, match=r"^TypeError: Body has already been used. It can only be used once."
    ):
        response_parts(response)


async def test_clone_of_a_stream_reads_on_its_own() -> None:
    response = Response(ReadableStream.from_(to_js([b"a", b"b"])))
    copy = response.clone()
    assert [await response.text(), await copy.text()] == ["ab", "ab"]
    with pytest.raises(BodyUsedError, match=r"^Response body is already used$"):
        copy.clone()


async def test_body_that_is_read_as_a_stream_is_used() -> None:
    response = Response("abc")
    assert b"".join([bytes(chunk.to_bytes()) async for chunk in response.body]) == b"abc"
    assert response.body_used
    with pytest.raises(BodyUsedError):
        await response.bytes()
