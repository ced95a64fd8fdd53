"""What the flags of ``dev`` ask for, and where they are silent the section ``dev`` of the configuration."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kvstore.javascript.values import MAX_SAFE_INTEGER
from worker.config import AssetsConfig, WorkerConfig
from worker.javascript.bundle import BuildOptions
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.listening import address_of, port_of
from wrangler_compat.cli.project import Project
from wrangler_compat.dev.flags import EMULATED
from wrangler_compat.dev.upstream import Upstream

if TYPE_CHECKING:
    from wrangler_compat.dev.emulation import Emulation

_LONGEST_LAG_MS: Final = 86_400_000  # a day


@dataclass(frozen=True, slots=True)
class DevSettings:
    """``port`` and ``inspector_port`` are None where any free one from wrangler's default on will do."""

    host: str
    port: int | None
    https: bool
    inspector_host: str
    inspector_port: int | None
    upstream: Upstream
    build: BuildOptions
    test_scheduled: bool
    cron: bool
    live_reload: bool
    strict: bool
    allowed: frozenset[str]


def read_settings(arguments: Arguments, config: WorkerConfig, cwd: Path) -> DevSettings:
    """Raises CommandError for a port that is not valid, and for a pair without a colon."""
    section = config.dev

    def text(name: str) -> str | None:
        given = arguments.text(name) or section.get(name.replace("-", "_"))
        return str(given) if given else None

    def port(name: str) -> int | None:
        return port_of(arguments.flags.get(name, section.get(name.replace("-", "_"))), f"--{name}")

    routes = arguments.flags.get("routes", [])
    return DevSettings(
        host=address_of(text("ip") or "localhost"),
        port=port("port"),
        https=text("local-protocol") == "https",
        inspector_host=address_of(text("inspector-ip") or "localhost"),
        inspector_port=port("inspector-port"),
        upstream=Upstream(
            text("local-upstream") or text("host") or (_host_of(routes[0]) if routes else None),
            text("upstream-protocol"),
        ),
        build=_build(arguments, cwd),
        test_scheduled=bool(arguments.switch("test-scheduled")),
        cron=bool(arguments.switch("cron")),
        live_reload=bool(arguments.switch("live-reload")),
        strict=bool(arguments.switch("strict")),
        allowed=frozenset(arguments.flags.get("allow", ())),
    )


def read_emulation(arguments: Arguments, say: Callable[[str], None]) -> "Emulation | None":
    """What is emulated of the platform; None where no flag asks for it.

    ``say`` prints what that is, and each fault. Raises CommandError for a value that is not valid.
    """
    if not any(flag.name in arguments.flags for flag in EMULATED):
        return None
    # With all of the layers, which most do without.
    from kvstore.conditions import COLOS, CONDITIONS
    from kvstore.faults import read_fault
    from wrangler_compat.dev.emulation import Emulation

    named, colo = arguments.text("conditions") or "local", (arguments.text("colo") or COLOS[0]).upper()
    given, number = arguments.text("fault"), arguments.number("seed")
    seed = 1.0 if number is None else number
    lag = arguments.number("lag") or 0.0
    if not re.fullmatch("[A-Z]{3}", colo):
        raise CommandError(f"--colo takes three letters such as {COLOS[1]}, but got {colo!r:.60}")
    if not (seed.is_integer() and 0 <= seed <= MAX_SAFE_INTEGER):
        raise CommandError(f"--seed takes a whole number from 0 on, but got {seed:g}")
    if not (lag.is_integer() and 0 <= lag <= _LONGEST_LAG_MS):
        raise CommandError(
            f"--lag takes a whole number of milliseconds from 0 to {_LONGEST_LAG_MS}, but got {lag:.10g}"
        )
    try:
        fault = None if given is None else read_fault(given)
    except ValueError as error:
        raise CommandError(f"--fault: {error}") from error
    happens = f", {fault} counted over all requests" if fault else ""
    behind = f", D1's replicas {int(lag)} ms behind" if lag else ""
    say(f"⎔ Emulating conditions {named}, from {colo}, seed {int(seed)}{behind}{happens}")
    return Emulation(CONDITIONS[named], colo, fault, int(seed), say, int(lag))


def _host_of(route: str) -> str | None:
    """``www.example.org`` of ``https://*.www.example.org/path/*``."""
    return re.sub(r"^(https?://)?[*.]*", "", route).partition("/")[0] or None


def _build(arguments: Arguments, cwd: Path) -> BuildOptions:
    tsconfig = arguments.text("tsconfig")
    return BuildOptions(
        define=_pairs(arguments, "define"),
        alias=_pairs(arguments, "alias"),
        jsx_factory=arguments.text("jsx-factory"),
        jsx_fragment=arguments.text("jsx-fragment"),
        tsconfig=cwd / tsconfig if tsconfig else None,
        minify=bool(arguments.switch("minify")),
        no_bundle=bool(arguments.switch("no-bundle")),
    )


def _assets(config: WorkerConfig, folder: Path) -> AssetsConfig:
    if not folder.is_dir():
        raise CommandError(f'The folder of static assets that --assets names, "{folder}", was not found.')
    return replace(config.assets or AssetsConfig(""), directory=str(folder))


def _pairs(arguments: Arguments, name: str) -> dict[str, str]:
    pairs = {}
    for text in arguments.flags.get(name, []):
        first, colon, second = text.partition(":")
        if not colon or not first:
            raise CommandError(f'--{name} takes KEY:VALUE, but got "{text}"')
        pairs[first] = second
    return pairs


def configured(project: Project, arguments: Arguments) -> WorkerConfig:
    """The configuration with what the flags say in its place: entry file, name, variables, compatibility."""
    script = arguments.words[0] if arguments.words else None
    assets = arguments.text("assets")
    config = project.config
    if config is None:
        if script is None and assets is None:
            raise CommandError(
                f"No configuration was found from {project.folder} upward: there is no wrangler.toml, "
                "wrangler.json or wrangler.jsonc. Name the entry file, or run this in a Worker's folder."
            )
        config = WorkerConfig(path=project.folder / "wrangler.toml", root=project.folder)
    variables = _pairs(arguments, "var")
    changes: dict[str, Any] = {
        "main": script,
        "assets": _assets(config, project.folder / assets) if assets else None,
        "name": arguments.text("name"),
        "compatibility_date": arguments.text("compatibility-date"),
        "compatibility_flags": tuple(arguments.flags.get("compatibility-flags", ())) or None,
    }
    return replace(
        config,
        vars={**config.vars, **variables},
        secrets=config.secrets | variables.keys(),
        **{name: value for name, value in changes.items() if value is not None},
    )
