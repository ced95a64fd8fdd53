export default {
  async fetch(request, env) {
    const kv = env.NOTES;
    const page = await kv.list({ prefix: "note:" }); // finds: first-page
    return Response.json(page.keys.map((key) => key.name));
  },
};
