// The peer: a Worker with one KV namespace in Miniflare, on a port of its own. Prints its URL and serves until
// its standard input ends.
//
//   node miniflare.mjs <path of miniflare's package> <folder for the state>

import { createRequire } from "node:module";
import { join } from "node:path";

const [where, folder] = process.argv.slice(2);
const { Miniflare } = createRequire(join(where, "/"))(where);

const script = `
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
});
console.log(String(await miniflare.ready).replace(/\/$/, ""));
process.stdin.resume();
process.stdin.on("end", () => miniflare.dispose().then(() => process.exit(0)));
