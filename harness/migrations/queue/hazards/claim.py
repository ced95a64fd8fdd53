"""Claims that succeeded, and how long each claimant held its task."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness import Call
from harness.migrations.queue.layout import NEW_LEASE, OLD_LEASE, RESULT
from harness.migrations.queue.simulation.record import Record, kept
from harness.migrations.queue.state import Lease, epoch_seconds
from kvstore import Event


@dataclass(frozen=True, slots=True)
class Claim:
    """``call`` got ``task`` with the lease that ``write`` put."""

    call: Call
    task: str
    write: Event
    lease: Lease

    @property
    def in_old_format(self) -> bool:
        return self.write.key.startswith(OLD_LEASE)


@kept
def claims(record: Record) -> list[Claim]:
    """Every claim whose claimant was told that it has a task, in the order in which their leases were put."""
    found = []
    for call in record.to("POST", "/api/queue/claim"):
        task = call.member("taskId")
        if call.status == 200 and isinstance(task, str):
            found += [
                Claim(call, task, event, lease)
                for event in record.versions.by(call.name)
                if event.key in (NEW_LEASE + task, OLD_LEASE + task) and (lease := lease_of(event))
            ]
    return sorted(found, key=lambda claim: claim.write.index)


def lease_of(event: Event) -> Lease | None:
    """The lease that a write put."""
    return None if event.entry is None else Lease.read(event.entry)


def held(record: Record, claim: Claim, moment: int) -> bool:
    """Whether the claimant was still entitled to work at ``moment``: no result, no release, time left."""
    versions, task, actor = record.versions, claim.task, claim.call.actor
    own = [event for event in versions.to(RESULT + task) if event.invocation.startswith(f"{actor}.")]
    if any(claim.write.at <= event.at <= moment for event in own):
        return False
    ends = epoch_seconds(claim.lease.expires_at) or 0.0
    for event in (*versions.to(NEW_LEASE + task), *versions.to(OLD_LEASE + task)):
        if event.at > moment or event.at < claim.write.at:
            continue
        if event.verb == "delete":
            if event.invocation.startswith(f"{actor}."):
                return False
            continue
        lease = lease_of(event)
        if lease is not None and lease.nonce == claim.lease.nonce:
            ends = max(ends, epoch_seconds(lease.expires_at) or 0.0)
    return ends * 1000 > moment


@kept
def doubles(record: Record) -> list[tuple[Claim, Claim]]:
    """Pairs of claims of one task by two workers, the second while the first still held it."""
    return list(_doubles(record))


def _doubles(record: Record) -> Iterator[tuple[Claim, Claim]]:
    by_task: dict[str, list[Claim]] = {}
    for claim in claims(record):
        earlier = by_task.setdefault(claim.task, [])
        for other in earlier:
            if other.call.actor != claim.call.actor and held(record, other, claim.write.at):
                yield other, claim
        earlier.append(claim)
