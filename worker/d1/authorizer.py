"""What SQL may do in D1: asked by SQLite whenever it prepares a statement.

Source: every function, pragma and module of SQLite 3.47, tried on workerd 1.20260426.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import apsw

_OWN_PREFIX: Final = "_cf_"

# Refused with "not authorized to use function".
REFUSED_FUNCTIONS: Final = frozenset(
    (
        "ceiling",
        "log10",
        "power",
        "subtype",
        "json_error_position",
        "json_pretty",
        "sqlite_log",
        "sqlite_version",
        "sqlite_source_id",
        "sqlite_compileoption_get",
        "sqlite_compileoption_used",
        "fts5",
        "fts5_get_locale",
        "fts5_locale",
        "fts5_source_id",
    )
)
# What the runtime's SQLite does not have: functions by the number of arguments, and modules.
ABSENT_FUNCTIONS: Final = {
    **dict.fromkeys(("geopoly_area", "geopoly_bbox", "geopoly_blob", "geopoly_ccw", "geopoly_json"), (1,)),
    **dict.fromkeys(("geopoly_contains_point", "geopoly_svg", "geopoly_debug"), (-1, 1, 3)),
    **dict.fromkeys(("geopoly_overlap", "geopoly_within", "geopoly_group_bbox"), (1, 2)),
    "geopoly_regular": (4,),
    "geopoly_xform": (7,),
    "fts3_tokenizer": (1, 2),
    "matchinfo": (1, 2),
    "offsets": (1,),
    "optimize": (1,),
    "rtreecheck": (-1,),
    "rtreedepth": (1,),
    "rtreenode": (2,),
}
MODULES: Final = ("fts5", "fts5vocab", "json_each", "json_tree")
_CREATABLE: Final = frozenset({"fts5", "fts5vocab"})

Check = Callable[[str | None], bool]


def _nothing(given: str | None) -> bool:
    return given is None


def _truth(given: str | None) -> bool:
    return given is None or _TRUTH.match(given) is not None


def _name(given: str | None) -> bool:
    return given is not None and not given.startswith(_OWN_PREFIX)


def _name_or_nothing(given: str | None) -> bool:
    return given is None or _name(given)


def _number_or_nothing(given: str | None) -> bool:
    return given is None or _NUMBER.fullmatch(given) is not None


def _anything(given: str | None) -> bool:
    return True


_TRUTH: Final = re.compile(r"(?:1|0|true|false|yes|no|on|off)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?[0-9]+")
_PRAGMAS: Final[Mapping[str, Check]] = {
    "data_version": _nothing,
    "optimize": _number_or_nothing,
    "table_list": _anything,
    **dict.fromkeys(("foreign_key_check", "quick_check"), _name_or_nothing),
    **dict.fromkeys(("foreign_key_list", "table_info", "table_xinfo"), _name),
    **dict.fromkeys(("index_info", "index_list", "index_xinfo"), _name),
    **dict.fromkeys(("case_sensitive_like", "defer_foreign_keys", "foreign_keys"), _truth),
    **dict.fromkeys(("ignore_check_constraints", "legacy_alter_table", "recursive_triggers"), _truth),
    "reverse_unordered_selects": _truth,
}
# Whatever has the name of a table, an index, a trigger or a view; some have two.
_NAMED: Final = frozenset(
    (
        apsw.SQLITE_CREATE_INDEX,
        apsw.SQLITE_CREATE_TABLE,
        apsw.SQLITE_CREATE_TRIGGER,
        apsw.SQLITE_CREATE_VIEW,
        apsw.SQLITE_DROP_INDEX,
        apsw.SQLITE_DROP_TABLE,
        apsw.SQLITE_DROP_TRIGGER,
        apsw.SQLITE_DROP_VIEW,
        apsw.SQLITE_DELETE,
        apsw.SQLITE_INSERT,
        apsw.SQLITE_READ,
        apsw.SQLITE_UPDATE,
        apsw.SQLITE_DROP_VTABLE,
    )
)
_IN_TEMP: Final = frozenset((apsw.SQLITE_READ, apsw.SQLITE_UPDATE))
_FREE: Final = frozenset(
    (apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE, apsw.SQLITE_ANALYZE, apsw.SQLITE_REINDEX)
)


class Authorizer:
    """Told of every action. ``trusted`` lets everything pass: the database's own statements."""

    def __init__(self) -> None:
        self.trusted = False
        self.refused_transaction = False

    def __call__(
        self, action: int, first: str | None, second: str | None, schema: str | None, inside: str | None
    ) -> int:
        return (
            apsw.SQLITE_OK
            if self.trusted or self._allows(action, first, second, schema)
            else apsw.SQLITE_DENY
        )

    def _allows(self, action: int, first: str | None, second: str | None, schema: str | None) -> bool:
        if schema == "temp":  # ALTER TABLE looks there, and finds nothing
            return action in _IN_TEMP
        if action in _NAMED:
            return not _is_own(first) and (action == apsw.SQLITE_READ or not _is_own(second))
        match action:
            case apsw.SQLITE_FUNCTION:
                return second not in REFUSED_FUNCTIONS
            case apsw.SQLITE_PRAGMA:
                check = _PRAGMAS.get(first or "")  # in lower case only, as in the runtime
                return check is not None and check(second)
            case apsw.SQLITE_TRANSACTION | apsw.SQLITE_SAVEPOINT:
                self.refused_transaction = True
                return False
            case apsw.SQLITE_CREATE_VTABLE:
                return not _is_own(first) and (second or "").lower() in _CREATABLE
            case apsw.SQLITE_ALTER_TABLE:
                return not _is_own(second)
        return action in _FREE


def _is_own(name: str | None) -> bool:
    return name is not None and name.startswith(_OWN_PREFIX)
