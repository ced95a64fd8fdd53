"""Turns the members of a configuration file into the fields that count for one environment."""

from dataclasses import replace

from worker.config.diagnostics import Diagnostics
from worker.config.fields.bindings import check_unique_names, kinds_by_name
from worker.config.fields.durable_objects import check_lifecycle
from worker.config.fields.fields import (
    DEV_CHECKS,
    DEV_FIELDS,
    ENVIRONMENT_FIELDS,
    EXPERIMENTAL_FIELDS,
    FIELDS,
    MODULE_FIELDS,
    TOP_CHECKS,
    TOP_FIELDS,
    Field,
    refuse_removed,
)
from worker.config.fields.scope import Scope
from worker.config.javascript import JSON, members, shown


def resolve(top_scope: Scope, environment: str | None, file_name: str) -> dict[str, JSON]:
    """The fields that count for ``environment`` (None or ``""``: the top level), all checks made.

    What is wrong goes to the scope's diagnostics; the result is only to be used if there are no errors.
    ``file_name`` stands in the advice for an unknown environment. Fields without a value are left out.
    """
    raw = top_scope.raw
    for name, check in TOP_CHECKS:
        if name in raw:
            check(top_scope, name, raw[name])
    top = _read_level(top_scope, file_name)
    fields = _choose(top_scope, top, environment, file_name) if environment else top
    _check_dev(top_scope)
    claims = kinds_by_name({**fields, **{name: raw[name] for name in MODULE_FIELDS if name in raw}})
    check_unique_names(top_scope.diagnostics, claims)
    top_scope.warn_unexpected("top-level", raw, TOP_FIELDS)
    return fields


def _choose(top_scope: Scope, top: dict[str, JSON], environment: str, file_name: str) -> dict[str, JSON]:
    environments = members(top_scope.raw.get("env"))
    if environment not in environments:
        _report_unknown(top_scope, environment, file_name)
        return {**top, "name": _named(top.get("name"), environment)}
    raw = environments[environment]
    if not isinstance(raw, dict | list):  # wrangler crashes with a TypeError of JavaScript's
        top_scope.error(f'The field "env.{environment}" should be an object but got {shown(raw)}.')
        return top
    return _read_environment(top_scope, top, environment, members(raw), file_name)


def _read_environment(
    top_scope: Scope, top: dict[str, JSON], environment: str, raw: dict[str, JSON], file_name: str
) -> dict[str, JSON]:
    diagnostics = Diagnostics(f'"env.{environment}" environment configuration')
    scope = Scope(diagnostics, raw, top_scope.experimental, environment, top_scope.raw, top)
    fields = _read_level(scope, file_name)
    scope.warn_unexpected(f"env.{environment}", raw, ENVIRONMENT_FIELDS)
    top_scope.diagnostics.parts.append(diagnostics)
    return fields


def _read_level(scope: Scope, file_name: str) -> dict[str, JSON]:
    refuse_removed(scope)
    for name in EXPERIMENTAL_FIELDS if scope.experimental else ():
        if name in scope.raw:
            scope.warn(f'"{name}" fields are experimental and may change or break at any time.')
    scope = replace(scope, raw=_without_empty_texts(scope))
    values = {field.name: _value(scope, field) for field in FIELDS}
    fields: dict[str, JSON] = {name: value for name, value in values.items() if value is not None}
    check_lifecycle(scope, fields, file_name)
    return fields


def _without_empty_texts(scope: Scope) -> dict[str, JSON]:
    raw = dict(scope.raw)
    for name in ("route", "account_id"):
        if raw.get(name) == "":
            scope.warn(
                f'The "{name}" field in your configuration is an empty string and will be ignored.\n'
                f'Please remove the "{name}" field from your configuration.'
            )
            del raw[name]
    return raw


def _value(scope: Scope, field: Field) -> JSON:
    own = scope.raw.get(field.name)
    if field.name in scope.raw:
        field.check(scope, field.name, own)
    elif not field.inherited and field.name in scope.raw_top:
        _warn_not_inherited(scope, field.name)
    if own is not None or not field.inherited:
        return own
    above = scope.top.get(field.name)
    return _named(above, scope.name) if field.name == "name" else above


def _named(top_name: JSON, environment: str | None) -> JSON:
    """A Worker is deployed once for each environment, under the name of the top level and its own."""
    return f"{top_name}-{environment}" if top_name else None


def _warn_not_inherited(scope: Scope, name: str) -> None:
    scope.warn(
        f'"{name}" exists at the top level, but not on "env.{scope.name}".\n'
        f'This is not what you probably want, since "{name}" is not inherited by environments.\n'
        f'Please add "{name}" to "env.{scope.name}".'
    )


def _report_unknown(scope: Scope, environment: str, file_name: str) -> None:
    """Unknown is an error if the file has environments; without any, the top level is used with a warning."""
    environments = scope.raw.get("env")
    names = f"The available configured environment names are: {shown([*members(environments)])}\n"
    text = (
        f'No environment found in configuration with name "{environment}".\n'
        f"Before using `--env={environment}` there should be an equivalent environment section"
        f" in the configuration.\n{'' if environments is None else names}\n"
        f"Consider adding an environment configuration section to the {file_name} file:\n"
        f"```\n[env.{environment}]\n```\n"
    )
    (scope.warn if environments is None else scope.error)(text)


def _check_dev(scope: Scope) -> None:
    dev = members(scope.raw.get("dev"))
    scope.warn_unexpected("dev", dev, DEV_FIELDS)
    for name, check in DEV_CHECKS:
        if name in dev:
            check(scope, f"dev.{name}", dev[name])
