from urllib.parse import urlsplit

from workers import Response, WorkerEntrypoint


class Own(WorkerEntrypoint):
    def hi(self):
        return "own"


async def tried(call):
    try:
        return await call()
    except Exception as error:
        text = getattr(error, "message", str(error))
        return text.strip().split("\n")[-1].split("Error: ")[-1]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        env, path = self.env, urlsplit(request.url).path
        if path == "/pass":
            return await env.STOCK.fetch(request)
        if path == "/fetch":
            return await env.STOCK.fetch(
                "http://stock/shelf?place=1", method="POST", body="milk", headers={"mine": "1"}
            )
        gone = await env.GONE.fetch("http://gone/")

        async def unfetched():
            return (await env.COUNT.fetch("http://count/")).status

        return Response.json(
            {
                "add": await tried(lambda: env.COUNT.add(1, 2)),
                "echo": await tried(lambda: env.COUNT.echo({"a": [1, None, True, "x"], "b": {"c": 1.5}})),
                "own": await tried(lambda: env.OWN.hi()),
                "bound": await tried(lambda: env.COUNT.bound()),
                "fails": await tried(lambda: env.COUNT.fails()),
                "missing": await tried(lambda: env.COUNT.missing()),
                "unexported": await tried(lambda: env.STOCK.hello()),
                "unfetched": await tried(unfetched),
                "gone": [gone.status, await gone.text()],
                "goneMethod": await tried(lambda: env.GONE.hello()),
            }
        )
