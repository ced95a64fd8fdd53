"""A task, as both services store and answer it."""

from dataclasses import dataclass

from worker.codeq.documents.go_json import Fields, Struct, decode_whole, encode
from worker.codeq.documents.moment import YEAR_ONE, Moment
from worker.codeq.errors import DocumentError

PENDING = "PENDING"
IN_PROGRESS = "IN_PROGRESS"
COMPLETED = "COMPLETED"
FAILED = "FAILED"


@dataclass(slots=True)
class Task:
    """One task. ``payload`` is JSON text; ``lease_until`` is RFC 3339 or whatever was stored there.

    The scheduler never sets what comes after ``updated_at``, and such fields are not written: a task of
    either service can be read by the other.
    """

    id: str
    command: str
    payload: str
    status: str
    created_at: Moment
    updated_at: Moment
    priority: int = 0
    webhook: str = ""
    worker_id: str = ""
    lease_until: str = ""
    attempts: int = 0
    max_attempts: int = 0
    error: str = ""
    result_key: str = ""

    @classmethod
    def parse(cls, text: str) -> "Task":
        """Reads a stored task: unknown fields are dropped, missing times are year 1. Raises DocumentError."""
        fields = Fields(decode_whole(text))
        return cls(
            id=fields.string("id"),
            command=fields.string("command"),
            payload=fields.string("payload"),
            status=fields.string("status"),
            created_at=moment(fields, "createdAt"),
            updated_at=moment(fields, "updatedAt"),
            priority=fields.integer("priority"),
            webhook=fields.string("webhook"),
            worker_id=fields.string("workerId"),
            lease_until=fields.string("leaseUntil"),
            attempts=fields.integer("attempts"),
            max_attempts=fields.integer("maxAttempts"),
            error=fields.string("error"),
            result_key=fields.string("resultKey"),
        )

    def struct(self) -> Struct:
        """The fields in stored order, without those that are zero or empty and may be left out."""
        return Struct(
            {"id": self.id, "command": self.command, "payload": self.payload}
            | filled(priority=self.priority, webhook=self.webhook)
            | {"status": self.status}
            | filled(
                workerId=self.worker_id,
                leaseUntil=self.lease_until,
                attempts=self.attempts,
                maxAttempts=self.max_attempts,
                error=self.error,
                resultKey=self.result_key,
            )
            | {"createdAt": str(self.created_at), "updatedAt": str(self.updated_at)}
        )

    def text(self) -> str:
        return encode(self.struct())

    def release(self, status: str) -> None:
        """Takes the task from its worker."""
        self.status = status
        self.worker_id = ""
        self.lease_until = ""


def filled(**fields: object) -> dict[str, object]:
    """The fields that are neither zero nor empty."""
    return {name: value for name, value in fields.items() if value}


def moment(fields: Fields, name: str) -> Moment:
    """A field that is a time; year 1 when it is absent or null. Raises DocumentError."""
    value = fields.value(name)
    if value is None:
        return YEAR_ONE
    if not isinstance(value, str):
        raise DocumentError(f"{name}: a time is a string")
    return Moment.parse(value)
