"""Secrets for local development: which files beside the configuration hold them, and which of them count."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from worker.config.diagnostics import warning_block
from worker.config.errors import ConfigError
from worker.config.files.dotenv import expand, parse_dotenv
from worker.config.javascript import shown


@dataclass(frozen=True, slots=True)
class Secrets:
    """``values`` by name (not shown by repr), and what wrangler prints while it collects them."""

    values: dict[str, str] = field(repr=False)
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecretSources:
    """Where secrets come from.

    ``root`` is the folder of the configuration, ``cwd`` the one that printed names are relative to.
    ``environment`` is the one that was asked for by name: CLOUDFLARE_ENV does not choose files.
    ``env_files``, relative to ``root``, replace all others.
    """

    root: Path
    cwd: Path
    environment: str | None
    process_env: Mapping[str, str] = field(repr=False)
    env_files: Sequence[str] = ()


def read_secrets(
    sources: SecretSources, required: Sequence[str] | None, variables: Collection[str] = ()
) -> Secrets:
    """The secrets that the Worker gets; ``required`` is None if the configuration does not list them.

    One .dev.vars file, even an empty one, hides all .env files. If the configuration lists its secrets, only
    those are taken, and what is named like one of its ``variables``; and the process environment counts as a
    source beside .env. Raises ConfigError for a .dev.vars that cannot be read, and for a switch among the
    variables that is neither true nor false.
    """
    found = _dev_vars(sources) if not sources.env_files else None
    if found is None:
        found = _dot_env(sources, listed=required is not None)
    if required is None:
        return found
    missing = [name for name in required if name not in found.values]
    values = {name: found.values[name] for name in (*variables, *required) if name in found.values}
    return Secrets(values, (*found.log, *_missing(missing)))


def command_env(
    cwd: Path, process_env: Mapping[str, str], environment: str | None = None, env_files: Sequence[str] = ()
) -> dict[str, str]:
    """The process environment that a wrangler command sees: ``process_env``, and below it the .env files.

    They are those of the folder in which the command runs (not of the configuration) and of the environment
    that was asked for by name. It is how CLOUDFLARE_API_TOKEN or CLOUDFLARE_ENV in a .env file take effect.
    """
    sources = SecretSources(cwd, cwd, environment, process_env, env_files)
    return expand(_read_dot_env(sources).values, process_env)


def _missing(names: list[str]) -> list[str]:
    if not names:
        return []
    advice = "Add them to .dev.vars, .env, or set as environment variables."
    return [warning_block(f"Missing required secrets: {', '.join(names)}. {advice}")]


def _dev_vars(sources: SecretSources) -> Secrets | None:
    names = [".dev.vars"]
    if sources.environment is not None:
        names.insert(0, f".dev.vars.{sources.environment}")
    for name in names:
        text = _read_dev_vars(sources, name)
        if text is not None:
            return Secrets(parse_dotenv(text), (_using(_shown_path(sources, name)),))
    return None


def _read_dev_vars(sources: SecretSources, name: str) -> str | None:
    try:
        return (sources.root / name).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        shown_path = _shown_path(sources, name)
        raise ConfigError(f'Failed to load local dev variables file "{shown_path}":') from error


def _dot_env(sources: SecretSources, listed: bool) -> Secrets:
    if not _switch(sources.process_env, "CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV", default=True):
        return Secrets({}, ())
    written = _read_dot_env(sources)
    if not listed and not _switch(sources.process_env, "CLOUDFLARE_INCLUDE_PROCESS_ENV", default=False):
        return Secrets(expand(written.values, {}), written.log)
    return Secrets(expand(written.values, sources.process_env), (*written.log, _using("process.env")))


def _read_dot_env(sources: SecretSources) -> Secrets:
    """The merged .env files as they are written, references not replaced."""
    values: dict[str, str] = {}
    log: list[str] = []
    for name in sources.env_files or _dot_env_names(sources.environment):
        try:
            text = (sources.root / name).read_bytes().decode("utf-8", "replace")
        except OSError:  # wrangler passes over what it cannot read, here unlike with .dev.vars
            continue
        values |= parse_dotenv(text)
        log.append(_using(_shown_path(sources, name)))
    return Secrets(values, tuple(log))


def _dot_env_names(environment: str | None) -> tuple[str, ...]:
    """Later files win. Measured on 4.86: a file for the environment beats .env.local."""
    general = (".env", ".env.local")
    return general if environment is None else (*general, f".env.{environment}", f".env.{environment}.local")


def _switch(process_env: Mapping[str, str], name: str, default: bool) -> bool:
    value = process_env.get(name)
    if value is None:
        return default
    if value.lower() not in ("true", "false"):
        raise ConfigError(f'Expected {name} to be "true" or "false", but got {shown(value)}')
    return value.lower() == "true"


def _using(source: str) -> str:
    return f"Using secrets defined in {source}"


def _shown_path(sources: SecretSources, name: str) -> str:
    return os.path.relpath(sources.root / name, sources.cwd)
