"""Files that a worker hands in together with a result."""

import base64
import binascii
from pathlib import Path

from worker.codeq.documents import Artifact, Fields
from worker.codeq.errors import Refusal


class Artifacts:
    """Keeps content below ``folder``. Where codeQ puts it, and what its address is then, is inferred."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kept(self, task_id: str, items: list[Fields]) -> list[Artifact]:
        """Each item's name and address; an item with neither address nor content is left out.

        Raises Refusal 400 for content that is not base64.
        """
        artifacts = []
        for item in items:
            name, url = item.string("name"), item.string("url")
            if not url and item.string("contentBase64"):
                url = self._write(task_id, name, item.string("contentBase64"))
            if url:
                artifacts.append(Artifact(name, url))
        return artifacts

    def _write(self, task_id: str, name: str, content: str) -> str:
        try:
            data = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise Refusal(400, f"artifact {name!r}: {error}") from error
        # Only the last part of either name: a worker does not choose the folder.
        path = self._folder.absolute() / (Path(task_id).name or "task") / (Path(name).name or "artifact")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path.as_uri()
