"""What HTMLRewriter gives to handlers: elements, end tags, texts, comments; each says what becomes of it."""

from html import escape
from typing import Any, Final

from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject, option
from worker.sdk.web.html.selectors import Tag

VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)


class Piece(JsObject):
    """Part of a document, which is ``raw`` there; other content can be put around it, or in its place."""

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self._before: list[str] = []
        self._after: list[str] = []
        self.removed = False

    def before(self, content: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any) -> "Piece":
        self._before.append(_html(content, options))
        return self

    def after(self, content: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any) -> "Piece":
        self._after.insert(0, _html(content, options))
        return self

    def replace(self, content: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any) -> "Piece":
        self._before.append(_html(content, options))
        return self.remove()

    def remove(self, *_: Any) -> "Piece":
        self.removed = True
        return self

    def js_html(self) -> str:
        """What is there in its place."""
        return "".join((*self._before, "" if self.removed else self._raw, *self._after))


class Text(Piece):
    """A piece of text, or, as the last of a text, an empty one."""

    def __init__(self, raw: str, *, last: bool) -> None:
        super().__init__(raw)
        self.text = raw
        self.lastInTextNode = last


class Comment(Piece):
    def __init__(self, raw: str) -> None:
        super().__init__(raw)
        self._text = raw.removeprefix("<!--").removesuffix("-->")

    @property
    def text(self) -> str:
        return self._text

    @text.setter
    def text(self, value: Any) -> None:
        self._text = to_string(value)
        self._raw = f"<!--{self._text}-->"


class EndTag(Piece):
    def __init__(self, raw: str, name: str) -> None:
        super().__init__(raw)
        self.name = name


class Doctype(Piece):
    """``<!doctype name …>``; its identifiers are not read."""

    def __init__(self, raw: str) -> None:
        super().__init__(raw)
        words = raw[2:-1].split()
        self.name = words[1].lower() if len(words) > 1 else None
        self.publicId = None
        self.systemId = None


class DocumentEnd(Piece):
    def append(self, content: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any) -> "DocumentEnd":
        self._before.append(_html(content, options))
        return self


class Element(Piece):
    """A start tag, and through `append`, `after` and the like what it begins."""

    namespaceURI = "http://www.w3.org/1999/xhtml"

    def __init__(self, raw: str, name: str, attributes: dict[str, tuple[str, str]]) -> None:
        """``attributes`` have their values, and what is in the tag."""
        super().__init__(raw)
        self.tagName = name.lower()
        self._name = name
        self._attributes = {one: value for one, (value, _) in attributes.items()}
        self._raws = {one: raw for one, (_, raw) in attributes.items()}
        last = next(reversed(self._raws.values()), "")
        self._closes_itself = raw.endswith("/>") and not last.endswith("/")  # <a href=/x/> does not
        self.js_is_empty = self.tagName in VOID
        self.js_tag = Tag(self.tagName, self._attributes)
        self.js_drops_content = False
        self.js_end_handlers: list[Any] = []
        self.js_chosen: list[int] = []  # which of the rewriter's handlers its selectors chose
        self._first: list[str] = []
        self._last: list[str] = []

    @property
    def attributes(self) -> list[list[str]]:
        return [[name, value] for name, value in self._attributes.items()]

    def getAttribute(self, name: Any, *_: Any) -> str | None:
        return self._attributes.get(to_string(name).lower())

    def hasAttribute(self, name: Any, *_: Any) -> bool:
        return to_string(name).lower() in self._attributes

    def setAttribute(self, name: Any, value: Any, *_: Any) -> "Element":
        key, text = to_string(name).lower(), to_string(value)
        self._attributes[key] = text
        self._raws[key] = f'{key}="{text.replace(chr(34), "&quot;")}"'
        return self._written()

    def removeAttribute(self, name: Any, *_: Any) -> "Element":
        key = to_string(name).lower()
        if self._attributes.pop(key, None) is not None:
            del self._raws[key]
            self._written()
        return self

    def prepend(self, content: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any) -> "Element":
        self._first.insert(0, _html(content, options))
        return self

    def append(self, content: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any) -> "Element":
        self._last.append(_html(content, options))
        return self

    def setInnerContent(self, content: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any) -> "Element":
        self._first, self._last = [_html(content, options)], []
        self.js_drops_content = True
        return self

    def remove(self, *_: Any) -> "Element":
        self._first, self._last = [], []
        self.js_drops_content = True
        self.removed = True
        return self

    def removeAndKeepContent(self, *_: Any) -> "Element":
        self.removed = True
        return self

    def onEndTag(self, handler: Any, *_: Any) -> None:
        """Have ``handler`` called with the end tag. Raises JsException for an element that has none."""
        if self.js_is_empty:
            raise type_error("Parser error: No end tag.")
        self.js_end_handlers.append(handler)

    def js_html(self) -> str:
        """What is there in place of the start tag."""
        inner = () if self.js_is_empty else self._first
        after = self._after if self.js_is_empty else ()
        return "".join((*self._before, "" if self.removed else self._raw, *inner, *after))

    def js_end_by(self, end: Piece) -> None:
        """Have the end tag of another element around it end it, too, as the product does."""
        end._before.extend(self._last)
        end._after[:0] = self._after
        end.removed = end.removed or self.removed

    def js_end_html(self, end: Piece | None) -> str:
        """What is there in place of the end tag."""
        if end is not None and self.removed:
            end.remove()
        return "".join((*self._last, "" if end is None else end.js_html(), *self._after))

    def _written(self) -> "Element":
        self._raw = f"<{' '.join((self._name, *self._raws.values()))}{' /' if self._closes_itself else ''}>"
        return self


def _html(content: Any, options: Any) -> str:
    if isinstance(content, Undefined):
        raise type_error("parameter 1 is not of type 'string, ReadableStream, or Response'.")
    text = to_string(content)
    return text if option(options, "html") is True else escape(text, quote=False)
