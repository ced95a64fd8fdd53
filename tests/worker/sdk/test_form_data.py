"""FormData, and the two formats that carry it."""

import pytest
from js import FormData as JsFormData
from pyodide.ffi import jsnull

from worker.sdk import Blob, File, FormData, Request, Response
from worker.sdk.ffi.errors import JsException
from worker.sdk.web.http.multipart import decode_multipart

pytestmark = pytest.mark.anyio


async def test_multipart_round_trip_keeps_names_files_and_bytes() -> None:
    form = FormData({"text": "über\r\nzwei", 'quo"ted\\\n': ""})
    form.append("file", File(b"\x00\r\n--\xff", 'na"me.bin', content_type="image/x"))
    form.append("file", Blob("plain"), "b.txt")
    form.append("file", Blob(""))
    response = Response(form)
    again = await response.form_data()
    assert list(again.keys()) == ["text", 'quo"ted\\\n', "file", "file", "file"]
    assert (again["text"], again['quo"ted\\\n']) == ("über\r\nzwei", "")
    first, second, third = again.get_all("file")
    assert (first.name, first.content_type, await first.bytes()) == (
        'na"me.bin',
        "image/x",
        b"\x00\r\n--\xff",
    )
    assert (second.name, second.content_type, await second.text()) == (
        "b.txt",
        "application/octet-stream",
        "plain",
    )
    assert (third.name, third.size) == ("file", 0)


async def test_urlencoded_form_is_read() -> None:
    headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")]
    request = Request.from_parts("POST", "https://e.com/", headers, b"a=1+2&b=%C3%A9&a=3&c")
    form = await request.form_data()
    assert list(form.items()) == [("a", "1 2"), ("b", "é"), ("a", "3"), ("c", "")]


async def test_multipart_with_bare_line_feeds_is_read() -> None:
    first = b'--B\nContent-Disposition: form-data; name="a"\n\none\n'
    second = b"--B\ncontent-disposition: form-data; name=b\n\n\n"
    body = first + second + b"--B--"
    assert list(decode_multipart(body, "B").keys()) == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "No initial boundary string (or you have a truncated message)."),
        (b"--B?", "Boundary string was not succeeded by CRLF, LF, or '--'."),
        (b"--B\r\nno headers", "No multipart message header termination found."),
        (b"--B\r\nA: b\r\n\r\nx", "No subsequent boundary string after multipart message."),
        (b"--B\r\nA: b\r\n\r\nx\r\n--B--", "No valid Content-Disposition header found in FormData part."),
        (
            b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--",
            "Content-Disposition header in FormData part is missing a name.",
        ),
    ],
)
def test_multipart_that_is_none_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(JsException) as refused:
        decode_multipart(body, "B")
    assert (refused.value.name, refused.value.message) == ("TypeError", message)


def test_missing_field_is_jsnull_whatever_the_default() -> None:
    form = FormData()
    assert form["a"] is jsnull
    assert form.get("a", "default") is jsnull


def test_form_has_no_length_and_no_truth() -> None:
    for question in (len, bool, FormData):
        with pytest.raises(TypeError, match=r"^object of type 'generator' has no len\(\)$"):
            question(FormData({"a": "1"}))


def test_form_refuses_lists_and_other_sources() -> None:
    with pytest.raises(TypeError, match=r"^Expected form_data to be a dict or an instance of FormData$"):
        FormData("a=1")
    with pytest.raises(TypeError, match=r"^Expected single item in arguments to FormData.__setitem__$"):
        FormData()["a"] = ["1"]


def test_form_wraps_the_javascript_one() -> None:
    source = JsFormData.new()
    form = FormData(source)
    form["a"] = "1"
    form.append("a", "2")
    del form["b"]
    assert source.getAll("a").to_py() == ["1", "2"]
    form["a"] = "3"
    assert form.get_all("a") == ["3"]
