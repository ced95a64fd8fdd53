// All pages, and then a read of each key.
interface Env {
  ITEMS: KVNamespace;
}
async function keys(kv: KVNamespace): Promise<{ name: string }[]> {
  const found: { name: string }[] = [];
  let cursor: string | undefined;
  let done = false;
  while (!done) {
    const page = await kv.list({ cursor });
    found.push(...page.keys);
    done = page.list_complete;
    if (!page.list_complete) cursor = page.cursor;
  }
  return found;
}
export default {
  async fetch(_: Request, env: Env): Promise<Response> {
    const all = await keys(env.ITEMS);
    const values = await Promise.all(all.map((key) => env.ITEMS.get(key.name, "json"))); // finds: over-budget
    return Response.json(values);
  },
};
