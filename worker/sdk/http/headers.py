"""Headers as Python Workers see them, and the forms in which they may give them."""

from collections.abc import Mapping
from http.client import HTTPMessage
from typing import Any

from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.jsobject import JsObject, PyObject
from worker.sdk.ffi.jsproxy import JsProxy
from worker.sdk.web.http.headers import Headers as WebHeaders


class MessageHeaders(HTTPMessage):
    """A copy of headers: names in lower case, sorted, missing ones None.

    ``get_all("set-cookie")`` gives each cookie; other repeated headers are joined with ``", "``.
    """

    def __init__(self, headers: Any) -> None:
        super().__init__()
        target = unwrap(headers) if isinstance(headers, JsProxy) else headers
        # Pairs from Headers itself are text already, and need no proxies on their way.
        pairs = target.js_combined() if isinstance(target, WebHeaders) else headers
        for name, value in pairs:
            self.set_raw(name, value)


Mapping.register(MessageHeaders)


def constructor_name(value: Any) -> str | None:
    """The name of the JavaScript class of ``value``; None for what is no JavaScript object."""
    if not isinstance(value, JsProxy):
        return None
    target = unwrap(value)
    if isinstance(target, JsObject) and not isinstance(target, PyObject):
        return target.js_name  # what the line below would find, by a longer way
    return str(value.constructor.name)


def javascript_headers(headers: Any) -> Any:
    """A JavaScript Headers, as Python sees it, from a dict, a list of pairs or one of its own.

    Raises TypeError for other types, tuples included, as the SDK does.
    """
    return wrap(web_headers(headers))


def web_headers(headers: Any) -> WebHeaders:
    """What `javascript_headers` gives, as JavaScript has it."""
    if isinstance(headers, dict):
        made = WebHeaders()
        for name, value in headers.items():
            made.append(unwrap(name), unwrap(value))
        return made
    if isinstance(headers, list):
        return WebHeaders([[unwrap(part) for part in pair] for pair in headers])
    if constructor_name(headers) == "Headers":
        target: WebHeaders = unwrap(headers)
        return target
    raise TypeError("Received unexpected type for headers argument")
