"""What goes wrong with a Worker's configuration, in wrangler's words.

ConfigError              the configuration cannot be used: a field, a binding, an environment, a variable
└── ConfigFileError      the file itself: it cannot be read, or it is not TOML or JSON
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file is wrong: ``line`` counts from 1 and ``column`` from 0, as wrangler prints them.

    ``length`` is how many characters the fault covers, 0 when only its beginning is known.
    """

    path: Path
    line: int
    column: int
    line_text: str
    length: int = 0


class ConfigError(Exception):
    """The configuration cannot be used.

    ``message`` is exactly wrangler's text, often of several lines; ``warnings`` are the texts that wrangler
    prints before it, with its layout (see WorkerConfig.log).
    """

    def __init__(self, message: str, *, warnings: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.warnings = warnings


class ConfigFileError(ConfigError):
    """The file cannot be read or parsed; wrangler adds a note about reporting a bug to this kind.

    ``notes`` are further lines of explanation, ``location`` says where in the file, if that is known.
    """

    def __init__(
        self, message: str, *, notes: tuple[str, ...] = (), location: Location | None = None
    ) -> None:
        super().__init__(message)
        self.notes = notes
        self.location = location
