import { WorkerEntrypoint } from "cloudflare:workers";

export class Own extends WorkerEntrypoint {
  hi() { return "own"; }
}

async function tried(call) {
  try { return await call(); } catch (error) { return error.message.trim().split("\n").pop().replace(/^\w+: /, ""); }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/pass") return env.STOCK.fetch(request);
    if (pathname === "/fetch") {
      return env.STOCK.fetch("http://stock/shelf?place=1", { method: "POST", body: "milk", headers: { mine: "1" } });
    }
    const gone = await env.GONE.fetch("http://gone/");
    return Response.json({
      add: await tried(() => env.COUNT.add(1, 2)),
      echo: await tried(() => env.COUNT.echo({ a: [1, null, true, "x"], b: { c: 1.5 } })),
      own: await tried(() => env.OWN.hi()),
      bound: await tried(() => env.COUNT.bound()),
      fails: await tried(() => env.COUNT.fails()),
      missing: await tried(() => env.COUNT.missing()),
      unexported: await tried(() => env.STOCK.hello()),
      unfetched: await tried(async () => (await env.COUNT.fetch("http://count/")).status),
      gone: [gone.status, await gone.text()],
      goneMethod: await tried(() => env.GONE.hello()),
    });
  },
};
