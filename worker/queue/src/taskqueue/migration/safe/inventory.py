"""What is left to move, as the listings show it: counted far, remembered as far as it can be used."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from taskqueue import bulk, keys, listing, platform
from taskqueue.environment import KV
from taskqueue.listing import Shown
from taskqueue.migration.safe.meter import BudgetSpent, Meter
from taskqueue.requests import task_id

COUNTED_PAGES: Final = 4


@dataclass(slots=True)
class Inventory:
    """The originals of one kind.

    ``fresh`` are to be copied; ``ending`` have too little time left for a copy: they end
    where they are, the next at ``ends_at`` (ms). ``waiting`` are copied and not yet verified. ``stuck`` can
    have no copy at all.
    """

    fresh: list[Shown] = field(default_factory=list)
    uncounted_fresh: int = 0
    ending: int = 0
    ends_at: int | None = None
    waiting: int = 0
    stuck: list[str] = field(default_factory=list)
    complete: bool = False

    @property
    def total(self) -> int:
        return self.to_copy + self.waiting

    @property
    def to_copy(self) -> int:
        return len(self.fresh) + self.uncounted_fresh + self.ending


async def take(
    meter: Meter,
    prefix: str,
    noted: set[str],
    want: int,
    most_pages: int,
    able: Callable[[str], bool] = lambda id: True,
) -> Inventory:
    """List ``prefix`` from its beginning: at most ``most_pages`` pages and ``want`` fresh keys remembered.

    ``able`` tells the ids that can have a copy.

    What is beyond COUNTED_PAGES is looked at only as long as too few fresh keys were found: a step must not
    cost more because much is left.
    """
    found, now, pages = Inventory(), platform.now_ms(), 0
    try:
        async for page in listing.pages(meter, prefix):
            if pages == most_pages or (pages >= COUNTED_PAGES and len(found.fresh) >= want):
                break
            # What cannot be moved stays, and is seen at every step: much of it is no reason to end.
            pages += any(able(shown.id) for shown in page)
            for shown in page:
                if able(shown.id):
                    _sort(found, shown, noted, want, now)
                else:
                    found.stuck.append(shown.id)
        else:
            found.complete = True
    except BudgetSpent:
        return found
    return found


def _sort(found: Inventory, shown: Shown, noted: set[str], want: int, now: int) -> None:
    if shown.id in noted:
        found.waiting += 1
    elif shown.ends_within(keys.LEAST_LEFT, now):
        found.ending += 1
        end = (shown.expiration or 0) * 1000
        found.ends_at = end if found.ends_at is None else min(found.ends_at, end)
    elif len(found.fresh) < want:
        found.fresh.append(shown)
    else:
        found.uncounted_fresh += 1


async def completed(kv: KV, ids: Sequence[str]) -> set[str]:
    """Those of ``ids`` that have a result; an id too long for a result's key can have none."""
    able = [id for id in ids if len(id.encode()) <= task_id.MAX_BYTES]
    found = await bulk.texts(kv, [keys.result(id) for id in able])
    return {id for id in able if found[keys.result(id)] is not None}
