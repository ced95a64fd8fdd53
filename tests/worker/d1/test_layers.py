"""What production adds: the way to the database, replicas behind it, and a journal of it all."""

from dataclasses import replace

import pytest

from kvstore import ManualClock, SeededEntropy
from kvstore.conditions import CONDITIONS
from kvstore.faults import Fault, InvocationCrashed
from kvstore.layers.invocation import Invocations
from kvstore.layers.quotas import DAY_MS, UNLIMITED, Allowance, Ledger
from kvstore.layers.transit import OneFault, Trip
from worker.d1 import D1Database, Database, messages
from worker.d1.layers import D1Journal, D1Quotas, D1Transit, Primary, Replica
from worker.sdk.ffi.errors import JsException

pytestmark = pytest.mark.anyio

TABLE = "CREATE TABLE t (x)"
LAG = 500


class Deployment:
    """A database with all layers, ``fault`` on the way to it."""

    def __init__(self, fault: Fault | None = None, trip: Trip = Trip(), most: int | None = None) -> None:  # noqa: B008
        self.clock = ManualClock(1_800_000_000_000)
        self.database = Database()
        self.invocations = Invocations(operations=most)
        plan = OneFault(fault, trip)
        self.transit = D1Transit(self.database, self.clock, plan, self.invocations)
        self.journal = D1Journal(self.transit, self.clock, self.invocations)
        self.db = D1Database(self.journal)

    async def rows(self) -> int:
        """How many there are, asked past all layers."""
        count = await D1Database(self.database).prepare("SELECT count(*) AS n FROM t").first("n")
        return int(count)


@pytest.mark.parametrize(
    ("kind", "text", "rows", "seconds"),
    [
        ("refused", messages.OVERLOADED, 0, 0),
        ("outage", messages.TOO_MANY_QUEUED, 0, 0),
        ("unanswered", messages.CONNECTION_LOST, 1, 0),
        ("timeout", messages.TIMED_OUT, 1, 30),
    ],
)
async def test_a_fault_fails_in_the_products_words(kind: str, text: str, rows: int, seconds: int) -> None:
    there = Deployment(Fault(kind, 2))
    await there.db.exec(TABLE)
    before = there.clock.now_ms()
    with pytest.raises(JsException) as failure:
        await there.db.prepare("INSERT INTO t VALUES (1)").run()
    assert failure.value.message == f"D1_ERROR: {text}"
    assert failure.value.cause is not None
    assert (await there.rows(), there.clock.now_ms() - before) == (rows, seconds * 1000)


async def test_an_outage_lasts() -> None:
    there = Deployment(Fault("outage", 1))
    for _ in range(2):
        with pytest.raises(JsException, match=messages.TOO_MANY_QUEUED):
            await there.db.prepare("SELECT 1").all()
        there.clock.advance(59_000)
    there.clock.advance(1_000)
    assert await there.db.prepare("SELECT 1 AS a").first("a") == 1


async def test_a_crash_between_two_calls_keeps_the_first_and_a_batch_is_whole() -> None:
    there = Deployment(Fault("crash", 3))
    await there.db.exec(TABLE)
    insert = there.db.prepare("INSERT INTO t VALUES (1)")
    await there.db.batch([insert, insert])
    with pytest.raises(InvocationCrashed):
        await insert.run()
    assert await there.rows() == 2
    assert [event.changes for event in there.journal.events] == [(0,), (1, 1), ()]
    assert there.journal.events[-1].error == "cut off before operation 3"


async def test_an_invocation_may_ask_only_so_much() -> None:
    there = Deployment(most=2)
    with there.invocations.start("request"):
        for _ in range(2):
            await there.db.prepare("SELECT 1").all()
        with pytest.raises(JsException) as failure:
            await there.db.prepare("SELECT 1").all()
    assert failure.value.message == "Too many API requests by single Worker invocation."
    assert {event.invocation for event in there.journal.events} == {"request"}


async def test_a_call_takes_the_time_of_its_way() -> None:
    there = Deployment(trip=Trip(20, 30))
    before = there.clock.now_ms()
    await there.db.prepare("SELECT 1").all()
    assert there.clock.now_ms() - before == 50


class Replicated:
    """A database whose readers are ``LAG`` behind."""

    def __init__(self) -> None:
        self.clock = ManualClock(1_800_000_000_000)
        self.primary = Primary(Database(), self.clock, LAG)
        self.db = D1Database(Replica(self.primary))
        self.elsewhere = D1Database(Replica(self.primary))


async def test_a_session_elsewhere_sees_a_write_once_it_was_copied() -> None:
    there = Replicated()
    await there.db.exec(TABLE)
    there.clock.advance(LAG)
    await there.db.prepare("INSERT INTO t VALUES (1)").run()
    seen = []
    for wait in (0, LAG - 1, 1):
        there.clock.advance(wait)
        session = there.elsewhere.withSession("first-unconstrained")
        result = await session.prepare("SELECT count(*) AS n FROM t").all()
        seen.append((result["results"][0]["n"], result["meta"]["served_by_primary"]))
    assert seen == [(0, False), (0, False), (1, False)]


async def test_without_a_session_the_primary_answers() -> None:
    there = Replicated()
    await there.db.exec(f"{TABLE}\nINSERT INTO t VALUES (1)")
    result = await there.elsewhere.prepare("SELECT count(*) AS n FROM t").all()
    assert (result["results"], result["meta"]["served_by_primary"]) == ([{"n": 1}], True)


async def test_a_session_sees_its_own_writes_and_a_bookmark_takes_them_elsewhere() -> None:
    there = Replicated()
    await there.db.exec(TABLE)
    there.clock.advance(LAG)
    session = there.db.withSession()
    await session.prepare("INSERT INTO t VALUES (1)").run()
    assert await session.prepare("SELECT count(*) AS n FROM t").first("n") == 1
    follower = there.elsewhere.withSession(session.getBookmark())
    assert await follower.prepare("SELECT count(*) AS n FROM t").first("n") == 1
    stale = there.elsewhere.withSession()
    assert await stale.prepare("SELECT count(*) AS n FROM t").first("n") == 0


async def test_first_primary_begins_there_and_goes_on_at_the_copy() -> None:
    there = Replicated()
    await there.db.exec(TABLE)
    there.clock.advance(LAG)
    session = there.elsewhere.withSession("first-primary")
    served = [(await session.prepare("SELECT 1").all())["meta"]["served_by_primary"] for _ in range(2)]
    assert served == [True, False]


async def test_an_error_of_the_copy_is_as_the_primarys() -> None:
    there = Replicated()
    with pytest.raises(JsException, match="no such table: t"):
        await there.elsewhere.withSession().prepare("SELECT * FROM t").all()


async def test_a_slow_query_is_ended_in_the_products_words() -> None:
    from worker.d1 import Limits

    db = D1Database(Database(limits=Limits(query_seconds=0)))
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
    with pytest.raises(JsException, match=messages.TIMED_OUT):
        await db.prepare(endless).all()
    assert await db.prepare("SELECT 1 AS a").first("a") == 1


async def test_sqls_time_and_chance_are_those_that_were_given() -> None:
    said = []
    for _ in range(2):
        database = Database(clock=ManualClock(1_800_000_000_000), entropy=SeededEntropy(7))
        db = D1Database(database)
        said.append(await db.prepare("SELECT datetime('now') AS t, random() AS r").first())
        database.close()
    assert said[0] == said[1]
    assert said[0]["t"] == "2027-01-15 08:00:00"


async def test_a_plan_has_so_many_queries_of_d1_for_an_invocation() -> None:
    invocations, clock = Invocations(operations=1000), ManualClock(1_800_000_000_000)
    queries = CONDITIONS["free"].allowance.queries
    assert queries == 50
    db = D1Database(D1Transit(Database(), clock, OneFault(), invocations, queries))
    with invocations.start("request"):
        for _ in range(queries):
            await db.batch([db.prepare("SELECT 1"), db.prepare("SELECT 2")])
        with pytest.raises(JsException, match="Too many API requests"):
            await db.prepare("SELECT 1").all()
    with invocations.start("another"):
        await db.prepare("SELECT 1").all()


@pytest.mark.parametrize(
    ("allowance", "text"),
    [
        (replace(UNLIMITED, rows_written_per_day=3), messages.WRITES_OF_DAY),
        (replace(UNLIMITED, rows_read_per_day=4), messages.READS_OF_DAY),
    ],
)
async def test_nothing_is_answered_once_the_rows_of_the_day_are_used_up(
    allowance: Allowance, text: str
) -> None:
    clock, invocations, database = ManualClock(1_800_000_000_000), Invocations(), Database()
    ledger = Ledger()
    counted = D1Quotas(database, clock, allowance, ledger)
    transit = D1Transit(counted, clock, OneFault(), invocations)
    journal = D1Journal(transit, clock, invocations)
    db = D1Database(journal)
    await D1Database(database).exec(TABLE)
    await db.batch([db.prepare("INSERT INTO t VALUES (1)")] * 2)
    await db.batch([db.prepare("INSERT INTO t VALUES (1)")] * 2)  # goes beyond, and is carried out
    await D1Database(D1Quotas(database, clock, UNLIMITED, ledger)).prepare("SELECT * FROM t").all()
    with invocations.start("request"), pytest.raises(JsException) as failure:
        await db.prepare("SELECT 1").all()
    assert failure.value.message == f"D1_ERROR: {text}"
    assert (journal.events[-1].code, transit.refused) == ("daily-quota", {"request"})
    clock.advance(DAY_MS)
    await db.prepare("SELECT 1").all()
