// Short links as they were: what examples/links_to_d1/old is in Python.
const PREFIX = "link:";

export default { async fetch(request, { LINKS }) {
  const path = decodeURIComponent(new URL(request.url).pathname);
  if (path === "/api/links" && request.method === "POST") {
    const { id = crypto.randomUUID().slice(0, 8), url, owner, ttl } = await request.json();
    await LINKS.put(PREFIX + id, url, { metadata: { owner }, ...(ttl ? { expirationTtl: ttl } : {}) });
    return Response.json({ id }, { status: 201 });
  }
  if (path.startsWith("/api/links/") && request.method === "DELETE") {
    await LINKS.delete(PREFIX + path.slice("/api/links/".length));
    return new Response(null, { status: 204 });
  }
  const url = await LINKS.get(PREFIX + path.slice(1));
  if (url === null) return new Response("no such link", { status: 404 });
  return new Response(null, { status: 302, headers: { location: url } });
} };
