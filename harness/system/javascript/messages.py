"""HTTP/1.1 messages, and frames of WebSockets, as workerd writes and reads them, from pieces as they come."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_END = b"\r\n"
_WITHOUT_BODY = ("204", "304")
# What says where a body ends: its length, or that it comes in chunks.
_FRAMED: Final = re.compile(r"^(?:content-length:\s*(\d+)|transfer-encoding:.*chunked)", re.I | re.M)


class Message(NamedTuple):
    """``first`` is the line with the method or the status, ``lines`` are the headers' as they came."""

    first: str
    lines: str
    body: bytes

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names are in lower case."""
        split = (line.partition(":") for line in self.lines.split("\r\n") if line)
        return [(name.lower(), value.strip()) for name, _, value in split]

    def header(self, name: str) -> str | None:
        """The first header of that name, which is in lower case."""
        size = len(name)
        for line in self.lines.split("\r\n"):
            if line[size : size + 1] == ":" and line[:size].lower() == name:
                return line[size + 1 :].strip()
        return None


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

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are whole now."""
        whole = []
        rest = self._read + data if self._read else data
        while rest and (found := self._first(rest)) is not None:
            message, rest = found
            whole.append(message)
        self._read = rest
        return whole

    def _first(self, data: bytes) -> tuple[Message, bytes] | None:
        """The message that ``data`` begins with, and what follows it; None while it is not whole."""
        return _message(data)


class Frames(Reader):
    """The same once a connection is a WebSocket: each frame is the ``body`` of a message."""

    def _first(self, data: bytes) -> tuple[Message, bytes] | None:
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size >= 126:
            start += 2 if size == 126 else 8
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            return None
        return Message("", "", data[start : start + size]), data[start + size :]


def framed(text: bytes) -> bytes:
    """The frame of a client's message, of less than 126 bytes; the mask is zero."""
    return b"\x81%c\0\0\0\0%s" % (0x80 | len(text), text)


def _message(data: bytes) -> tuple[Message, bytes] | None:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, _, lines = data[:end].decode("latin-1").partition("\r\n")
    size, start = 0, end + 4
    if first.startswith("GET "):  # workerd sends no body with it
        return Message(first, lines, b""), data[start:]
    for framed in _FRAMED.finditer(lines):
        if framed[1] is None:
            found, rest = _unchunked(data[start:])
            return None if found is None else (Message(first, lines, found), rest)
        size = int(framed[1])
    if first.startswith("HTTP/") and first[9:12] in _WITHOUT_BODY:
        size = 0
    if len(data) < start + size:
        return None
    return Message(first, lines, data[start : start + size]), data[start + size :]


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
