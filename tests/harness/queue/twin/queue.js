// The queue's Worker again, in JavaScript: its documented formats, claims and migration, with the same weaknesses,
// kept on purpose. What the guide has no routes for, other channels, coordinators, the safe migration, is left out.
const PENDING = "orchestrator:pending", RESULT = "orchestrator:result:";
const OLD = { tasks: "orchestrator:queue:", leases: "orchestrator:lease:" };
const NEW = { tasks: "queue:task:", leases: "queue:lease:" };
const TTL = 3600, LEASE = 300, LONGEST_LEASE = 600, LEAST_TTL = 60, WINDOW_MS = 60_000;

const json = (data, status = 200) => Response.json(data, { status });
const iso = (ms = Date.now()) => new Date(ms).toISOString();

class Refusal extends Error {
  constructor(error, details) { super(error); this.body = details ? { error, details } : { error }; }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/webhook/slack") return webhook(request, env);
    if (!pathname.startsWith("/api/")) return new Response("Not found", { status: 404 });
    const key = request.headers.get("X-API-Key") ?? "";
    if (key === "" || (key !== env.QUEUE_API_KEY && key !== env.ADMIN_API_KEY)) return json({ error: "Unauthorized" }, 401);
    if (pathname.startsWith("/api/migrate/")) return migration(request.method, pathname, env.CACHE);
    if (!(await admit(env.CACHE, "queue", `key:${key.slice(0, 8)}`, 60))) return json({ error: "Too Many Requests" }, 429);
    try {
      return await route(request, pathname.split("/").slice(2), queueOf(env), env.CACHE);
    } catch (error) {
      if (error instanceof Refusal) return json(error.body, 400);
      throw error;
    }
  },
};

const queueOf = (env) => (env.QUEUE_FORMAT === "new" ? new NewFormat(env.CACHE) : new OldFormat(env.CACHE));

async function route(request, [kind, segment, action], queue, kv) {
  const what = `${request.method} ${kind}`;
  if (what === "GET queue" && segment === undefined) {
    const pending = await queue.pending();
    return json({ pending, count: pending.length });
  }
  if (what === "POST queue" && segment === "claim" && action === undefined) return claim(queue, request);
  if (segment === undefined) return json({ error: "Not found" }, 404);
  const id = idOf(segment);
  if (what === "GET queue" && action === undefined) {
    const task = await queue.task(id);
    return task ? json(task) : json({ error: "Task not found" }, 404);
  }
  if (what === "POST queue" && action === "release") return release(queue, id, request);
  if (what === "POST queue" && action === "renew") return renew(queue, id, request);
  if (what === "POST queue" && action === "status") return setStatus(queue, id, request);
  if (what === "GET result" && action === undefined) {
    const result = await kv.get(RESULT + id, "json");
    return result ? json(result) : json({ error: "Result not found" }, 404);
  }
  if (what === "POST result" && action === undefined) {
    await queue.complete(id, await body(request));
    return json({ success: true });
  }
  return json({ error: "Not found" }, 404);
}

function idOf(segment) {
  let id;
  try { id = decodeURIComponent(segment); } catch { throw new Refusal("Invalid taskId format", ["Task ID is not valid UTF-8"]); }
  const size = new TextEncoder().encode(id).length;
  if (size === 0 || size > 492) throw new Refusal("Invalid taskId format", [`Task ID of ${size} bytes`]);
  return id;
}

async function body(request) {
  try { return await request.json(); } catch { throw new Refusal("Invalid JSON in request body"); }
}

function duration(seconds) {
  if (seconds === undefined) return LEASE;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_LEASE) throw new Refusal("Validation failed", ["leaseDurationSec"]);
  return seconds;
}

async function claim(queue, request) {
  const given = await body(request);
  const worker = given.workerId || `worker_${Date.now()}`;
  const pending = await queue.pending();
  const found = await queue.claim(pending, worker, duration(given.leaseDurationSec));
  return json(found ?? { success: false, message: "No tasks available or all tasks are leased", pending: pending.length });
}

async function release(queue, id, request) {
  const { workerId } = await body(request);
  const lease = await queue.lease(id);
  if (!lease) return json({ success: true, message: "No active lease" });
  if (workerId && workerId !== lease.workerId) return json({ error: "Not lease holder" }, 403);
  await queue.release(id);
  return json({ success: true });
}

async function renew(queue, id, request) {
  const { workerId, extendSec } = await body(request);
  if (!workerId) throw new Refusal("Validation failed", ["workerId: Required"]);
  const lease = await queue.lease(id);
  if (!lease || lease.workerId !== workerId) return json({ error: "Invalid lease or not holder" }, 403);
  const seconds = duration(extendSec);
  const renewed = { ...lease, expiresAt: iso(Date.now() + seconds * 1000), renewedAt: iso() };
  await queue.putLease(id, renewed, seconds);
  return json({ success: true, lease: renewed });
}

async function setStatus(queue, id, request) {
  const { status } = await body(request);
  if (!status) throw new Refusal("Validation failed", ["status: Required"]);
  const task = await queue.task(id);
  if (!task) return json({ error: "Task not found" }, 404);
  task.status = status;
  task.updatedAt = iso();
  await queue.putTask(id, task);
  return json({ success: true, status });
}

class Leased {
  constructor(kv, layout) { this.kv = kv; this.layout = layout; }
  task(id) { return this.kv.get(this.layout.tasks + id, "json"); }
  lease(id) { return this.kv.get(this.layout.leases + id, "json"); }
  release(id) { return this.kv.delete(this.layout.leases + id); }
  putTask(id, task) { return this.kv.put(this.layout.tasks + id, JSON.stringify(task), { expirationTtl: TTL }); }
  putLease(id, lease, seconds) {
    return this.kv.put(this.layout.leases + id, JSON.stringify(lease), { expirationTtl: seconds });
  }

  async claim(pending, worker, seconds) {
    const { keys } = await this.kv.list({ prefix: this.layout.leases });
    const leased = new Set(keys.map(({ name }) => name.slice(this.layout.leases.length)));
    for (const candidate of pending) {
      if (leased.has(candidate)) continue;
      const now = Date.now(), id = String(candidate);
      const lease = {
        workerId: worker,
        claimNonce: `${worker}:${now}:${crypto.randomUUID().slice(0, 8)}`,
        claimedAt: iso(now),
        expiresAt: iso(now + seconds * 1000),
      };
      await this.putLease(id, lease, seconds);
      if ((await this.lease(id))?.claimNonce !== lease.claimNonce) continue;
      const task = await this.task(id);
      if (task) return { success: true, taskId: candidate, task, lease };
      await this.release(id);
    }
    return null;
  }
}

class OldFormat extends Leased {
  constructor(kv) { super(kv, OLD); }
  async pending() { return (await this.kv.get(PENDING, "json")) || []; }
  putPending(pending) { return this.kv.put(PENDING, JSON.stringify(pending), { expirationTtl: TTL }); }
  async enqueue(task) {
    await this.putTask(task.id, task);
    const pending = await this.pending();
    pending.push(task.id);
    await this.putPending(pending);
  }
  async complete(id, result) {
    await this.kv.put(RESULT + id, JSON.stringify(result), { expirationTtl: TTL });
    await this.putPending((await this.pending()).filter((listed) => listed !== id));
    await this.kv.delete(this.layout.tasks + id);
  }
}

class NewFormat extends Leased {
  constructor(kv) { super(kv, NEW); }
  async pending() {
    return (await this.kv.list({ prefix: NEW.tasks })).keys.map(({ name }) => name.slice(NEW.tasks.length));
  }
  enqueue(task) { return this.putTask(task.id, task); }
  async complete(id, result) {
    await this.kv.put(RESULT + id, JSON.stringify(result), { expirationTtl: TTL });
    await this.kv.delete(this.layout.tasks + id);
    await this.release(id);
  }
}

// --- messages -------------------------------------------------------------------------------------------------

async function webhook(request, env) {
  const client = request.headers.get("CF-Connecting-IP") ?? "unknown";
  if (!(await admit(env.CACHE, "slack", client, 100))) return json({ error: "Too Many Requests" }, 429);
  let payload;
  try { payload = await request.json(); } catch { return new Response("Invalid JSON", { status: 400 }); }
  const message = payload?.event;
  if (!message || message.bot_id) return new Response("OK");
  const id = `slack_${message.ts || Date.now()}`, content = String(message.text ?? "");
  const metadata = { user: message.user, channel: message.channel ?? "", channelName: "unknown", rule: null };
  try {
    const event = { id, source: "slack", type: "message", content, metadata, requiresOrchestrator: true };
    await env.CACHE.put(`event:${id}`, JSON.stringify(event), { expirationTtl: TTL });
    const task = { id, type: "task", source: "slack", content, priority: "low", metadata, queuedAt: iso(), status: "pending" };
    await queueOf(env).enqueue(task);
    return json({ status: "accepted", eventId: id, message: `Request queued. Poll /api/result/${id} for result.` });
  } catch {
    return json({ error: "Internal server error" }, 500);
  }
}

async function admit(kv, scope, client, limit) {
  const key = `ratelimit:${scope}:${client}`, now = Date.now();
  try {
    const recent = ((await kv.get(key, "json"))?.requests ?? []).filter((moment) => moment > now - WINDOW_MS);
    if (recent.length >= limit) return false;
    await kv.put(key, JSON.stringify({ requests: [...recent, now] }), { expirationTtl: 120 });
  } catch {
    // who cannot be counted may pass
  }
  return true;
}

// --- the migration --------------------------------------------------------------------------------------------

async function migration(method, path, kv) {
  const endpoint = { "GET /api/migrate/status": status, "POST /api/migrate/run": run, "POST /api/migrate/rollback": rollBack };
  try {
    return (await endpoint[`${method} ${path}`]?.(kv)) ?? json({ error: "Not found" }, 404);
  } catch (error) {
    return json({ success: false, error: error.message }, 500);
  }
}

async function status(kv) {
  const pending = await kv.get(PENDING, "json");
  const count = async (prefix) => (await kv.list({ prefix })).keys.length;
  const newTaskCount = await count(NEW.tasks), oldLeaseCount = await count(OLD.leases), newLeaseCount = await count(NEW.leases);
  const needsMigration = pending !== null;
  return json({
    success: true,
    status: {
      oldFormatExists: needsMigration, newFormatExists: newTaskCount > 0, oldTaskCount: pending?.length || 0,
      newTaskCount, oldLeaseCount, newLeaseCount,
    },
    needsMigration,
    recommendation: needsMigration ? "Run migration to move to new format" : "Already using new format",
  });
}

async function run(kv) {
  const phase = () => ({ migrated: 0, failed: 0, errors: [] });
  const tasks = phase(), leases = phase();
  if ((await kv.get(PENDING)) === null) {
    return json({ success: true, message: "Migration not needed - already using new format", tasks, leases });
  }
  try {
    for (const id of (await kv.get(PENDING, "json")) || []) await moveTask(kv, String(id), tasks);
    if (tasks.migrated > 0) await kv.delete(PENDING);
  } catch (error) {
    tasks.errors.push(`Fatal: ${error}`);
  }
  try {
    for (const { name, expiration } of (await kv.list({ prefix: OLD.leases })).keys) await moveLease(kv, name, expiration, leases);
  } catch (error) {
    leases.errors.push(`Fatal: ${error}`);
  }
  const failed = tasks.failed + leases.failed;
  return json({
    success: failed === 0,
    message: failed ? `Migration completed with ${failed} failures` : "Migration completed successfully",
    tasks, leases, totalMigrated: tasks.migrated + leases.migrated, totalFailed: failed,
    errors: [...tasks.errors, ...leases.errors],
  }, failed ? 207 : 200);
}

async function moveTask(kv, id, phase) {
  try {
    const task = await kv.get(OLD.tasks + id, "json");
    if (!task) throw new Error("not found in old queue");
    await putVerified(kv, NEW.tasks + id, task, TTL);
    await kv.delete(OLD.tasks + id);
    phase.migrated++;
  } catch (error) {
    phase.failed++;
    phase.errors.push(`Task ${id}: ${error.message}`);
  }
}

async function moveLease(kv, name, expiration, phase) {
  try {
    const lease = await kv.get(name, "json");
    if (!lease) return;
    const left = expiration ? Math.max(expiration - Math.floor(Date.now() / 1000), LEAST_TTL) : LEASE;
    await putVerified(kv, NEW.leases + name.slice(OLD.leases.length), lease, left);
    await kv.delete(name);
    phase.migrated++;
  } catch (error) {
    phase.failed++;
    phase.errors.push(`Lease ${name}: ${error.message}`);
  }
}

async function putVerified(kv, key, value, expirationTtl) {
  await kv.put(key, JSON.stringify(value), { expirationTtl });
  if (!(await kv.get(key))) throw new Error("Failed to verify new key write");
}

async function rollBack(kv) {
  const tasks = await kv.list({ prefix: NEW.tasks }), leases = await kv.list({ prefix: NEW.leases });
  const keys = [...tasks.keys, ...leases.keys];
  for (const { name } of keys) await kv.delete(name);
  return json({ success: true, message: `Rollback complete - deleted ${keys.length} new format keys`, deleted: keys.length });
}
