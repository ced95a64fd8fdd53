"""Why a Worker could not be loaded."""

from worker.serving import ServeError


class LoadError(ServeError):
    """The entry file is missing, is not Python, fails to import, or defines no handler."""


class MissingEntryError(LoadError):
    """There is no entry file."""
