"""A running workerd."""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

_STARTS_WITHIN_SECONDS = 30.0
_LONGEST_LINE = 16 * 1024 * 1024  # bytes that a Worker may log at once


class WorkerdError(Exception):
    """workerd did not start, or refused the Worker; the message is what it said."""


class Workerd:
    """A workerd process; `start` makes one. ``url`` is where it answers, ``inspector`` a debugger's port."""

    def __init__(
        self, process: asyncio.subprocess.Process, ports: Mapping[str, int], output: list[asyncio.Task[None]]
    ) -> None:
        self._process = process
        self._output = output
        self.url = f"http://127.0.0.1:{ports['listen']}"
        self.inspector = ports["listen-inspector"]

    @classmethod
    async def start(
        cls,
        program: Path,
        configuration: Path,
        say: Callable[[str], None],
        started: Callable[[asyncio.subprocess.Process], None] = lambda process: None,
    ) -> Self:
        """Run ``configuration`` until it listens. ``say`` gets every line that the Worker or workerd prints.

        ``started`` gets the process at once, so that it can be killed whatever happens. Raises WorkerdError.
        """
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                str(program),
                "serve",
                "--experimental",
                f"--control-fd={writing}",
                "--inspector-addr=127.0.0.1:0",
                str(configuration),
                pass_fds=[writing],
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
            )
        except OSError as error:
            os.close(reading)
            raise WorkerdError(f"cannot run {program}: {error.strerror}") from error
        finally:
            os.close(writing)
        started(process)
        lines: list[str] = []

        def hear(line: str) -> None:
            lines.append(line)
            say(line)

        output = [
            asyncio.create_task(_read(stream, hear)) for stream in (process.stdout, process.stderr) if stream
        ]
        try:
            ports = await _ports(reading)
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                process.kill()
            await _ended(process, output)
            raise
        if ports is None:
            await _ended(process, output)
            raise WorkerdError("\n".join(lines) or f"workerd ended with exit code {process.returncode}")
        return cls(process, ports, output)

    async def stop(self) -> None:
        """End the process, and wait for it."""
        if self._process.returncode is None:
            self._process.terminate()
        await _ended(self._process, self._output)


async def _ended(process: asyncio.subprocess.Process, output: list[asyncio.Task[None]]) -> None:
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        with suppress(ProcessLookupError):  # it may end by itself just then
            process.kill()
        await process.wait()
    await asyncio.gather(*output)


async def _read(stream: asyncio.StreamReader, hear: Callable[[str], None]) -> None:
    async for line in stream:
        hear(line.decode("utf-8", "replace").rstrip("\n"))


async def _ports(reading: int) -> dict[str, int] | None:
    """The ports that workerd tells through its control pipe, by the event that tells them.

    None when it ends, or is silent, instead.
    """
    ports: dict[str, int] = {}
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    with os.fdopen(reading, "rb") as pipe:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            async with asyncio.timeout(_STARTS_WITHIN_SECONDS):
                async for line in reader:
                    event = json.loads(line)
                    ports[event["event"]] = int(event["port"])
                    if "listen" in ports:
                        return ports
        except TimeoutError:
            pass
        finally:
            transport.close()
    return None
