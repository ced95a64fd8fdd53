"""Why a command ends with exit code 1, by what is shown beside the message.

CommandError        the message
├── UsageError      and the help of the command
├── RefusedError    the store or the network refused, with its own words; where to report a bug is added
│   └── OfflineError   the API could not be reached; what that usually means is added
└── NotedError      and notes, perhaps a place in a file
    ├── FileError   a file that was named cannot be read or parsed
    └── ApiError    the Cloudflare API answered with an error, or with something else than an answer
"""

from worker.config import Location


class CommandError(Exception):
    """The command cannot be carried out as asked."""


class UsageError(CommandError):
    """The arguments are not those of the command."""


class RefusedError(CommandError):
    """The store refused."""


class OfflineError(RefusedError):
    """No answer came from the Cloudflare API at all."""


class NotedError(CommandError):
    """``notes`` are shown below the message, each of one or more lines; ``location`` as a code frame."""

    def __init__(self, message: str, *notes: str, location: Location | None = None) -> None:
        super().__init__(message)
        self.notes = notes
        self.location = location


class FileError(NotedError):
    """A file that was named cannot be read, or is not what it should be."""


class ApiError(NotedError):
    """The API refused. ``code`` is that of its first error, 0 if it has none; ``account`` whose it was."""

    def __init__(self, message: str, *notes: str, code: int = 0, account: str = "") -> None:
        super().__init__(message, *notes)
        self.code = code
        self.account = account

    @property
    def unauthenticated(self) -> bool:
        """Whether the credentials were refused."""
        return self.code in (9106, 10000)
