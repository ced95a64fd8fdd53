// Copies in one step, with everything that an entry has, and removes in another what has a copy.
const OLD = "u:", NEW = "user:";

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const cursor = url.searchParams.get("cursor") ?? undefined;
    const page = await env.USERS.list({ prefix: OLD, limit: 50, cursor });
    for (const { name, expiration } of page.keys) {
      const target = NEW + name.slice(OLD.length);
      if (url.pathname === "/copy") await copy(env.USERS, name, target, expiration);
      else if ((await env.USERS.get(target)) !== null) await env.USERS.delete(name);
    }
    return Response.json({ done: page.list_complete, cursor: page.cursor });
  },
};

async function copy(kv, from, to, expiration) {
  const { value, metadata } = await kv.getWithMetadata(from);
  if (value === null || (await kv.get(to)) !== null) return;
  await kv.put(to, value, { metadata, expiration });
}
