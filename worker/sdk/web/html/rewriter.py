"""HTMLRewriter: handlers see the elements, texts and comments that their selectors name, and change them.

Source: workerd, recorded. Different from it, a document is rewritten as a whole when its body is read, of two
attributes of one name a handler sees the first, and fewer selectors are read: others raise an error that has
them.
"""

import inspect
import re
from collections.abc import AsyncIterator
from typing import Any, Final

from kvstore.javascript.stream import ReadableStream
from worker.sdk.ffi.crossing import wrap
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject, PyObject, option
from worker.sdk.web.html.pieces import Comment, Doctype, DocumentEnd, Element, EndTag, Piece, Text
from worker.sdk.web.html.selectors import Selector, unquoted
from worker.sdk.web.http.body import Content
from worker.sdk.web.http.response import Response

_TOKEN: Final = re.compile(
    r"""(?P<comment><!--.*?-->)
      | (?P<doctype><![^>]*>)
      | (?P<end></[A-Za-z][^>]*>)
      | (?P<start><[A-Za-z](?:[^>"']|"[^"]*"|'[^']*')*>)
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>`]+))?""")
_NAME: Final = re.compile(r"</?([A-Za-z][^\s/>]*)")
_TEXT_ONLY: Final = frozenset({"script", "style", "textarea", "title"})


class HTMLRewriter(JsObject):
    """``new HTMLRewriter().on(selector, handlers).onDocument(handlers).transform(response)``."""

    def __init__(self, *_: Any) -> None:
        self._handlers: list[tuple[Selector, Any]] = []
        self._of_document: list[Any] = []

    def on(self, selector: Any, handlers: Any, *_: Any) -> "HTMLRewriter":
        """Raises JsException for a selector that is not read."""
        self._handlers.append((Selector(str(selector)), handlers))
        return self

    def onDocument(self, handlers: Any, *_: Any) -> "HTMLRewriter":
        self._of_document.append(handlers)
        return self

    def transform(self, response: Any, *_: Any) -> Response:
        """The response with its body rewritten while that is read."""
        if not isinstance(response, Response):
            raise type_error("parameter 1 is not of type 'Response'.")
        content = response.js_take()
        rewritten = Response(None, response)
        if content is not None:
            rewritten.headers.delete("content-length")
            body = Content(ReadableStream(self._rewritten(content.data)))
            return Response.js_received(
                response.status, response.statusText, rewritten.headers, body, response.url, False
            )
        return rewritten

    async def _rewritten(self, data: Any) -> AsyncIterator[bytes]:
        read = await data.read() if isinstance(data, ReadableStream) else data
        document = _Document(self._handlers, self._of_document)
        yield (await document.rewrite(bytes(read).decode("utf-8", "replace"))).encode("utf-8", "replace")


class _Document:
    """One document on its way through."""

    def __init__(self, handlers: list[tuple[Selector, Any]], of_document: list[Any]) -> None:
        self._handlers = handlers
        self._of_document = of_document
        self._open: list[Element] = []
        self._written: list[str] = []

    async def rewrite(self, text: str) -> str:
        position = 0
        while position < len(text):
            inside = self._open[-1].tagName if self._open else ""
            if inside in _TEXT_ONLY:
                closing = re.compile(rf"(?P<end></{re.escape(inside)}(?:[\s/][^>]*)?>)", re.IGNORECASE)
                found = closing.search(text, position)
            else:
                found = _TOKEN.search(text, position)
            begin = len(text) if found is None else found.start()
            if begin > position:
                await self._text(text[position:begin])
            if found is None:
                break
            await self._token(str(found.lastgroup), found.group())
            position = found.end()
        for element in reversed(self._open):
            self._write(element.js_end_html(None), of=element)
        end = DocumentEnd("")
        await self._call("end", end, self._of_document)
        self._written.append(end.js_html())
        return "".join(self._written)

    async def _token(self, kind: str, raw: str) -> None:
        if kind == "comment":
            comment = Comment(raw)
            await self._call("comments", comment, [*self._around(), *self._of_document])
            self._write(comment.js_html())
        elif kind == "start":
            await self._start(raw)
        elif kind == "end":
            await self._end(raw)
        else:
            doctype = Doctype(raw)
            await self._call("doctype", doctype, self._of_document)
            self._write(doctype.js_html())

    async def _text(self, raw: str) -> None:
        for piece in (Text(raw, last=False), Text("", last=True)):
            await self._call("text", piece, [*self._around(), *self._of_document])
            self._write(piece.js_html())

    async def _start(self, raw: str) -> None:
        name = _name(raw)
        given = {
            found[1].lower(): (unquoted(found[2] or ""), found[0])
            for found in reversed([*_ATTRIBUTE.finditer(raw, 1 + len(name), len(raw) - 1)])
        }
        attributes = dict(reversed(given.items()))  # of two of one name the first counts
        element = Element(raw, name, attributes)
        path = [*(one.js_tag for one in self._open), element.js_tag]
        element.js_chosen = [place for place, (to, _) in enumerate(self._handlers) if to.fits(path)]
        await self._call("element", element, [self._handlers[place][1] for place in element.js_chosen])
        self._write(element.js_html())
        if not element.js_is_empty:
            self._open.append(element)

    async def _end(self, raw: str) -> None:
        name = _name(raw).lower()
        if name not in [one.tagName for one in self._open]:
            self._write(raw)
            return
        end = EndTag(raw, name)
        if (innermost := self._open[-1]).tagName != name:
            innermost.js_end_by(end)
        while self._open[-1].tagName != name:
            self._open.pop()
        element = self._open[-1]
        for handler in element.js_end_handlers:
            await _called(handler, end)
        self._write(element.js_end_html(end), of=element)
        self._open.pop()

    def _around(self) -> list[Any]:
        """The handlers of the elements that are open, each once, in the order in which they were given."""
        chosen = {place for one in self._open for place in one.js_chosen}
        return [self._handlers[place][1] for place in sorted(chosen)]

    def _write(self, text: str, of: Element | None = None) -> None:
        """Write, unless an element around drops what is in it; ``of`` itself does not count."""
        if not any(one.js_drops_content for one in self._open if one is not of):
            self._written.append(text)

    async def _call(self, event: str, piece: Piece, handlers: list[Any]) -> None:
        for one in handlers:
            if isinstance(one, PyObject):
                handler = getattr(one.js_unwrap(), event, None)
            else:
                handler = option(one, event)
            if callable(handler) or isinstance(handler, PyObject):
                await _called(handler, piece)


async def _called(handler: Any, piece: Any) -> None:
    function = handler.js_unwrap() if isinstance(handler, PyObject) else handler
    result = function(wrap(piece))
    if inspect.isawaitable(result):
        await result


def _name(raw: str) -> str:
    found = _NAME.match(raw)
    assert found is not None, "a tag begins with its name"
    return found[1]
