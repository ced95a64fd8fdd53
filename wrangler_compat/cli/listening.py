"""Where a serving command listens."""

import socket
from typing import Any, Final

from worker.serving import AddressInUse, bind
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.errors import CommandError

_HOSTS: Final = {"localhost": "127.0.0.1", "*": "0.0.0.0"}
_PORTS_TRIED: Final = 100


def asked_host(arguments: Arguments) -> str:
    """The address that --ip names; localhost when it names none."""
    return address_of(arguments.text("ip") or "localhost")


def address_of(host: str) -> str:
    """The address to bind for a host as it is written."""
    return _HOSTS.get(host, host)


def asked_port(arguments: Arguments) -> int | None:
    """The port that --port names, None when it is not given. Raises CommandError for an invalid one."""
    return port_of(arguments.flags.get("port"), "--port")


def port_of(asked: Any, name: str) -> int | None:
    """A port that was asked for as ``name``. Raises CommandError for what is not a valid port."""
    if asked is None:
        return None
    if not isinstance(asked, int | float) or not asked == asked // 1 or not 0 <= asked <= 65535:
        raise CommandError(f"{name} must be a whole number from 0 to 65535, but got {asked}")
    return int(asked)


def listen(host: str, port: int | None, default: int) -> socket.socket:
    """A listening socket on ``port``; where None is asked for, on ``default`` or the next free one.

    Raises AddressInUse.
    """
    if port is not None:
        return bind(host, port)
    for tried in range(default, default + _PORTS_TRIED):
        try:
            return bind(host, tried)
        except AddressInUse:
            continue
    raise AddressInUse(host, default)


def reached_at(host: str) -> list[str]:
    """The addresses under which this machine is reached when it listens on ``host``, if that means all."""
    if host != "0.0.0.0":
        return []
    try:
        own = socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        own = []
    return list(dict.fromkeys(["127.0.0.1", *own]))
