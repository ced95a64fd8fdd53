"""Where a serving command listens, and how long."""

import asyncio
import signal

from wrangler_compat.arguments import Arguments
from wrangler_compat.errors import CommandError

_HOSTS = {"localhost": "127.0.0.1", "*": "0.0.0.0"}


def asked_host(arguments: Arguments) -> str:
    """The address that --ip names; localhost when it names none."""
    host = arguments.text("ip") or "localhost"
    return _HOSTS.get(host, host)


def asked_port(arguments: Arguments) -> int | None:
    """The port that --port names, None when it is not given. Raises CommandError for what is no port."""
    asked = arguments.flags.get("port")
    if asked is None:
        return None
    if not asked == asked // 1 or not 0 <= asked <= 65535:
        raise CommandError(f"--port must be a whole number from 0 to 65535, but got {asked}")
    return int(asked)


async def until_interrupted() -> None:
    """Wait for Ctrl-C, or for the signal that ends a service."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()
