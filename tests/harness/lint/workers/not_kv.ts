// Maps, caches, storage of Durable Objects and Deno have the same verbs.
const seen = new Map<string, number>();

export class Counter {
  constructor(private state: DurableObjectState) {}
  async fetch(): Promise<Response> {
    const count = ((await this.state.storage.get<number>("count")) ?? 0) + 1;
    await this.state.storage.put("count", count);
    const all = await this.state.storage.list();
    return Response.json([...all.keys()]);
  }
}

export default {
  async fetch(request: Request, env: { COUNTER: DurableObjectNamespace; BUCKET: R2Bucket }): Promise<Response> {
    seen.set(request.url, (seen.get(request.url) ?? 0) + 1);
    const head = await env.BUCKET.head("config");
    const listed = await env.BUCKET.list({ prefix: "a/" });
    for (const one of listed.objects) await env.BUCKET.delete(one.key);
    const stub = env.COUNTER.get(env.COUNTER.idFromName("all"));
    return head ? stub.fetch(request) : new Response(null, { status: 404 });
  },
};
