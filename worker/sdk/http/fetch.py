"""fetch of the workers module, and of js."""

from http import HTTPMethod
from typing import Any

from kvstore.javascript.values import UNDEFINED
from worker.sdk.context import outbound
from worker.sdk.ffi.crossing import call, wrap
from worker.sdk.ffi.errors import AbortError, JsException
from worker.sdk.ffi.http import FetchResponse
from worker.sdk.ffi.plain import Object
from worker.sdk.ffi.to_js import to_js
from worker.sdk.http.request import Request
from worker.sdk.http.response import Response
from worker.sdk.web.http.request import Request as WebRequest
from worker.sdk.web.http.response import Response as WebResponse


async def fetch(resource: Any, **other_options: Any) -> Response:
    """Fetch a URL, a Request or a JavaScript Request.

    Options are method, headers, body, redirect, cf, and ``fetcher``, a function to use instead of the
    network. Raises AbortError (an OSError) when there is no answer, and for a request that is not valid.
    """
    if isinstance(resource, Request):
        resource = resource.js_object
    if isinstance(other_options.get("method"), HTTPMethod):
        other_options["method"] = other_options["method"].value
    answer = await pyfetch(resource, **other_options)
    return Response(answer.js_response)


async def pyfetch(url: Any, /, *, fetcher: Any = None, **options: Any) -> FetchResponse:
    """``pyodide.http.pyfetch``: fetch a text or a JavaScript Request. Raises AbortError."""
    try:
        answer = await (fetcher or javascript_fetch)(url, request_options(options))
    except JsException as error:
        raise AbortError(error) from None
    return FetchResponse(str(url), answer)


def request_options(options: dict[str, Any]) -> Any:
    """Options as one JavaScript object: dicts become objects, FormData and Blob what they stand for."""
    return to_js(
        {name: value for name, value in options.items() if value is not None},
        dict_converter=wrap(Object).fromEntries,
        default_converter=lambda value, _convert, _cache: getattr(value, "js_object", value),
    )


async def web_fetch(resource: Any, init: Any = UNDEFINED) -> WebResponse:
    """JavaScript's ``fetch``: through whatever the current invocation sends its requests."""
    return await outbound()(WebRequest(resource, init))


async def javascript_fetch(resource: Any, options: Any = None) -> Any:
    """`web_fetch` for callers in Python."""
    given = (resource,) if options is None else (resource, options)
    return await call(web_fetch, given, {})
