export default { async fetch(r) { const p=new URL(r.url).pathname;
 if (p==="/up") { let n=0, chunks=0; for await (const c of r.body) { n+=c.length; chunks++ } return Response.json({n, more: chunks>0}) }
 if (p==="/pipe") return new Response(r.body, {headers: {"x-a":"1"}});
 if (p==="/gz") { return new Response(new Response("z".repeat(1000)).body.pipeThrough(new CompressionStream("gzip")), {headers:{"content-encoding":"gzip"}, encodeBody:"manual"}) }
 const {readable, writable} = new TransformStream(); const w=writable.getWriter(); (async()=>{ for (let i=0;i<5;i++) { await w.write(new TextEncoder().encode("part "+i+"\n")) } await w.close() })();
 return new Response(readable) } }