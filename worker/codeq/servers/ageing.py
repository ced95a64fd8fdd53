"""Time passing on a server: native TTLs run on its own clock, which no argument reaches."""

from worker.codeq.servers.server import Command, Server, checked


async def age(server: Server, seconds: int, prefix: str = "") -> int:
    """Takes ``seconds`` from the native TTL of every key under ``prefix``; how many expired.

    For rehearsals and tests whose clock jumps: afterwards leases, idempotency keys and throttles stand where
    they would stand had the server lived through that time.
    """
    cursor, expired = "0", 0
    while True:
        after, keys = await server.call("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", 1000)
        left = checked(await server.pipeline([("PTTL", key) for key in keys]))
        commands: list[Command] = []
        for key, milliseconds in zip(keys, left, strict=True):
            if milliseconds < 0:
                continue
            rest = milliseconds - seconds * 1000
            commands.append(("PEXPIRE", key, rest) if rest > 0 else ("DEL", key))
        checked(await server.pipeline(commands))
        expired += sum(command[0] == "DEL" for command in commands)
        cursor = after
        if cursor == "0":
            return expired
