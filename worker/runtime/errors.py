"""Why a Worker could not be loaded or served.

ServeError
├── LoadError         the Worker's code cannot be found, or fails while it is imported
└── AddressInUse      another program listens on the port
"""


class ServeError(Exception):
    """A Worker cannot run; the message says what, where and why."""


class LoadError(ServeError):
    """The entry file is missing, is not Python, fails to import, or defines no handler."""


class AddressInUse(ServeError):
    """The address is taken. ``host`` and ``port`` are what was asked for."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Address already in use ({host}:{port}). Please check that you are not already running a server "
            "on this address or specify a different port with --port."
        )
        self.host = host
        self.port = port
