interface Env {
  COUNTERS: KVNamespace;
}
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { COUNTERS: store } = env;
    const key = `hits:${new URL(request.url).pathname}`;
    const before = Number((await store.get(key)) ?? "0");
    await store.put(key, String(before + 1)); // finds: lost-update
    return new Response(String(before + 1));
  },
} satisfies ExportedHandler<Env>;
