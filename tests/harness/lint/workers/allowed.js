// One operator writes this key, and nobody else.
export default {
  async scheduled(event, env) {
    const before = (await env.OPS_KV.get("runs", "json")) ?? [];
    // rehearse: allow lost-update, only the schedule writes it
    await env.OPS_KV.put("runs", JSON.stringify([...before, event.scheduledTime].slice(-10)));
  },
};
