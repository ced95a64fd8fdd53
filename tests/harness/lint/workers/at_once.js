export default {
  async fetch(request, env) {
    const events = await request.json();
    await Promise.all(events.map((event) => env.STATUS_KV.put("latest", JSON.stringify(event)))); // finds: one-key-at-once
    await Promise.all([
      env.STATUS_KV.put("count", String(events.length)),
      env.STATUS_KV.put(`day:${events[0].day}`, "seen"),
      env.STATUS_KV.put("count", "0"), // finds: one-key-at-once
    ]);
    return new Response("ok");
  },
};
