"""Chooses the server by what the command line says."""

from worker.codeq.servers.client import connect
from worker.codeq.servers.embedded import embedded
from worker.codeq.servers.kvrocks import Kvrocks27
from worker.codeq.servers.server import Server

REDIS7 = "redis7"
KVROCKS27 = "kvrocks27"
PROFILES = (REDIS7, KVROCKS27)


async def open_server(url: str | None = None, profile: str = REDIS7, password: str | None = None) -> Server:
    """The server at ``redis://…``, or an embedded one; its ``name`` says which, for people.

    ``profile`` is one of PROFILES: the manners that the server shows. ``password`` is for a URL without.
    Raises ServerError if it does not answer, ValueError for an unknown profile.
    """
    if profile not in PROFILES:
        raise ValueError(f"{profile!r} is no profile: {', '.join(PROFILES)}")
    server: Server = embedded() if url is None else await connect(url, password)
    return Kvrocks27(server) if profile == KVROCKS27 else server
