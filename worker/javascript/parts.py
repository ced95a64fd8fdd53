"""Finds the programs that running JavaScript takes: workerd and esbuild, both npm packages."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Part = Literal["workerd", "esbuild"]


class MissingPartError(Exception):
    """A program is not installed; the message says how to get it."""


def find_part(name: Part, folder: Path, environ: Mapping[str, str]) -> Path:
    """The program ``name``: as WORKERD_BIN or ESBUILD_BIN says, else as npm installs it, else on the PATH.

    npm's place is ``node_modules/.bin`` in ``folder`` or in a folder above it. Raises MissingPartError.
    """
    named = environ.get(f"{name.upper()}_BIN")
    if named:
        return Path(named)
    for place in (folder, *folder.parents):
        found = place / "node_modules" / ".bin" / name
        if found.exists():
            return _binary(found) or found
    on_path = shutil.which(name, path=environ.get("PATH"))
    if on_path is None:
        raise MissingPartError(
            f"JavaScript Workers run in the real workerd, and {name} is not installed. In {folder} run: "
            "npm install --save-dev workerd esbuild"
        )
    return Path(on_path)


def _binary(program: Path) -> Path | None:
    """The workerd behind npm's script, which is there where packages were installed without their scripts
    (``npm install --ignore-scripts``) and passes no file descriptors on; None for any other program.
    """
    with program.open("rb") as file:
        is_script = file.read(2) == b"#!"
    packages = program.parents[1] / "@cloudflare"
    return (
        next(packages.glob("workerd-*/bin/workerd"), None)
        if is_script and program.name == "workerd"
        else None
    )
