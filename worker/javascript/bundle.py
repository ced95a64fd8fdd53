"""Makes one ES module of a Worker and everything that it imports, with esbuild."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from worker.config import WorkerConfig
from worker.javascript.modules import ModuleTypes

_NODE_FLAG: Final = "nodejs_compat"
# What wrangler defines while it serves: libraries ask for it, whether or not there is a ``process``.
_DEVELOPMENT: Final = dict.fromkeys(
    (
        "process.env.NODE_ENV",
        "global.process.env.NODE_ENV",
        "globalThis.process.env.NODE_ENV",
    ),
    '"development"',
)
# Modules of Node.js that workerd has under ``node:``.
_NODE: Final = (
    *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto"),
    *("dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector"),
    *("module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl"),
    *("stream", "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm"),
    *("wasi", "worker_threads", "zlib"),
)

_OPTIONS: Final = (
    "--bundle",
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
    ``tsconfig`` is a path. With ``no_bundle`` the entry file is taken as it is. With ``node`` the modules of
    Node.js are found without ``node:`` too; ``modules`` says which files are no JavaScript.
    """

    define: Mapping[str, str] = field(default_factory=dict)
    alias: Mapping[str, str] = field(default_factory=dict)
    jsx_factory: str | None = None
    jsx_fragment: str | None = None
    tsconfig: Path | None = None
    minify: bool = False
    no_bundle: bool = False
    node: bool = False
    modules: ModuleTypes = field(default_factory=ModuleTypes)

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
            *(f"--loader:{end}=copy" for end in self.modules.ends),
            *(
                f"--alias:{name}=node:{name}"
                for name in (_NODE if self.node else ())
                if name not in self.alias
            ),
        ]

    def configured(self, config: WorkerConfig) -> "BuildOptions":
        """These, and where they are silent what the configuration says."""
        return replace(
            self,
            define={**_DEVELOPMENT, **config.define, **self.define},
            alias={**config.alias, **self.alias},
            minify=self.minify or config.minify,
            no_bundle=self.no_bundle or config.no_bundle,
            node=_NODE_FLAG in config.compatibility_flags,
            modules=ModuleTypes(config.rules),
        )


class BuildError(Exception):
    """The Worker's code cannot be bundled; the message is esbuild's."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a bundle is: ``exports`` are what an ES module exports, ``imports`` the modules of workerd's that
    it imports, ``sources`` the files that it is made of.
    """

    exports: list[str]
    imports: list[str]
    sources: list[Path]


async def bundle(
    esbuild: Path,
    entry: Path,
    output: Path,
    options: BuildOptions,
    root: Path | None = None,
    form: Literal["esm", "cjs"] = "esm",
) -> Built:
    """Write the bundle of ``entry`` to ``output``, and beside it what it imports that is no JavaScript.

    ``root`` is where relative paths of aliases begin, by default the entry's folder. A Worker that exports
    nothing is a script that listens for events. Raises BuildError.
    """
    facts = output.with_suffix(".json")
    process = await asyncio.create_subprocess_exec(
        str(esbuild),
        str(entry),
        *_OPTIONS,
        f"--format={form}",
        *options.arguments(),
        f"--outdir={output.parent}",
        f"--entry-names={output.stem}",
        f"--out-extension:.js={output.suffix}",
        "--asset-names=[name]-[hash]",
        f"--metafile={facts}",
        cwd=root or entry.parent,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        text = complaint.decode("utf-8", "replace").strip()
        raise BuildError(text or f"esbuild failed on {entry} with exit code {process.returncode}")
    told = json.loads(facts.read_text(encoding="utf-8"))
    [made] = [one for one in told["outputs"].values() if "entryPoint" in one]
    imports = [one["path"] for one in made["imports"] if _is_static(one)]
    folder = (root or entry.parent).resolve()
    sources = [path for name in told["inputs"] if (path := (folder / name).resolve()).is_file()]
    return Built(made.get("exports", []), list(dict.fromkeys(imports)), sources)


def _is_static(imported: Mapping[str, Any]) -> bool:
    return bool(imported.get("external")) and imported["kind"] != "dynamic-import"
