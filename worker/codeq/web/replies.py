"""Answers in the wording and the form that the real service's web framework gives them."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from worker.codeq.documents import encode


def json_reply(value: Any, status: int = 200) -> Response:
    """JSON as Go writes it: members of a map sorted, ``<>&`` escaped."""
    headers = {"content-type": "application/json; charset=utf-8"}
    return Response(encode(value).encode(), status, headers)


def error_reply(status: int, text: str) -> Response:
    return json_reply({"error": text}, status)


def no_content() -> Response:
    return Response(status_code=204)


def not_found() -> Response:
    """A path or a method that nobody answers."""
    return Response(b"404 page not found", 404, {"content-type": "text/plain"})


def moved(target: str, headers: Mapping[str, str] | None = None) -> Response:
    """A trailing slash too many."""
    return Response(status_code=307, headers={"location": target, **(headers or {})})
