"""Workers that a test writes, and what they answer."""

import json
from pathlib import Path
from typing import Any

from kvstore import ManualClock, SeededEntropy
from worker.runtime import Platform, Worker, load_worker
from worker.sdk.http.request import Request

CONFIGURATION = 'name = "{}"\nmain = "src/entry.py"\ncompatibility_flags = ["python_workers"]\n'
ANSWERING = """
from workers import Response, WorkerEntrypoint
{imports}

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.json({answer})
"""


def project(folder: Path, files: dict[str, str], bindings: str = "") -> Path:
    """The folder of a Worker with these files; names beginning with a slash are the project's, not src's.

    ``bindings`` is added to its configuration.
    """
    (folder / "src").mkdir(parents=True)
    (folder / "wrangler.toml").write_text(CONFIGURATION.format(folder.name) + bindings)
    for name, text in files.items():
        path = folder / name[1:] if name.startswith("/") else folder / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def answering(answer: str, imports: str = "") -> dict[str, str]:
    """The entry file of a Worker that answers with the value of an expression."""
    return {"entry.py": ANSWERING.format(imports=imports, answer=answer)}


def simulated(now: int = 1_000_000_000_000, seed: int = 1) -> Platform:
    return Platform(ManualClock(now), SeededEntropy(seed))


async def asked(worker: Worker) -> Any:
    """What it answers, read from JSON."""
    answer = await worker.fetch(Request.from_parts("GET", "https://example.com/"))
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


async def answer_of(folder: Path, files: dict[str, str], platform: Platform | None = None) -> Any:
    return await asked(load_worker(project(folder, files), {}, platform=platform))
