"""Answers that come in several parts. Each of these ends, whatever the server says."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from worker.cloudflare.client import ApiClient


async def numbered(client: ApiClient, resource: str) -> list[dict[str, Any]]:
    """All parts of a list with page numbers; the total that the answers tell decides how many there are."""
    found: list[dict[str, Any]] = []
    page = 0
    while True:
        page += 1
        envelope = await client.ask("GET", resource, query={"page": str(page)})
        part = envelope.get("result") or []
        found += part
        if not part or not _more_follow(envelope.get("result_info") or {}, page):
            return found


def _more_follow(info: Mapping[str, Any], page: int) -> bool:
    size, total = info.get("per_page"), info.get("total_count")
    if not isinstance(size, int) or not isinstance(total, int) or info.get("page") != page:
        return False
    return page * size < total


async def until_empty(client: ApiClient, resource: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """All parts of a list that ends with an empty one. A part that comes twice ends it too."""
    found: list[dict[str, Any]] = []
    before: Any = None
    page = 1
    while True:
        numbering = {"page": str(page)} if page > 1 else {}
        envelope = await client.ask("GET", resource, query={**query, **numbering}, named=False)
        part = envelope.get("result") or []
        if not part or part == before:
            return found
        found += part
        before = part
        page += 1


async def by_cursor(
    client: ApiClient, resource: str, query: Mapping[str, str], cursor: str = ""
) -> AsyncIterator[list[dict[str, Any]]]:
    """The parts of a list that are linked by cursors. A cursor that came before ends it."""
    seen = {cursor}
    while True:
        linked = {"cursor": cursor} if cursor else {}
        envelope = await client.ask("GET", resource, query={**query, **linked})
        yield envelope.get("result") or []
        cursor = next_cursor(envelope)
        if cursor in seen or not cursor:
            return
        seen.add(cursor)


def next_cursor(envelope: Mapping[str, Any]) -> str:
    """The cursor of the part after this one, "" for none."""
    cursor = (envelope.get("result_info") or {}).get("cursor")
    return cursor if isinstance(cursor, str) else ""
