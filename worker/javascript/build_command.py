"""``[build] command``: what the user's own tools do before the Worker is bundled."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from worker.config import CustomBuild
from worker.javascript.bundle import BuildError


async def run_build(build: CustomBuild, root: Path, say: Callable[[str], None]) -> None:
    """Run the command in its folder, if there is one. Raises BuildError when it fails, with wrangler's text.

    ``say`` gets each line that it prints.
    """
    if build.command is None:
        return
    say(f"[custom build] Running: {build.command}")
    process = await asyncio.create_subprocess_shell(
        build.command,
        cwd=root / (build.cwd or ""),
        env=os.environ | {"WRANGLER_COMMAND": "dev"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None, "it was asked for"
    async for line in process.stdout:
        say(f"[custom build] {line.decode('utf-8', 'replace').rstrip()}")
    if await process.wait() != 0:
        raise BuildError(
            f"Running custom build `{build.command}` failed. There are likely more logs from your build "
            f"command above. It ended with exit code {process.returncode}."
        )
