"""``rehearse queue`` on 100,000 tasks, and on 500,000, and as many other keys: ``python -m benchmarks size``.

Processor time and the greatest memory of the process, for both migrations, locally and under production.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import Measurement
from harness.migrations.queue.simulation.population import populate
from kvstore import Entry, SystemClock
from kvstore.copies.bulk_json import item_of

# How many tasks, and how many seconds and MiB they may take.
_BARS = ((100_000, 60, 400), (500_000, 600, 1_024))
_WEEK = 7 * 86_400
_TIMEOUT = "7200"


async def measure(folder: Path) -> list[Measurement]:
    """Two rows for each number of tasks, migration and platform."""
    rows = []
    for tasks, most_seconds, most_mebibytes in _BARS:
        source = folder / f"{tasks}.jsonl"
        with source.open("w") as file:
            file.writelines(f"{json.dumps(item_of(*one))}\n" for one in namespace_of(tasks))
        for migration in ("documented", "safe"):
            for conditions in ("local", "production"):
                what = f"{tasks:,} tasks, {migration}, {conditions}"
                flags = ["--migration", migration, "--conditions", conditions, "--timeout", _TIMEOUT, "-q"]
                command = [sys.executable, "-m", "harness", "queue", "--from", str(source), *flags]
                seconds, mebibytes = await asyncio.to_thread(_spent, command)
                rows.append(Measurement(f"{what}: processor time", "s", seconds, bar=most_seconds))
                rows.append(Measurement(f"{what}: memory", "MiB", mebibytes, bar=most_mebibytes))
    return rows


def namespace_of(tasks: int) -> Iterator[tuple[str, Entry]]:
    """The entries of ``tasks`` tasks, a tenth of them held, and of as many other keys."""
    for key, entry in populate(SystemClock().now_ms() // 1000, tasks, tasks // 10, ()).items():
        # A walk takes days of simulated time: nothing ends on the way.
        yield key, entry._replace(expiration=(entry.expiration or 0) + _WEEK)
    for number in range(tasks):
        yield f"session:{number:06}", Entry(json.dumps({"user": f"u{number % 97}", "seen": number}).encode())


def _spent(command: list[str]) -> tuple[float, float]:
    """Seconds of processor time, and MiB at most. Raises CalledProcessError when there is no verdict."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
