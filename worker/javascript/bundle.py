"""Makes one ES module of a Worker and everything that it imports, with esbuild."""

import asyncio
from pathlib import Path
from typing import Final

_OPTIONS: Final = (
    "--bundle",
    "--format=esm",
    "--target=esnext",
    "--platform=neutral",
    "--main-fields=browser,module,main",
    "--conditions=workerd,worker,browser",
    "--external:cloudflare:*",
    "--external:workerd:*",
    "--external:node:*",
    "--sourcemap=inline",
    "--log-level=error",
    "--color=false",
)


class BuildError(Exception):
    """The Worker's code cannot be bundled; the message is esbuild's."""


async def bundle(esbuild: Path, entry: Path, output: Path) -> None:
    """Write the bundle of ``entry`` to ``output``. Raises BuildError."""
    process = await asyncio.create_subprocess_exec(
        str(esbuild),
        str(entry),
        *_OPTIONS,
        f"--outfile={output}",
        cwd=entry.parent,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        text = complaint.decode("utf-8", "replace").strip()
        raise BuildError(text or f"esbuild failed on {entry} with exit code {process.returncode}")
