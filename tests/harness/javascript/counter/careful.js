// An object adds, and KV has a copy for readers. Each object takes its counter over by itself, once, and does one
// thing after the other: of two puts that are under way, KV would keep the older.
import { DurableObject } from "cloudflare:workers";

const SOON = 120; // what ends within so many seconds, KV may not take any more

export class Counter extends DurableObject {
  copy() {
    return this.ctx.blockConcurrencyWhile(() => this.changed(0));
  }
  add() {
    return this.ctx.blockConcurrencyWhile(() => this.changed(1));
  }
  async changed(by) {
    const counter = (await this.ctx.storage.get("counter")) ?? (await this.stored("total:")) ?? (await this.stored("count:"));
    if (counter === undefined || (by === 0 && counter.expiration < Date.now() / 1000 + SOON)) return null;
    const { count, metadata } = counter;
    const next = by === 0 ? counter : { count: String(Number(count) + by), metadata }; // who adds makes it stay, as before
    await this.ctx.storage.put("counter", next);
    await this.env.KV.put(`total:${this.ctx.id.name}`, next.count, { metadata, expiration: next.expiration });
    return Number(next.count);
  }
  async stored(prefix) {
    const name = prefix + this.ctx.id.name;
    const { value: count, metadata } = await this.env.KV.getWithMetadata(name);
    if (count === null) return undefined;
    const { keys } = await this.env.KV.list({ prefix: name });
    return { count, metadata, expiration: keys.find((key) => key.name === name)?.expiration };
  }
}

const STEPS = {
  copy: ({ COUNTER }, name) => COUNTER.getByName(name).copy(),
  remove: async ({ KV }, name) => (await KV.get(`total:${name}`)) !== null && KV.delete(`count:${name}`),
};

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url), [, name, action] = pathname.split("/"), { KV, COUNTER } = env;
    if (name === "admin") {
      const page = await KV.list({ prefix: "count:", limit: 8, cursor: searchParams.get("cursor") || undefined });
      for (const key of page.keys) await STEPS[action](env, key.name.slice(6));
      return Response.json({ done: page.list_complete, cursor: page.cursor });
    }
    const count = (await KV.get(`total:${name}`)) ?? (await KV.get(`count:${name}`));
    if (count === null) return new Response("none", { status: 404 });
    return Response.json(action === "add" ? await COUNTER.getByName(name).add() : Number(count));
  },
};
