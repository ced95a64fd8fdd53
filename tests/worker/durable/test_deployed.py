"""Durable Objects of a Worker that is run from its configuration, in the folders that wrangler uses."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from worker.config import WorkerConfig, load_config
from worker.runtime import LoadError, create_app, load_configured, open_local
from worker.sdk.http.request import Request

pytestmark = pytest.mark.anyio

CONFIGURATION = """\
name = "counting"
main = "entry.py"
compatibility_date = "2026-04-21"
compatibility_flags = ["python_workers"]

[[durable_objects.bindings]]
name = "COUNTER"
class_name = "Counter"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Counter"]
"""
CODE = """\
from workers import DurableObject, Response, WorkerEntrypoint


class Counter(DurableObject):
    async def add(self, by):
        n = ((await self.ctx.storage.get("n")) or 0) + by
        await self.ctx.storage.put("n", n)
        return {"n": n, "name": self.ctx.id.name, "bound": hasattr(self.env, "COUNTER")}


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.json(await self.env.COUNTER.getByName(request.url.rsplit("/", 1)[1]).add(2))
"""

Project = Callable[..., WorkerConfig]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    def write(configuration: str = CONFIGURATION, code: str = CODE) -> WorkerConfig:
        (tmp_path / "wrangler.toml").write_text(configuration)
        (tmp_path / "entry.py").write_text(code)
        return load_config(tmp_path / "wrangler.toml")

    return write


async def call(config: WorkerConfig, name: str) -> httpx.Response:
    """Start the Worker, call it once, and stop it."""
    local = open_local(config, config.root / "state" / "v3" / "kv")
    worker = load_configured(config, local.bindings, durable=local.durable)
    transport = httpx.ASGITransport(app=create_app(worker))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://w.test") as client:
            return await client.get(f"/{name}")
    finally:
        await local.close()


async def test_storage_is_kept_where_wrangler_keeps_it(project: Project, tmp_path: Path) -> None:
    config = project()
    answers = [(await call(config, name)).json() for name in ("a", "a", "b")]
    assert answers == [{"n": n, "name": name, "bound": True} for n, name in ((2, "a"), (4, "a"), (2, "b"))]
    files = list((tmp_path / "state" / "v3" / "do" / "counting-Counter").glob("*.sqlite"))
    assert len(files) == 2


async def test_two_bindings_to_one_class_have_the_same_objects(project: Project) -> None:
    again = '[[durable_objects.bindings]]\nname = "OTHER"\nclass_name = "Counter"\n'
    local = open_local(project(CONFIGURATION + again), Path("nowhere"))
    assert local.durable["OTHER"] is local.durable["COUNTER"]


async def test_a_class_that_the_worker_lacks_is_named(project: Project) -> None:
    config = project(code="def on_fetch(request): ...\n")
    with pytest.raises(LoadError, match="binds COUNTER to the Durable Object class Counter, which entry.py"):
        await call(config, "a")


async def test_a_class_of_another_worker_is_refused(project: Project) -> None:
    config = project(CONFIGURATION.replace('"Counter"\n\n[[mig', '"Counter"\nscript_name = "other"\n\n[[mig'))
    with pytest.raises(LoadError, match="a class of the Worker other"):
        open_local(config, Path("nowhere"))


@pytest.mark.parametrize(("kind", "sqlite"), [("new_sqlite_classes", True), ("new_classes", False)])
def test_migrations_say_which_back_end_a_class_has(project: Project, kind: str, sqlite: bool) -> None:
    config = project(CONFIGURATION.replace("new_sqlite_classes", kind))
    assert [binding.sqlite for binding in config.durable_objects] == [sqlite]


SQL = """\
from workers import DurableObject, Response, WorkerEntrypoint

class Shelf(DurableObject):
    async def fetch(self, request):
        sql = self.ctx.storage.sql
        sql.exec("CREATE TABLE IF NOT EXISTS books(title TEXT, pages INTEGER)")
        sql.exec("INSERT INTO books VALUES(?, ?)", "Emma", 474)
        told = [f"{row.title} {row.pages}" for row in sql.exec("SELECT * FROM books")]
        self.ctx.storage.kv.put("last", told[-1])
        await self.ctx.storage.setAlarm(4_000_000_000_000)
        count = sql.exec("SELECT count(*) AS n FROM books").one().n
        return Response(f"{told} {count} {self.ctx.storage.kv.get('last')}")

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await self.env.SHELVES.getByName("one").fetch(request)
"""


async def test_a_python_object_has_sql_and_keys_and_may_set_an_alarm_that_nothing_answers(
    tmp_path: Path,
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "entry.py").write_text(SQL)
    (tmp_path / "wrangler.toml").write_text(
        'name = "shelf"\nmain = "src/entry.py"\ncompatibility_date = "2026-01-01"\n'
        'compatibility_flags = ["python_workers"]\n'
        '[[durable_objects.bindings]]\nname = "SHELVES"\nclass_name = "Shelf"\n'
    )
    config = load_config(tmp_path / "wrangler.toml")
    local = open_local(config, tmp_path / "state" / "kv")
    worker = load_configured(config, local.bindings, durable=local.durable)
    answer = await worker.fetch(Request.from_parts("GET", "http://x/", [], b""))
    await local.close()
    assert answer.body == b"['Emma 474'] 1 Emma 474"
