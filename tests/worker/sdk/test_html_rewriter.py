"""HTMLRewriter changes a document as workerd was recorded to."""

import json
from pathlib import Path
from typing import Any

import js
import pytest
from pyodide.ffi import JsException, create_proxy, jsnull, to_js

pytestmark = pytest.mark.anyio

RECORDED = json.loads(Path("tests/data/vectors/html_rewriter.json").read_text("utf-8"))


async def rewritten(rewriter: Any, html: str = RECORDED["html"]) -> str:
    text: str = await rewriter.transform(js.Response.new(html)).text()
    return text


class Calls:
    """Calls one method of every element."""

    def __init__(self, method: str, arguments: list[Any]) -> None:
        self._method = method
        self._options = arguments[-1] if arguments and isinstance(arguments[-1], dict) else {}
        self._arguments = arguments[:-1] if self._options else arguments

    def element(self, element: Any) -> None:
        getattr(element, self._method)(*self._arguments, **self._options)


@pytest.mark.parametrize(
    "change",
    RECORDED["changes"],
    ids=[f"{one['selector']} {one['method']} {one['arguments']}" for one in RECORDED["changes"]],
)
async def test_an_element_is_changed(change: Any) -> None:
    handler = create_proxy(Calls(change["method"], change["arguments"]))
    assert await rewritten(js.HTMLRewriter.new().on(change["selector"], handler)) == change["result"]


async def test_handlers_see_elements_texts_comments_and_the_document_in_order() -> None:
    seen: list[Any] = []

    class Paragraph:
        async def element(self, element: Any) -> None:
            seen.append(["el", element.tagName, [list(one) for one in element.attributes]])
            element.onEndTag(create_proxy(self.end))

        def end(self, tag: Any) -> None:
            seen.append(["end", tag.name])
            tag.before("!")

        def text(self, text: Any) -> None:
            seen.append(["text", text.text, text.lastInTextNode])

        def comments(self, comment: Any) -> None:
            seen.append(["comment", comment.text])
            comment.text = "new"

    class Document:
        def doctype(self, doctype: Any) -> None:
            seen.append(["doctype", doctype.name])

        def text(self, text: Any) -> None:
            seen.append(["dtext", text.text, text.lastInTextNode])

        def end(self, end: Any) -> None:
            end.append("<end>", html=True)

    rewriter = js.HTMLRewriter.new().on("p", create_proxy(Paragraph())).onDocument(create_proxy(Document()))
    assert await rewritten(rewriter) == RECORDED["seen"]["result"]
    assert seen == RECORDED["seen"]["events"]


async def test_what_is_put_in_twice_keeps_the_products_order() -> None:
    class Twice:
        def element(self, element: Any) -> None:
            element.prepend("1").prepend("2").append("3").append("4")
            element.before("5").before("6").after("7").after("8")

    assert await rewritten(js.HTMLRewriter.new().on("p", create_proxy(Twice()))) == RECORDED["chained"]


async def test_text_in_a_script_is_no_markup() -> None:
    html = "<script>if (a <b) '<b>'</script><b>x</b>"
    handler = create_proxy(Calls("remove", []))
    assert await rewritten(js.HTMLRewriter.new().on("b", handler), html) == "<script>if (a <b) '<b>'</script>"


# As workerd 1.20260426 has them: what a handler sees, and the tag once an attribute was set.
ATTRIBUTES = {
    "<a href=/x/>": (["href", "/x/"], '<a href=/x/ n="1">'),
    "<a href=/x />": (["href", "/x"], '<a href=/x n="1" />'),
    """<a t="'a'">""": (["t", "'a'"], """<a t="'a'" n="1">"""),
    "<a t='&amp;'>": (["t", "&amp;"], """<a t='&amp;' n="1">"""),
}


@pytest.mark.parametrize("tag", ATTRIBUTES)
async def test_an_attribute_has_the_value_that_is_in_the_tag(tag: str) -> None:
    seen: list[Any] = []

    class Setter:
        def element(self, element: Any) -> None:
            seen.extend(list(one) for one in element.attributes)
            element.setAttribute("n", "1")

    attribute, expected = ATTRIBUTES[tag]
    assert await rewritten(js.HTMLRewriter.new().on("a", create_proxy(Setter())), tag) == expected
    assert seen == [attribute]


@pytest.mark.parametrize(("selector", "rest"), [("p:hover", ":hover"), ("> p", "> p"), ("p,", ""), ("", "")])
def test_a_selector_that_is_not_read_is_named(selector: str, rest: str) -> None:
    with pytest.raises(JsException, match=f'"{selector}" is not emulated here from "{rest}" on'):
        js.HTMLRewriter.new().on(selector, create_proxy(Calls("remove", [])))


async def test_status_and_headers_stay() -> None:
    response = js.Response.new("<p>", status=404, headers=to_js([["content-length", "3"], ["x-a", "b"]]))
    answer = js.HTMLRewriter.new().on("p", create_proxy(Calls("remove", []))).transform(response)
    headers = [answer.headers.get(name) for name in ("x-a", "content-length")]
    assert [answer.status, *headers, await answer.text()] == [404, "b", jsnull, ""]
