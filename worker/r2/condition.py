"""Whether the conditions of an operation hold for the object that there is."""

from typing import Any

from worker.r2.stored import Stored


def holds(condition: dict[str, Any] | None, found: Stored | None) -> bool:
    """Whether an operation may go on. As in RFC 9110, a tag decides before a time."""
    if condition is None:
        return True
    matches, differs = condition.get("etagMatches"), condition.get("etagDoesNotMatch")
    before, after = condition.get("uploadedBefore"), condition.get("uploadedAfter")
    if found is None:
        return matches is None and after is None
    unit = 1000 if condition.get("secondsGranularity") else 1
    moment = found.uploaded // unit
    is_match = matches is None or any(_is_tag(one, found.etag, weakly=False) for one in matches)
    is_other = differs is None or not any(_is_tag(one, found.etag, weakly=True) for one in differs)
    is_after = after is None or int(after) // unit < moment or (differs is not None and is_other)
    is_before = before is None or moment < int(before) // unit or (matches is not None and is_match)
    return is_match and is_other and is_after and is_before


def _is_tag(given: dict[str, str], etag: str, *, weakly: bool) -> bool:
    if given["type"] == "wildcard":
        return True
    return given["value"] == etag and (weakly or given["type"] == "strong")
