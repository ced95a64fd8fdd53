// Counters in KV: who adds reads a number and writes the next one.
export default {
  async fetch(request, { KV }) {
    const [, name, action] = new URL(request.url).pathname.split("/");
    const { value: count, metadata } = await KV.getWithMetadata(`count:${name}`);
    if (count === null) return new Response("none", { status: 404 });
    if (action !== "add") return Response.json(Number(count));
    await KV.put(`count:${name}`, String(Number(count) + 1), { metadata });
    return Response.json(Number(count) + 1);
  },
};
