// A cached value that is too old is computed anew; the old one only says so.
export default {
  async fetch(request, env, ctx) {
    const cached = await env.CACHE.get("rates", "json");
    if (cached && cached.until > Date.now()) return Response.json(cached.rates);
    const rates = await (await fetch("https://rates.example/latest")).json();
    ctx.waitUntil(env.CACHE.put("rates", JSON.stringify({ rates, until: Date.now() + 60000 }), { expirationTtl: 3600 }));
    return Response.json(rates);
  },
};
