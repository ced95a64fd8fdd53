"""D1 databases in a configuration: ``[[d1_databases]]``. Texts are wrangler 4.86's."""

from collections.abc import Iterable
from typing import Final

from worker.config.javascript import JSON, is_text, members, shown
from worker.config.model import D1Binding
from worker.config.scope import Scope

FIELDS: Final = frozenset(
    [
        "binding",
        "database_id",
        "database_internal_env",
        "database_name",
        "migrations_dir",
        "migrations_table",
        "preview_database_id",
        "remote",
    ]
)


def d1_databases(fields: dict[str, JSON]) -> tuple[D1Binding, ...]:
    """The databases of a configuration that passed its checks."""
    return tuple(_d1_database(members(entry)) for entry in members(fields.get("d1_databases")).values())


def _d1_database(entry: dict[str, JSON]) -> D1Binding:
    def text(field: str) -> str | None:
        return str(entry[field]) if field in entry else None

    return D1Binding(
        binding=str(entry["binding"]),
        database_id=text("database_id"),
        database_name=text("database_name"),
        preview_database_id=text("preview_database_id"),
        migrations_dir=text("migrations_dir") or "migrations",
        migrations_table=text("migrations_table") or "d1_migrations",
    )


def d1_database(scope: Scope, path: str, value: JSON) -> None:
    """Check one of them."""
    if not isinstance(value, dict | list):
        scope.error(f'"d1_databases" bindings should be objects, but got {shown(value)}')
        return
    for problem in _problems(members(value)):
        scope.error(f'"{path}" {problem} field but got {shown(value)}.')
    scope.warn_unexpected(path, value, FIELDS)


def _problems(entry: dict[str, JSON]) -> Iterable[str]:
    if not is_text(entry.get("binding")):
        yield 'bindings should have a string "binding"'
    if "database_id" in entry and not is_text(entry["database_id"]):
        yield 'bindings must have a "database_id"'
    if "preview_database_id" in entry and not is_text(entry["preview_database_id"]):
        yield 'bindings should, optionally, have a string "preview_database_id"'
    if "remote" in entry and not isinstance(entry["remote"], bool):
        yield 'should, optionally, have a boolean "remote"'
