export default { async fetch(request) {
  const url = new URL(request.url);
  if (request.headers.get("Upgrade") !== "websocket") return new Response("no upgrade " + url.pathname);
  if (url.pathname === "/refuse") return new Response("not you", { status: 403, headers: { "x-why": "because" } });
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.addEventListener("message", (e) => {
    if (e.data === "bye") return server.close(4001, "as you like");
    server.send(typeof e.data === "string" ? "echo " + e.data + " " + url.pathname : e.data);
  });
  server.addEventListener("close", (e) => console.log("closed", e.code, e.reason));
  const h = {}; const p = request.headers.get("sec-websocket-protocol"); if (p) h["sec-websocket-protocol"] = p.split(",")[0];
  return new Response(null, { status: 101, webSocket: client, headers: h });
} };
