"""Many small keys moved by a plan, on a redis-server of its own: ``python -m benchmarks keyspace``.

Every job is a hash that is written anew, by a transform of its record. A whole ``rehearse redis --apply``,
with its backup, is compared with the least that any program does: DUMP, RESTORE and DEL of the same keys,
pipelined.
"""

import asyncio
import shutil
import sys
from pathlib import Path

from benchmarks.codeq import largest, redis_server, timed
from benchmarks.measurement import Measurement
from harness.migrations.redis.keyspace.pieces import delete_under, scan
from kvstore.clock import stopwatch
from worker.codeq import Server, connect
from worker.codeq.servers.server import Command, checked

KEYS = (22_001, 100_000)
_PAGE = 1000
_EXAMPLE = Path(__file__).parents[1] / "examples" / "redis"
_PLAN = """\
name: bench
source: "rq:"
target: "bull:"
records: {key: "job:{id}", id: id, parse: fields, transform: "jobs.py:to_bull"}
keys:
  - {from: "job:{id}", to: "{record.origin|lower}:{id}", type: hash}
"""


async def measure(folder: Path) -> list[Measurement]:
    """Two rows for each number of keys: time as a ratio, and memory."""
    if shutil.which("redis-server") is None:
        return [Measurement("keyspace", missing="redis-server is not installed")]
    (folder / "plan.yaml").write_text(_PLAN)
    shutil.copy(_EXAMPLE / "jobs.py", folder)
    found = []
    with redis_server(folder) as url:
        server = await connect(url)
        for keys in KEYS:
            found += await _rows(server, url, folder, keys)
        await server.close()
    return found


async def _rows(server: Server, url: str, folder: Path, keys: int) -> list[Measurement]:
    await _fill(server, keys)
    raw = await timed(lambda: _raw(server))
    await delete_under(server, "raw:")
    await _fill(server, keys)
    backup = str(folder / f"{keys}.jsonl")
    ours = ["redis", str(folder / "plan.yaml"), "--from", url, "--apply", "-q", "--backup", backup]
    start = stopwatch()
    mebibytes = await asyncio.to_thread(largest, [sys.executable, "-m", "harness", *ours])
    seconds = stopwatch() - start
    await server.call("FLUSHALL")
    what = f"{keys:,} keys moved by a plan"
    return [
        Measurement(what, "s", seconds, raw, "DUMP, RESTORE and DEL, pipelined", bar=None),
        Measurement(f"{what}: memory", "MiB", mebibytes, bar=400),
    ]


async def _raw(server: Server) -> None:
    async for page in scan(server, "rq:"):
        dumps = checked(await server.pipeline([("DUMP", key) for key in page]))
        commands: list[Command] = [
            ("RESTORE", f"raw:{key}", 0, dump.encode("utf-8", "surrogateescape"))
            for key, dump in zip(page, dumps, strict=True)
        ]
        checked(await server.pipeline(commands))
        await server.call("DEL", *page)


async def _fill(server: Server, keys: int) -> None:
    for start in range(0, keys, _PAGE):
        numbers = range(start, min(start + _PAGE, keys))
        checked(await server.pipeline([_job(number) for number in numbers]))


def _job(number: int) -> Command:
    origin, status = ("Mail", "reports")[number % 2], ("queued", "finished")[number % 3 == 0]
    data = f'{{"n":{number},"text":"{"x" * 60}"}}'
    fields = ("origin", origin, "status", status, "data", data, "created_at", number, "timeout", 180)
    return ("HSET", f"rq:job:{number:07}", *fields)
