"""The real wrangler, made to take our server for Cloudflare's."""

import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from tests.worker.rest.place import ACCOUNT, CACHE, TOKEN

_REAL = Path(__file__).parents[3] / ".real"
_BIN = Path("node_modules") / ".bin" / "wrangler"
# Where each version is, unless the variable names another place, and how to get it there.
PROGRAMS = {
    "4": ("WRANGLER_BIN", _REAL / _BIN, "npm install --prefix .real wrangler@4.86.0"),
    "3": ("WRANGLER_3_BIN", _REAL / "v3" / _BIN, "npm install --prefix .real/v3 wrangler@3.114.17"),
}
CONFIG = f"""\
name = "demo"
main = "index.js"
compatibility_date = "2024-01-01"
[[kv_namespaces]]
binding = "CACHE"
id = "{CACHE}"
"""

Run = Callable[..., Awaitable[str]]


def wrangler_in(folder: Path, base: str, version: str) -> Run:
    """``await run(*arguments)``: what it prints on stdout; ``fails=True`` gives stderr of a failure.

    Keywords are environment variables, an empty one is removed. Skips the test when it is not installed.
    """
    variable, path, how = PROGRAMS[version]
    program = Path(os.environ.get(variable, path))
    if not (program.exists() and shutil.which("node")):
        pytest.skip(f"the real wrangler {version} is not installed: {how}")
    (folder / "wrangler.toml").write_text(CONFIG)
    environment = os.environ | {
        "CLOUDFLARE_API_BASE_URL": base,
        "CLOUDFLARE_API_TOKEN": TOKEN,
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "WRANGLER_SEND_METRICS": "false",
        "CI": "true",
    }

    async def run(*arguments: str, fails: bool = False, **changes: str) -> str:
        environ = {name: value for name, value in (environment | changes).items() if value}
        done = await anyio.run_process([str(program), *arguments], cwd=folder, env=environ, check=False)
        assert (done.returncode != 0) is fails, done.stderr.decode() + done.stdout.decode()
        return (done.stderr if fails else done.stdout).decode()

    return run
