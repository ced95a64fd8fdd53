from datetime import UTC, datetime

from workers import Response, WorkerEntrypoint


class Coded(Exception):
    pass


def fail(error):
    raise error


MADE = {
    "values": lambda: {
        "none": None,
        "yes": True,
        "text": "ü😀",
        "number": 1.5,
        "big": 2**64,
        "date": datetime.fromtimestamp(86400, UTC),
        "set": {1},
        "bytes": b"\1\377",
        "list": [[1], {}],
        "error": ValueError("far"),
    },
    "range": lambda: fail(ValueError("too far")),
    "coded": lambda: fail(Coded("of its own")),
    "stub": lambda: lambda: 1,
    "tuple": lambda: (1, 2),
    "response": lambda: Response("body"),
}


class Default(WorkerEntrypoint):
    async def echo(self, *given):
        return list(given)

    def shown(self, *given):
        made = [one.tolist() if isinstance(one, memoryview) else one for one in given]
        return [f"{type(one).__name__} {one!r}" for one in made]

    async def make(self, name):
        return MADE[name]()
