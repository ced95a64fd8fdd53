// A router in the manner of Hono: each handler is a request of its own.
import { Hono } from "hono";

type Bindings = { TODOS: KVNamespace; FILES: R2Bucket };
const app = new Hono<{ Bindings: Bindings }>();

app.get("/todos", async (c) => {
  const { keys } = await c.env.TODOS.list({ prefix: "todo:" }); // finds: first-page
  return c.json(keys);
});
app.get("/todos/:id", async (c) => {
  const todo = await c.env.TODOS.get(`todo:${c.req.param("id")}`, "json");
  return todo ? c.json(todo) : c.notFound();
});
app.put("/todos/:id", async (c) => {
  await c.env.TODOS.put(`todo:${c.req.param("id")}`, JSON.stringify(await c.req.json()), { expirationTtl: 30 }); // finds: short-ttl
  return c.body(null, 204);
});
app.get("/files", async (c) => {
  const listed = await c.env.FILES.list();
  return c.json(listed.objects);
});

export default app;
