"""D1 databases in a configuration: ``[[d1_databases]]``. Texts are wrangler 4.86's."""

from typing import Final

from worker.config.fields.tables import REMOTE, Member, entry, may, should
from worker.config.javascript import JSON, entries, text_of
from worker.config.model import D1Binding


def d1_databases(fields: dict[str, JSON]) -> tuple[D1Binding, ...]:
    """The databases of a configuration that passed its checks."""
    return tuple(
        D1Binding(
            binding=str(one["binding"]),
            database_id=text_of(one, "database_id"),
            database_name=text_of(one, "database_name"),
            preview_database_id=text_of(one, "preview_database_id"),
            migrations_dir=text_of(one, "migrations_dir") or "migrations",
            migrations_table=text_of(one, "migrations_table") or "d1_migrations",
        )
        for one in entries(fields, "d1_databases")
    )


d1_database: Final = entry(
    '"d1_databases" bindings should be objects, but got',
    should("binding"),
    Member("database_id", 'bindings must have a "database_id"'),
    may("preview_database_id"),
    REMOTE,
    *map(may, ("migrations_pattern", "database_name", "jurisdiction", "migrations_dir", "migrations_table")),
    may("database_internal_env"),
)
