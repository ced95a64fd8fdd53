"""A handler ``queue`` in Python: a method gets the SDK's form of a batch, a function JavaScript's objects."""

from pathlib import Path

import pytest

from tests.worker.runtime.projects import project
from worker.messaging import Message, Outcome
from worker.messaging.batch import MessageBatch, take
from worker.runtime import load_worker

pytestmark = pytest.mark.anyio
CLASS = (
    "from workers import WorkerEntrypoint\nclass Default(WorkerEntrypoint):\n    async def queue(self, {}):\n"
)
FUNCTION = "async def on_queue(batch, env, ctx):\n"


def messages() -> list[Message]:
    return [Message("m1", 1_800_000_000_000, "json", b'{"a": {"b": [1, null]}}', failures=2)]


async def outcome(folder: Path, head: str, line: str) -> tuple[Outcome, list[BaseException]]:
    worker = load_worker(project(folder / "worker", {"entry.py": f"{head}        {line}\n"}), {})
    errors: list[BaseException] = []
    worker.on_error = errors.append
    batch = MessageBatch("q", messages(), {"backlogCount": 0, "backlogBytes": 0}, lambda warning: None)
    return await take(worker, batch), errors


@pytest.mark.parametrize("parameters", ["batch", "batch, env, ctx"])
async def test_a_method_gets_python_values(tmp_path: Path, parameters: str) -> None:
    line = (
        "[m] = batch.messages; "
        "facts = [batch.queue, m.id, m.attempts, m.body, m.body.a, type(m.timestamp).__name__]; "
        "assert facts == ['q', 'm1', 3, {'a': {'b': [1, None]}}, {'b': [1, None]}, 'datetime'], facts; "
        "m.retry(delaySeconds=7)"
    )
    assert await outcome(tmp_path, CLASS.format(parameters), line) == (
        Outcome(acks=set(), retries={"m1": 7}),
        [],
    )


async def test_a_function_gets_javascript_objects(tmp_path: Path) -> None:
    line = "[m] = batch.messages; assert type(m.body).__name__ == 'JsProxy' and m.body.a.b[0] == 1; m.ack()"
    assert await outcome(tmp_path, FUNCTION, line) == (Outcome(acks={"m1"}), [])


async def test_what_a_handler_raises_fails_the_batch(tmp_path: Path) -> None:
    failed, [error] = await outcome(tmp_path, CLASS.format("batch"), "raise ValueError('no')")
    assert not failed.ok
    assert str(error) == "no"


async def test_what_it_leaves_to_wait_until_fails_the_batch_too(tmp_path: Path) -> None:
    head = "from asyncio import sleep\nasync def later():\n    await sleep(0); raise ValueError('late')\n"
    failed, errors = await outcome(tmp_path, head + CLASS.format("batch"), "self.ctx.waitUntil(later())")
    assert not failed.ok
    assert {str(error) for error in errors} == {"late"}


async def test_a_worker_without_the_handler_fails_the_batch(tmp_path: Path) -> None:
    folder = project(
        tmp_path / "worker", {"entry.py": CLASS.format("x").replace("queue", "fetch") + "        pass\n"}
    )
    worker = load_worker(folder, {})
    batch = MessageBatch("q", messages(), {"backlogCount": 0, "backlogBytes": 0}, lambda warning: None)
    assert not (await take(worker, batch)).ok
