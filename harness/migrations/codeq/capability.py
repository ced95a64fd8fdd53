"""What a server can do that the migration depends on: asked of the server, never guessed from its version."""

from dataclasses import dataclass
from typing import Any

from worker.codeq import Server, ServerError

_PROBE = "understudy:probe:absent"


@dataclass(frozen=True)
class Capability:
    """``rename``: RENAMENX exists and may be used. ``cluster``: keys are in slots, where codeQ's claim fails.

    ``bare_noscript``: the answer to an unknown script starts with NOSCRIPT, which is all that codeQ's claim
    understands; otherwise its script must be loaded before the first claim and after each restart.
    """

    rename: bool
    cluster: bool
    bare_noscript: bool


async def capability(server: Server) -> Capability:
    """Asks with commands that change nothing. Raises ServerError if the server cannot be reached."""
    await server.call("PING")
    renamed = await _answer(server, "RENAMENX", _PROBE, f"{_PROBE}:too")
    info = await _answer(server, "INFO", "cluster")
    script = await _answer(server, "EVALSHA", "0" * 40, 0)
    return Capability(
        rename="no such key" in renamed,
        cluster="cluster_enabled:1" in info,
        bare_noscript=script.startswith("NOSCRIPT"),
    )


async def _answer(server: Server, *command: Any) -> str:
    try:
        return str(await server.call(*command))
    except ServerError as error:
        return str(error)
