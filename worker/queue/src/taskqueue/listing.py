"""Listings, page after page, and what they alone show of a key: when it expires."""

from collections.abc import AsyncIterator, Sequence
from math import inf
from typing import Any, NamedTuple

from taskqueue.environment import KV
from taskqueue.keys import can_exist


class Shown(NamedTuple):
    """A key as a listing shows it; ``id`` is its name without the prefix, ``expiration`` epoch seconds."""

    id: str
    expiration: int | None
    metadata: Any

    def ends_within(self, seconds: int, now_ms: int) -> bool:
        """Whether less than ``seconds`` are left, for a put to be refused."""
        return self.expiration is not None and self.expiration - seconds < -(-now_ms // 1000)

    def keeps(self, other: "Shown") -> bool:
        """Whether it has the metadata of ``other``, and ends no earlier."""
        ends = float("inf") if self.expiration is None else self.expiration
        return self.metadata == other.metadata and ends >= (other.expiration or float("inf"))


async def pages(kv: KV, prefix: str) -> AsyncIterator[list[Shown]]:
    """Every page of the keys that begin with ``prefix``.

    A page may be empty and not the last. Listings may lag behind by a minute.
    """
    async for shown, _ in _pages(kv, prefix, prefix):
        yield shown


async def _pages(kv: KV, prefix: str, under: str) -> AsyncIterator[tuple[list[Shown], bool]]:
    """Every page, and whether it is the last."""
    options: dict[str, Any] = {"prefix": under}
    while True:
        page = await kv.list(**options)
        shown = [
            Shown(key["name"].removeprefix(prefix), key.get("expiration"), key.get("metadata"))
            for key in page["keys"]
        ]
        yield shown, page["list_complete"]
        if page["list_complete"]:
            return
        options["cursor"] = page["cursor"]


async def ids(kv: KV, prefix: str) -> list[str]:
    """All ids under ``prefix``, in the order of their bytes."""
    return [shown.id async for page in pages(kv, prefix) for shown in page]


async def describe(
    kv: KV, prefix: str, wanted: Sequence[str], most: int | None = None
) -> dict[str, Shown | None]:
    """What a listing shows of each of ``wanted``, None for nothing. Neighbours cost one operation together,
    strangers one each; after ``most`` pages the rest of them are left out.
    """
    found: dict[str, Shown | None] = {id: None for id in wanted if not can_exist(prefix + id)}
    able = sorted(set(wanted) - found.keys(), key=str.encode)
    waiting = [able] if able else []
    left = inf if most is None else most
    while waiting and left > 0:
        group = waiting.pop()
        shown, covered, pages = await _look(kv, prefix, group, left)
        left -= pages
        found |= {id: shown.get(id) for id in group[:covered]}
        rest = group[covered:]
        half = 0 if covered else len(rest) // 2
        waiting += [part for part in (rest[half:], rest[:half]) if part]
    return found


async def _look(kv: KV, prefix: str, group: list[str], most: float) -> tuple[dict[str, Shown], int, int]:
    """List what ``group`` has in common: what was found, how many of the group are known by then, and how
    many pages it took, ``most`` at most. One alone is found for sure.
    """
    found, pages = dict[str, Shown](), 0
    async for page, is_last in _pages(kv, prefix, prefix + _common_prefix(group[0], group[-1])):
        pages += 1
        found |= {shown.id: shown for shown in page}
        if is_last or (len(group) == 1 and page):
            break
        if page or pages >= most:
            last = page[-1].id.encode() if page else b""
            return found, sum(id.encode() <= last for id in group), pages
    return found, len(group), pages


def _common_prefix(first: str, last: str) -> str:
    """What the first and the last of a sorted group have in common, all of it has."""
    pairs = zip(first, last, strict=False)
    return first[: next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(first), len(last)))]
