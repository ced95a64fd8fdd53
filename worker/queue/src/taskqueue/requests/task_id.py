"""Task ids: one grammar for the producers and for the API.

The original let producers use any id and its API only some, so that tasks existed which nobody could
complete (H60, H61, H63). Here an id is any text of 1 to 492 bytes: as long as the longest key made of it,
``orchestrator:result:<id>``, fits into a KV key.
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from taskqueue.requests.reply import Refusal, bad_request

MAX_BYTES: Final = 492
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def from_segment(segment: str) -> str:
    """The id that a raw path segment names, percent-decoded once.

    Raises Refusal for an id that is empty, too long or not UTF-8.
    """
    if "%" not in segment:
        return checked(segment)
    if _BAD_ESCAPE.search(segment):
        raise _refusal("Task ID is not valid UTF-8")
    try:
        return checked(unquote_to_bytes(segment).decode())
    except UnicodeError:
        raise _refusal("Task ID is not valid UTF-8") from None


def checked(task_id: str) -> str:
    """``task_id`` itself, if it may be one.

    Raises Refusal as from_segment does.
    """
    try:
        size = len(task_id.encode())
    except UnicodeEncodeError:
        raise _refusal("Task ID is not valid UTF-8") from None
    if size == 0:
        raise _refusal("Task ID cannot be empty")
    if size > MAX_BYTES:
        raise _refusal(f"Task ID too long: {size} bytes, at most {MAX_BYTES}")
    return task_id


def _refusal(detail: str) -> Refusal:
    return bad_request("Invalid taskId format", [detail])
