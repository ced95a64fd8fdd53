"""The variables that say how careful the Worker is, and how much it may do at a time.

MIGRATION               ``documented`` or ``safe``
CLAIMS                  ``careful``: the new format claims as the dual one does; MIGRATION=safe implies it
MIGRATION_BUDGET        how many KV operations one call of the safe migration may take
MIGRATION_VERIFY_AFTER  seconds between a copy and its verification; 0 for a store without stale reads
"""

from dataclasses import dataclass
from typing import Any, Final

DEFAULT_MIGRATION: Final = "documented"
MIGRATIONS: Final = ("documented", "safe")
BUDGET: Final = 900
LEAST_BUDGET: Final = 30
VERIFY_AFTER: Final = 60


class SettingError(Exception):
    """A variable has a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``budget`` in KV operations per request, ``verify_after`` in seconds."""

    budget: int = BUDGET
    verify_after: int = VERIFY_AFTER


def migration(env: Any) -> str:
    """The value of MIGRATION. Raises SettingError for an unknown one."""
    name = str(getattr(env, "MIGRATION", None) or DEFAULT_MIGRATION)
    if name not in MIGRATIONS:
        raise SettingError(f'MIGRATION is "{name}"; it must be "documented" or "safe"')
    return name


def careful_claims(env: Any) -> bool:
    return str(getattr(env, "CLAIMS", "")) == "careful" or migration(env) == "safe"


def limits(env: Any) -> Limits:
    """Raises SettingError for what is no whole number, or too small a budget to get anywhere."""
    return Limits(
        _number(env, "MIGRATION_BUDGET", BUDGET, LEAST_BUDGET),
        _number(env, "MIGRATION_VERIFY_AFTER", VERIFY_AFTER, 0),
    )


def _number(env: Any, name: str, default: int, least: int) -> int:
    text = str(getattr(env, name, None) or default) if getattr(env, name, None) != 0 else "0"
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise SettingError(f'{name} is "{text}"; it must be a whole number, at least {least}')
    return int(text)
