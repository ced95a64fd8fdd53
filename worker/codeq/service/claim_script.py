"""codeQ's claim script: what it asks for, and what stands for it here."""

from hashlib import sha1
from typing import Any, Final

from worker.codeq.servers import Argument, Passing, Server

# What codeQ asks for: the SHA-1 of its own script, as recorded. The text is codeQ's, and not here.
CLAIM_SHA: Final = "980950a9641a7ecfa6354747b5e08278d0805262"
# How many duplicates one move may drop before it gives up.
MOVE_LIMIT: Final = 200
# Does the same, and is what is sent with EVAL where codeQ sends its own text.
# Redis does not undo a script that fails half way: where the set is of another type, the popped id is lost.
MOVE_SCRIPT: Final = """\
for _ = 1, tonumber(ARGV[1]) do
  local id = redis.call('RPOP', KEYS[1])
  if not id then return nil end
  if redis.call('SADD', KEYS[2], id) == 1 then return id end
end
return nil
"""
MOVE_SHA: Final = sha1(MOVE_SCRIPT.encode()).hexdigest()


class ClaimScriptLoaded(Passing):
    """``inner`` as if codeQ's claim script were loaded there: what stands for it is run in its place.

    For rehearsals and tests on a server where codeQ's claims fail without it. Not while ``loaded`` is False.
    """

    def __init__(self, inner: Server, *, loaded: bool = True) -> None:
        super().__init__(inner)
        self.loaded = loaded

    async def call(self, *command: Argument) -> Any:
        if self.loaded and command[:2] == ("EVALSHA", CLAIM_SHA):
            command = ("EVAL", MOVE_SCRIPT, *command[2:])
        return await super().call(*command)
