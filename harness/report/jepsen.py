"""A Jepsen history in EDN, for Elle: transactions of one operation each, on registers of version numbers.

``{:index 0 :time 0 :type :invoke :process 0 :f :txn :value [[:r "key" nil]]}``: a read sees a version, a
write or deletion makes one. Listings are left out: they read no register. Source: the README of
Elle, `rw-register`.
"""

import json
from typing import Any


def jepsen(run: dict[str, Any]) -> str:
    """The history of a run with every KV operation, one map a line."""
    events: list[tuple[int, int, dict[str, str]]] = []
    free: list[int] = []  # until when each process is busy
    for one in run["operations"]:
        if one["verb"] == "scan" or (not one["reads"] and one["wrote"] is None and one["error"] is None):
            continue
        process = next((at for at, until in enumerate(free) if until < one["begin"]), len(free))
        free[process:] = [one["end"]] if process == len(free) else free[process:]
        free[process] = one["end"]
        asked, came = _values(one)
        events.append((one["begin"], 1, _event(process, "invoke", asked)))
        events.append((one["end"], 0, _event(process, _type(one), came)))
    events.sort(key=lambda event: event[:2])
    began = run["began"]
    return "".join(
        _map({":index": str(at), ":time": str((moment - began) * 1_000_000), **event})
        for at, (moment, _, event) in enumerate(events)
    )


def _type(one: dict[str, Any]) -> str:
    if one["error"] is None:
        return "ok"
    return "info" if one["wrote"] is not None or one["verb"] in ("put", "delete") else "fail"


def _values(one: dict[str, Any]) -> tuple[str, str]:
    """What is asked, and what came of it."""
    if one["verb"] in ("put", "delete"):
        version = str(one["wrote"] or "nil")
        written = f"[[:w {_text(one['key'])} {version}]]"
        return written, written
    reads = one["reads"] or [{"key": one["key"], "version": None}]
    asked = " ".join(f"[:r {_text(read['key'])} nil]" for read in reads)
    came = " ".join(f"[:r {_text(read['key'])} {read['version'] or 'nil'}]" for read in reads)
    return f"[{asked}]", f"[{came}]"


def _event(process: int, kind: str, value: str) -> dict[str, str]:
    return {":type": f":{kind}", ":process": str(process), ":f": ":txn", ":value": value}


def _map(members: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name} {value}" for name, value in members.items()) + "}\n"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
