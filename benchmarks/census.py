"""A census of a synthetic account through the REST API, in time that only the published pace moves:
``python -m benchmarks census``.

Server and client are in this process; the client believes that it asks Cloudflare, and keeps the pace.
"""

import resource
from pathlib import Path

import httpx

from benchmarks.measurement import Measurement
from kvstore import ManualClock
from kvstore.clock import core_seconds
from kvstore.copies.census import Shape
from kvstore.copies.synthetic import SyntheticStore
from kvstore.layers.billing import rest_seconds
from worker.cloudflare.client import ApiClient
from worker.cloudflare.credentials import Credentials
from worker.rest import create_rest_app
from wrangler_compat.kv.census import counted
from wrangler_compat.kv.remote_namespace import RemoteNamespace
from wrangler_compat.kv.transfer.ends import NamespaceEnd
from wrangler_compat.kv.transfer.pace import Plan

KEYS = 1_000_000
ALL = 100_000_000
_ACCOUNT, _ID, _API = "a" * 32, "synthetic", "https://api.cloudflare.com/client/v4"
_TOKEN = "t"
_SHAPES = (
    Shape(
        "link:*",
        70_000_000,
        14_000_000_000,
        lifetimes={"for ever": 50_000_000, "≤ 30 days": 20_000_000},
        members={"url": 70_000_000, "owner": 60_000_000},
    ),
    Shape("user:*:posts", 20_000_000, 8_000_000_000, with_metadata=20_000_000, metadata={"of": 20_000_000}),
    Shape("session:*", 10_000_000, 1_000_000_000, lifetimes={"≤ 1 day": 10_000_000}),
)


class _Session:
    """The client of the synthetic account, as a namespace in an account wants it."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client

    async def account(self) -> str:
        return _ACCOUNT

    def say(self, line: str) -> None:
        """Nothing is shown."""

    async def close(self) -> None:
        await self.client.close()


async def measure(folder: Path) -> list[Measurement]:
    clock = ManualClock(1_800_000_000_000)
    shapes = [_of(shape, KEYS) for shape in _SHAPES]
    store = SyntheticStore(shapes, clock)
    app = create_rest_app(folder, lambda _: store, {_ID: _ID}, token=_TOKEN)
    client = ApiClient(_API, Credentials(_TOKEN), clock, transport=httpx.ASGITransport(app))
    source = NamespaceEnd(RemoteNamespace(_Session(client), _ID), _ID, "", is_account=True)  # type: ignore[arg-type]
    began, start = clock.now_ms(), core_seconds()
    assert await source.count() == len(store)
    found = await counted(source, clock)
    took, passed = core_seconds() - start, (clock.now_ms() - began) / 1000
    await client.close()
    assert found.count == len(store)
    asked = Plan(len(store), reads=True, writes=False).requests
    days = rest_seconds(Plan(ALL, reads=True, writes=False).requests) / 86_400
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = f"census of {len(store):,} generated keys by the REST API"
    return [
        Measurement(f"{what}: processor time a key", "µs", 1e6 * took / found.count, bar=None),
        Measurement(f"{what}: time at its pace", "s", passed, rest_seconds(asked), "the forecast", bar=1.01),
        Measurement(f"{what}: memory", "MiB", mebibytes, bar=300),
        Measurement(f"{ALL:,} such keys, extrapolated: days at its pace", "d", days, bar=None),
        Measurement(f"{ALL:,} such keys: hours of a core", "h", took / found.count * ALL / 3600, bar=None),
    ]


def _of(shape: Shape, keys: int) -> Shape:
    """As much of a shape as of all keys."""
    share = keys / sum(one.count for one in _SHAPES)
    return Shape(
        shape.pattern,
        round(shape.count * share),
        round(shape.bytes * share),
        lifetimes=shape.lifetimes,
        metadata=shape.metadata,
        with_metadata=round(shape.with_metadata * share),
        members={name: round(count * share) for name, count in shape.members.items()},
    )
