// A message board as it was: `board:<name>` holds all posts of a board, as one JSON array.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const name = decodeURIComponent(pathname.replace("/boards/", ""));
    if (request.method === "PUT") {
      await env.BOARD.put(`board:${name}`, await request.text());
      return new Response(null, { status: 204 });
    }
    if (request.method === "DELETE") {
      await env.BOARD.delete(`board:${name}`);
      return new Response(null, { status: 204 });
    }
    const posts = await env.BOARD.get(`board:${name}`, "json");
    return posts === null ? new Response("no such board", { status: 404 }) : Response.json(posts);
  },
};
