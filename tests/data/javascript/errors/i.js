import { deep } from "./lib.js";
export default { async fetch(r) { const p=new URL(r.url).pathname;
 if (p==="/throw") deep(); if (p==="/string") throw "text"; if (p==="/none") return; if (p==="/text") return "text"; if (p==="/null") return null;
 if (p==="/reject") await Promise.reject(new TypeError("no")); return new Response("ok",{status:+(p.slice(1)||200)}) } }