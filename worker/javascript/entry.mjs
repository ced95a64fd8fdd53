// In front of the user's Worker: fires its scheduled handler when asked to, answers with the stack when it
// throws, and passes on all else.
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/cdn-cgi/handler/scheduled") return scheduled(url.searchParams, env.USER);
    try {
      return await env.USER.fetch(request);
    } catch (error) {
      const text = String(error?.stack ?? error);
      console.error(text);
      return new Response(text, { status: 500, headers: { "content-type": "text/plain" } });
    }
  },
};

async function scheduled(query, user) {
  const event = { cron: query.get("cron") ?? "" };
  if (query.has("time")) event.scheduledTime = new Date(Number(query.get("time")));
  const { outcome } = await user.scheduled(event);
  return new Response(outcome === "ok" ? "ok" : "exception", { status: outcome === "ok" ? 200 : 500 });
}
