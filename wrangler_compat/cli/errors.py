"""Why a command ends with exit code 1, by what is shown beside the message.

Beside these there are the errors of the Cloudflare API: worker.cloudflare.errors.

CommandError        the message
├── UsageError      and the help of the command
├── RefusedError    the store refused, with its own words; where to report a bug is added
└── FileError       and notes, perhaps a place in a file
"""

from worker.config import Location


class CommandError(Exception):
    """The command cannot be carried out as asked."""


class UsageError(CommandError):
    """The arguments are not those of the command."""


class RefusedError(CommandError):
    """The store refused."""


class FileError(CommandError):
    """A file that was named cannot be read, or is not what it should be.

    ``notes`` are shown below the message, each of one or more lines; ``location`` as a code frame.
    """

    def __init__(self, message: str, *notes: str, location: Location | None = None) -> None:
        super().__init__(message)
        self.notes = notes
        self.location = location
