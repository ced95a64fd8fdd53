"""Why a command ends with exit code 1, by what is shown beside the message.

CommandError        the message
├── UsageError      and the help of the command
├── FileError       and a second line of detail
└── RefusedError    the store refused the operation, with its own words
"""


class CommandError(Exception):
    """The command cannot be carried out as asked."""


class UsageError(CommandError):
    """The arguments are not those of the command."""


class FileError(CommandError):
    """A file that was named cannot be read; ``detail`` says why."""

    def __init__(self, message: str, detail: str) -> None:
        super().__init__(message)
        self.detail = detail


class RefusedError(CommandError):
    """The store refused."""
