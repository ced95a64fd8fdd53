"""The variables that say how careful the Worker is, and how much it may do at a time.

MIGRATION               ``documented`` or ``safe``
CLAIMS                  ``careful``: the new format claims as the dual one does; MIGRATION=safe implies it
                        ``coordinator``: the Durable Object bound as COORDINATOR decides every claim
CLAIMS_SETTLE           seconds for which a new coordinator gives out nothing, so that leases from before its
                        time cannot be hidden by stale reads; 0 for a store without any
MIGRATION_BUDGET        how many KV operations one call of the safe migration may take
MIGRATION_VERIFY_AFTER  seconds between a copy and its verification; 0 for a store without stale reads
"""

from dataclasses import dataclass
from typing import Any, Final

DEFAULT_MIGRATION: Final = "safe"
MIGRATIONS: Final = ("documented", "safe")
BUDGET: Final = 900
LEAST_BUDGET: Final = 30
VERIFY_AFTER: Final = 60
# A read lags behind by a minute; the request that made it may take some time to get to the coordinator.
CLAIMS_SETTLE: Final = 90
QUEUE: Final = "default-queue"


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


def claims(env: Any) -> str:
    """The value of CLAIMS, empty without one."""
    return str(getattr(env, "CLAIMS", ""))


def coordinator(env: Any) -> Any:
    """The stub of the coordinator that CLAIMS asks for. Raises SettingError when none is bound."""
    namespace = getattr(env, "COORDINATOR", None)
    if namespace is None:
        raise SettingError('CLAIMS is "coordinator", but no Durable Object is bound as COORDINATOR')
    return namespace.getByName(QUEUE)


def migration_coordinator(env: Any) -> Any:
    """The stub of the coordinator for the migration, whatever the format; None if none is bound."""
    namespace = getattr(env, "COORDINATOR", None)
    return None if namespace is None else namespace.getByName(QUEUE)


def counter(env: Any, client: str) -> Any:
    """The stub of the counter of a limited client; None unless there is a coordinator and one is bound."""
    if claims(env) != "coordinator":
        return None
    namespace = getattr(env, "REQUESTS", None)
    return None if namespace is None else namespace.getByName(client)


def claims_settle(env: Any) -> int:
    return _number(env, "CLAIMS_SETTLE", CLAIMS_SETTLE, 0)


def limits(env: Any) -> Limits:
    """Raises SettingError for what is no whole number, or too small a budget to get anywhere."""
    return Limits(
        _number(env, "MIGRATION_BUDGET", BUDGET, LEAST_BUDGET),
        _number(env, "MIGRATION_VERIFY_AFTER", VERIFY_AFTER, 0),
    )


def _number(env: Any, name: str, default: int, least: int) -> int:
    value = getattr(env, name, None)
    text = str(value or default) if value != 0 else "0"
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise SettingError(f'{name} is "{text}"; it must be a whole number, at least {least}')
    return int(text)
