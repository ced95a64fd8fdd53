"""Addresses of servers, apart from the passwords in them: what is printed or kept never holds one."""

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, unquote_plus, urlsplit

UNREADABLE: Final = (
    "an address whose parts cannot be told apart: leave its password out and give it in a variable, or write "
    "its /, ?, # and @ as %2F, %3F, %23 and %40"
)
_SCHEME: Final = re.compile(r"[a-zA-Z][\w+.-]*://")
# Of a text: also where a path was made of an address, which takes a slash away.
_IN_TEXT: Final = re.compile(r"([a-zA-Z][\w+.-]*:/)/*([^\s'\"]+)")
_LOGIN: Final = re.compile(r"(?<=://)[^\s'\"]*@")
_SECRET: Final = re.compile("pass|secret|token", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A ``url`` without what is secret, and that by name: ``password`` and members of the query, decoded.

    ``user`` is the name before the @, which stays in the URL.
    """

    url: str
    user: str = ""
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError, whose text shows nothing of ``text``, where it is not clear what is secret."""
        if "@" not in text and not _SECRET.search(unquote(text)):
            return cls(text)
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            raise ValueError(UNREADABLE) from None
        login, _, place = parts.netloc.rpartition("@")
        user, colon, password = login.partition(":")
        members = [(unquote_plus(one.partition("=")[0]), one) for one in parts.query.split("&")]
        shown = "&".join(one for name, one in members if not _SECRET.search(name))
        if any("@" in part for part in (user, place, parts.path, shown, parts.fragment)):
            raise ValueError(UNREADABLE)
        secrets = {name: unquote_plus(one.partition("=")[2]) for name, one in members if _SECRET.search(name)}
        if password:
            secrets["password"] = unquote(password)
        elif not secrets and not colon:
            return cls(text, unquote(user))
        netloc = f"{user}@{place}" if user else place
        # Not urlunsplit, which takes slashes away from schemes that it does not know.
        query, fragment = f"?{shown}" if shown else "", f"#{parts.fragment}" if parts.fragment else ""
        return cls(f"{parts.scheme}://{netloc}{parts.path}{query}{fragment}", unquote(user), secrets)


def without_password(word: str) -> str:
    """A word of a command line, without the password of an address in it."""
    found = _SCHEME.search(word)
    if found is None:
        return word
    try:
        return word[: found.start()] + Address.read(word[found.start() :]).url
    except ValueError:
        return word[: found.end()] + "…"


def without_passwords(text: str) -> str:
    """A text that may quote addresses, without passwords, and without names, which may be meant as such."""

    def shown(found: re.Match[str]) -> str:
        said = without_password(f"{found[1]}/{found[2]}")
        return found[0] if said == f"{found[1]}/{found[2]}" and "@" not in said else _LOGIN.sub("", said)

    return _IN_TEXT.sub(shown, text)
