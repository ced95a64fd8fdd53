// All pages of an alias, until one says that it is the last.
export default {
  async fetch(request, env) {
    const kv = env.NOTES;
    const names = [];
    let cursor;
    do {
      const page = await kv.list({ prefix: "note:", cursor });
      names.push(...page.keys.map((key) => key.name));
      cursor = page.list_complete ? undefined : page.cursor;
    } while (cursor);
    return Response.json(names);
  },
};
