"""What a Python Worker's compatibility date and flags mean on the platform.

Source: https://developers.cloudflare.com/workers/configuration/compatibility-flags, and workerd 1.20260426.
"""

from typing import Final

from worker.config.model import WorkerConfig

# The Python of each flag, the newest first, with the date that implies it; None where only the flag does.
_PYTHONS: Final = (
    ("python_workers_20260817", None, "3.14"),
    ("python_workers_20260610", None, "3.14"),
    ("python_workers_20250116", "2025-09-29", "3.13"),
)
_OLDEST: Final = "3.12"
_NO_GLOBAL_HANDLERS: Final = ("python_no_global_handlers", "2025-08-14")


def python_of(config: WorkerConfig) -> str:
    """The version of Python that runs the Worker there: ``3.13``."""
    found = (version for flag, date, version in _PYTHONS if _is_on(config, flag, date))
    return next(found, _OLDEST)


def takes_functions(config: WorkerConfig) -> bool:
    """Whether functions such as ``on_fetch`` are handlers there."""
    return not _is_on(config, *_NO_GLOBAL_HANDLERS)


def sends_json(config: WorkerConfig) -> bool:
    """Whether a message of a queue is JSON there unless it says otherwise, and not a structured clone."""
    return _is_on(config, "queues_json_messages", "2024-03-18")


def names_queue_errors(config: WorkerConfig) -> bool:
    """Whether an error of a queue there has its cause and its code, and not just an HTTP status."""
    return _is_on(config, "queue_expose_error_codes", "2026-02-17")


def _is_on(config: WorkerConfig, flag: str, date: str | None) -> bool:
    flags = config.compatibility_flags
    if flag in flags:
        return True
    off = {f"no_{flag}", f"disable_{flag}"} & set(flags)
    return not off and date is not None and (config.compatibility_date or "") >= date
