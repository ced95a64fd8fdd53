// Reads through a cache: what is written is not what was read.
interface Env {
  CACHE: KVNamespace;
}
export default {
  async fetch(request: Request, { CACHE }: Env): Promise<Response> {
    const key = new URL(request.url).pathname;
    let body = await CACHE.get(key);
    if (body === null) {
      const answer = await fetch(`https://origin.example${key}`);
      body = await answer.text();
      await CACHE.put(key, body, { expirationTtl: 300 });
    }
    return new Response(body);
  },
};
