"""The Worker that asks, and the one that answers: they differ in their configurations."""

from datetime import UTC, datetime

from workers import Response, WorkerEntrypoint

VALUES = {
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
}


class Coded(Exception):
    pass


def fail(error):
    raise error


MADE = {
    "values": lambda: VALUES,
    "range": lambda: fail(ValueError("too far")),
    "coded": lambda: fail(Coded("of its own")),
    "stub": lambda: lambda: 1,
    "tuple": lambda: (1, 2),
    "response": lambda: Response("body"),
}


def shown(value):
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items()}
    value = value.tolist() if isinstance(value, memoryview) else value
    return f"{type(value).__name__} {value!r}"


async def tried(call):
    try:
        return await call()
    except Exception as error:
        text = getattr(error, "message", str(error)).strip().split("\n")[-1]
        return ["raised", getattr(error, "name", type(error).__name__), text]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        asked, told, answers = await request.json(), {}, self.env.ANSWERS
        for name in asked["echo"]:

            async def echoed(value=VALUES[name]):
                return (await answers.shown(value))[0]

            told[name] = await tried(echoed)
        for name in asked["make"]:

            async def made(name=name):
                return shown(await answers.make(name))

            told[name] = await tried(made)
        told["arguments"] = await tried(lambda: answers.shown())
        told["keywords"] = await tried(lambda: answers.shown(1, a=2))
        told["function"] = await tried(lambda: answers.echo(lambda: 1))
        return Response.json(told)

    async def echo(self, *given):
        return list(given)

    def shown(self, *given):
        made = [one.tolist() if isinstance(one, memoryview) else one for one in given]
        return [f"{type(one).__name__} {one!r}" for one in made]

    async def make(self, name):
        return MADE[name]()
