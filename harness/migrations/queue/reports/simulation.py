"""The report of one simulation: who did what, what is violated by it, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness import Call
from harness.migrations.queue.hazards import Diagnosis, diagnose
from harness.migrations.queue.judgement import extent_of, never_happened
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_read
from harness.model.decision import Decision
from harness.model.verdict import Finding, Moment, Verdict, count_held, held_lines
from harness.terminal.lines import some, text_of
from harness.terminal.numbers import elapsed

_MOST_CALLS = 40


@dataclass(frozen=True)
class Simulation:
    """A simulation with its judgement."""

    record: Record
    verdicts: Sequence[Verdict]

    @cached_property
    def diagnoses(self) -> list[Diagnosis]:
        return diagnose(self.record)

    @property
    def decision(self) -> Decision:
        violated = [verdict.name for verdict in self.verdicts if not verdict.held]
        return Decision(violated, extent_of(self.record), never_happened(self.record))

    def as_json(self) -> dict[str, Any]:
        """The whole simulation: history, verdicts, diagnoses."""
        record = self.record
        return {
            "migration": "queue",
            "scenario": str(record.scenario),
            "fingerprint": record.fingerprint,
            "judgedBy": record.scenario.platform.judged_json(),
            "held": all(verdict.held for verdict in self.verdicts),
            **self.decision.as_json(),
            "began": record.began,
            "ended": record.ended,
            "operations": len(record.asked),
            "faults": list(record.fired),
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
            "diagnoses": [one.as_json() for one in self.diagnoses],
            "history": [event.as_json() for event in record.history],
        }

    def as_text(self) -> str:
        """For a person."""
        record = self.record
        minutes = (record.ended - record.began) / 60_000
        lines = [
            f"Simulation: {record.scenario}",
            f"{len(record.calls):,} requests, {len(record.asked):,} KV operations in {minutes:.1f} simulated "
            f"minutes; fingerprint {record.fingerprint}",
            f"Faults that happened: {', '.join(record.fired) or 'none'}",
            "",
            *(self._call(call) for call in record.calls[:_MOST_CALLS]),
            *self._interleaving(),
        ]
        if len(record.calls) > _MOST_CALLS:
            lines.append(f"   and {len(record.calls) - _MOST_CALLS:,} more requests; --json has all")
        for verdict in self.verdicts:
            if not verdict.held:
                lines += ["", f"FAIL {verdict.invariant:<4} {verdict.title}"]
                lines += [line for finding in verdict.findings for line in self._finding(finding)]
        lines += ["", *held_lines(self.verdicts)]
        for one in self.diagnoses:
            keys = f": {some(one.keys)}" if one.keys else ""
            lines += [
                "",
                f"{one.hazard}  {one.what}{keys}",
                *(self._moment(moment) for moment in one.moments),
            ]
        lines += ["", self._conclusion()]
        return text_of(lines)

    def _conclusion(self) -> str:
        violated = [verdict.invariant for verdict in self.verdicts if not verdict.held]
        no_go = f"{len(violated)} of {len(self.verdicts)} invariants violated ({', '.join(violated)})"
        return self.decision.as_text(count_held(self.verdicts, "invariants"), no_go)

    def _call(self, call: Call) -> str:
        status = "no answer" if call.status is None else call.status
        said = next((call.member(name) for name in ("message", "error", "taskId") if call.member(name)), "")
        what = f"{call.name:<14} {call.colo} {call.method:<4} {call.path}"
        return f"  {self._elapsed(call.sent)}  {what}  {status} {str(said)[:60]}".rstrip()

    def _interleaving(self) -> list[str]:
        """What was asked by requests that were sent at once, in the order in which it was."""
        sent = {call.name for call in self.record.calls[: len(self.record.scenario.at_once)]}
        asked = [event for event in self.record.asked if event.invocation in sent]
        lines = [f"  {self._elapsed(one.at)}  {one.who:<14} {one.what}" for one in map(of_read, asked)]
        return ["", *lines] if self.record.scenario.at_once else []

    def _finding(self, finding: Finding) -> list[str]:
        hazards = f" [{', '.join(finding.hazards)}]" if finding.hazards else ""
        keys = f": {some(finding.keys)}" if finding.keys else ""
        return [f"     {finding.what}{hazards}{keys}", *(self._moment(moment) for moment in finding.moments)]

    def _moment(self, moment: Moment) -> str:
        return f"       {self._elapsed(moment.at)}  {moment.who:<14} {moment.what}"

    def _elapsed(self, at: int) -> str:
        return elapsed(at - self.record.began)
