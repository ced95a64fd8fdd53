"""Passwords of servers: taken from variables, and left out of the command that does it again."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from kvstore.clock import Clock
from kvstore.text.address import Address
from worker.codeq import PROFILES, Server, open_server

# Where a password is taken from when the address has none: of what is written to, and of --from.
PASSWORD = "REDIS_PASSWORD"
SOURCE_PASSWORD = "SOURCE_REDIS_PASSWORD"
OF_SOURCE = (SOURCE_PASSWORD, PASSWORD)


def password(*variables: str) -> str | None:
    """What the first of ``variables`` holds that is set."""
    return next((os.environ[name] for name in variables if name in os.environ), None)


@asynccontextmanager
async def opened(
    url: str | None, *variables: str, profile: str = PROFILES[0], clock: Clock | None = None
) -> AsyncIterator[Server]:
    """The server at ``url``, closed afterwards, with the password that one of ``variables`` holds.

    One in this process takes the time of ``clock``. Raises ServerError if it does not answer.
    """
    server = await open_server(url, profile, password(*variables), clock)
    try:
        yield server
    finally:
        await server.close()


# Addresses, each with the variables that hold its password.
Secrets = Sequence[tuple[str | None, Sequence[str]]]


def with_variables(command: str, addresses: Secrets) -> str:
    """``command``, which has no passwords, after the variables that they are to be in.

    Each of ``addresses`` comes with the variables that hold its password. One without a password is not to be
    given that of another: its own variable is empty then.
    """
    needed: dict[str, str] = {}
    without = []
    for url, variables in addresses:
        with suppress(ValueError):  # which is said as soon as it is opened
            if url is not None and "password" in Address.read(url).secrets:
                needed[variables[0]] = "…"
            elif url is not None and "://" in url and password(*variables):
                needed[next(name for name in variables if name in os.environ)] = "…"
            elif url is not None and "://" in url:
                without.append(variables)
    needed |= {names[0]: "" for names in without if any(name in needed for name in names[1:])}
    return " ".join([*(f"{name}={value}" for name, value in needed.items()), command])
