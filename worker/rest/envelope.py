"""The envelope around every JSON answer of the API.

SDKs look at the HTTP status only, wrangler at ``success`` only: both are always set.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from kvstore.javascript.json_text import stringify
from worker.rest.errors import RestError

# A browser must not take a value for a page.
NO_SNIFFING: Final[Mapping[str, str]] = {"x-content-type-options": "nosniff"}


def success(result: Any, info: dict[str, Any] | None = None) -> Response:
    """200 with ``result``; ``info`` is the ``result_info`` of a listing."""
    content = {"success": True, "errors": [], "messages": [], "result": result}
    return _json(content if info is None else content | {"result_info": info}, 200)


def failure(error: RestError) -> Response:
    errors = [{"code": error.code, "message": error.message}]
    return _json({"success": False, "errors": errors, "messages": [], "result": None}, error.status)


def _json(content: dict[str, Any], status: int) -> Response:
    # As JavaScript writes it: metadata may hold a lone surrogate, which must be escaped.
    return Response(str(stringify(content)), status, NO_SNIFFING, media_type="application/json")
