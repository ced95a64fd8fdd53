"""The codeQ migration of many tasks, on a redis-server of its own: ``python -m benchmarks.codeq [TASKS]``.

Of a hundred tasks ten are in progress under a lease, ten are finished, the others wait. Moving is compared
with what the server itself takes (RENAMENX of every key, pipelined) and with a raw pipelined copy of the same
keys, measured in the same run. Memory is the most that a whole ``rehearse codeq migrate --apply`` had.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measurement import Measurement, table
from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.option_b.migrator import Migrator, Settings
from harness.migrations.redis.keyspace.pieces import delete_under, pieces, restoring, scan
from harness.migrations.redis.mapping.plan import COPY, RENAME
from kvstore.clock import SystemClock, stopwatch
from worker.codeq import Server, connect
from worker.codeq.keys import CODEQ
from worker.codeq.servers.server import Command, checked
from worker.runtime import bind

TASKS = 100_000
COMMANDS = ("GENERATE_MASTER", "GENERATE_CREATIVE", "GENERATE_PREVIEW")
_PAGE = 1000
_RAW = "raw:"


async def measure(folder: Path, tasks: int = TASKS) -> list[Measurement]:
    """Five rows; ``tasks`` is how many are migrated."""
    if shutil.which("redis-server") is None:
        return [Measurement("codeq", missing="redis-server is not installed")]
    with redis_server(folder) as url:
        server = await connect(url)
        try:
            return [*await _times(server, tasks), *await _memory(server, url, folder, tasks)]
        finally:
            await server.close()


async def _times(server: Server, tasks: int) -> list[Measurement]:
    await _fill(server, tasks)
    raw_copy = await timed(lambda: _raw_copy(server))
    await delete_under(server, _RAW)
    read = await timed(lambda: _raw_read(server))
    looked = await _look(server)
    copied = await _moved(server, COPY)
    await server.call("DEL", "understudy:codeq-migration")
    await delete_under(server, CODEQ)
    renamed = await _moved(server, RENAME)
    await server.call("DEL", "understudy:codeq-migration")
    # Back to the old names, which is what RENAMENX takes for the same keys.
    raw_rename = await timed(lambda: _raw_rename(server))
    await server.call("FLUSHALL")
    what = f"{tasks:,} tasks"
    return [
        Measurement(f"{what} moved by rename", "s", renamed, raw_rename, "RENAMENX alone", bar=1.5),
        Measurement(f"{what} moved by copy", "s", copied, raw_copy, "a raw pipelined copy", bar=2),
        Measurement(f"{what}: inventory and classes", "s", looked, read, "reading the same keys", bar=6),
    ]


async def _moved(server: Server, mode: str) -> float:
    """Seconds that the steps took, without the dry run and the proof before them."""
    migrator = Migrator(server, SystemClock(), Settings(keep_source=mode == COPY, freeze_seconds=0))
    return (await migrator.apply()).seconds


async def _look(server: Server) -> float:
    return await timed(Migrator(server, SystemClock()).dry_run)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    start = stopwatch()
    await work()
    return stopwatch() - start


async def _raw_read(server: Server) -> None:
    async for _ in pieces(server, legacy.PREFIX):
        pass


async def _raw_copy(server: Server) -> None:
    """Read and written in pieces of a thousand, without a check of anything."""
    commands: list[Command] = []
    async for piece in pieces(server, legacy.PREFIX):
        for command in restoring(piece):
            commands.append((command[0], _RAW + str(command[1]), *command[2:]))
        if piece.type != "string" or len(commands) >= _PAGE:
            checked(await server.pipeline(commands))
            commands = []
    checked(await server.pipeline(commands))


async def _raw_rename(server: Server) -> None:
    async for page in scan(server, CODEQ):
        checked(await server.pipeline([("RENAMENX", key, f"{_RAW}{key}") for key in page]))


async def _fill(server: Server, tasks: int) -> None:
    """A legacy keyspace, page by page."""
    now = SystemClock().now_ms() // 1000
    for start in range(0, tasks, _PAGE):
        numbers = range(start, min(start + _PAGE, tasks))
        checked(await server.pipeline(list(_commands(numbers, now))))


def _commands(numbers: range, now: int) -> Iterator[Command]:
    records: list[str] = []
    scores: list[str | int] = []
    queues: dict[str, list[str]] = {}
    for number in numbers:
        task_id = f"{number:08x}-0000-4000-8000-{number * 2654435761 % 2**48:012x}"
        command, status = COMMANDS[number % 3], {1: "IN_PROGRESS", 2: "COMPLETED"}.get(number % 10, "PENDING")
        records += [task_id, _record(task_id, command, status, number)]
        scores += [now + 80_000 - number % 3600, task_id]
        if status == "IN_PROGRESS":
            yield ("SET", f"{legacy.LEASE}{task_id}", "worker-1", "EX", 36_000)
        if status != "COMPLETED":
            part = legacy.PENDING if status == "PENDING" else legacy.INPROG
            queues.setdefault(f"{legacy.QUEUE}{command.lower()}:{part}", []).append(task_id)
    yield ("HSET", legacy.TASKS, *records)
    yield ("ZADD", legacy.TTL, *scores)
    for key, ids in queues.items():
        yield ("LPUSH", key, *ids)


def _record(task_id: str, command: str, status: str, number: int) -> str:
    held = {"workerId": "worker-1", "leaseUntil": "2026-11-22T12:00:00Z"} if status == "IN_PROGRESS" else {}
    when = "2026-11-21T22:34:43.496-03:00"
    task = {"id": task_id, "command": command, "payload": f'{{"n":{number}}}', "status": status, **held}
    return json.dumps({**task, "createdAt": when, "updatedAt": when}, separators=(",", ":"))


async def _memory(server: Server, url: str, folder: Path, tasks: int) -> list[Measurement]:
    """A whole migration as a user runs it, backup included, in each mode."""
    found = []
    for mode, flags in ((RENAME, []), (COPY, ["--keep-source"])):
        await _fill(server, tasks)
        backup = str(folder / f"{mode}.jsonl")
        arguments = ["codeq", "migrate", "--redis", url, "--apply", "-q", "--backup", backup, *flags]
        start = stopwatch()
        mebibytes = await asyncio.to_thread(largest, [sys.executable, "-m", "harness", *arguments])
        seconds = stopwatch() - start
        await server.call("FLUSHALL")
        what = f"{tasks:,} tasks, whole run by {mode}, {seconds:.0f} s: memory"
        found.append(Measurement(what, "MiB", mebibytes, bar=200))
    return found


def largest(command: list[str]) -> float:
    """The most memory that a program had, in MiB. Raises CalledProcessError."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss / 1024


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    with bind("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ready to accept connections" in line:
                break
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.stdout.read()


def main() -> None:
    tasks = int(sys.argv[1]) if sys.argv[1:] else TASKS
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=".") as folder:
        print(table(asyncio.run(measure(Path(folder).absolute(), tasks))))


if __name__ == "__main__":
    main()
