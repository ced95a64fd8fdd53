"""Chrome's trace event format, which Perfetto opens: a process for each location, a thread for each actor.

Requests are slices, KV operations asynchronous ones, since they overlap; a flow leads from the write that
a read saw to the read. DevTools binds a flow to the event of the same category, thread and time, Perfetto
to the slice around it. Source: the document "Trace Event Format" of the Chromium project.
"""

import json
from collections.abc import Iterator
from typing import Any


def chrome(run: dict[str, Any]) -> str:
    """The trace of a run with every KV operation."""
    return json.dumps({"traceEvents": list(_events(run)), "displayTimeUnit": "ms"}, default=str)


def _events(run: dict[str, Any]) -> Iterator[dict[str, Any]]:
    calls = {one["name"]: one for one in run["requests"]}
    places = {name: at for at, name in enumerate(dict.fromkeys(one["colo"] for one in run["requests"]), 1)}
    actors = {name: at for at, name in enumerate(dict.fromkeys(one["actor"] for one in run["requests"]), 1)}
    for name, pid in places.items():
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}
    threads = {(places[one["colo"]], one["actor"]) for one in run["requests"]}
    for pid, actor in sorted(threads):
        yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": actors[actor], "args": {"name": actor}}

    def at(call: dict[str, Any], moment: int) -> dict[str, Any]:
        when = 1000 * (moment - run["began"])
        return {"pid": places[call["colo"]], "tid": actors[call["actor"]], "ts": when}

    for call in run["requests"]:
        lasted = max(0, call["answered"] - call["sent"])
        name = f"{call['method']} {call['path']}"
        told = {"request": call["name"], "status": call["status"], "stage": call["stage"]}
        yield {
            "ph": "X",
            "cat": "request",
            "name": name,
            **at(call, call["sent"]),
            "dur": 1000 * lasted,
            "args": told,
        }
    wrote: dict[tuple[str, str, int], dict[str, Any]] = {}
    for number, one in enumerate(run["operations"], 1):
        call = calls[one["request"]]
        common = {"cat": "kv", "name": f"{one['verb']} {one['key']}", "id": number}
        yield {"ph": "b", **common, **at(call, one["begin"]), "args": {**one, "reads": one["reads"]}}
        yield {"ph": "e", **common, **at(call, one["end"])}
        if one["wrote"] is not None:
            wrote[one["namespace"], one["key"], one["wrote"]] = at(call, one["end"])
    flows = 0
    for one in run["operations"]:
        for read in one["reads"]:
            source = wrote.get((one["namespace"], read["key"], read["version"]))
            if source is not None:
                flows += 1
                common = {"cat": "kv", "name": "read", "id": flows}
                yield {"ph": "s", **common, **source}
                yield {"ph": "f", "bp": "e", **common, **at(calls[one["request"]], one["end"])}
