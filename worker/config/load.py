"""Puts the parts together: one file, one environment, one configuration."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from worker.config.diagnostics import Diagnostics, warning_block
from worker.config.environment import resolve
from worker.config.errors import ConfigError
from worker.config.fields.bindings import (
    SECRET,
    VARIABLE,
    kinds_by_name,
    kv_namespaces,
    not_emulated,
    services,
)
from worker.config.fields.d1_databases import d1_databases
from worker.config.fields.durable_objects import durable_objects
from worker.config.fields.products import r2_buckets
from worker.config.fields.queues import consumers, producers
from worker.config.fields.scope import Scope
from worker.config.files.document import read_document
from worker.config.javascript import JSON, members
from worker.config.model import AssetsConfig, CustomBuild, ModuleRule, WorkerConfig
from worker.config.secrets import Secrets, SecretSources, read_secrets

PYTHON_FLAG: Final = "python_workers"


def load_config(
    path: Path,
    environment: str | None = None,
    process_env: Mapping[str, str] | None = None,
    *,
    cwd: Path | None = None,
    env_files: Sequence[str] = (),
    with_secrets: bool = True,
) -> WorkerConfig:
    """The configuration in the file ``path`` for one environment, as wrangler 4.164 reads it.

    ``environment`` None asks CLOUDFLARE_ENV in ``process_env`` (which is empty unless given), ``""`` means
    the top level. Messages name files relative to ``cwd``, by default the file's own folder. ``env_files``
    are read instead of .dev.vars and .env. Without ``with_secrets`` no such file is read: that is what
    wrangler does for commands that do not run the Worker.

    Raises ConfigFileError if the file cannot be read or parsed, ConfigError for what is wrong in it. Not
    modelled: redirection by .wrangler/deploy/config.json.
    """
    variables = {} if process_env is None else process_env
    place = path.absolute()
    base = place.parent if cwd is None else cwd.absolute()
    chosen = variables.get("CLOUDFLARE_ENV") if environment is None else environment
    raw = read_document(path)
    fields, log = _checked(raw, chosen, os.path.relpath(place, base), variables)
    secrets = Secrets({}, ())
    if with_secrets:
        sources = SecretSources(place.parent, base, environment, variables, env_files)
        secrets = _secrets(sources, fields, log)
    return _config(place, chosen or None, raw, fields, secrets, log)


def _checked(
    raw: dict[str, JSON], environment: str | None, shown_path: str, process_env: Mapping[str, str]
) -> tuple[dict[str, JSON], tuple[str, ...]]:
    """The fields that count, and the warnings about them."""
    diagnostics = Diagnostics(f"Processing {shown_path} configuration:")
    experimental = "WRANGLER_DISABLE_EXPERIMENTAL_WARNING" not in process_env
    fields = resolve(Scope(diagnostics, raw, experimental), environment, _file_name(shown_path))
    _check_python(fields)
    log = (warning_block(diagnostics.text("warnings")),) if diagnostics.has("warnings") else ()
    if diagnostics.has("errors"):
        raise ConfigError(diagnostics.text("errors"), warnings=log)
    return fields, log


def _file_name(shown_path: str) -> str:
    """What wrangler calls the file in advice, whatever its name: by its format."""
    formats = {"toml": "wrangler.toml", "jsonc": "wrangler.jsonc", "json": "wrangler.json"}
    return next((name for end, name in formats.items() if shown_path.endswith(end)), "Wrangler configuration")


def _check_python(fields: dict[str, JSON]) -> None:
    """Comes before all other complaints, as in wrangler."""
    main, flags = fields.get("main"), _texts(fields.get("compatibility_flags"))
    if isinstance(main, str) and main.endswith(".py") and PYTHON_FLAG not in flags:
        raise ConfigError(f"The `{PYTHON_FLAG}` compatibility flag is required to use Python.")


def _secrets(sources: SecretSources, fields: dict[str, JSON], log: tuple[str, ...]) -> Secrets:
    try:
        return read_secrets(sources, _required_secrets(fields), members(fields.get("vars")))
    except ConfigError as error:
        raise ConfigError(error.message, warnings=log) from error


def _required_secrets(fields: dict[str, JSON]) -> list[str] | None:
    if "secrets" not in fields:
        return None
    required = members(fields["secrets"]).get("required")
    return [str(name) for name in members(required).values()]


def _config(
    path: Path,
    environment: str | None,
    raw: dict[str, JSON],
    fields: dict[str, JSON],
    secrets: Secrets,
    log: tuple[str, ...],
) -> WorkerConfig:
    taken = _names_of_other_bindings(fields)
    given = {**members(fields.get("vars")), **secrets.values}
    main = _text(fields, "main")
    return WorkerConfig(
        path=path,
        root=path.parent,
        environment=environment,
        name=_text(fields, "name"),
        main=os.path.normpath(main) if main else main,
        account_id=_text(fields, "account_id"),
        compatibility_date=_text(fields, "compatibility_date"),
        compatibility_flags=_texts(fields.get("compatibility_flags")),
        vars={name: value for name, value in given.items() if name not in taken},
        secrets=frozenset(secrets.values) - taken,
        kv_namespaces=kv_namespaces(fields),
        durable_objects=durable_objects(fields),
        d1_databases=d1_databases(fields),
        r2_buckets=r2_buckets(fields),
        services=services(fields),
        queue_producers=producers(fields),
        queue_consumers=consumers(fields),
        not_emulated=not_emulated(fields),
        assets=_assets(members(fields.get("assets"))),
        crons=_texts(members(fields.get("triggers")).get("crons")),
        dev=members(raw.get("dev")),
        define=_text_members(fields.get("define")),
        alias=_text_members(raw.get("alias")),
        rules=tuple(
            ModuleRule(str(rule["type"]), _texts(rule.get("globs")))
            for rule in map(members, members(fields.get("rules")).values())
        ),
        build=_build(members(fields.get("build"))),
        no_bundle=fields.get("no_bundle") is True,
        minify=fields.get("minify") is True,
        log=(*log, *secrets.log),
    )


def _build(fields: dict[str, JSON]) -> CustomBuild:
    watched = fields.get("watch_dir", "./src")
    watch = (watched,) if isinstance(watched, str) else _texts(watched)
    return CustomBuild(_text(fields, "command"), _text(fields, "cwd"), watch)


def _names_of_other_bindings(fields: dict[str, JSON]) -> frozenset[str]:
    """Names that a secret cannot take: it overrides a variable, but a binding stays what it is."""
    claims = kinds_by_name(fields)
    return frozenset(name for name, kinds in claims.items() if not {VARIABLE, SECRET}.issuperset(kinds))


def _text(fields: dict[str, JSON], name: str) -> str | None:
    return str(fields[name]) if name in fields else None


def _assets(given: dict[str, JSON]) -> AssetsConfig | None:
    if "directory" not in given:
        return None
    first = given.get("run_worker_first", False)
    return AssetsConfig(
        directory=str(given["directory"]),
        binding=_text(given, "binding"),
        html_handling=_text(given, "html_handling") or "auto-trailing-slash",
        not_found_handling=_text(given, "not_found_handling") or "none",
        run_worker_first=_texts(first) if isinstance(first, list) else first is True,
    )


def _text_members(value: JSON) -> dict[str, str]:
    return {name: str(member) for name, member in members(value).items()}


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(str(element) for element in members(value).values())
