// The peer: a Worker with one KV namespace and one D1 database in Miniflare, on a port of its own. Prints its URL and serves until
// its standard input ends.
//
//   node miniflare.mjs <path of miniflare's package> <folder for the state>

import { createRequire } from "node:module";
import { join } from "node:path";

const [where, folder] = process.argv.slice(2);
const { Miniflare } = createRequire(join(where, "/"))(where);

const script = `
async function table(db) {
  if (await db.prepare("SELECT name FROM sqlite_master WHERE name = 't'").first()) return;
  const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
    + "INSERT INTO t SELECT i, 'key-' || i, printf('%.100c', 'v') FROM n";
  await db.batch([db.prepare("CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT, v TEXT)"), db.prepare(rows)]);
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const count = Number(url.searchParams.get("n"));
    const together = Number(url.searchParams.get("at") ?? 1);
    switch (url.pathname) {
      case "/one":
        return new Response(await env.CACHE.get("key-1"));
      case "/gets":
        for (let n = 0; n < count; n++) await env.CACHE.get("key-" + (n % 1000));
        return new Response("done");
      case "/rows":
        await table(env.DB);
        for (let n = 0; n < count; n++) await env.DB.prepare("SELECT * FROM t WHERE id = ?").bind(n % 1000 + 1).first();
        return new Response("done");
      case "/inserts": {
        await table(env.DB);
        const insert = env.DB.prepare("INSERT INTO t (k, v) VALUES (?, ?)");
        for (let n = 0; n < count; n++) await insert.bind("key-" + n, "v".repeat(100)).run();
        return new Response("done");
      }
      case "/puts":
        for (let n = 0; n < count; n += together) {
          const waiting = [];
          for (let m = n; m < n + together; m++) waiting.push(env.CACHE.put("key-" + m, "v".repeat(200)));
          await Promise.all(waiting);
        }
        return new Response("done");
    }
    return new Response("no such test", { status: 404 });
  },
};`;

const miniflare = new Miniflare({
  modules: true,
  script,
  compatibilityDate: "2025-01-01",
  kvNamespaces: { CACHE: "bench" },
  kvPersist: folder,
  d1Databases: { DB: "bench" },
  d1Persist: folder + "-d1",
});
console.log(String(await miniflare.ready).replace(/\/$/, ""));
process.stdin.resume();
process.stdin.on("end", () => miniflare.dispose().then(() => process.exit(0)));
