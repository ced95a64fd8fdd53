"""Why nothing can be served.

ServeError
└── AddressInUse      another program listens on the port
"""


class ServeError(Exception):
    """A server cannot run; the message says what, where and why."""


class AddressInUse(ServeError):
    """The address is taken. ``host`` and ``port`` are what was asked for."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Address already in use ({host}:{port}). Please check that you are not already running a server "
            "on this address or specify a different port with --port."
        )
        self.host = host
        self.port = port
