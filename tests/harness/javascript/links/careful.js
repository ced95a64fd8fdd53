// What examples/links_to_d1/careful is in Python: dual write, backfill, comparison, cut-over, clean-up.
const PREFIX = "link:", PAGE = 20;
const INSERT = "INSERT INTO links (name, url, owner, expires) VALUES (?, ?, ?, ?) ON CONFLICT (name) ";
const BACKFILL = `${INSERT} DO NOTHING`;
const SAVE = `${INSERT} DO UPDATE SET url = excluded.url, owner = excluded.owner, expires = excluded.expires, deleted = 0`;
const DELETE = "INSERT INTO links (name, url, deleted) VALUES (?, '', 1) ON CONFLICT (name) DO UPDATE SET deleted = 1";
const FOLLOW = "SELECT url, deleted OR coalesce(expires <= ?, 0) AS gone FROM links WHERE name = ?";

export default { async fetch(request, env) {
  const { pathname, searchParams } = new URL(request.url), path = decodeURIComponent(pathname);
  if (path === "/api/links" && request.method === "POST") return await save(env, await request.json());
  if (path.startsWith("/api/links/") && request.method === "DELETE") return await remove(env, path.slice(11));
  if (path.startsWith("/admin/")) return await step(env, path.slice(7), searchParams.get("cursor"));
  return await follow(env, path.slice(1));
} };

async function save({ DB, LINKS, MODE }, { id = crypto.randomUUID().slice(0, 8), url, owner, ttl }) {
  const expiration = ttl ? Math.floor(Date.now() / 1000) + ttl : null;
  await DB.prepare(SAVE).bind(id, url, owner, expiration).run();
  if (MODE === "dual") await LINKS.put(PREFIX + id, url, { metadata: { owner }, ...(ttl ? { expiration } : {}) });
  return Response.json({ id }, { status: 201 });
}

async function remove({ DB, LINKS, MODE }, name) {
  await DB.prepare(DELETE).bind(name).run();
  if (MODE === "dual") await LINKS.delete(PREFIX + name);
  return new Response(null, { status: 204 });
}

async function follow({ DB, LINKS, MODE }, name) {
  const row = await DB.prepare(FOLLOW).bind(Date.now() / 1000, name).first();
  const stored = row === null || row.gone ? null : row.url;
  const url = MODE === "dual" ? (await LINKS.get(PREFIX + name)) ?? stored
    : row === null ? await LINKS.get(PREFIX + name) : stored;
  if (url === null) return new Response("no such link", { status: 404 });
  return new Response(null, { status: 302, headers: { location: url } });
}

async function step({ DB, LINKS }, name, cursor) {
  const page = await LINKS.list({ prefix: PREFIX, limit: PAGE, ...(cursor ? { cursor } : {}) });
  if (page.keys.length > 0) await { backfill, compare, cleanup }[name](DB, LINKS, page.keys);
  return Response.json({ done: page.list_complete, cursor: page.cursor });
}

async function backfill(DB, LINKS, keys) {
  const insert = DB.prepare(BACKFILL);
  // Several reads at once: as a JavaScript Worker does it.
  const read = await Promise.all(keys.map(async (key) => [key, await LINKS.get(key.name)]));
  const rows = read.filter(([, url]) => url !== null).map(([{ name, metadata, expiration }, url]) =>
    insert.bind(name.slice(PREFIX.length), url, metadata?.owner ?? null, expiration ?? null));
  if (rows.length > 0) await DB.batch(rows);
}

async function compare(DB, LINKS, keys) {
  const rows = await found(DB, keys);
  for (const { name } of keys) if ((await LINKS.get(name)) !== rows.get(name)) console.log("different:", name);
}

async function cleanup(DB, LINKS, keys) {
  const rows = await found(DB, keys);
  for (const { name } of keys) if (rows.has(name)) await LINKS.delete(name);
}

async function found(DB, keys) {
  const marks = keys.map(() => "?").join(", "), names = keys.map(({ name }) => name.slice(PREFIX.length));
  const { results } = await DB.prepare(`SELECT name, url FROM links WHERE name IN (${marks})`).bind(...names).all();
  return new Map(results.map(({ name, url }) => [PREFIX + name, url]));
}
