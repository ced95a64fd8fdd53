"""What a transfer costs: requests to the API at its pace, and operations as they are billed."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from kvstore.clock import duration
from kvstore.figures import FIGURES
from kvstore.layers.billing import days_as_text, free_days, price, price_as_text, rest_seconds
from kvstore.limits import LIMITS
from wrangler_compat.kv.remote_namespace import BATCH


@dataclass(frozen=True)
class Plan:
    """What so many entries take, from ``reads`` accounts (0 to 2), and into one that ``writes``; at most.

    A verification reads what was written once more.
    """

    entries: int
    reads: bool
    writes: bool

    @property
    def counts(self) -> dict[str, int]:
        """Operations, as they are billed: by key and by pair."""
        lists = ceil(self.entries / LIMITS.list_keys)
        reads = self.entries * ((2 if self.writes else 1) * self.reads + 2 * self.writes)
        return {
            "reads": reads,
            "writes": self.entries * self.writes,
            "deletes": 0,
            "lists": lists * self.reads * (3 if self.writes else 2),
        }

    @property
    def requests(self) -> int:
        counts = self.counts
        return counts["lists"] + ceil(counts["reads"] / LIMITS.bulk_get_keys) + ceil(counts["writes"] / BATCH)

    def as_json(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "requests": self.requests,
            "seconds": rest_seconds(self.requests),
            "freeDays": max(free_days(self.counts).values()),
            "dollars": round(price(self.counts), 6),
            **self.counts,
        }

    def as_text(self) -> str:
        """A line: how long it takes at the published pace, and what it costs."""
        if not self.requests:
            return f"{self.entries:,} entries, no request to the account"
        counts, pace = self.counts, FIGURES["rest.requests"]
        seconds = rest_seconds(self.requests)
        long = f"at least {duration(seconds)}" if seconds else "no wait"
        billed = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        return (
            f"{self.entries:,} entries take at most {self.requests:,} requests to the account: {long} at its "
            f"pace of {pace.value:,} in {duration(FIGURES['rest.window'].value)}; billed as {billed}: "
            f"{price_as_text(counts)}; {days_as_text(counts)}"
        )
