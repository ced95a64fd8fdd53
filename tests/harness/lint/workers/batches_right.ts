// A thousand keys are read a hundred at a time, and deleted in batches that the next run goes on with.
interface Env {
  LOGS: KVNamespace;
}
const BATCH = 100;
export default {
  async scheduled(_: ScheduledController, env: Env): Promise<void> {
    const page = await env.LOGS.list({ prefix: "log:", limit: BATCH });
    const values = await env.LOGS.get(page.keys.map((key) => key.name), "json");
    const old = page.keys.filter((key) => Number((values.get(key.name) as { at: number }).at) < Date.now() - 864e5);
    await Promise.all(old.map((key) => env.LOGS.delete(key.name)));
  },
};
