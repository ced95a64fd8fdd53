import re

from workers import Response, WorkerEntrypoint


class Count(WorkerEntrypoint):
    def add(self, a, b):
        return a + b

    async def echo(self, value):
        return value

    def bound(self):
        return self.env.PLACE

    def fails(self):
        raise ValueError("wrong")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = re.sub(r":\d+", "", request.url)
        mine, body = request.headers.get("mine") or "", await request.text()
        told = [request.method, url, mine, body, self.env.PLACE]
        return Response(" ".join(told), status=203, headers={"shelf": "3"})
