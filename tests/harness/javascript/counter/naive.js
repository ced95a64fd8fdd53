// An object adds, and KV has a copy for readers. Who moves a counter reads it, and tells the object what it is.
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  async set(count) {
    await this.ctx.storage.put("count", count);
    await this.env.KV.put(`total:${this.ctx.id.name}`, count);
  }
  async add() {
    const count = (await this.ctx.storage.get("count")) ?? (await this.env.KV.get(`count:${this.ctx.id.name}`));
    await this.set(String(Number(count) + 1));
    return Number(count) + 1;
  }
}

export default {
  async fetch(request, { KV, COUNTER }) {
    const { pathname, searchParams } = new URL(request.url), [, name, action] = pathname.split("/");
    if (name === "admin") {
      const page = await KV.list({ prefix: "count:", limit: 8, cursor: searchParams.get("cursor") || undefined });
      for (const key of page.keys) {
        const count = await KV.get(key.name);
        if (count !== null) await COUNTER.getByName(key.name.slice(6)).set(count);
        await KV.delete(key.name);
      }
      return Response.json({ done: page.list_complete, cursor: page.cursor });
    }
    const count = (await KV.get(`total:${name}`)) ?? (await KV.get(`count:${name}`));
    if (count === null) return new Response("none", { status: 404 });
    return Response.json(action === "add" ? await COUNTER.getByName(name).add() : Number(count));
  },
};
