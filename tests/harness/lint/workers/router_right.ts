import { Hono } from "hono";

const app = new Hono<{ Bindings: { LINKS: KVNamespace } }>();
const DAY = 24 * 60 * 60;

app.get("/links", async (c) => {
  const page = await c.env.LINKS.list({ prefix: "link:", cursor: c.req.query("cursor") });
  return c.json({ links: page.keys, cursor: page.list_complete ? null : page.cursor });
});
app.get("/raw", async (c) => c.json(await c.env.LINKS.list({ prefix: "link:" })));
app.post("/links/:id", async (c) => {
  const options: KVNamespacePutOptions = { metadata: { at: Date.now() } };
  if (c.req.query("ttl")) options.expirationTtl = Math.max(60, Number(c.req.query("ttl")));
  else options.expirationTtl = DAY;
  await c.env.LINKS.put(`link:${c.req.param("id")}`, await c.req.text(), options);
  return c.body(null, 204);
});

export default app;
