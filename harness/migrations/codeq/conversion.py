"""A live codeQ before 1.1: its in-progress lists become sets under the same key.

The guide's LRANGE + SADD + DEL cannot be run on one key: SADD on a list is WRONGTYPE, and a DEL first loses
the ids in a crash. One script does it without anybody in between; KVRocks 2.7 runs it too. Every codeQ before
1.1 must be stopped first: both at once answer 500 and lose ids (H1, H3).
"""

from dataclasses import dataclass

from harness.migrations.redis.keyspace.errors import MigrationError, half_way
from harness.migrations.redis.keyspace.pieces import keys_under
from worker.codeq import Server
from worker.codeq.servers.server import checked

# SADD in thousands: unpack has a limit. A set, or nothing, is left as it is.
CONVERT_SCRIPT = """\
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind ~= 'list' then return {kind, 0, 0} end
local ids = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
for first = 1, #ids, 1000 do
  redis.call('SADD', KEYS[1], unpack(ids, first, math.min(first + 999, #ids)))
end
return {kind, #ids, redis.call('SCARD', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One key: what it was, how many entries the list had, how many distinct ids the set has."""

    key: str
    was: str
    entries: int
    distinct: int

    @property
    def sentence(self) -> str:
        if self.was != "list":
            return f"{self.key} is a {self.was} already, and stays as it is"
        return f"{self.key} was a list of {self.entries:,} ids, and is a set of {self.distinct:,}"


async def inprog_kinds(server: Server, prefix: str = "codeq:q:") -> dict[str, str]:
    """Every in-progress key with its type, whatever its command. Only reads."""
    keys = [key for key in await keys_under(server, prefix) if key.endswith(":inprog")]
    kinds = checked(await server.pipeline([("TYPE", key) for key in keys]))
    return dict(zip(keys, kinds, strict=True))


async def convert_inprog(server: Server) -> list[Conversion]:
    """Converts them all; running it again changes nothing.

    Raises MigrationError before it changes anything if one is neither list nor set, ServerError.
    """
    kinds = await inprog_kinds(server)
    odd = [f"{key} is a {kind}" for key, kind in kinds.items() if kind not in ("list", "set")]
    if odd:
        raise MigrationError("nothing was converted: " + "; ".join(odd))
    done: list[Conversion] = []
    with half_way(lambda: f"{len(done):,} of {len(kinds):,} keys are converted", keep="keep codeQ stopped"):
        for key in kinds:
            was, entries, distinct = await server.call("EVAL", CONVERT_SCRIPT, 1, key)
            done.append(Conversion(key, was, entries, distinct))
    return done
