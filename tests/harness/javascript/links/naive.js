// What examples/links_to_d1/naive is in Python: the migration as one writes it first.
const PREFIX = "link:";
const SAVE = "INSERT OR REPLACE INTO links (name, url, owner, expires) VALUES (?, ?, ?, ?)";
const FOLLOW = "SELECT url FROM links WHERE name = ? AND (expires IS NULL OR expires > ?)";

export default { async fetch(request, { DB, LINKS }) {
  const path = decodeURIComponent(new URL(request.url).pathname);
  if (path === "/api/links" && request.method === "POST") {
    const { id = crypto.randomUUID().slice(0, 8), url, owner, ttl } = await request.json();
    await DB.prepare(SAVE).bind(id, url, owner, ttl ? Math.floor(Date.now() / 1000) + ttl : null).run();
    return Response.json({ id }, { status: 201 });
  }
  if (path === "/admin/migrate" && request.method === "POST") {
    for (const { name } of (await LINKS.list({ prefix: PREFIX })).keys) {
      const url = await LINKS.get(name);
      await LINKS.delete(name);
      await DB.prepare(SAVE).bind(name.slice(PREFIX.length), url, null, null).run();
    }
    return Response.json({ done: true });
  }
  if (path.startsWith("/api/links/") && request.method === "DELETE") {
    await DB.prepare("DELETE FROM links WHERE name = ?").bind(path.slice("/api/links/".length)).run();
    return new Response(null, { status: 204 });
  }
  const url = await DB.prepare(FOLLOW).bind(path.slice(1), Date.now() / 1000).first("url");
  if (url === null) return new Response("no such link", { status: 404 });
  return new Response(null, { status: 302, headers: { location: url } });
} };
