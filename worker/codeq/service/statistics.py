"""How long the queues are: for administrators, and for Prometheus."""

from worker.codeq.documents import Struct
from worker.codeq.errors import ServerError
from worker.codeq.keys import BUILT_IN_COMMANDS
from worker.codeq.service.operations import Operations


class Statistics(Operations):
    """Of the two built-in commands only, unless a command is named."""

    async def all_queues(self) -> dict[str, int]:
        """26 keys and their lengths. Raises ServerError when one is of another type."""
        lengths: dict[str, int] = {}
        for command in BUILT_IN_COMMANDS:
            lengths |= await self.queues.lengths(command)
        return lengths

    async def of(self, command: str) -> Struct:
        """One command's numbers; the command is echoed as it was given. Raises ServerError."""
        lengths = await self.queues.lengths(command)
        others = [self.keys.delayed(command), self.keys.inprog(command), self.keys.dlq(command)]
        delayed, in_progress, dlq = (lengths.pop(key) for key in others)
        ready = sum(lengths.values())
        return Struct(command=command, ready=ready, delayed=delayed, inProgress=in_progress, dlq=dlq)

    async def metrics(self) -> str:
        """Prometheus text; no depths at all while any queue cannot be measured. The labels are inferred."""
        try:
            numbers = [await self.of(command) for command in BUILT_IN_COMMANDS]
        except ServerError:
            return ""
        lines = ["# HELP codeq_queue_depth Tasks in a queue.", "# TYPE codeq_queue_depth gauge"]
        for one in numbers:
            labels = {"ready": "ready", "delayed": "delayed", "in_progress": "inProgress", "dlq": "dlq"}
            lines += [
                f'codeq_queue_depth{{command="{one["command"]}",queue="{label}"}} {one[field]}'
                for label, field in labels.items()
            ]
        return "\n".join(lines) + "\n"
