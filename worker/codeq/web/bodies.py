"""Request bodies, read as the real service reads them."""

from urllib.parse import urlsplit

from starlette.requests import Request

from worker.codeq.documents import Fields, Moment, Timeline, decode
from worker.codeq.errors import DocumentError, Refusal
from worker.serving import read_body

MOST_BODY = 32 * 1024 * 1024  # bytes; the real services have no limit of their own
CLEANUP_LIMIT = 1000  # tasks in one cleanup, where the body names no number


async def required(request: Request, text: str = "invalid body") -> Fields:
    """The body as an object; 400 with ``text`` when there is none. What follows the object is ignored."""
    try:
        return Fields(decode(await _body(request)))
    except DocumentError as error:
        raise Refusal(400, text) from error


async def optional(request: Request) -> Fields:
    """The body as an object; an empty one when there is none or it is not one."""
    try:
        return Fields(decode(await _body(request)))
    except DocumentError:
        return Fields(None)


async def _body(request: Request) -> bytes:
    return await read_body(request.scope, request.receive, MOST_BODY)


def is_web_address(url: str) -> bool:
    """Whether it is http or https, with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.netloc)
    except ValueError:
        return False


def cleanup_terms(body: Fields, timeline: Timeline) -> tuple[int, int, Moment]:
    """How many were asked for, how many that means, and up to when. Raises Refusal 400 for no time."""
    limit, before = body.integer("limit"), body.string("before")
    try:
        until = Moment.parse(before) if before else Moment(timeline.epoch())
    except DocumentError as error:
        raise Refusal(400, "invalid 'before' (use RFC3339)") from error
    return limit, limit if limit > 0 else CLEANUP_LIMIT, until
