"""Durable Objects in a configuration: ``[[durable_objects.bindings]]`` and ``[[migrations]]``.

Texts are wrangler 4.86's. Of the migrations only those that create classes mean anything on one machine.
"""

from collections.abc import Iterable
from typing import Final

from worker.config.diagnostics import Diagnostics
from worker.config.javascript import JSON, is_text, members, shown
from worker.config.model import DurableObjectBinding
from worker.config.scope import Scope

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
    return tuple(
        DurableObjectBinding(
            name=str(entry["name"]),
            class_name=str(entry["class_name"]),
            script_name=str(entry["script_name"]) if "script_name" in entry else None,
            sqlite=entry["class_name"] not in stored_in_kv,
        )
        for entry in map(members, members(members(fields.get("durable_objects")).get("bindings")).values())
    )


def _classes(fields: dict[str, JSON], kind: str) -> Iterable[str]:
    for migration in members(fields.get("migrations")).values():
        yield from (str(name) for name in members(members(migration).get(kind)).values())


def bindings(scope: Scope, field: str, value: JSON) -> None:
    path = scope.path(field)
    if not isinstance(value, dict):
        scope.error(f'The field "{path}" should be an object but got {shown(value)}.')
    elif "bindings" not in value:
        scope.error(f'The field "{path}" is missing the required "bindings" property.')
    elif not isinstance(value["bindings"], list):
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


def warn_without_migrations(scope: Scope, fields: dict[str, JSON], file_name: str) -> None:
    """``fields`` are those that count for the level, ``file_name`` is what advice calls the file."""
    bound = members(members(fields.get("durable_objects")).get("bindings")).values()
    own = [members(entry).get("class_name") for entry in bound if not members(entry).get("script_name")]
    is_array = isinstance(members(fields.get("durable_objects")).get("bindings"), list)
    if not (is_array and own and all(map(is_text, own))) or members(fields.get("migrations")):
        return
    scope.warn(
        f"In your {file_name} file, you have configured `durable_objects` exported by this Worker"
        f" ({', '.join(map(str, own))}), but no `migrations` for them. This may not work as expected until"
        f" you add a `migrations` section to your {file_name} file. Add the following configuration:\n\n"
        f"```\n{_snippet(own, file_name)}\n```\n\n"
        "Refer to https://developers.cloudflare.com/durable-objects/reference/durable-objects-migrations/ for"
        " more details."
    )


def _snippet(classes: list[JSON], file_name: str) -> str:
    if file_name == "wrangler.toml":
        listed = ", ".join(map(shown, classes))
        return f'[[migrations]]\ntag = "v1"\nnew_sqlite_classes = [ {listed} ]\n'
    from kvstore.javascript.json_text import stringify

    return str(stringify({"migrations": [{"tag": "v1", "new_sqlite_classes": classes}]}, indent="  "))


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
        _check_texts(scope, f"{path}.{name}", migration.get(name, []))
    for name in ("renamed_classes", "transferred_classes"):
        _check_moves(scope, f"{path}.{name}", migration.get(name, []), name == "transferred_classes")
    _check_texts(scope, f"{path}.deleted_classes", migration.get("deleted_classes", []))


def _check_texts(scope: Scope, path: str, value: JSON) -> None:
    if not isinstance(value, list):
        scope.error(f'Expected "{path}" to be an array of strings but got {shown(value)}')
        return
    for index, item in enumerate(value):
        if not is_text(item):
            scope.error(f'Expected "{path}.[{index}]" to be of type string but got {shown(item)}.')


def _check_moves(scope: Scope, path: str, value: JSON, is_transfer: bool) -> None:
    fields = ("from", "from_script", "to") if is_transfer else ("from", "to")
    sound = isinstance(value, list) and all(
        is_text(members(move).get(name)) for move in value for name in fields
    )
    if not sound:
        form = ", ".join(f"{name}: string" for name in fields)
        scope.error(f'Expected "{path}" to be an array of "{{{form}}}" objects but got {shown(value)}.')
