// A message board as one migrates it first: a key for each post, `post:<board>:<id>`.
const OLD = "board:", NEW = "post:";

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/admin/migrate") return migrate(env);
    const name = decodeURIComponent(pathname.replace("/boards/", ""));
    if (request.method === "PUT") {
      await write(env, name, await request.json());
      return new Response(null, { status: 204 });
    }
    const { keys } = await env.BOARD.list({ prefix: `${NEW}${name}:` });
    if (request.method === "DELETE") {
      for (const key of keys) await env.BOARD.delete(key.name);
      return new Response(null, { status: 204 });
    }
    if (keys.length === 0) return new Response("no such board", { status: 404 });
    const posts = [];
    for (const { name: key, metadata } of keys) posts.push({ text: await env.BOARD.get(key), ...metadata });
    return Response.json(posts);
  },
};

async function write(env, name, posts) {
  for (const { id, text, author } of posts) {
    await env.BOARD.put(`${NEW}${name}:${id}`, text, { metadata: { author } });
  }
}

async function migrate(env) {
  const { keys, list_complete } = await env.BOARD.list({ prefix: OLD });
  for (const key of keys) {
    await write(env, key.name.slice(OLD.length), await env.BOARD.get(key.name, "json"));
    await env.BOARD.delete(key.name);
  }
  return Response.json({ done: list_complete });
}
