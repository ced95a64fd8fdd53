"""What tells apart the points at which a crash can leave something different behind."""

import pytest

from harness.migrations.redis.keyspace.crash import Crashing
from worker.codeq import ServerError, embedded

pytestmark = pytest.mark.anyio


async def test_a_crash_counts_once_for_all_that_only_reads() -> None:
    server = Crashing(embedded())
    await server.call("GET", "a")  # 0: nothing was written before it
    await server.call("SET", "a", "1")
    await server.pipeline([("GET", "a"), ("TYPE", "a"), ("SET", "b", "1"), ("SET", "c", "1")])  # 2, 5
    await server.transaction([("SET", "d", "1"), ("PEXPIRE", "d", 1000)])  # 6
    with pytest.raises(ServerError):
        await server.transaction([("NO-SUCH-COMMAND",)])  # 7; it wrote nothing
    await server.call("DEL", "a")
    assert server.count == 9
    assert server.points == [0, 2, 5, 6, 7]
