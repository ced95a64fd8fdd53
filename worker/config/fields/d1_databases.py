"""D1 databases in a configuration: ``[[d1_databases]]``. Texts are wrangler 4.86's."""

from typing import Final

from worker.config.fields.tables import REMOTE, Member, entry, may, should
from worker.config.javascript import JSON, members
from worker.config.model import D1Binding


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


d1_database: Final = entry(
    '"d1_databases" bindings should be objects, but got',
    should("binding"),
    Member("database_id", 'bindings must have a "database_id"'),
    may("preview_database_id"),
    REMOTE,
    *map(may, ("migrations_pattern", "database_name", "jurisdiction", "migrations_dir", "migrations_table")),
    may("database_internal_env"),
)
