from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        await self.env.Q.send({"from": "python", "n": [1, None]}, contentType="v8")
        return Response("sent")

    async def queue(self, batch):
        print("python got", batch.queue, [m.body for m in batch.messages])
