"""HTTP/1.1 messages as workerd writes and reads them, read from pieces as they come."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_END = b"\r\n"
_WITHOUT_BODY = ("204", "304")


class Message(NamedTuple):
    """``first`` is the line with the method or the status; names of ``headers`` are in lower case."""

    first: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for known, value in self.headers if known == name), None)


def written(
    first: str,
    headers: Iterable[tuple[str, str]] | Mapping[str, str],
    body: bytes = b"",
    *,
    length: bool = True,
) -> bytes:
    """The bytes of a message, with its ``length`` unless it is a request without a body."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    lines += f"Content-Length: {len(body)}\r\n" if length else ""
    return f"{first}\r\n{lines}\r\n".encode("utf-8", "replace") + body


class Reader:
    """Puts messages together from what a connection brings. ``partly``: one has begun and is not whole."""

    def __init__(self) -> None:
        self._read = b""

    @property
    def partly(self) -> bool:
        return bool(self._read)

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole now."""
        self._read += data
        while (found := _message(self._read)) is not None:
            message, self._read = found
            yield message


def _message(data: bytes) -> tuple[Message, bytes] | None:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    headers: list[tuple[str, str]] = []
    size, start, is_chunked = 0, end + 4, False
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers.append((name, value))
        if name == "content-length":
            size = int(value)
        elif name == "transfer-encoding":
            is_chunked = "chunked" in value
    if is_chunked:
        found, rest = _unchunked(data[start:])
        return None if found is None else (Message(first, headers, found), rest)
    if first.startswith("HTTP/") and first[9:12] in _WITHOUT_BODY:
        size = 0
    if len(data) < start + size:
        return None
    return Message(first, headers, data[start : start + size]), data[start + size :]


def _unchunked(data: bytes) -> tuple[bytes | None, bytes]:
    found: list[bytes] = []
    at = 0
    while (end := data.find(_END, at)) >= 0:
        size = int(data[at:end].partition(b";")[0], 16)
        at = end + 2
        if len(data) < at + size + 2:
            return None, data
        if size == 0:
            return b"".join(found), data[at + 2 :]
        found.append(data[at : at + size])
        at += size + 2
    return None, data
