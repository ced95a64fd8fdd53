"""Durable Objects in a configuration: ``[[durable_objects.bindings]]`` and ``[[migrations]]``.

Texts are wrangler 4.164's. Of the migrations only those that create classes mean anything on one machine.
"""

from collections.abc import Iterable
from typing import Final

from worker.config.diagnostics import Diagnostics
from worker.config.fields.checks import text_array
from worker.config.fields.scope import Scope
from worker.config.javascript import JSON, is_text, members, shown, text_of
from worker.config.model import DurableObjectBinding

BINDING_FIELDS: Final = frozenset({"class_name", "environment", "name", "script_name"})
MIGRATION_FIELDS: Final = frozenset(
    ("tag", "new_classes", "new_sqlite_classes", "renamed_classes", "deleted_classes", "transferred_classes")
)
# ``remote`` is checked, and unexpected all the same, as in wrangler.
_OPTIONAL: Final = ("script_name", "environment")


def durable_objects(fields: dict[str, JSON]) -> tuple[DurableObjectBinding, ...]:
    """The bindings of a configuration that passed its checks."""
    stored_in_kv = frozenset(_classes(fields, "new_classes")) - frozenset(
        _classes(fields, "new_sqlite_classes")
    )
    stored_in_kv |= {
        name
        for name, one in members(fields.get("exports")).items()
        if members(one).get("storage") == "legacy-kv"
    }
    return tuple(
        DurableObjectBinding(
            name=str(entry["name"]),
            class_name=str(entry["class_name"]),
            script_name=text_of(entry, "script_name"),
            sqlite=entry["class_name"] not in stored_in_kv,
        )
        for entry in map(members, members(members(fields.get("durable_objects")).get("bindings")).values())
    )


def _classes(fields: dict[str, JSON], kind: str) -> Iterable[str]:
    for migration in members(fields.get("migrations")).values():
        yield from (str(name) for name in members(members(migration).get(kind)).values())


def bindings(scope: Scope, field: str, value: JSON) -> None:
    path = scope.path(field)
    given = scope.object(field, value, frozenset({"bindings", "code_update_strategy"}))
    if given is None:
        return
    value = {"bindings": [], **given}
    if not isinstance(value["bindings"], list):
        scope.error(f'The field "{path}.bindings" should be an array but got {shown(value["bindings"])}.')
    else:
        sound = [
            _is_sound(scope, f"{path}.bindings[{index}]", entry)
            for index, entry in enumerate(value["bindings"])
        ]
        if all(sound):
            _warn_missing(scope, field, value)


def _is_sound(scope: Scope, path: str, entry: JSON) -> bool:
    part = Diagnostics(f'"{path}": {shown(entry)}')
    scope.diagnostics.parts.append(part)
    if not isinstance(entry, dict | list):
        part.errors.append(f'Expected "{path}" to be an object but got {shown(entry)}')
        return False
    part.errors += _problems(path, members(entry))
    unknown = [f'"{name}"' for name in members(entry) if name not in BINDING_FIELDS]
    if unknown:
        part.warnings.append(f"Unexpected fields found in {path} field: {','.join(unknown)}")
    return not part.errors


def _problems(path: str, entry: dict[str, JSON]) -> Iterable[str]:
    for name in ("name", "class_name"):
        if not is_text(entry.get(name)):
            yield f'binding should have a string "{name}" field.'
    for name in _OPTIONAL:
        if name in entry and not is_text(entry[name]):
            yield f'the field "{name}", when present, should be a string.'
    if "environment" in entry and "script_name" not in entry:
        yield 'binding should have a "script_name" field if "environment" is present.'
    if "remote" in entry and not isinstance(entry["remote"], bool):
        yield f'"{path}" should, optionally, have a boolean "remote" field but got {shown(entry)}.'


def _warn_missing(scope: Scope, field: str, value: JSON) -> None:
    here = _names(value)
    missing = [name for name in _names(scope.top.get(field)) if name not in here]
    if missing:
        scope.warn(
            f'The following bindings are at the top level, but not on "env.{scope.name}".\n'
            f'This is not what you probably want, since "{field}" configuration is not inherited by'
            f" environments.\n"
            f'Please add a binding for each to "{scope.path(field)}.bindings":\n'
            + "\n".join(f"- {name}" for name in missing)
        )


def _names(value: JSON) -> list[str]:
    return [str(members(entry).get("name")) for entry in members(members(value).get("bindings")).values()]


def check_lifecycle(scope: Scope, fields: dict[str, JSON], file_name: str) -> None:
    """That each class is in ``exports`` or in a migration, and no class in both.

    ``fields`` are those that count for the level, ``file_name`` is what advice calls the file.
    """
    exports = {name: members(one) for name, one in members(fields.get("exports")).items()}
    if members(fields.get("migrations")):
        if any(one.get("type") == "durable-object" for one in exports.values()):
            scope.error(
                "`migrations` and `exports` are mutually exclusive. Choose one or the other to declare your "
                "Durable Object lifecycle, but not both."
            )
        return
    bound = members(fields.get("durable_objects")).get("bindings")
    own = [
        one.get("class_name") for one in map(members, members(bound).values()) if not one.get("script_name")
    ]
    missing = [one for one in own if not is_text(one) or not _is_live(exports.get(str(one), {}))]
    if not isinstance(bound, list) or not missing or not all(map(is_text, missing)):
        return
    scope.warn(
        f"In your {file_name} file, you have configured `durable_objects` exported by this Worker"
        f" ({', '.join(map(str, missing))}), but no live `exports` entry for them. This may not work as"
        " expected until you add a live `durable-object` entry to `exports` for each. Add the following"
        " configuration:"
        f"\n\n```\n{_snippet(missing, file_name)}\n```"
    )


def _is_live(export: dict[str, JSON]) -> bool:
    """Whether an entry of ``exports`` makes a class, or keeps it."""
    states = (None, "created", "expecting-transfer")
    return export.get("type") == "durable-object" and export.get("state") in states


def _snippet(classes: list[JSON], file_name: str) -> str:
    if file_name == "wrangler.toml":
        tables = (
            f'[exports.{name}]\ntype = "durable-object"\nstorage = "sqlite"\n'
            for name in dict.fromkeys(classes)
        )
        return "\n".join(tables)
    from kvstore.javascript.json_text import stringify

    export: JSON = {"type": "durable-object", "storage": "sqlite"}
    return str(stringify({"exports": {str(name): export for name in classes}}, indent="  "))


def migrations(scope: Scope, field: str, value: JSON) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        scope.error(f'The optional "{field}" field should be an array, but got {shown(value)}')
        return
    for index, migration in enumerate(value):
        _check_migration(scope, f"migrations[{index}]", members(migration))


def _check_migration(scope: Scope, path: str, migration: dict[str, JSON]) -> None:
    scope.warn_unexpected("migrations", dict(migration), MIGRATION_FIELDS)
    if "tag" not in migration:
        scope.error(f'"{path}.tag" is a required field.')
    elif not is_text(migration["tag"]):
        scope.error(f'Expected "{path}.tag" to be of type string but got {shown(migration["tag"])}.')
    for name in ("new_classes", "new_sqlite_classes"):
        text_array(scope, f"{path}.{name}", migration.get(name, []))
    for name in ("renamed_classes", "transferred_classes"):
        _check_moves(scope, f"{path}.{name}", migration.get(name, []), name == "transferred_classes")
    text_array(scope, f"{path}.deleted_classes", migration.get("deleted_classes", []))


def _check_moves(scope: Scope, path: str, value: JSON, is_transfer: bool) -> None:
    fields = ("from", "from_script", "to") if is_transfer else ("from", "to")
    sound = isinstance(value, list) and all(
        is_text(members(move).get(name)) for move in value for name in fields
    )
    if not sound:
        form = ", ".join(f"{name}: string" for name in fields)
        scope.error(f'Expected "{path}" to be an array of "{{{form}}}" objects but got {shown(value)}.')
