"""What is stored and sent: JSON as Go writes it, times, tasks, results, subscriptions."""

from worker.codeq.documents.go_json import Fields, Struct, decode, encode
from worker.codeq.documents.moment import Moment, Timeline
from worker.codeq.documents.result import Artifact, Result
from worker.codeq.documents.subscription import Subscription
from worker.codeq.documents.task import COMPLETED, FAILED, IN_PROGRESS, PENDING, Task

__all__ = [
    "COMPLETED",
    "FAILED",
    "IN_PROGRESS",
    "PENDING",
    "Artifact",
    "Fields",
    "Moment",
    "Result",
    "Struct",
    "Subscription",
    "Task",
    "Timeline",
    "decode",
    "encode",
]
