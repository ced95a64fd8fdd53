// A message board as it is to be: a key for each post, `post:<board>:<id>`, with its author as metadata.
//
// Boards are read in both layouts and written in the new one. The migration has three steps, each a request that is
// sent again with the cursor of its answer until that says `done`, and minutes apart, so that everybody has seen the
// last one: /admin/copy, /admin/remove (boards all of whose posts are there) and /admin/sweep. Each takes a few posts
// of a board, which may have any number: a cursor is how many of them are done, and where the listing is.
//
// A copy may be made from a read that is a minute old: of a board that was deleted meanwhile. So a deleted board
// leaves a mark, `gone:<name>`. While the mark is there the board is not shown, and the sweep removes such copies.
const OLD = "board:", NEW = "post:", GONE = "gone:";
const POSTS = 20; // for each request, of one board: a copied one takes two operations, a small plan has fifty
const SOON = 90; // KV takes no expiration less than 60 s ahead: what ends so soon stays where it is
const REMEMBERED = 86_400; // seconds for which a deleted board is remembered: longer than a migration takes
const STEPS = { copy: [OLD, copy], remove: [OLD, remove], sweep: [GONE, sweep] };

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname.startsWith("/admin/")) return step(env.BOARD, pathname.slice(7), searchParams.get("cursor"));
    const name = decodeURIComponent(pathname.replace("/boards/", ""));
    if (request.method === "PUT") return create(env.BOARD, name, await request.json());
    if (request.method === "DELETE") return forget(env.BOARD, name);
    const posts = await read(env.BOARD, name);
    return posts.length === 0 ? new Response("no such board", { status: 404 }) : Response.json(posts);
  },
};

async function create(kv, name, posts) {
  for (const { id, text, author } of posts) await kv.put(`${NEW}${name}:${id}`, text, { metadata: { author } });
  return new Response(null, { status: 204 });
}

async function forget(kv, name) {
  await kv.put(GONE + name, "", { expirationTtl: REMEMBERED });
  await sweep(kv, name);
  await kv.delete(OLD + name);
  return new Response(null, { status: 204 });
}

async function read(kv, name) {
  if ((await kv.get(GONE + name)) !== null) return [];
  const old = await kv.get(OLD + name, "json");
  if (old !== null) return old;
  const keys = await postsOf(kv, name), start = `${NEW}${name}:`.length;
  return Promise.all(
    keys.map(async ({ name: key, metadata }) => ({ id: key.slice(start), text: await kv.get(key), ...metadata })),
  );
}

async function postsOf(kv, name) {
  const keys = [];
  let page;
  do {
    page = await kv.list({ prefix: `${NEW}${name}:`, cursor: page?.cursor });
    keys.push(...page.keys);
  } while (!page.list_complete);
  return keys;
}

async function step(kv, name, cursor) {
  const [prefix, work] = STEPS[name];
  const [done, listed] = (cursor ?? "0/").split(/\/(.*)/s);
  const page = await kv.list({ prefix, limit: 1, cursor: listed || undefined });
  for (const { name: key, expiration } of page.keys) {
    const left = await work(kv, key.slice(prefix.length), expiration, Number(done));
    if (left) return Response.json({ done: false, cursor: `${Number(done) + POSTS}/${listed}` });
  }
  return Response.json({ done: page.list_complete, cursor: `0/${page.cursor ?? ""}` });
}

// Each says whether posts of the board are left after those from `first` on.
async function copy(kv, name, expiration, first) {
  if (expiration !== undefined && expiration < Date.now() / 1000 + SOON) return false;
  if ((await kv.get(GONE + name)) !== null) return false;
  const posts = (await kv.get(OLD + name, "json")) ?? [];
  for (const { id, text, author } of posts.slice(first, first + POSTS)) {
    const key = `${NEW}${name}:${id}`;
    if ((await kv.get(key)) === null) await kv.put(key, text, { metadata: { author }, expiration });
  }
  return first + POSTS < posts.length;
}

async function remove(kv, name, expiration, first) {
  const posts = (await kv.get(OLD + name, "json")) ?? [];
  for (const { id } of posts.slice(first, first + POSTS)) {
    if ((await kv.get(`${NEW}${name}:${id}`)) === null) return false;
  }
  if (first + POSTS < posts.length) return true;
  await kv.delete(OLD + name);
  return false;
}

async function sweep(kv, name) {
  for (const key of await postsOf(kv, name)) await kv.delete(key.name);
}
