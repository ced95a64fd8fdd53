"""A walk through all ``d1`` commands, and what a program prints on it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

CONFIG: Final = """\
name = "demo"
main = "index.js"
compatibility_date = "2026-04-20"
[[d1_databases]]
binding = "DB"
database_name = "links"
database_id = "11111111-2222-3333-4444-555555555555"
"""
FIRST: Final = """
CREATE TABLE links (id INTEGER PRIMARY KEY, url TEXT, picture BLOB);
CREATE TABLE "q" (a);
CREATE TRIGGER seen AFTER INSERT ON links
BEGIN INSERT INTO q VALUES (new.id); INSERT INTO q VALUES ('x'); END;
CREATE INDEX by_url ON links (url);
-- a comment; with a semicolon
INSERT INTO links VALUES (1, 'it''s;
two lines', x'00ff'), (9007199254740993, NULL, NULL), (3, 1.5, NULL);
"""
WALK: Final = (
    ("d1", "migrations", "list", "DB"),
    ("d1", "migrations", "create", "DB", "first one"),
    ("d1", "migrations", "list", "links"),
    ("d1", "migrations", "apply", "DB"),
    ("d1", "migrations", "list", "DB"),
    ("d1", "execute", "DB", "--command", "SELECT * FROM links; SELECT x'00ff' AS b, 1.5 AS f, NULL AS n"),
    ("d1", "execute", "links", "--command", "SELECT nope"),
    ("d1", "execute", "links", "--json", "--command", "SELECT nope"),
    ("d1", "execute", "links", "--json", "--command", "SELECT count(*) AS n FROM q;"),
    ("d1", "execute", "DB", "--file", "more.sql"),
    ("d1", "execute", "DB", "--file", "nowhere.sql"),
    ("d1", "execute", "DB"),
    ("d1", "execute", "DB", "--command", "SELECT 1", "--file", "more.sql"),
    ("d1", "execute", "DB", "--command", "SELECT 1", "--persist-to", "elsewhere"),
    ("d1", "execute", "nope", "--command", "SELECT 1"),
    ("d1", "execute", "DB", "--command", "BEGIN TRANSACTION; SELECT 5; COMMIT;"),
    ("d1", "export", "DB", "--output", "all.sql"),
    ("d1", "export", "DB", "--output", "schema.sql", "--no-data"),
    ("d1", "export", "DB", "--output", "rows.sql", "--no-schema", "--table", "links"),
    ("d1", "export", "DB", "--output", "migrations"),
)


class Said(NamedTuple):
    code: int
    out: str
    err: str


Program = Callable[[tuple[str, ...]], Said]


def walk(folder: Path, program: Program) -> Iterator[tuple[tuple[str, ...], Said]]:
    """What ``program`` says to every command, in a fresh project in ``folder``."""
    (folder / "wrangler.toml").write_text(CONFIG)
    (folder / "index.js").write_text("export default {}")
    (folder / "more.sql").write_text("INSERT INTO q VALUES (7);\nSELECT a FROM q ORDER BY a;\n")
    for command in WALK:
        yield command, _plain(program(command), folder)
        if command[2] == "create":
            with (folder / "migrations" / "0001_first_one.sql").open("a") as file:
                file.write(FIRST)
            (folder / "migrations" / "0002_bad.sql").write_text("INSERT INTO nope VALUES (1);")


def exports(folder: Path) -> dict[str, str]:
    """The exported files, with the times masked at which migrations were applied."""
    names = ("all.sql", "schema.sql", "rows.sql")
    return {name: _masked((folder / name).read_text(), folder) for name in names}


def _plain(said: Said, folder: Path) -> Said:
    return Said(said.code, _masked(said.out, folder), _masked(said.err, folder))


def _masked(text: str, folder: Path) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).replace(str(folder), "<folder>")
    text = re.sub(r"wrangler(-compat)? [0-9.]+( \(update available [0-9.]+\))?\n─+", "wrangler", text)
    text = re.sub(r'\n*🪵 +Logs were written to "[^"]*"', "", text)
    text = re.sub(r'"duration": [0-9.]+', '"duration": <number>', text)
    return re.sub(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8}", "<time>", text).strip()
