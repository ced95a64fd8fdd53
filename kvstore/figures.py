"""Every number of the platform that anything here stands on: its value, source, date, and how certain it is.

Limits, conditions, quotas, prices and paces take their numbers from this table, and reports say which of
them they judged by. ``docs/figures.md`` shows it.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

# published: a page of the product says so; measured: the real program was seen to do it; possible: somebody
# reports it; ours: nothing is known, and a round number stands for it; chosen: who rehearses said so.
Certainty = Literal["published", "measured", "possible", "ours", "chosen"]


@dataclass(frozen=True, slots=True)
class Figure:
    """``what`` is ``value`` (in ``unit``), as ``source`` said on ``date`` (ISO 8601, or a part of it).

    ``beside`` names another published number that disagrees, and says where it is from.
    """

    value: int | float
    unit: str
    what: str
    source: str
    date: str
    certainty: Certainty = "published"
    beside: str = ""

    @property
    def amount(self) -> str:
        """The value with its unit, for people."""
        if self.unit == "$":
            return f"${self.value:,}" if round(self.value, 2) != self.value else f"${self.value:,.2f}"
        return f"{self.value:,} {self.unit}".rstrip()

    def as_json(self) -> dict[str, Any]:
        beside = {"beside": self.beside} if self.beside else {}
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "source": self.source,
            "date": self.date,
            "certainty": self.certainty,
            **beside,
        }


_DOCS: Final = "developers.cloudflare.com"
_KV: Final = (f"{_DOCS}/kv/platform/limits", "2026-10-08")
_INSTANT: Final = (f"{_DOCS}/kv/platform/limits, KV Instant, a private beta", "2026-10-08")
_KV_PRICING: Final = (f"{_DOCS}/kv/platform/pricing", "2026-04-21")
_KV_WORKS: Final = (f"{_DOCS}/kv/concepts/how-kv-works", "2026-04-21")
_KV_BULK: Final = (f"{_DOCS}/kv/api/read-key-value-pairs", "2026-04-21")
_KV_API: Final = (f"{_DOCS}/api/resources/kv", "2026-11")
_API: Final = (f"{_DOCS}/fundamentals/api/reference/limits", "2026-11")
_WORKERS: Final = (f"{_DOCS}/workers/platform/limits", "2026-07-28")
_D1_PRICING: Final = (f"{_DOCS}/d1/platform/pricing", "2026-05")
_D1: Final = (f"{_DOCS}/d1/platform/limits", "2026-04-21")
_OBJECTS: Final = (f"{_DOCS}/durable-objects/platform/limits", "2026-04-21")
_ALARMS: Final = (f"{_DOCS}/durable-objects/api/alarms", "2026-04-21")
_QUEUES: Final = (f"{_DOCS}/queues/platform/limits", "2026-04-21")
_WORKERD: Final = ("workerd 1.20260426.1", "2026-04-26", "measured")
_OURS: Final = ("a round number of Understudy's", "2026-11", "ours")

FIGURES: Final[dict[str, Figure]] = {
    "kv.key_size": Figure(512, "bytes", "the longest key", *_KV),
    "kv.value_size": Figure(25 * 1024 * 1024, "bytes", "the largest value", *_KV),
    "kv.metadata_size": Figure(1024, "bytes", "the largest metadata, as JSON", *_KV),
    "kv.list_keys": Figure(
        1000, "keys", "on one page of a listing", f"{_DOCS}/kv/api/list-keys", "2026-04-21"
    ),
    "kv.bulk_get_keys": Figure(100, "keys", "in one bulk read", *_KV_BULK),
    "kv.bulk_get_size": Figure(25 * 1024 * 1024, "bytes", "of values in one bulk read", *_KV_BULK),
    "kv.minimum_ttl": Figure(60, "s", "the shortest lifetime of an entry", *_KV),
    "kv.minimum_cache_ttl": Figure(30, "s", "the shortest cacheTtl", *_KV),
    "kv.operations": Figure(
        1000,
        "operations",
        "of KV in one invocation; a bulk read counts as one",
        *_KV,
        beside=f"10,000 subrequests on paid plans ({_WORKERS[0]}, {_WORKERS[1]}); the stricter counts here",
    ),
    "kv.connections": Figure(6, "operations", "of one invocation that may be under way at once", *_WORKERS),
    "kv.write_interval_ms": Figure(
        1000,
        "ms",
        "the least time between two writes of one key; one that comes sooner is answered 429",
        *_KV,
    ),
    "kv.lost_write_interval_ms": Figure(
        1000,
        "ms",
        "the same, where a write that comes sooner is confirmed and lost (`--write-rate lost`)",
        "a report of ten writes within 20 ms, all answered 200, nine lost; quoted at third hand",
        "2026-08",
        "possible",
    ),
    "kv.reads_per_day": Figure(
        100_000,
        "reads",
        "in a day of the free plan; each kind of operation is counted by itself",
        *_KV_PRICING,
    ),
    "kv.writes_per_day": Figure(
        1000, "writes", "in a day of the free plan; each kind of operation is counted by itself", *_KV_PRICING
    ),
    "kv.deletes_per_day": Figure(
        1000,
        "deletes",
        "in a day of the free plan; each kind of operation is counted by itself",
        *_KV_PRICING,
    ),
    "kv.lists_per_day": Figure(
        1000, "lists", "in a day of the free plan; each kind of operation is counted by itself", *_KV_PRICING
    ),
    "kv.cache_ttl": Figure(
        60, "s", "how long a read without a cacheTtl is cached, also one that finds nothing", *_KV
    ),
    "kv.list_lag": Figure(60, "s", "how late a listing is at most", *_KV_WORKS),
    "kv.own_writes": Figure(
        1000,
        "of 1,000 writes",
        "that are seen at once in the location that makes them; usual, not promised",
        *_KV_WORKS,
    ),
    "kv.latency_ms": Figure(10, "ms", "how long an operation of a rehearsal on a port takes", *_OURS),
    "kv.pause_ms": Figure(2000, "ms", "between two requests of a rehearsal on a port", *_OURS),
    "kv.timeout_ms": Figure(30_000, "ms", "how long an operation with the fault `timeout` takes", *_OURS),
    "kv.slow_ms": Figure(20_000, "ms", "how long an operation with the fault `slow` takes", *_OURS),
    "kv.outage_ms": Figure(60_000, "ms", "how long the fault `outage` lasts", *_OURS),
    "hostile.operations": Figure(
        50, "operations", "of KV in one invocation, if they are limited as external requests are", *_WORKERS
    ),
    "hostile.own_writes": Figure(
        900, "of 1,000 writes", "that are seen at once in the location that makes them", *_OURS
    ),
    "d1.rows_read_per_day": Figure(
        5_000_000, "rows", "that are read in a day of the free plan", *_D1_PRICING
    ),
    "d1.rows_written_per_day": Figure(
        100_000, "rows", "that are written in a day of the free plan", *_D1_PRICING
    ),
    "instant.key_size": Figure(
        300, "bytes", "the longest key of KV Instant, which keeps no metadata", *_INSTANT
    ),
    "instant.size": Figure(
        1_000_000,
        "bytes",
        "in one namespace of KV Instant; that keys count as well as values is our assumption",
        *_INSTANT,
    ),
    "instant.keys": Figure(
        10_000, "keys", "in one namespace of KV Instant; `list` answers with all of them at once", *_INSTANT
    ),
    "instant.write_interval_ms": Figure(
        1000, "ms", "the least time between two writes in one namespace of KV Instant", *_INSTANT
    ),
    "instant.p50_ms": Figure(
        107, "ms", "until another location sees half of the writes of KV Instant", *_INSTANT
    ),
    "instant.p95_ms": Figure(181, "ms", "until it sees 95 of 100", *_INSTANT),
    "instant.p99_ms": Figure(256, "ms", "until it sees 99 of 100", *_INSTANT),
    "instant.longest_ms": Figure(512, "ms", "until it sees all of them", *_OURS),
    "price.reads": Figure(
        0.5,
        "$",
        "for a million reads; one that finds nothing counts, and a bulk read counts once for each key",
        *_KV_PRICING,
    ),
    "price.writes": Figure(
        5.0, "$", "for a million writes; a bulk write counts once for each pair", *_KV_PRICING
    ),
    "price.deletes": Figure(5.0, "$", "for a million deletes", *_KV_PRICING),
    "price.lists": Figure(5.0, "$", "for a million lists", *_KV_PRICING),
    "price.rows_read": Figure(0.001, "$", "for a million rows that D1 reads", *_D1_PRICING),
    "price.rows_written": Figure(
        1.0, "$", "for a million rows that D1 writes, those of indexes among them", *_D1_PRICING
    ),
    "included.reads": Figure(10_000_000, "reads", "included in a month of the paid plan", *_KV_PRICING),
    "included.writes": Figure(1_000_000, "writes", "included in a month of the paid plan", *_KV_PRICING),
    "included.deletes": Figure(1_000_000, "deletes", "included in a month of the paid plan", *_KV_PRICING),
    "included.lists": Figure(1_000_000, "lists", "included in a month of the paid plan", *_KV_PRICING),
    "included.rows_read": Figure(
        25_000_000_000, "rows", "that are read, included in a month of the paid plan", *_D1_PRICING
    ),
    "included.rows_written": Figure(
        50_000_000, "rows", "that are written, included in a month of the paid plan", *_D1_PRICING
    ),
    "rest.requests": Figure(1200, "requests", "that one user may send to the REST API in a window", *_API),
    "rest.window": Figure(300, "s", "how long that window is", *_API),
    "rest.bulk_write_pairs": Figure(10_000, "pairs", "in one bulk write of the REST API", *_KV_API),
    "rest.bulk_delete_keys": Figure(10_000, "keys", "in one bulk delete of the REST API", *_KV_API),
    "rest.bulk_size": Figure(100_000_000, "bytes", "the largest body of a bulk request", *_KV_API),
    "workers.body_size": Figure(
        100_000_000, "bytes", "the largest body on the Free and Pro plans", *_WORKERS
    ),
    "d1.statement_size": Figure(100_000, "bytes", "the longest statement", *_WORKERD),
    "d1.value_size": Figure(2_200_000, "bytes", "the largest value, and the largest row", *_WORKERD),
    "d1.parameters": Figure(100, "parameters", "of one statement", *_WORKERD),
    "d1.columns": Figure(100, "columns", "of one table", *_WORKERD),
    "d1.compound_terms": Figure(5, "terms", "of one compound SELECT", *_WORKERD),
    "d1.expression_depth": Figure(100, "levels", "of one expression", *_WORKERD),
    "d1.function_arguments": Figure(127, "arguments", "of one function", *_WORKERD),
    "d1.pattern_size": Figure(50, "bytes", "the longest pattern of LIKE", *_WORKERD),
    "d1.trigger_depth": Figure(10, "levels", "of triggers that set each other off", *_WORKERD),
    "d1.program_steps": Figure(25_000, "steps", "of the program that SQLite makes of a statement", *_WORKERD),
    "d1.queries": Figure(1000, "queries", "of one invocation on the paid plan; a batch counts as one", *_D1),
    "free.queries": Figure(50, "queries", "of one invocation on the free plan; a batch counts as one", *_D1),
    "d1.query_seconds": Figure(30.0, "s", "the longest that a query may take", *_D1),
    "queues.message_size": Figure(128_000, "bytes", "the largest message of a queue", *_QUEUES),
    "queues.batch_messages": Figure(100, "messages", "in one call of sendBatch, and in one batch", *_QUEUES),
    "queues.batch_size": Figure(256_000, "bytes", "of messages in one call of sendBatch", *_QUEUES),
    "queues.delay": Figure(
        86_400, "s", "the longest delay of a message that is sent or tried again", *_QUEUES
    ),
    "queues.batch_wait": Figure(60, "s", "the longest that a batch waits to become full", *_QUEUES),
    "queues.retries": Figure(100, "times", "the most often that a message is tried again", *_QUEUES),
    "objects.key_size": Figure(2048, "bytes", "the longest key of key-value storage", *_OBJECTS),
    "objects.value_size": Figure(128 * 1024, "bytes", "the largest value of key-value storage", *_OBJECTS),
    "objects.row_size": Figure(2_200_000, "bytes", "the largest row of SQLite storage", *_WORKERD),
    "objects.alarm_retries": Figure(6, "times", "an alarm that fails rings again", *_ALARMS),
    "objects.alarm_backoff_ms": Figure(
        2000, "ms", "until an alarm that failed rings again; each further wait is twice as long", *_ALARMS
    ),
    "objects.alarm_jitter": Figure(25, "%", "of that wait, by which an alarm rings later at most", *_WORKERD),
}


def whole(name: str) -> int:
    """The value of a figure that is a whole number."""
    return int(FIGURES[name].value)


def table() -> str:
    """All of them, as a table of Markdown."""
    rows = ["| figure | value | what | source | date | certainty |", "|---|---|---|---|---|---|"]
    for name, one in FIGURES.items():
        what = f"{one.what}. Beside it: {one.beside}" if one.beside else one.what
        rows.append(f"| `{name}` | {one.amount} | {what} | {one.source} | {one.date} | {one.certainty} |")
    return "\n".join(rows) + "\n"
