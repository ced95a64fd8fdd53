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
    "kv.key_size": Figure(512, "bytes", "a key", *_KV),
    "kv.value_size": Figure(25 * 1024 * 1024, "bytes", "a value", *_KV),
    "kv.metadata_size": Figure(1024, "bytes", "metadata, as JSON", *_KV),
    "kv.list_keys": Figure(1000, "keys", "a page of a listing", f"{_DOCS}/kv/api/list-keys", "2026-04-21"),
    "kv.bulk_get_keys": Figure(100, "keys", "a bulk read", *_KV_BULK),
    "kv.bulk_get_size": Figure(25 * 1024 * 1024, "bytes", "the values of a bulk read", *_KV_BULK),
    "kv.minimum_ttl": Figure(60, "s", "the shortest lifetime", *_KV),
    "kv.minimum_cache_ttl": Figure(30, "s", "the shortest cacheTtl", *_KV),
    "kv.operations": Figure(
        1000,
        "operations",
        "KV operations of an invocation; a bulk read is one",
        *_KV,
        beside=f"10,000 subrequests on paid plans ({_WORKERS[0]}, {_WORKERS[1]}); the stricter is judged by",
    ),
    "kv.connections": Figure(6, "operations", "operations of an invocation on their way at once", *_WORKERS),
    "kv.write_interval_ms": Figure(1000, "ms", "between two writes of one key, else 429", *_KV),
    "kv.lost_write_interval_ms": Figure(
        1000,
        "ms",
        "between two writes of one key, else the second is confirmed and lost (`--write-rate lost`)",
        "a report of ten writes within 20 ms, all answered 200, nine lost; quoted at third hand",
        "2026-08",
        "possible",
    ),
    "kv.reads_per_day": Figure(100_000, "reads", "a day of the free plan, counted apart", *_KV_PRICING),
    "kv.writes_per_day": Figure(1000, "writes", "a day of the free plan, counted apart", *_KV_PRICING),
    "kv.deletes_per_day": Figure(1000, "deletes", "a day of the free plan, counted apart", *_KV_PRICING),
    "kv.lists_per_day": Figure(1000, "lists", "a day of the free plan, counted apart", *_KV_PRICING),
    "kv.cache_ttl": Figure(60, "s", "for how long a read is cached, a miss too, unless it says", *_KV),
    "kv.list_lag": Figure(60, "s", "how late a listing is, at most", *_KV_WORKS),
    "kv.own_writes": Figure(
        1000, "of 1,000", "writes seen at once where they are made; usual, not promised", *_KV_WORKS
    ),
    "kv.latency_ms": Figure(10, "ms", "how long an operation of a rehearsal on a port takes", *_OURS),
    "kv.pause_ms": Figure(2000, "ms", "between two requests of a rehearsal on a port", *_OURS),
    "kv.timeout_ms": Figure(30_000, "ms", "the fault `timeout`", *_OURS),
    "kv.slow_ms": Figure(20_000, "ms", "the fault `slow`", *_OURS),
    "kv.outage_ms": Figure(60_000, "ms", "the fault `outage`", *_OURS),
    "hostile.operations": Figure(
        50, "operations", "KV operations of an invocation: as many as external requests", *_WORKERS
    ),
    "hostile.own_writes": Figure(900, "of 1,000", "writes seen at once where they are made", *_OURS),
    "d1.rows_read_per_day": Figure(5_000_000, "rows", "read, a day of the free plan", *_D1_PRICING),
    "d1.rows_written_per_day": Figure(100_000, "rows", "written, a day of the free plan", *_D1_PRICING),
    "instant.key_size": Figure(300, "bytes", "a key of KV Instant; metadata it has none", *_INSTANT),
    "instant.size": Figure(
        1_000_000, "bytes", "a namespace of KV Instant; that keys count, too, is ours", *_INSTANT
    ),
    "instant.keys": Figure(
        10_000, "keys", "a namespace of KV Instant; `list` answers all at once", *_INSTANT
    ),
    "instant.write_interval_ms": Figure(
        1000, "ms", "between two writes of a namespace of KV Instant", *_INSTANT
    ),
    "instant.p50_ms": Figure(107, "ms", "until half of other locations see a write of KV Instant", *_INSTANT),
    "instant.p95_ms": Figure(181, "ms", "until 95 of 100 do", *_INSTANT),
    "instant.p99_ms": Figure(256, "ms", "until 99 of 100 do", *_INSTANT),
    "instant.longest_ms": Figure(512, "ms", "until all do", *_OURS),
    "price.reads": Figure(0.5, "$", "a million reads; a miss counts, a bulk read by key", *_KV_PRICING),
    "price.writes": Figure(5.0, "$", "a million writes; a bulk write by pair", *_KV_PRICING),
    "price.deletes": Figure(5.0, "$", "a million deletes", *_KV_PRICING),
    "price.lists": Figure(5.0, "$", "a million lists", *_KV_PRICING),
    "price.rows_read": Figure(0.001, "$", "a million rows that D1 reads", *_D1_PRICING),
    "price.rows_written": Figure(
        1.0, "$", "a million rows that D1 writes, those of indexes too", *_D1_PRICING
    ),
    "included.reads": Figure(10_000_000, "reads", "a month of the paid plan", *_KV_PRICING),
    "included.writes": Figure(1_000_000, "writes", "a month of the paid plan", *_KV_PRICING),
    "included.deletes": Figure(1_000_000, "deletes", "a month of the paid plan", *_KV_PRICING),
    "included.lists": Figure(1_000_000, "lists", "a month of the paid plan", *_KV_PRICING),
    "included.rows_read": Figure(25_000_000_000, "rows", "read, a month of the paid plan", *_D1_PRICING),
    "included.rows_written": Figure(50_000_000, "rows", "written, a month of the paid plan", *_D1_PRICING),
    "rest.requests": Figure(1200, "requests", "of one user to the REST API, in a window", *_API),
    "rest.window": Figure(300, "s", "the window of these requests", *_API),
    "rest.bulk_write_pairs": Figure(10_000, "pairs", "a bulk write of the REST API", *_KV_API),
    "rest.bulk_delete_keys": Figure(10_000, "keys", "a bulk delete of the REST API", *_KV_API),
    "rest.bulk_size": Figure(100_000_000, "bytes", "the body of a bulk request", *_KV_API),
    "workers.body_size": Figure(100_000_000, "bytes", "a body on the Free and Pro plans", *_WORKERS),
    "d1.statement_size": Figure(100_000, "bytes", "a statement", *_WORKERD),
    "d1.value_size": Figure(2_200_000, "bytes", "a value, and a row", *_WORKERD),
    "d1.parameters": Figure(100, "parameters", "a statement", *_WORKERD),
    "d1.columns": Figure(100, "columns", "a table", *_WORKERD),
    "d1.compound_terms": Figure(5, "terms", "a compound SELECT", *_WORKERD),
    "d1.expression_depth": Figure(100, "levels", "an expression", *_WORKERD),
    "d1.function_arguments": Figure(127, "arguments", "a function", *_WORKERD),
    "d1.pattern_size": Figure(50, "bytes", "a pattern of LIKE", *_WORKERD),
    "d1.trigger_depth": Figure(10, "levels", "triggers that set each other off", *_WORKERD),
    "d1.program_steps": Figure(25_000, "steps", "the program of a statement", *_WORKERD),
    "d1.queries": Figure(1000, "queries", "an invocation's on the paid plan; a batch is one", *_D1),
    "free.queries": Figure(50, "queries", "an invocation's on the free plan; a batch is one", *_D1),
    "d1.query_seconds": Figure(30.0, "s", "a query", *_D1),
    "queues.message_size": Figure(128_000, "bytes", "a message of a queue", *_QUEUES),
    "queues.batch_messages": Figure(100, "messages", "a call of sendBatch, and a batch", *_QUEUES),
    "queues.batch_size": Figure(256_000, "bytes", "the messages of a call of sendBatch", *_QUEUES),
    "queues.delay": Figure(86_400, "s", "a message waits, sent or tried again", *_QUEUES),
    "queues.batch_wait": Figure(60, "s", "a batch waits until it is full", *_QUEUES),
    "queues.retries": Figure(100, "times", "a message is tried again", *_QUEUES),
    "objects.key_size": Figure(2048, "bytes", "a key of key-value storage", *_OBJECTS),
    "objects.value_size": Figure(128 * 1024, "bytes", "a value of key-value storage", *_OBJECTS),
    "objects.row_size": Figure(2_200_000, "bytes", "a row of SQLite storage", *_WORKERD),
    "objects.alarm_retries": Figure(6, "times", "an alarm that fails rings again", *_ALARMS),
    "objects.alarm_jitter": Figure(4, "th part", "of that time, at most, it rings later", *_WORKERD),
    "objects.alarm_backoff_ms": Figure(2000, "ms", "until it does, then twice as long each time", *_ALARMS),
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
