# POST / sends what its body says; GET /3 tells of the batches once three have come. A text says what to do.
import asyncio
from urllib.parse import urlsplit

from workers import Response, WorkerEntrypoint

seen = []


def shown(body):
    return ["bytes", *body] if isinstance(body, memoryview) else body


async def tried(call):
    try:
        await call()
        return "sent"
    except Exception as error:
        return f"{error.name}: {error.message}"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path, queue = urlsplit(request.url).path, self.env.Q
        if request.method == "POST":
            seen.clear()
            for binding, bodies in await request.json():
                await getattr(self.env, binding).sendBatch([{"body": body} for body in bodies])
            return Response("sent")
        if path == "/refused":
            calls = [
                lambda: queue.send(),
                lambda: queue.send("x", 5),
                lambda: queue.send(5, contentType="text"),
                lambda: queue.send("x", contentType="bytes"),
                lambda: queue.send("x", contentType="xml"),
                lambda: queue.sendBatch([]),
                lambda: queue.sendBatch(5),
                lambda: queue.sendBatch([{}]),
                lambda: queue.sendBatch([5]),
            ]
            return Response.json([await tried(call) for call in calls])
        if path == "/types":
            bodies = {
                "text": "text",
                "json": {"a": [1, None]},
                "bytes": b"\x01\x02",
                "v8": [1.5, {"b": True}],
            }
            await queue.sendBatch([{"body": body, "contentType": kind} for kind, body in bodies.items()])
            return Response("sent")
        while len(seen) < int(path[1:]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return Response.json(seen)

    async def queue(self, batch):
        seen.append([batch.queue, [[shown(one.body), one.attempts] for one in batch.messages]])
        if batch.queue != "q":
            return
        for message in batch.messages:
            if message.body == "retry":
                message.retry()
                message.ack()
            if message.body == "ack":
                message.ack()
                message.retry()
            if message.body == "retry later":
                message.retry(delaySeconds=1)
            if message.body == "retryAll":
                batch.retryAll()
            if message.body == "ackAll":
                batch.ackAll()
            if message.body == "throw":
                raise ValueError("thrown")
