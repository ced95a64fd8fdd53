"""What entries become, as the migration declares it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.migration import Entry as Wanted
from harness.migration import Migration, MigrationError, entry_of, mistyped, unstorable
from harness.model.record import Place
from harness.under_way import asking
from kvstore import Entry


class Unstorable(Exception):
    """What an entry is to become is nothing that KV takes."""


class Outcomes:
    """What entries become, by `Migration.becomes`: asked once for each entry."""

    def __init__(self, migration: Migration) -> None:
        self.migration = migration
        self._known: dict[tuple[Place, Entry], tuple[Wanted, ...] | None] = {}

    def targets(self, place: Place, stored: Entry) -> tuple[Wanted, ...] | None:
        """What an old entry becomes; None when it cannot be moved. The place must have a rule."""
        key = place, stored
        if key not in self._known:
            self._known[key] = self._asked(place, stored)
        return self._known[key]

    def refusal(self, place: Place, stored: Entry) -> str | None:
        """Why an old entry cannot be moved; None for one that can."""
        try:
            self._made(place, stored)
        except MigrationError:
            raise
        except Unstorable as error:
            return str(error)
        except Exception as error:  # whatever a user's function raises: this entry is not one of its kind
            return f"{type(error).__name__}: {error}"
        return None

    def _asked(self, place: Place, stored: Entry) -> tuple[Wanted, ...] | None:
        try:
            return self._made(place, stored)
        except MigrationError:
            raise
        except Exception:  # as above
            return None

    def _made(self, place: Place, stored: Entry) -> tuple[Wanted, ...]:
        rule = self.migration.rule_for(*place)
        assert rule is not None
        with asking(f"{rule.name}({place[1]!r})"):
            made = rule.function(place[1].removeprefix(rule.prefix), entry_of(place[1], stored, place[0]))
        alone = isinstance(made, str | bytes | Mapping) or not isinstance(made, Iterable)
        several = () if made is None else (made,) if alone else tuple(made)
        for one in several:
            if not isinstance(one, Wanted):
                raise MigrationError(
                    f"{rule.name}({place[1]!r}) gives {one!r}: it must give an Entry, several, or None"
                )
            if (wrong := mistyped(one)) is not None:
                raise MigrationError(f"{rule.name}({place[1]!r}) gives an entry {wrong}")
            if (why := unstorable(one)) is not None:
                raise Unstorable(why)
        return tuple(one if one.binding else replace(one, binding=place[0]) for one in several)


def place_of(wanted: Wanted) -> Place:
    return wanted.binding, wanted.key
