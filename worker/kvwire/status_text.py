"""Status texts of our own choice: on this wire they carry the message of an error.

ASGI knows a status code only, and uvicorn adds the standard text. An answer that wants another says so in the
header STATUS_TEXT, which StatusTextProtocol takes out and writes into the status line.
"""

from typing import Any, Final

import h11

from worker.serving import BoundedH11, Bounds

STATUS_TEXT: Final = b"x-status-text"

# Metadata that is refused for its size comes in a header, and its whole size is to be named.
_LARGEST_HEAD: Final = 256 * 1024
# workerd keeps a connection for 5 s: the server must keep it longer, or a request meets its end.
_KEEP_ALIVE_SECONDS: Final = 75


def status_text(text: str) -> tuple[bytes, bytes]:
    """The header that becomes the status text, as UTF-8, which is how workerd reads it.

    Control characters become spaces, and none is at an end: a status line cannot hold them.
    """
    line = "".join(" " if character < " " or character == "\x7f" else character for character in text)
    return STATUS_TEXT, line.strip().encode("utf-8", "replace")


class StatusTextProtocol(BoundedH11):
    """uvicorn's HTTP/1.1 protocol with status texts, for `serve`."""

    bounds = Bounds(head=_LARGEST_HEAD)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.timeout_keep_alive = _KEEP_ALIVE_SECONDS

    def connection(self) -> h11.Connection:
        return _Connection(h11.SERVER, self.bounds.head)


class _Connection(h11.Connection):
    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        return super().send_with_data_passthrough(
            _worded(event) if isinstance(event, h11.Response) else event
        )


def _worded(response: h11.Response) -> h11.Response:
    """The same response, with the text that it asks for."""
    texts = [value for name, value in response.headers if name == STATUS_TEXT]
    if not texts:
        return response
    return h11.Response(
        status_code=response.status_code,
        headers=[(name, value) for name, value in response.headers if name != STATUS_TEXT],
        reason=texts[-1],
    )
