// Helpers read and write; their caller loses updates.
const load = async (kv, key) => JSON.parse((await kv.get(key)) || "[]");
const save = (kv, key, items) => kv.put(key, JSON.stringify(items));

async function append(env, item) {
  const items = await load(env.QUEUE_KV, "items");
  items.push(item);
  await save(env.QUEUE_KV, "items", items); // finds: lost-update
}

export default {
  async fetch(request, env) {
    await append(env, await request.json());
    return new Response("ok");
  },
};
