"""The safe migration, rule by rule."""

import httpx
import pytest

from kvstore import Entry, Journal, KVError, SeededEntropy, SqliteStore
from kvstore.faults import Fault
from kvstore.layers.edge import Edge, Origin, Staleness
from kvstore.layers.invocation import Invocations
from kvstore.layers.quotas import Allowance, Quotas
from kvstore.layers.transit import OneFault
from kvstore.store import Page
from tests.worker.queue.deployment import (
    CLOCK,
    GUIDES_RUN,
    NEW,
    NEW_LEASE,
    OLD,
    OLD_LEASE,
    PENDING,
    QUARANTINE,
    RUN,
    STATUS,
    Deployment,
    busy,
    in_seconds,
    lease,
    migrated,
    tasks,
)

pytestmark = pytest.mark.anyio


async def test_the_first_answer_has_the_guides_shape(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a", "b"]), OLD_LEASE + "a": lease("w", 300), PENDING: '["a","b"]'})
    response = await client.post(RUN)
    answer = response.json()
    assert response.status_code == 200
    assert answer.pop("operations") <= 900
    assert answer == {
        **GUIDES_RUN,
        "message": "Migration in progress - call again until done is true",
        "tasks": {"migrated": 2, "failed": 0, "errors": []},
        "leases": {"migrated": 1, "failed": 0, "errors": []},
        "totalMigrated": 3,
        "done": False,
        "remaining": 4,
        "complete": True,
        "cursor": "b",
        "retryAfter": 0,
        "quarantined": [],
        "notes": [],
    }


async def test_the_second_call_verifies_and_ends(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a"]), PENDING: '["a"]'})
    answers = await one.finish(client)
    assert [(answer["totalMigrated"], answer["remaining"]) for answer in answers] == [(1, 2), (0, 0)]
    assert answers[-1]["message"] == "Migration completed successfully"
    assert await one.keys() == [NEW + "a"]


async def test_a_run_after_the_end_reports_zero(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put(busy())
    await one.finish(client)
    before = await one.store.entries()
    answer = (await client.post(RUN)).json()
    assert (answer["done"], answer["totalMigrated"], answer["totalFailed"]) == (True, 0, 0)
    assert answer["message"] == "Migration not needed - already using new format"
    assert await one.store.entries() == before


@pytest.mark.parametrize("pending", [None, "[]", "null", "[oops", '{"a":1}', '["gone"]', '"ab"'])
async def test_nothing_to_move_is_done_at_once(
    one: Deployment, client: httpx.AsyncClient, pending: str | None
) -> None:
    """H13, H15, H16, H30."""
    await one.put({} if pending is None else {PENDING: pending})
    answer = (await client.post(RUN)).json()
    assert (answer["success"], answer["done"], answer["remaining"]) == (True, True, 0)
    assert await one.keys() == []


async def test_dangling_and_repeated_ids_are_no_failures(one: Deployment, client: httpx.AsyncClient) -> None:
    """H30, H31."""
    await one.put({**tasks(["a"]), PENDING: '["gone","a","a"]'})
    assert all(answer["success"] for answer in await one.finish(client))


async def test_elements_that_are_no_ids_are_named(one: Deployment, client: httpx.AsyncClient) -> None:
    """H33."""
    await one.put({PENDING: '[null,5,{"a":1},"gone"]'})
    notes = (await client.post(RUN)).json()["notes"]
    assert notes == ['The pending list had elements that are no ids: null, 5, {"a":1}']


async def test_a_corrupt_body_goes_into_quarantine_and_is_named(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    corrupt = Entry(b"{oops \xff", in_seconds(1000), '{"k":1}')
    await one.put({OLD + "bad": corrupt, PENDING: '["bad"]'})
    answers = await one.finish(client)
    assert answers[0]["quarantined"] == ["bad"]
    assert await one.store.entries() == {QUARANTINE + "bad": corrupt}


@pytest.mark.parametrize("value", ["0", '""', "null", "false", '{"n": 9007199254740993, "a": 1, "a": 2.0}'])
async def test_a_body_is_copied_byte_for_byte(one: Deployment, client: httpx.AsyncClient, value: str) -> None:
    """H55, H56."""
    await one.put({OLD + "a": value})
    await one.finish(client)
    assert (await one.store.entries())[NEW + "a"].value == value.encode()


@pytest.mark.parametrize("name", ["slack_1.1", "a:b", "日本 x", "x/y", "", "é" * 246 + "x"])
async def test_any_id_moves(one: Deployment, client: httpx.AsyncClient, name: str) -> None:
    """The last one is too long to be completed, and moves all the same."""
    await one.put({OLD + name: "{}", OLD_LEASE + name: lease("w", 300)})
    await one.finish(client)
    assert await one.keys() == [NEW_LEASE + name, NEW + name]


async def test_entries_with_less_than_ninety_seconds_left_expire_in_place(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    """H51."""
    await one.put({OLD + "a": Entry(b"{}", in_seconds(89)), OLD + "b": Entry(b"{}", in_seconds(91))})
    answer = (await client.post(RUN)).json()
    assert (answer["tasks"]["migrated"], answer["totalFailed"], answer["done"]) == (1, 0, False)
    CLOCK.advance(60_000)
    await one.finish(client)
    assert await one.keys(OLD) == []


async def test_a_task_waits_for_a_lease_that_cannot_be_copied(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    """H35: it would be free in the new format while it is held."""
    await one.put({**tasks(["a"]), OLD_LEASE + "a": Entry(b'{"workerId":"w"}', in_seconds(30))})
    answer = (await client.post(RUN)).json()
    assert answer["tasks"]["migrated"] == 0
    assert answer["retryAfter"] == 0 or answer["retryAfter"] <= 30
    CLOCK.advance(31_000)
    await one.finish(client)
    assert await one.keys() == [NEW + "a"]


async def test_an_existing_new_key_wins(one: Deployment, client: httpx.AsyncClient) -> None:
    """H41, H36."""
    advanced, taken = b'{"id":"a","status":"processing"}', lease("w2", 600)
    await one.put({**tasks(["a"]), OLD_LEASE + "a": lease("w1", 300)})
    await one.put({NEW + "a": Entry(advanced), NEW_LEASE + "a": taken})
    await one.finish(client)
    assert await one.store.entries() == {NEW_LEASE + "a": taken, NEW + "a": Entry(advanced)}


async def test_an_old_lease_that_lasts_longer_is_not_deleted(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    """H37: an old daemon renewed it after the copy."""
    await one.put({OLD_LEASE + "a": lease("w1", 500), NEW_LEASE + "a": lease("w1", 300)})
    for _ in range(3):
        assert (await client.post(RUN)).json()["done"] is False
    assert await one.keys(OLD_LEASE) == [OLD_LEASE + "a"]


@pytest.mark.parametrize(
    "there", [Entry(b"{oops"), Entry(b"{}", in_seconds(3600)), Entry(b"{}", None, '{"by":"x"}')]
)
async def test_unreadable_entries_are_kept(one: Deployment, client: httpx.AsyncClient, there: Entry) -> None:
    """A new key that is corrupt, or the same body to another end: nothing is put over it, nothing is lost."""
    await one.put({OLD + "a": Entry(b"{}"), NEW + "a": there})
    answers = await one.finish(client)
    assert await one.store.entries() == {QUARANTINE + "a": Entry(b"{}"), NEW + "a": there}
    assert any("the old entry is in quarantine" in note for answer in answers for note in answer["notes"])


async def test_a_completed_task_does_not_move(one: Deployment, client: httpx.AsyncClient) -> None:
    """H38."""
    await one.put({**tasks(["a"]), OLD_LEASE + "a": lease("w", 300), "orchestrator:result:a": "{}"})
    await one.finish(client)
    assert await one.keys() == ["orchestrator:result:a"]


async def test_a_task_completed_after_its_copy_does_not_come_back(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    await one.put(tasks(["a"]))
    await client.post(RUN)
    await one.put({"orchestrator:result:a": "{}"})
    await one.finish(client)
    assert await one.keys() == ["orchestrator:result:a"]


async def test_verification_waits_as_long_as_it_is_told(one: Deployment) -> None:
    await one.put({**tasks(["a"]), PENDING: '["a"]'})
    client = one.client(MIGRATION_VERIFY_AFTER="60")
    assert (await client.post(RUN)).json()["retryAfter"] == 190
    CLOCK.advance(189_000)
    assert (await client.post(RUN)).json()["retryAfter"] == 1
    assert await one.keys(OLD) == [OLD + "a"]
    CLOCK.advance(1000)
    assert (await client.post(RUN)).json()["retryAfter"] == 60
    assert await one.keys(OLD) == []


async def test_migration_is_done_when_two_passes_found_nothing(one: Deployment) -> None:
    """Listings are late: one look does not tell."""
    await one.put({PENDING: '["gone"]'})
    client = one.client(MIGRATION_VERIFY_AFTER="60")
    answer = (await client.post(RUN)).json()
    assert (answer["done"], answer["retryAfter"]) == (False, 190)
    CLOCK.advance(189_000)
    assert (await client.post(RUN)).json()["retryAfter"] == 1
    CLOCK.advance(1000)
    assert (await client.post(RUN)).json()["done"] is True


async def test_a_copy_that_is_gone_is_made_again(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put(tasks(["a"]))
    await client.post(RUN)
    await one.store.delete(NEW + "a")
    await one.finish(client)
    assert await one.keys() == [NEW + "a"]


@pytest.mark.parametrize("budget", [50, 60, 1000])
async def test_120_tasks_end_within_any_budget(one: Deployment, budget: int) -> None:
    """H03 to H07, I18, I19."""
    names = [f"t{number:03}" for number in range(120)]
    leases = {OLD_LEASE + name: lease("w", 600) for name in names[:30]}
    await one.put({**tasks(names), **leases, PENDING: str(names).replace("'", '"')})
    before = await one.store.entries()
    answers = await one.finish(one.client(MIGRATION_BUDGET=str(budget)))
    left = [answer["remaining"] for answer in answers]
    assert all(answer["operations"] <= budget and answer["success"] for answer in answers)
    assert left == sorted(set(left), reverse=True)
    assert sum(answer["tasks"]["migrated"] for answer in answers) == 120
    assert await one.store.entries() == migrated(before)


async def test_work_beyond_the_daily_quota_waits_for_the_next_day() -> None:
    """H08: the rest is told when to come again, and nothing is lost."""
    store = SqliteStore.in_memory(CLOCK)
    one = Deployment(store, Quotas(store, Allowance(writes_per_day=2)))
    await store.put_many({OLD + name: Entry(f'{{"id":"{name}"}}'.encode()) for name in ("a", "b")})
    await one.put({PENDING: '["a","b"]'})
    client = one.client()
    before = await store.entries()
    answers = [(await client.post(RUN)).json() for _ in range(3)]
    assert [answer["totalMigrated"] for answer in answers] == [1, 0, 0]
    assert answers[-1]["errors"] == ["Tasks b to b: Error: KV put() limit exceeded for the day."]
    assert "The operations of the day are used up: call again after 00:00 UTC" in answers[-1]["notes"]
    CLOCK.advance(1000 * answers[-1]["retryAfter"])
    assert CLOCK.now_ms() % 86_400_000 < 1000
    await one.finish(client)
    assert await store.entries() == migrated(before)


async def test_the_platforms_own_limit_is_never_met() -> None:
    store = SqliteStore.in_memory(CLOCK)
    invocations = Invocations(operations=50)
    one = Deployment(store, Quotas(store, Allowance(write_interval_ms=1000)), invocations)
    await one.put(busy())
    before = await store.entries()
    client, done = one.client(MIGRATION_BUDGET="50"), False
    while not done:
        with invocations.start("run"):
            answer = (await client.post(RUN)).json()
        assert answer["errors"] == []
        done = answer["done"]
        CLOCK.advance(2000)
    assert await store.entries() == migrated(before)


@pytest.mark.parametrize("seed", range(8))
async def test_stale_reads_and_late_listings_change_nothing(seed: int) -> None:
    """I26: under the worst that is documented, and some of its own writes unseen."""
    store = SqliteStore.in_memory(CLOCK)
    edge = Edge(Origin(Journal(store)), "AMS", Staleness(own_writes=900), SeededEntropy(seed))
    one = Deployment(store, Quotas(edge, Allowance(write_interval_ms=1000, deletes_are_writes=True)))
    CLOCK.set(CLOCK.now_ms() - 200_000)
    await one.put(busy())
    CLOCK.advance(200_000)
    before = await store.entries()
    await one.finish(one.client(MIGRATION_VERIFY_AFTER="60", MIGRATION_BUDGET="50"), most=200)
    # What no listing showed of the journal ends by itself.
    after = {key: entry for key, entry in (await store.entries()).items() if not key.startswith("migrate:")}
    now = CLOCK.now_ms() / 1000
    live = {key for key, entry in before.items() if entry.expiration is None or entry.expiration > now}
    assert after == migrated({key: before[key] for key in before if key in live})


class Refusing(Journal):
    """Refuses puts of one key, or carries them out and does not say so; lists no old tasks if ``late``."""

    key = NEW + "a"
    confirms = True
    refusal = "429 Too Many Requests"
    late = False

    async def put(self, key: str, entry: Entry) -> None:
        if key != self.key or not self.confirms:
            await super().put(key, entry)
        if key == self.key:
            raise KVError(f"KV PUT failed: {self.refusal}")

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        page = await super().scan(prefix, after, limit)
        return Page([], complete=True) if self.late and prefix == OLD else page


@pytest.fixture
def refusing() -> Refusing:
    return Refusing(SqliteStore.in_memory(CLOCK))


async def test_a_refused_key_is_reported_and_tried_again(refusing: Refusing) -> None:
    """I16, H25: the others move on."""
    assert isinstance(refusing.store, SqliteStore)
    one = Deployment(refusing.store, refusing)
    await one.put(tasks(["a", "b"]))
    response = await one.client().post(RUN)
    assert response.status_code == 207
    assert response.json()["tasks"] == {
        "migrated": 1,
        "failed": 1,
        "errors": ["Task a: Error: KV PUT failed: 429 Too Many Requests"],
    }
    assert (response.json()["success"], response.json()["totalFailed"]) == (False, 1)
    refusing.key = "nothing"
    await one.finish(one.client())
    assert await one.keys() == [NEW + "a", NEW + "b"]


@pytest.mark.parametrize(
    ("refusal", "migrated", "failed"), [("500 Internal Server Error", 1, 0), ("429 Too Many Requests", 0, 1)]
)
async def test_an_equal_copy_is_its_own_unless_the_write_came_too_soon(
    refusing: Refusing, refusal: str, migrated: int, failed: int
) -> None:
    """I16: a write may be carried out and not confirmed; after a 429 it is another operator's."""
    assert isinstance(refusing.store, SqliteStore)
    refusing.confirms, refusing.refusal = False, refusal
    one = Deployment(refusing.store, refusing)
    await one.put(tasks(["a"]))
    answer = (await one.client().post(RUN)).json()
    assert (answer["totalMigrated"], answer["totalFailed"]) == (migrated, failed)
    assert (await one.finish(one.client()))[-1]["success"]
    assert await one.keys() == [NEW + "a"]


async def test_the_list_stays_while_it_names_a_task_that_no_listing_shows(refusing: Refusing) -> None:
    """I15."""
    assert isinstance(refusing.store, SqliteStore)
    refusing.late = True
    one = Deployment(refusing.store, refusing)
    await one.put({**tasks(["a"]), PENDING: '["gone","a"]'})
    answer = (await one.client().post(RUN)).json()
    assert (answer["done"], answer["notes"]) == (False, ["Not listed yet, but there: a"])
    assert PENDING in await one.keys()


async def test_an_outage_is_fatal_and_full_in_shape(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put(tasks(["a"]))
    one.transit.follow(OneFault(Fault("outage", 1)))
    response = await client.post(RUN)
    assert response.status_code == 500
    answer = response.json()
    assert answer["errors"] == ["Fatal: Error: KV GET failed: 500 Internal Server Error"]
    assert (answer["success"], answer["done"], answer["totalFailed"]) == (False, False, 1)


async def test_no_key_is_written_twice(one: Deployment, client: httpx.AsyncClient) -> None:
    """I20."""
    await one.put(busy())
    await one.finish(client)
    writes = [event.key for event in one.journal.events if event.verb == "put"]
    assert len(writes) == len(set(writes))


async def test_a_thousand_keys_and_one_are_all_found(one: Deployment) -> None:
    """H01, H02."""
    names = [f"t{number:04}" for number in range(1001)]
    await one.put({OLD_LEASE + name: lease("w", 600) for name in names})
    await one.finish(one.client(MIGRATION_BUDGET="10000"))
    assert len(await one.keys(NEW_LEASE)) == 1001


async def test_the_status_tells_the_truth(one: Deployment, client: httpx.AsyncClient) -> None:
    """I17: orphans count, dangling and repeated ids do not."""
    await one.put(busy())
    answer = (await client.get(STATUS)).json()
    assert answer["status"] == {
        "oldFormatExists": True,
        "newFormatExists": False,
        "oldTaskCount": 6,
        "newTaskCount": 0,
        "oldLeaseCount": 2,
        "newLeaseCount": 0,
    }
    assert (answer["needsMigration"], answer["complete"]) == (True, True)
    await one.finish(client)
    answer = (await client.get(STATUS)).json()
    assert (answer["needsMigration"], answer["quarantined"]) == (False, 1)
    assert answer["recommendation"] == "Already using new format"


@pytest.mark.parametrize("key", [PENDING, OLD + "a", OLD_LEASE + "a"])
async def test_any_old_key_needs_a_migration(one: Deployment, client: httpx.AsyncClient, key: str) -> None:
    """H17."""
    await one.put({key: "[oops"})
    assert (await client.get(STATUS)).json()["needsMigration"] is True


async def test_a_status_beyond_the_budget_says_so(one: Deployment) -> None:
    await one.put({f"{OLD}{number}": Entry(b"{}") for number in range(7000)})
    answer = (await one.client(MIGRATION_BUDGET="30").get(STATUS)).json()
    assert (answer["complete"], answer["needsMigration"]) == (False, True)
    assert 0 < answer["status"]["oldTaskCount"] < 7000


@pytest.mark.parametrize(
    ("name", "value"),
    [("MIGRATION", "brave"), ("MIGRATION_BUDGET", "10"), ("MIGRATION_VERIFY_AFTER", "-1")],
)
async def test_a_variable_that_cannot_be_is_named(one: Deployment, name: str, value: str) -> None:
    response = await one.client(**{name: value}).post(RUN)
    assert response.status_code == 500
    assert response.json()["error"].startswith(f'{name} is "{value}"; it must be ')
