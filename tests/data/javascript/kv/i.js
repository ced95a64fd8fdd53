export default { async fetch(r, env) { const u=new URL(r.url), k=decodeURIComponent(u.pathname.slice(1));
 if (r.method==="PUT") { await env.KV.put(k, r.body, {metadata:{m:1}, expirationTtl: 3600}); return new Response(null,{status:204}) }
 if (r.method==="DELETE") { await env.KV.delete(k); return new Response("gone") }
 if (k==="list") { const l=await env.KV.list({prefix:u.searchParams.get("p")??"", limit: 2}); return Response.json({n:l.keys.map(x=>x.name), c:l.list_complete}) }
 const v=await env.KV.getWithMetadata(k,"text"); return Response.json([v.value, v.metadata]) } }