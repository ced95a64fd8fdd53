"""Why the Cloudflare API could not be used.

CloudflareError     no account, a name that would lead elsewhere, or it took too long
├── NoTokenError    there are no credentials
├── OfflineError    no answer came at all
├── StatusError     the answer to a request for a value was no success
└── ApiError        the answer was an error, or something else than an answer
"""


class CloudflareError(Exception):
    """The request cannot be made, or was not answered in time."""


class NoTokenError(CloudflareError):
    """Nothing says who asks."""


class OfflineError(CloudflareError):
    """The API could not be reached."""


class StatusError(CloudflareError):
    """A value was not given; ``status`` is that of the answer, 404 for a missing key."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ApiError(CloudflareError):
    """The API refused, in its own words: ``notes``, each of one or more lines.

    ``code`` is that of its first error, 0 if it has none; ``account`` whose it was; ``status`` that of the
    answer, 0 if there was none.
    """

    def __init__(self, message: str, *notes: str, code: int = 0, account: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.notes = notes
        self.code = code
        self.account = account
        self.status = status

    @property
    def unauthenticated(self) -> bool:
        """Whether the credentials were refused."""
        return self.code in (9106, 10000)
