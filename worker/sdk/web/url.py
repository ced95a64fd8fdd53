"""URL, and the parsing of the URL standard as far as http addresses need it."""

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, unquote, urljoin

from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.search_params import URLSearchParams, parse_urlencoded

DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_FORBIDDEN_IN_HOST: Final = re.compile(r"[\x00-\x20\"#%/:<>?@\[\\\]^`{|}\x7f]")
_CONTROLS_AND_SPACE: Final = "".join(map(chr, range(0x21)))
_LINE_BREAKS: Final = dict.fromkeys(map(ord, "\t\r\n"))
_PATH_SAFE: Final = "!$&'()*+,-./:;=@[\\]_|~%^"
_QUERY_SAFE: Final = "!$&()*+,-./:;=?@[\\]^_`{|}~%"
_FRAGMENT_SAFE: Final = "!#$%&'()*+,-./:;=?@[\\]^_{|}~"


@dataclass(frozen=True, slots=True)
class ParsedUrl:
    """The parts of a URL, each as it is written; ``query`` and ``fragment`` without their mark."""

    scheme: str
    user: str = ""
    password: str = ""
    host: str = ""
    port: str = ""
    path: str = "/"
    query: str = ""
    fragment: str = ""

    @property
    def authority(self) -> str:
        return self.host + (f":{self.port}" if self.port else "")

    @property
    def href(self) -> str:
        secret = f":{self.password}" if self.password else ""
        login = f"{self.user}{secret}@" if self.user or secret else ""
        root = f"{self.scheme}://{login}{self.authority}" if self.host else f"{self.scheme}:"
        query = f"?{self.query}" if self.query else ""
        return root + self.path + query + (f"#{self.fragment}" if self.fragment else "")


def parse_url(text: str, base: ParsedUrl | None = None) -> ParsedUrl | None:
    """``text`` as a URL, relative to ``base`` if there is one; None for what is no URL."""
    text = text.strip(_CONTROLS_AND_SPACE).translate(_LINE_BREAKS)
    match = _SCHEME.fullmatch(text)
    if match is None:
        return parse_url(urljoin(base.href, text)) if base else None
    scheme, rest = match[1].lower(), match[2]
    rest, _, fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    if scheme not in DEFAULT_PORTS:
        return ParsedUrl(scheme, path=_escape(rest, _PATH_SAFE), query=query, fragment=fragment)
    authority, slash, path = rest.replace("\\", "/").lstrip("/").partition("/")
    parsed = _with_authority(ParsedUrl(scheme), authority)
    if parsed is None:
        return None
    return replace(
        parsed,
        path=_without_dots(_escape(slash + path, _PATH_SAFE)),
        query=_escape(query, _QUERY_SAFE),
        fragment=_escape(fragment, _FRAGMENT_SAFE),
    )


def _with_authority(url: ParsedUrl, authority: str) -> ParsedUrl | None:
    login, _, place = authority.rpartition("@")
    user, _, password = login.partition(":")
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", place)
    host = _host(match[1]) if match else None
    if match is None or not host:
        return None
    port = int(match[2] or DEFAULT_PORTS[url.scheme])
    if port > 65535:
        return None
    shown = "" if port == DEFAULT_PORTS[url.scheme] else str(port)
    return replace(
        url,
        user=_escape(user, "!$&'()*+,-._~%"),
        password=_escape(password, "!$&'()*+,-._~%"),
        host=host,
        port=shown,
    )


def _host(text: str) -> str | None:
    """A host name in lower case and in ASCII, an IPv6 address in brackets; None for neither."""
    try:
        if text.startswith("["):
            return f"[{ipaddress.IPv6Address(text[1:-1])}]"
        name = unquote(text).lower()
        name = name if name.isascii() else name.encode("idna").decode()
    except ValueError:
        return None
    return None if _FORBIDDEN_IN_HOST.search(name) else name


def _escape(text: str, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for index, segment in enumerate(segments):
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            kept[-1:] = []
        elif plain != ".":
            kept.append(segment)
        if plain in (".", "..") and index == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


class URL(JsObject):
    """``new URL(text, base)``. Raises JsException (TypeError) for what is no URL."""

    js_name = "URL"

    def __init__(self, url: Any, base: Any = UNDEFINED) -> None:
        parsed = _parsed(url, base)
        if parsed is None:
            raise type_error("Invalid URL string.")
        self._parsed = parsed
        self._params = URLSearchParams(parsed.query, self._take_params)

    @staticmethod
    def canParse(url: Any, base: Any = UNDEFINED) -> bool:
        return _parsed(url, base) is not None

    def _take_params(self) -> None:
        self._parsed = replace(self._parsed, query=self._params.js_string())

    @property
    def href(self) -> str:
        return self._parsed.href

    @property
    def origin(self) -> str:
        return f"{self._parsed.scheme}://{self._parsed.authority}" if self._parsed.host else "null"

    @property
    def protocol(self) -> str:
        return self._parsed.scheme + ":"

    @property
    def username(self) -> str:
        return self._parsed.user

    @property
    def password(self) -> str:
        return self._parsed.password

    @property
    def searchParams(self) -> URLSearchParams:
        return self._params

    @property
    def host(self) -> str:
        return self._parsed.authority

    @host.setter
    def host(self, value: Any) -> None:
        self._parsed = _with_authority(self._parsed, to_string(value)) or self._parsed

    @property
    def hostname(self) -> str:
        return self._parsed.host

    @hostname.setter
    def hostname(self, value: Any) -> None:
        self._parsed = replace(self._parsed, host=_host(to_string(value)) or self._parsed.host)

    @property
    def port(self) -> str:
        return self._parsed.port

    @port.setter
    def port(self, value: Any) -> None:
        self._parsed = (
            _with_authority(self._parsed, f"{self._parsed.host}:{to_string(value)}") or self._parsed
        )

    @property
    def pathname(self) -> str:
        return self._parsed.path

    @pathname.setter
    def pathname(self, value: Any) -> None:
        path = "/" + to_string(value).removeprefix("/")
        self._parsed = replace(self._parsed, path=_without_dots(_escape(path, _PATH_SAFE)))

    @property
    def search(self) -> str:
        return "?" + self._parsed.query if self._parsed.query else ""

    @search.setter
    def search(self, value: Any) -> None:
        query = _escape(to_string(value).removeprefix("?"), _QUERY_SAFE)
        self._parsed = replace(self._parsed, query=query)
        self._params._pairs = parse_urlencoded(query)

    @property
    def hash(self) -> str:
        return "#" + self._parsed.fragment if self._parsed.fragment else ""

    @hash.setter
    def hash(self, value: Any) -> None:
        fragment = _escape(to_string(value).removeprefix("#"), _FRAGMENT_SAFE)
        self._parsed = replace(self._parsed, fragment=fragment)

    def js_string(self) -> str:
        return self.href

    def toJSON(self) -> str:
        return self.href


def _parsed(url: Any, base: Any) -> ParsedUrl | None:
    if isinstance(base, Undefined):
        return parse_url(to_string(url))
    root = parse_url(to_string(base))
    return parse_url(to_string(url), root) if root else None
