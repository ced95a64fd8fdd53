export default { async fetch(r) { const p=new URL(r.url).pathname; const h=new Headers({"content-type":"text/html; charset=utf-8"});
 h.append("set-cookie","a=1; Path=/"); h.append("set-cookie","b=2"); h.append("x-y","1"); h.append("x-y","2"); h.set("Cache-Control","no-store");
 if (p==="/json") return Response.json({a:1},{status:201,headers:{"x-z":"é"}}); if (p==="/redirect") return Response.redirect("https://example.com/x?y", 307);
 if (p==="/blob") return new Response(new Blob(["abc"],{type:"x/y"})); if (p==="/form") { const f=new FormData(); f.set("a","1"); return new Response(new URLSearchParams({a:"1 2"})) } if (p==="/bytes") return new Response(new Uint8Array([1,2,3]));
 if (p==="/empty") return new Response(null); if (p==="/304") return new Response(null,{status:304,headers:{etag:'"x"'}});
 return new Response("<p>hé</p>",{headers:h, statusText:"Fine"}) } }