"""The Workers of one ``dev``: one for each ``-c``, and the first is the primary."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.config import WorkerConfig
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.project import Project
from wrangler_compat.dev.settings import configured
from wrangler_compat.dev.watch import Watched


@dataclass(frozen=True, slots=True)
class Member:
    """One of the Workers: its configuration, and what reads that anew after a change."""

    project: Project
    config: WorkerConfig
    read: Callable[[], WorkerConfig]

    @property
    def name(self) -> str:
        return name_of(self.config)

    @property
    def is_python(self) -> bool:
        return (self.config.main or "").endswith(".py")

    @property
    def is_built(self) -> bool:
        """Whether a command of the user's makes what is served."""
        return self.config.build.command is not None and not self.is_python

    @property
    def watched(self) -> list[Watched]:
        """What it is made of: its folder, or what the configuration says that a build reads."""
        root = self.project.root
        if not self.is_built:
            return [Watched(root)]
        return [
            Watched(root, below=False),
            *(Watched(root / one, every=True) for one in self.config.build.watch),
        ]


def name_of(config: WorkerConfig) -> str:
    return config.name or "worker"


def read_members(invocation: Invocation) -> list[Member]:
    """Flags such as --var are for the first; --env is for all. Raises CommandError."""
    named = invocation.arguments.all_texts("config")
    members = [_first(invocation, named[0] if named else None)]
    members += [_further(invocation, path) for path in named[1:]]
    for number, one in enumerate(members[1:], 1):
        if one.config.name is None or one.name in {other.name for other in members[:number]}:
            has = "no name" if one.config.name is None else f"the name {one.name} of another"
            raise CommandError(
                f"{one.config.path} has {has}: give each of several Workers a `name` of its own"
            )
    return members


def _first(invocation: Invocation, path: str | None) -> Member:
    def read() -> Project:
        return invocation.read_project(with_secrets=True, config=path)

    project = read()
    arguments = invocation.arguments
    return Member(project, configured(project, arguments), lambda: configured(read(), arguments))


def _further(invocation: Invocation, path: str) -> Member:
    def read() -> Project:
        return invocation.read_project(with_secrets=True, config=path)

    def config_of(project: Project) -> WorkerConfig:
        assert project.config is not None, "its path is given"
        return project.config

    project = read()
    return Member(project, config_of(project), lambda: config_of(read()))
