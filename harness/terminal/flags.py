"""What adds flags to a parser, and the flags that several commands take, each declared once."""

from argparse import ArgumentParser
from typing import Any, Final

from harness.terminal.numbers import whole
from harness.terminal.output import TIMEOUT_SECONDS

# A few of every shape, and of all that is rare, take as many.
LEAST_SAMPLE: Final = 20


class Flags:
    """The flags of a command; ``more`` are options of `add`, which are those of ``add_argument``."""

    def __init__(self, parser: ArgumentParser) -> None:
        self._parser = parser

    def add(self, *names: str, **options: Any) -> None:
        self._parser.add_argument(*names, **options)

    def switch(self, *names: str, help: str, **more: Any) -> None:
        """One that is given or not."""
        self.add(*names, action="store_true", help=help, **more)

    def number(self, name: str, least: int, most: int, help: str, **more: Any) -> None:
        """A whole number from ``least`` to ``most``; None without a ``default``."""
        self.add(name, type=whole(least, most), **{"metavar": "N", **more}, help=help)

    def json(self, what: str = "the report") -> None:
        help = f"also write {what} as JSON, - for stdout"
        self.add("--json", dest="json_file", metavar="FILE", help=help)

    def html(self, **more: Any) -> None:
        help = "also write a page that shows it all"
        self.add("--html", dest="html_file", metavar="FILE", help=help, **more)

    def quiet(self) -> None:
        self.switch("-q", "--quiet", help="no progress on standard error")

    def jobs(self, help: str = "processes that share a search (default: all cores)") -> None:
        self.number("--jobs", 1, 256, help)

    def sample(self) -> None:
        help = (
            "with N entries instead of all: some of every shape, and those of which there are few; what all "
            "of them will take is extrapolated"
        )
        self.number("--sample", LEAST_SAMPLE, 10_000, help)

    def timeout(self) -> None:
        help = f"how long one request to a Worker, and its import, may take ({TIMEOUT_SECONDS})"
        self.number("--timeout", 1, 86_400, help, default=TIMEOUT_SECONDS, metavar="SECONDS")
