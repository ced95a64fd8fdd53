"""What goes wrong in either service.

CodeqError
├── Refusal         the service answers with a status and a text instead of what was asked
├── ServerError     the Redis server answered with an error, or could not be reached
├── DocumentError   stored or sent JSON is not what it should be
└── SettingsError   the service cannot start with these settings
"""

from collections.abc import Iterator
from contextlib import contextmanager


class CodeqError(Exception):
    """Any of these."""


class Refusal(CodeqError):
    """The service answers with a status and a text instead of what was asked."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class ServerError(CodeqError):
    """The Redis server answered with an error, or could not be reached. The text is the server's own.

    ``code`` is the word that Redis gives the kind of error (NOPERM, READONLY, OOM …), UNREACHABLE where there
    was no answer, and empty where nothing is known.
    """

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class DocumentError(CodeqError):
    """Stored or sent JSON is not what it should be."""


class SettingsError(CodeqError):
    """The service cannot start with these settings."""


@contextmanager
def naming(step: str) -> Iterator[None]:
    """Puts ``step`` before the text of a server's error, as codeQ does in some places."""
    try:
        yield
    except ServerError as error:
        raise ServerError(f"{step}: {error}", error.code) from error
