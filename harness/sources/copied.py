"""Copies what the sources of a migration hold, by namespace and by table: all of it, or a sample."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from harness.migration import Migration
from harness.model.outcomes import Outcomes
from harness.model.record import Place
from harness.model.stratum import stratum_of
from harness.sources.database_copy import copy_databases
from harness.sources.sample import Sample, Sampler
from harness.sources.source import open_source
from harness.system.stages import Stages
from harness.system.tables import DatabaseCopy
from harness.terminal.lines import some
from kvstore import Entry, ManualClock, NamespaceCopy, SourceError, StoreError
from kvstore.copies.export_file import read_last

# What has come, in words, how much of it, and of how much, None where that is not known.
OnCopied = Callable[[str, int, int | None], None]
_EVERY: Final = 1000


@dataclass(frozen=True)
class Copied:
    """Every entry of every namespace, how many had expired, and sentences on what else did not come along.

    ``sample`` says of what the entries are a sample, None where they are all.
    """

    entries: Mapping[Place, Entry]
    expired: int
    left: Sequence[str]
    databases: tuple[DatabaseCopy, ...] = ()
    sample: Sample | None = None


def copied(
    migration: Migration,
    stages: Stages,
    sources: Sequence[str],
    began: int,
    sample: int | None = None,
    on_copied: OnCopied = lambda *_: None,
) -> Copied:
    """What the sources hold, or a ``sample`` of so many entries: of files, without holding them.

    Raises SourceError, StoreError and ConfigError.
    """
    clock, left, expired = ManualClock(began), list[str](), 0
    found, entries, databases = _found(migration, stages, sources)
    sampler = None
    if sample is not None:
        tables = Stages(migration, copies=databases).tables if databases else {}
        sampler = Sampler(partial(stratum_of, Outcomes(migration, tables)), sample, began)
        for place, row in entries.items():
            sampler.add(place, row)
    for binding, path, is_needed in found:
        try:
            if sampler is not None and path.is_file():
                for key, entry in read_last(path, clock):
                    sampler.add((binding, key), entry)
                    if sampler.count % _EVERY == 0:
                        on_copied("entries counted", sampler.count, None)
                continue
            namespace = open_source(path, clock, binding=binding).namespace
        except (SourceError, StoreError) as error:
            if is_needed:
                raise
            left.append(f"nothing of the namespace {binding}: {error}")
            continue
        for key, entry in namespace.entries.items():
            if sampler is None:
                entries[binding, key] = entry
            else:
                sampler.add((binding, key), entry)
        expired += namespace.expired
        left += _left(binding, namespace)
    if sampler is None:
        return Copied(entries, expired, left, databases)
    chosen = sampler.sample()
    return Copied(chosen.entries, expired + chosen.expired, left, databases, chosen)


def _found(
    migration: Migration, stages: Stages, sources: Sequence[str]
) -> tuple[list[tuple[str, Path, bool]], dict[Place, Entry], tuple[DatabaseCopy, ...]]:
    """Where the entries of which binding are, and whether there must be any; rows; and databases."""
    found: list[tuple[str, Path, bool]] = []
    rows: dict[Place, Entry] = {}
    databases: list[DatabaseCopy] = []
    labels = [label for label in stages.namespaces if label]
    for text in sources:
        named, equals, place = text.partition("=")
        if not equals or named not in labels:
            named, place = "", text
        path = Path(place)
        if not named and path.is_dir():
            copies = copy_databases(path, stages, migration.keys)
            databases += copies.copies
            rows.update(copies.rows)
        bindings = [named] if named else labels if path.is_dir() else [migration.binding]
        found += [(one, path, bool(named) or one == migration.binding) for one in bindings]
    return found, rows, tuple(databases)


def _left(binding: str, namespace: NamespaceCopy) -> Iterator[str]:
    """Sentences on what did not come along."""
    if namespace.valueless:
        yield f"keys of {binding} without a value on disk: {some(namespace.valueless)}"
    if namespace.damaged:
        yield f"damaged rows of {binding}: {some(namespace.damaged)}"
