// Many keys at once, one key once, and a write that is tried again after a pause.
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function insist(kv, key, value) {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await kv.put(key, value);
      return;
    } catch (error) {
      await pause(1000 * 2 ** attempt);
    }
  }
  throw new Error("not written");
}

export default {
  async fetch(request, env) {
    const events = await request.json();
    await Promise.all(events.map((event) => env.STATUS_KV.put(`event:${event.id}`, JSON.stringify(event))));
    await Promise.allSettled([env.STATUS_KV.put("latest", events[0].id), env.STATUS_KV.put("first", events[0].id)]);
    await insist(env.STATUS_KV, "count", String(events.length));
    return new Response("ok");
  },
};
