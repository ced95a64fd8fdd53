"""What a worker hands in for a task, as it is stored in the results hash."""

from dataclasses import dataclass, field
from typing import Any

from worker.codeq.documents.go_json import Fields, Struct, decode_whole, encode
from worker.codeq.documents.moment import Moment
from worker.codeq.documents.task import filled, moment


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that belongs to a result: where it can be fetched."""

    name: str
    url: str

    def struct(self) -> Struct:
        return Struct(name=self.name, url=self.url)


@dataclass(frozen=True, slots=True)
class Result:
    """A result record. ``result`` is any JSON object; an empty one is not stored."""

    task_id: str
    status: str
    completed_at: Moment
    result: dict[str, Any] | None = None
    error: str = ""
    artifacts: list[Artifact] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> "Result":
        """Reads a stored record. Raises DocumentError."""
        fields = Fields(decode_whole(text))
        artifacts = [Fields(item) for item in fields.items("artifacts")]
        return cls(
            task_id=fields.string("taskId"),
            status=fields.string("status"),
            completed_at=moment(fields, "completedAt"),
            result=fields.members("result"),
            error=fields.string("error"),
            artifacts=[Artifact(item.string("name"), item.string("url")) for item in artifacts],
        )

    def struct(self) -> Struct:
        return Struct(
            {"taskId": self.task_id, "status": self.status}
            | filled(
                result=self.result,
                error=self.error,
                artifacts=[artifact.struct() for artifact in self.artifacts],
            )
            | {"completedAt": str(self.completed_at)}
        )

    def text(self) -> str:
        return encode(self.struct())
