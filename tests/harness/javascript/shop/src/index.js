// A Worker with a bit of everything that the fixtures are about.
import { DurableObject } from "cloudflare:workers";

const OUTSIDE = "https://api.example.com/x";
let requests = 0;
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export class Counter extends DurableObject {
  async add() {
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    await this.ctx.storage.setAlarm(Date.now() + 30_000);
    return count;
  }
  async alarm({ retryCount }) {
    if (this.ctx.id.name === "bad" && retryCount < 2) throw new Error(`not yet ${retryCount}`);
    await this.env.NOTES.put("alarm", `rang for ${this.ctx.id.name}`);
  }
}

export default {
  async fetch(request, env, ctx) {
    const name = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") {
      console.log("putting", name);
      console.error("told", { a: 1 });
      await env.NOTES.put(name, await request.text(), { expirationTtl: 60 });
      ctx.waitUntil(later(env, name));
      return new Response(null, { status: 204 });
    }
    if (name.startsWith("count")) return new Response(String(await env.COUNTER.getByName(name.slice(6)).add()));
    if (name === "outside") {
      const answer = await fetch(OUTSIDE, { method: "POST", body: "asked", headers: { "x-by": "me" } });
      return Response.json(await answer.json());
    }
    if (name === "module") return new Response(String(++requests));
    if (name === "time") {
      await wait(5000);
      return new Response(new Date().toISOString(), { headers: { "x-colo": String(request.cf?.colo) } });
    }
    if (name === "list") {
      const { cursor } = await env.NOTES.list({ cursor: request.headers.get("cursor") });
      return Response.json(cursor ?? null);
    }
    if (name === "json") return Response.json(await request.json(), { status: 201 });
    const value = await env.NOTES.get(name);
    return value === null ? new Response("none", { status: 404 }) : new Response(value);
  },
  async scheduled({ cron, scheduledTime }, env) {
    if (cron === "bad") throw new Error("no such time");
    await env.NOTES.put("swept", `${cron} ${scheduledTime}`);
  },
};

async function later(env, name) {
  if (name === "bad") throw new Error("later");
  await wait(10_000);
  await env.NOTES.put("last", name);
}
