// In front of the user's Worker: fires its scheduled handler when asked to, answers with the stack when it
// throws, and passes on all else.
const HANDLERS = "/cdn-cgi/handler/";
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname.startsWith(HANDLERS)) return handler(request, url, env.USER);
    if (url.pathname === "/__scheduled" && env.TEST_SCHEDULED) {
      const answer = await scheduled(url.searchParams, env.USER);
      return answer.ok ? new Response("Ran scheduled event") : answer;
    }
    try {
      return await env.USER.fetch(request);
    } catch (error) {
      const text = String(error?.stack ?? error);
      console.error(text);
      return new Response(text, { status: 500, headers: { "content-type": "text/plain" } });
    }
  },
};

// No page of another site, and no other machine, fires events: texts and statuses are those of wrangler dev.
function handler(request, url, user) {
  if (!LOCAL.includes(url.hostname)) return new Response("Invalid Host header", { status: 403 });
  const origin = request.headers.get("origin");
  if (origin && !LOCAL.includes(hostname(origin))) return new Response("Invalid Origin header", { status: 403 });
  if (url.pathname === HANDLERS + "scheduled") return scheduled(url.searchParams, user);
  const known = `"${HANDLERS}scheduled"`;
  return new Response(`"${url.pathname}" is not a valid handler. Did you mean to use ${known}?`, { status: 404 });
}

function hostname(origin) {
  try {
    return new URL(origin).hostname;
  } catch {
    return "";
  }
}

async function scheduled(query, user) {
  const event = { cron: query.get("cron") ?? "" };
  if (query.has("time")) event.scheduledTime = new Date(Number(query.get("time")));
  const { outcome } = await user.scheduled(event);
  return new Response(outcome === "ok" ? "ok" : "exception", { status: outcome === "ok" ? 200 : 500 });
}
