export default {
  async scheduled(event, env) {
    let cursor;
    do {
      const page = await env.USERS.list({ prefix: "u:", cursor });
      for (const key of page.keys) { // finds: over-budget
        const value = await env.USERS.get(key.name);
        await env.USERS.put(key.name.replace("u:", "user:"), value); // finds: bare-copy
        await env.USERS.delete(key.name); // finds: early-delete
      }
      cursor = page.cursor;
    } while (cursor);
  },
};
