// POST / sends what its body says; GET /3 tells of the batches once three have come. A text says what to do.
let seen = [];
const shown = (body) => (body instanceof ArrayBuffer ? ["bytes", ...new Uint8Array(body)] : body);

async function tried(call) {
  try { await call(); return "sent"; } catch (error) { return `${error.name}: ${error.message}`; }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      seen = [];
      for (const [binding, bodies] of await request.json()) {
        await env[binding].sendBatch(bodies.map((body) => ({ body })));
      }
      return new Response("sent");
    }
    if (pathname === "/refused") {
      return Response.json([
        await tried(() => env.Q.send()),
        await tried(() => env.Q.send("x", 5)),
        await tried(() => env.Q.send(5, { contentType: "text" })),
        await tried(() => env.Q.send("x", { contentType: "bytes" })),
        await tried(() => env.Q.send("x", { contentType: "xml" })),
        await tried(() => env.Q.sendBatch([])),
        await tried(() => env.Q.sendBatch(5)),
        await tried(() => env.Q.sendBatch([{}])),
        await tried(() => env.Q.sendBatch([5])),
      ]);
    }
    if (pathname === "/types") {
      const text = { body: "text", contentType: "text" }, json = { body: { a: [1, null] }, contentType: "json" };
      const bytes = { body: new Uint8Array([1, 2]), contentType: "bytes" };
      const cloned = { body: [1.5, { b: true }], contentType: "v8" };
      await env.Q.sendBatch([text, json, bytes, cloned]);
      return new Response("sent");
    }
    while (seen.length < Number(pathname.slice(1))) await scheduler.wait(20);
    return Response.json(seen);
  },

  async queue(batch) {
    seen.push([batch.queue, batch.messages.map(({ body, attempts }) => [shown(body), attempts])]);
    if (batch.queue !== "q") return;
    for (const message of batch.messages) {
      if (message.body === "retry") { message.retry(); message.ack(); }
      if (message.body === "ack") { message.ack(); message.retry(); }
      if (message.body === "retry later") message.retry({ delaySeconds: 1 });
      if (message.body === "retryAll") batch.retryAll();
      if (message.body === "ackAll") batch.ackAll();
      if (message.body === "throw") throw new Error("thrown");
    }
  },
};
