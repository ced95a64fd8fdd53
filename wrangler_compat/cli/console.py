"""What the program prints, and where: data and messages on stdout, warnings and errors on stderr.

Texts for people are escaped here, so that no terminal obeys what they quote; their own lines stay.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from kvstore.javascript.json_text import stringify
from kvstore.text.printable import printable, printable_lines
from worker.cloudflare.errors import ApiError, CloudflareError, OfflineError, StatusError
from worker.program import installed_version
from wrangler_compat.cli.errors import CommandError, FileError, RefusedError, UsageError
from wrangler_compat.cli.frame import block

VERSION = installed_version()
USER_AGENT = f"wrangler-compat/{VERSION}"


_ISSUES = "https://github.com/cloudflare/workers-sdk/issues/new/choose"
_ADVICE = "\nIf you think this is a bug, please open an issue at: " + _ISSUES
_OFFLINE = (
    "A fetch request failed, likely due to a connectivity issue.\n\nCommon causes:\n"
    "  - No internet connection or network connectivity problems\n"
    "  - Firewall or VPN blocking the request\n"
    "  - Network proxy configuration issues\n\nPlease check your network connection and try again."
)
_NO_ERRORS = ("none",)
_NO_WARNINGS = ("none", "error")
_NO_MESSAGES = ("none", "error", "warn")


class Console:
    """Prints in wrangler's form.

    ``environ`` is read for WRANGLER_LOG, WRANGLER_HIDE_BANNER, NO_COLOR and CI. With ``only_data`` the
    messages on stdout are left out, which is what --json asks for. ``level`` is WRANGLER_LOG's unless set:
    how much is said.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.only_data = False
        self.level = environ.get("WRANGLER_LOG", "").lower()
        self.bannerless = environ.get("WRANGLER_HIDE_BANNER") == "true"
        self._plain = bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        self._automatic = environ.get("CI", "false").lower() not in ("", "false", "0")

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer: stdin and stdout are a terminal, and this is no CI."""
        return not self._automatic and sys.stdin.isatty() and sys.stdout.isatty()

    def say(self, text: str) -> None:
        """A message."""
        self.pass_on(printable_lines(text))

    def pass_on(self, text: str) -> None:
        """A message of somebody else's, as it is: what a Worker logs may well be coloured."""
        if not self.only_data:
            self.data(text)

    def data(self, text: str) -> None:
        """What was asked for, as it is. WRANGLER_LOG silences it too, as it does in wrangler."""
        if self.level not in _NO_MESSAGES:
            sys.stdout.write(text + "\n")

    def document(self, value: Any) -> None:
        """What was asked for, as JSON: wrangler's to the byte, but with more escapes on a terminal."""
        text = str(stringify(value, indent="  "))
        self.data("\n".join(map(_escaped, text.split("\n"))) if sys.stdout.isatty() else text)

    def raw(self, content: bytes) -> None:
        """A value, byte for byte."""
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def clear(self, text: str) -> None:
        """Empty the terminal, and show ``text`` at its top."""
        self.pass_on(f"\x1b[2J\x1b[3J\x1b[H{text}")
        sys.stdout.flush()

    def ask(self, question: str) -> str:
        """A line that somebody typed; "" at the end of the input."""
        stream = sys.stderr if self.only_data else sys.stdout
        stream.write(printable_lines(question))
        stream.flush()
        return sys.stdin.readline()

    def banner(self) -> None:
        title = f" ⛅️ wrangler-compat {VERSION}"
        if not self.bannerless:
            self.say(f"\n{title}\n{'─' * len(title)}")

    def location(self, *, remote: bool = False) -> None:
        """Says which of the two worlds a command touches."""
        self.say(f"Resource location: {'remote' if remote else 'local'} \n")
        if not remote:
            self.say("Use --remote if you want to access the remote instance.\n")

    def warn(self, text: str) -> None:
        """A warning, already laid out as wrangler lays it out."""
        self._warn(printable_lines(text))

    def caution(self, text: str) -> None:
        """A warning that is still to be laid out."""
        self._warn(block("warning", text, colour=self._coloured()))

    def _warn(self, text: str) -> None:
        if self.level not in _NO_WARNINGS:
            sys.stderr.write(text + "\n")

    def complain(self, text: str) -> None:
        """An error after which the command still has something to say."""
        if self.level not in _NO_ERRORS:
            sys.stdout.flush()
            sys.stderr.write(block("error", text, colour=self._coloured()) + "\n")

    def note(self, text: str) -> None:
        """A remark beside the data, out of its way."""
        if self.level not in _NO_MESSAGES:
            sys.stdout.flush()
            sys.stderr.write(printable(text) + "\n")

    def fail(self, error: CommandError | CloudflareError, help_text: str = "") -> None:
        """The error block, with on stdout what wrangler shows beside it."""
        self.say("")
        if isinstance(error, OfflineError):
            self.caution(_OFFLINE)
        if isinstance(error, UsageError) and help_text:
            self.say(help_text.rstrip("\n"))
        if isinstance(error, RefusedError | OfflineError | StatusError):
            self.say("If you think this is a bug then please create an issue at " + _ISSUES)
        if self.level not in _NO_ERRORS:
            sys.stdout.flush()
            sys.stderr.write(self._error_block(error) + "\n")

    def _error_block(self, error: CommandError | CloudflareError) -> str:
        if not isinstance(error, FileError | ApiError):
            return block("error", str(error), colour=self._coloured())
        refused = isinstance(error, ApiError) and error.unauthenticated
        notes = error.notes if refused else (*error.notes, _ADVICE)
        location = error.location if isinstance(error, FileError) else None
        return block("error", str(error), notes, location, colour=self._coloured())

    def _coloured(self) -> bool:
        return not self._plain and sys.stderr.isatty()


def _escaped(line: str) -> str:
    """A line of JSON that means the same, with escapes for what does not show as itself."""
    return line if line.isprintable() else re.sub(r"[^\x20-\x7e]", _escape, line)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable():
        return character
    return json.dumps(character)[1:-1] if character > "\x7f" else f"\\u{ord(character):04x}"
