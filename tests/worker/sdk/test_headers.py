"""Headers as Python sees them."""

import pytest

from worker.sdk import Request, Response
from worker.sdk.ffi.errors import JsException
from worker.sdk.web.http.headers import Headers


def test_missing_header_is_none() -> None:
    headers = Response("x").headers
    assert headers["nope"] is None
    assert headers.get("nope", "default") == "default"
    assert headers.get_all("nope") is None


def test_cookies_stay_apart_and_other_values_are_joined() -> None:
    lines = [("Set-Cookie", "a=1, x"), ("B", "1"), ("Set-Cookie", "b=2"), ("b", "2")]
    headers = Request("https://e.com", headers=lines).headers
    assert headers.items() == [("b", "1, 2"), ("set-cookie", "a=1, x"), ("set-cookie", "b=2")]
    assert headers.get_all("SET-COOKIE") == ["a=1, x", "b=2"]


def test_changing_the_python_headers_changes_only_the_copy() -> None:
    response = Response("x", headers={"a": "1"})
    response.headers["b"] = "2"
    assert response.headers["b"] is None


def test_values_are_trimmed_and_converted() -> None:
    assert Response("x", headers={"a": "  1 ", "b": 2.0, "c": None}).headers.items()[:3] == [
        ("a", "1"),
        ("b", "2"),
        ("c", "undefined"),
    ]


@pytest.mark.parametrize("headers", [5, "a: b", (("a", "b"),), object()])
def test_headers_of_another_type_are_refused(headers: object) -> None:
    with pytest.raises(TypeError, match=r"^Received unexpected type for headers argument$"):
        Response("x", headers=headers)


def test_javascript_headers_keep_the_rules() -> None:
    headers = Headers([["A", "1"], ["a", "2"]])
    headers.set("Z", "3")
    headers.delete("a")
    assert list(headers.entries()) == [["z", "3"]]
    with pytest.raises(JsException, match=r'getAll\(\) can only be used with the header name "Set-Cookie".'):
        headers.getAll("z")
