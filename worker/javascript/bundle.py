"""Makes one ES module of a Worker and everything that it imports, with esbuild."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How a Worker is built: what the flags of ``wrangler dev`` say, by their names.

    ``define`` holds expressions by the name that they replace, ``alias`` modules by the one they replace;
    ``tsconfig`` is a path. With ``no_bundle`` the entry file is taken as it is.
    """

    define: Mapping[str, str] = field(default_factory=dict)
    alias: Mapping[str, str] = field(default_factory=dict)
    jsx_factory: str | None = None
    jsx_fragment: str | None = None
    tsconfig: Path | None = None
    minify: bool = False
    no_bundle: bool = False

    def arguments(self) -> list[str]:
        """What esbuild is told."""
        valued = {
            "jsx-factory": self.jsx_factory,
            "jsx-fragment": self.jsx_fragment,
            "tsconfig": self.tsconfig,
        }
        return [
            *(f"--define:{name}={value}" for name, value in self.define.items()),
            *(f"--alias:{name}={other}" for name, other in self.alias.items()),
            *(f"--{name}={value}" for name, value in valued.items() if value is not None),
            *(["--minify"] if self.minify else []),
        ]


class BuildError(Exception):
    """The Worker's code cannot be bundled; the message is esbuild's."""


async def bundle(esbuild: Path, entry: Path, output: Path, options: BuildOptions) -> None:
    """Write the bundle of ``entry`` to ``output``. Raises BuildError."""
    process = await asyncio.create_subprocess_exec(
        str(esbuild),
        str(entry),
        *_OPTIONS,
        *options.arguments(),
        f"--outfile={output}",
        cwd=entry.parent,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        text = complaint.decode("utf-8", "replace").strip()
        raise BuildError(text or f"esbuild failed on {entry} with exit code {process.returncode}")
