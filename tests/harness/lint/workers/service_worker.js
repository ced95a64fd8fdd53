// The old form: bindings are globals.
addEventListener("fetch", (event) => event.respondWith(handle(event.request)));

async function handle(request) {
  const visits = parseInt(await SITE_KV.get("visits")) || 0;
  await SITE_KV.put("visits", (visits + 1).toString()); // finds: lost-update
  const recent = await SITE_KV.list({ prefix: "visit:", limit: 10 });
  return new Response(recent.keys.map((key) => key.name).join("\n"));
}
