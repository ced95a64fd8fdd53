"""What a Worker's handlers may be."""

from pathlib import Path

import pytest

from worker.runtime import Worker, load_worker
from worker.runtime.scheduled import ScheduledController
from worker.sdk.http.request import Request

pytestmark = pytest.mark.anyio

METHODS = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    def fetch(self, request):
        return Response(request.url)

    def scheduled(self, controller, env, ctx):
        env.SEEN.append(controller.cron)
"""
FUNCTIONS = """
from workers import Response

class Later:
    def __await__(self):
        return self.answer().__await__()

    async def answer(self):
        return Response("later")

def on_fetch(*arguments):
    return Later() if len(arguments) == 3 else None
"""


def load(folder: Path, code: str) -> Worker:
    (folder / "wrangler.toml").write_text('main = "entry.py"\ncompatibility_flags = ["python_workers"]\n')
    (folder / "entry.py").write_text(code)
    return load_worker(folder, {})


async def test_a_handler_need_not_be_asynchronous(tmp_path: Path) -> None:
    worker = load(tmp_path, METHODS)
    assert (await worker.fetch(Request.from_parts("GET", "https://e.com/a"))).body == b"https://e.com/a"
    worker.env.SEEN = []
    await worker.scheduled(ScheduledController("* * * * *", 0))
    assert worker.env.SEEN == ["* * * * *"]


async def test_handlers_may_return_any_awaitable(tmp_path: Path) -> None:
    worker = load(tmp_path, FUNCTIONS)
    assert (await worker.fetch(Request.from_parts("GET", "https://e.com/"))).body == b"later"
