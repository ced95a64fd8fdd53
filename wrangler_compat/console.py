"""What the program prints, and where: data and messages on stdout, warnings and errors on stderr."""

import sys
from collections.abc import Mapping

from wrangler_compat.errors import CommandError, FileError, RefusedError, UsageError
from wrangler_compat.version import VERSION

_ISSUES = "https://github.com/cloudflare/workers-sdk/issues/new/choose"
_LOCATION = "Resource location: local \n\nUse --remote if you want to access the remote instance.\n"


class Console:
    """Prints in wrangler's form. ``environ`` is read for WRANGLER_LOG and WRANGLER_HIDE_BANNER."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._quiet = environ.get("WRANGLER_LOG") in ("error", "none", "warn")
        self._bannerless = environ.get("WRANGLER_HIDE_BANNER") == "true"

    def say(self, text: str) -> None:
        """A message, or JSON that a command lists."""
        if not self._quiet:
            sys.stdout.write(text + "\n")

    def raw(self, content: bytes) -> None:
        """A value, byte for byte."""
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def banner(self) -> None:
        title = f" ⛅️ wrangler-compat {VERSION}"
        if not self._bannerless:
            self.say(f"\n{title}\n{'─' * len(title)}")

    def location(self) -> None:
        """Says which of the two worlds a writing command touches."""
        self.say(_LOCATION)

    def warn(self, text: str) -> None:
        """A warning, already laid out as wrangler lays it out."""
        sys.stderr.write(text + "\n")

    def fail(self, error: CommandError, help_text: str) -> None:
        """The error block, with on stdout what wrangler shows beside it."""
        self.say("")
        if isinstance(error, UsageError):
            self.say(help_text.rstrip("\n"))
        if isinstance(error, RefusedError):
            self.say("If you think this is a bug then please create an issue at " + _ISSUES)
        first, *more = str(error).split("\n")
        if isinstance(error, FileError):
            more += error.detail.split("\n")
        lines = "".join(f"  {line}".rstrip() + "\n" for line in more)
        sys.stderr.write(f"✘ [ERROR] {first}\n\n{lines}\n")
