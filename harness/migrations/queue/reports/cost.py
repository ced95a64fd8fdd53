"""What a migration costs: steps, operations, a part of a day's quota, time."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from harness.migrations.queue.simulation.record import Record, kept
from harness.model.log import counted
from kvstore.layers import billing


@dataclass(frozen=True)
class Cost:
    """``counts`` as the plans bill them, a bulk read as one for every key; ``seconds`` in simulated time.

    ``entries`` is how many there were, and ``steps`` are calls of the migration, ``most`` the KV operations
    of the dearest of them.
    """

    steps: int
    operations: int
    most: int
    counts: dict[str, int]
    seconds: float
    entries: int

    @property
    def of_free_day(self) -> dict[str, float]:
        """The part of the free plan's daily quota, by kind: 1.0 is all of it."""
        return {name: self.counts[name] / limit for name, limit in billing.FREE_DAY.items() if limit}

    def as_json(self) -> dict[str, Any]:
        requests = billing.reading_requests(self.entries)
        return {
            "steps": self.steps,
            "operations": self.operations,
            "mostOperationsOfAStep": self.most,
            **self.counts,
            "price": {
                "dollars": round(billing.price(self.counts), 6),
                "included": billing.is_included(self.counts),
            },
            "partOfFreeDay": {name: round(part, 4) for name, part in self.of_free_day.items()},
            "freeDays": {
                name: days
                for name, days in billing.free_days(self.counts).items()
                if name in billing.FREE_DAY
            },
            "rest": {"requests": requests, "seconds": billing.rest_seconds(requests)},
            "simulatedSeconds": self.seconds,
        }

    def as_text(self) -> str:
        """One sentence, and what it means for the free plan."""
        counts = ", ".join(
            f"{count:,} {name if count != 1 else name[:-1]}" for name, count in self.counts.items()
        )
        took = f", in {_duration(self.seconds)}"
        steps = f"{self.steps:,} {'steps' if self.steps != 1 else 'step'}"
        parts = (f"{part:.0%} of its {name}" for name, part in self.of_free_day.items() if part >= 0.01)
        day = f"of a free day {', '.join(parts) or 'nothing'}"
        price, reading = billing.price_as_text(self.counts), billing.reading_as_text(self.entries)
        what = f"billed as {counts}: {day}; {price}; {reading}"
        return f"Cost: {steps} of at most {self.most:,} KV operations{took}; {what}"


@kept
def cost(record: Record) -> Cost:
    """What the runs of a walk cost."""
    asked = [record.operations[run.name] for run in record.runs]
    seconds = (record.runs[-1].answered - record.runs[0].sent) / 1000 if record.runs else 0.0
    most = max((run.operations for run in record.runs), default=0)
    count, counts = sum(map(len, asked)), billing.billed_keys(sum(map(counted, asked), Counter()))
    return Cost(len(record.runs), count, most, counts, seconds, len(record.start.entries))


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} simulated seconds"
    return f"{seconds / 60:.0f} simulated minutes"
