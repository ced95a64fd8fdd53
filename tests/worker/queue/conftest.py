"""The queue Worker on an in-memory namespace, called over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

import worker
from kvstore import Journal, KVNamespace, ManualClock, SqliteStore, SystemClock
from tests.worker.queue.deployment import Deployment
from worker.runtime import create_app, load_worker

FOLDER = Path(worker.__file__).parent / "queue"
PREFIXES = {"old": ("orchestrator:queue:", "orchestrator:lease:"), "new": ("queue:task:", "queue:lease:")}


@pytest.fixture
def clock() -> ManualClock:
    """The namespace's time: it starts now and stands still. The Worker has the machine's."""
    return ManualClock(SystemClock().now_ms())


@pytest.fixture
def journal(clock: ManualClock) -> Journal:
    return Journal(SqliteStore.in_memory(clock))


@pytest.fixture
def kv(journal: Journal) -> KVNamespace:
    return KVNamespace(journal)


@pytest.fixture
async def serve(kv: KVNamespace) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Start the Worker with other bindings; None takes one away. Its client has the queue key."""
    clients: list[httpx.AsyncClient] = []

    def start(**changes: object) -> httpx.AsyncClient:
        usual = {
            "CACHE": kv,
            "QUEUE_API_KEY": "queue-key",
            "ADMIN_API_KEY": "admin-key",
            "MIGRATION": "documented",
        }
        bindings = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        transport = httpx.ASGITransport(app=create_app(load_worker(FOLDER, bindings)))
        headers = {"X-API-Key": "queue-key"}
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://queue.test", headers=headers))
        return clients[-1]

    yield start
    for client in clients:
        await client.aclose()


@pytest.fixture
def old(serve: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    return serve(QUEUE_FORMAT="old")


@pytest.fixture
def new(serve: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    return serve(QUEUE_FORMAT="new")


@pytest.fixture(params=["old", "new"])
def queue_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def queue(serve: Callable[..., httpx.AsyncClient], queue_format: str) -> httpx.AsyncClient:
    """The Worker in each of the two formats."""
    return serve(QUEUE_FORMAT=queue_format)


@pytest.fixture
def task_prefix(queue_format: str) -> str:
    return PREFIXES[queue_format][0]


@pytest.fixture
def lease_prefix(queue_format: str) -> str:
    return PREFIXES[queue_format][1]


@pytest.fixture
def enqueue(queue: httpx.AsyncClient) -> Callable[[str], Awaitable[str]]:
    """Send a customer's message by webhook; the id of its task."""

    async def send(name: str, message: str = "please help") -> str:
        payload = {"id": name, "channel": "web", "message": message, "user": {"id": "u1"}}
        response = await queue.post("/webhook/clawdbot", json=payload)
        assert response.json()["status"] == "accepted"
        return str(response.json()["eventId"])

    return send


@pytest.fixture
def one() -> Deployment:
    """The Worker with the safe migration, on a clock and a journal of its own."""
    return Deployment()


@pytest.fixture
def client(one: Deployment) -> httpx.AsyncClient:
    return one.client()


@pytest.fixture
async def guide_five(kv: KVNamespace) -> None:
    """The guide's sample: five tasks in the old format, two of them leased."""
    tasks = [f"task{number}" for number in range(1, 6)]
    await kv.put("orchestrator:pending", str(tasks).replace("'", '"'), expirationTtl=3600)
    for task in tasks:
        await kv.put(f"orchestrator:queue:{task}", f'{{"id":"{task}","content":"test"}}', expirationTtl=3600)
    for task in tasks[:2]:
        lease = '{"workerId":"w1","claimNonce":"w1:0:aaaaaaaa"}'
        await kv.put(f"orchestrator:lease:{task}", lease, expirationTtl=300)
