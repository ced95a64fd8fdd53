"""The tables of a configuration that are no bindings, described as wrangler 4.164 checks them."""

import re
from typing import Final

from worker.config.fields.checks import (
    Check,
    anything,
    boolean,
    number,
    one_of,
    text,
    text_array,
    texts,
)
from worker.config.fields.scope import Scope
from worker.config.fields.tables import check_members, each, nested, section
from worker.config.javascript import JSON, is_number, is_text, members, shown


def _run_worker_first(scope: Scope, field: str, value: JSON) -> None:
    if isinstance(value, list):
        text_array(scope, "assets.run_worker_first", value)
    elif not isinstance(value, bool):
        scope.error(
            f'The field "{field}" should be an array of strings or a boolean, but got {shown(value)}.'
        )


def _assets_kind(value: JSON) -> str:
    return "string" if is_text(value) else "boolean" if isinstance(value, bool) else "number"


_assets: Final = section(
    {
        "directory": text,
        "binding": text,
        "html_handling": one_of("auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"),
        "not_found_handling": one_of("single-page-application", "404-page", "none"),
        "base_path": text,
        "run_worker_first": _run_worker_first,
    }
)


def assets(scope: Scope, field: str, value: JSON) -> None:
    if value is not None and not isinstance(value, dict | list):
        scope.error(f'"{field}" should be an object, but got value "{field}" of type {_assets_kind(value)}')
        return
    _assets(scope, field, value)


def _watch_dir(scope: Scope, field: str, value: JSON) -> None:
    (text_array if isinstance(value, list) else text)(scope, field, value)


build: Final = section({"command": text, "cwd": text, "watch_dir": _watch_dir})


def limits(scope: Scope, field: str, value: JSON) -> None:
    check_members(scope, field, members(value), {"cpu_ms": number, "subrequests": number})


def _is_route(value: JSON) -> bool:
    if is_text(value):
        return bool(value)
    if not isinstance(value, dict) or not is_text(value.get("pattern")):
        return False
    kinds = {
        **dict.fromkeys(("zone_id", "zone_name"), str),
        **dict.fromkeys(("custom_domain", "enabled", "previews_enabled"), bool),
    }
    right = {name for name, kind in kinds.items() if isinstance(value.get(name), kind)}
    if len(right) != len(value) - 1 or {"zone_id", "zone_name"} <= right:
        return False
    return "custom_domain" in right or (bool(right) and not right & {"enabled", "previews_enabled"})


_ROUTE_FORM: Final = "{ pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }"


def route(scope: Scope, field: str, value: JSON) -> None:
    if not _is_route(value):
        expected = f"either a string, or an object with shape {_ROUTE_FORM}"
        scope.error(f'Expected "{field}" to be {expected}, but got {shown(value)}.')


def routes(scope: Scope, field: str, value: JSON) -> None:
    if not isinstance(value, list):
        scope.error(f'Expected "{field}" to be an array but got {shown(value)}.')
    elif wrong := [one for one in value if not _is_route(one)]:
        from kvstore.javascript.json_text import stringify

        expected = f"an array of either strings or objects with the shape {_ROUTE_FORM}"
        listed = stringify(wrong, indent="  ")
        scope.error(f'Expected "{field}" to be {expected}, but these weren\'t valid: {listed}.')
    if "route" in scope.raw:
        scope.error('Expected exactly one of the following fields ["routes","route"].')


_MODULE_TYPES: Final = ("ESModule", "CommonJS", "CompiledWasm", "Text", "Data")


def _rule(scope: Scope, path: str, value: JSON) -> None:
    if not isinstance(value, dict | list):
        scope.error(f'"{path}" should be an object but got {shown(value)}.')
        return
    held = members(value)
    if held.get("type") not in _MODULE_TYPES:
        listed = ", ".join(f'"{one}"' for one in _MODULE_TYPES[:-1])
        scope.error(f'bindings should have a string "type" field, which contains one of {listed}, or "Data".')
    if "globs" in held:
        text_array(scope, f"{path}.globs", held["globs"])
    else:
        scope.error(f'Expected "{path}.globs" to be an array of strings but got undefined')
    if "fallthrough" in held and not isinstance(held["fallthrough"], bool):
        scope.error('the field "fallthrough", when present, should be a boolean.')


rules: Final = nested(each(_rule, 'The field "{path}" should be an array but got {value}.'))


def _tail_consumer(scope: Scope, path: str, value: JSON) -> None:
    if not isinstance(value, dict | list):
        scope.error(f'"{path}" should be an object but got {shown(value)}.')
        return
    before = len(scope.diagnostics.errors)
    check_members(scope, path, members(value), {"service": text}, ("service",))
    if len(scope.diagnostics.errors) == before:
        check_members(scope, path, members(value), {"environment": text})


tail_consumers: Final = each(_tail_consumer, 'Expected "{path}" to be an array but got {value}.')


def alias(scope: Scope, field: str, value: JSON) -> None:
    if not isinstance(value, dict | list | type(None)):
        scope.error(f"Expected {field} to be an object, but got {_assets_kind(value)}")
    for name, other in members(value).items():
        if not is_text(other):
            kind = "object" if other is None or isinstance(other, dict | list) else _assets_kind(other)
            scope.error(f'Expected {field}["{name}"] to be a string, but got {kind}')


def module_paths(scope: Scope, field: str, value: JSON) -> None:
    for name, path in members(value).items():
        text(scope, f"{field}['{name}']", path)


_LOGS: Final[dict[str, Check]] = {
    "enabled": boolean,
    "head_sampling_rate": number,
    "invocation_logs": boolean,
    "destinations": text_array,
    "persist": boolean,
}
_OBSERVABILITY: Final[dict[str, dict[str, Check]]] = {
    "": {"enabled": boolean, "head_sampling_rate": number, "redact_query_string": boolean},
    "logs.": _LOGS,
    "traces.": {name: check for name, check in _LOGS.items() if name != "invocation_logs"},
    "issues.": {"enabled": boolean},
}


def observability(scope: Scope, field: str, value: JSON) -> None:
    """``[observability]``, and the tables in it; a message has the outer one's name for unknown members."""
    if not isinstance(value, dict | list):
        scope.error(f'"{field}" should be an object but got {shown(value)}.')
        return
    held = members(value)
    parts = {part: members(held.get(part[:-1])) if part else held for part in _OBSERVABILITY}
    if not any("enabled" in found for found in parts.values()):
        asked = " or ".join(f'"{field}.{part}enabled"' for part in parts)
        scope.error(f"{asked} is required.")
    known = {part: frozenset(described) for part, described in _OBSERVABILITY.items()}
    known[""] |= {part[:-1] for part in parts}
    for part, described in _OBSERVABILITY.items():
        check_members(scope, f"{field}.{part}"[:-1], parts[part], described)
        scope.warn_unexpected(field, dict(parts[part]), known[part])
    for part, found in parts.items():
        rate = found.get("head_sampling_rate")
        if is_number(rate) and not 0 <= float(str(rate)) <= 1:
            scope.error(f'"{field}.{part}head_sampling_rate" must be a value between 0 and 1.')


cache: Final = section({"enabled": boolean, "cross_version_cache": boolean}, ("enabled",))
compliance_region: Final = one_of("public", "fedramp_high", typed=False)


def placement(scope: Scope, field: str, value: JSON) -> None:
    if not isinstance(value, dict):
        scope.error(f'The field "{field}" should be an object but got {shown(value)}.')
        return
    targets = [name for name in ("region", "host", "hostname") if name in value]
    if "hint" in value and targets:
        both = 'both "hint" (smart format) and "region"/"host"/"hostname" (targeted format) fields'
        scope.error(f'"{field}" cannot have {both}')
    elif "hint" in value:
        check_members(scope, field, value, {"mode": one_of("off", "smart")}, ("mode",))
        if not is_text(value["hint"]):
            scope.error(f'"{field}.hint" must be a string when "{field}.mode" is "{value.get("mode")}"')
        if value["hint"] and value.get("mode") != "smart":
            scope.error(f'"{field}.hint" can only be set when "{field}.mode" is "smart"')
    elif targets:
        check_members(scope, field, value, {"mode": one_of("targeted"), **dict.fromkeys(targets, text)})
        if len(targets) > 1:
            listed = ", ".join(f'"{name}"' for name in targets)
            scope.error(f'"{field}" fields {listed} are mutually exclusive. Only one can be specified.')
    else:
        check_members(scope, field, value, {"mode": one_of("off", "smart", "targeted")}, ("mode",))


def python_modules(scope: Scope, field: str, value: JSON) -> None:
    if not isinstance(value, dict):
        scope.error(f'"{field}" should be an object but got {shown(value)}.')
    elif "exclude" in value:
        texts(scope, f"{field}.exclude", value["exclude"])


_site: Final = section(
    {"bucket": text, "include": anything, "exclude": anything, "entry-point": text}, ("bucket",)
)


def site(scope: Scope, field: str, value: JSON) -> None:
    """``[site]``, from before there were assets; ``site.entry-point`` was what ``main`` is."""
    held = members(value)
    _site(scope, field, held)
    for name in ("include", "exclude"):
        if name in held:
            text_array(scope, f"sites.{name}", held[name])
    entry_point, main = held.get("entry-point"), scope.raw.get("main")
    if "entry-point" in held:
        named = str(entry_point) if re.search(r"\.[^/.]+$", str(entry_point)) else f"{entry_point}/index.js"
        scope.warn(
            'Deprecation: "site.entry-point":\nDelete the `site.entry-point` field, then add the top level '
            f'`main` field to your configuration file:\n```\nmain = "{named}"\n```'
        )
    if not main and not entry_point:
        scope.warn(
            "Because you've defined a [site] configuration, we're defaulting to \"workers-site\" for the "
            "deprecated `site.entry-point`field.\n"
            "Add the top level `main` field to your configuration file:\n"
            '```\nmain = "workers-site/index.js"\n```'
        )
    elif main and entry_point:
        scope.error(
            "Don't define both the `main` and `site.entry-point` fields in your configuration.\n"
            "They serve the same purpose: to point to the entry-point of your worker.\n"
            "Delete the deprecated `site.entry-point` field from your config."
        )
