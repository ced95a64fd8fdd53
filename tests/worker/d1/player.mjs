// Plays recorded steps on real bindings and answers with what came of them. CASES is written in front of this:
// {id: () => [step, …]}, each step with its arguments as expressions of JavaScript.

const READ_ONLY = { first: true, all: true, run: true, raw: true };

export default {
  async fetch(request, env) {
    const { id, binding } = await request.json();
    const saved = {};
    const outcomes = [];
    for (const step of CASES[id]()) outcomes.push(await outcome(step, env[binding], saved));
    return new Response(JSON.stringify(outcomes));
  },
};

async function outcome(step, database, saved) {
  let at = step.prepare ? "prepare" : "call";
  try {
    const on = step.on ? saved[step.on] : database;
    let result;
    if (step.method in READ_ONLY || step.method === "none") {
      let statement = step.stmt ? saved[step.stmt] : on.prepare(...step.prepare);
      at = "bind";
      for (const values of step.binds) statement = statement.bind(...values);
      if (step.save) saved[step.save] = statement;
      at = "call";
      if (step.method === "none") return { result: { $type: "undefined" } };
      result = statement[step.method](...step.args);
    } else {
      if (typeof on[step.method] !== "function") throw new TypeError("<no such method>");
      const args = step.statements ? [step.statements(on, saved)] : step.args;
      result = on[step.method](...args);
      if (step.save) saved[step.save] = result;
    }
    at = "";
    return { result: await shown(await result, step.digest) };
  } catch (error) {
    const cause = error.cause ? { cause: { name: error.cause.name, message: error.cause.message } } : {};
    return { error: { name: error.name, message: error.message, ...cause, ...(at ? { at } : {}) } };
  }
}

async function shown(value, digest) {
  if (value === undefined) return { $type: "undefined" };
  if (typeof value === "function") return { $type: "function" };
  if (value instanceof ArrayBuffer) {
    return { $type: "arrayBuffer", base64: btoa(String.fromCharCode(...new Uint8Array(value))) };
  }
  const name = value?.constructor?.name;
  if (value && typeof value === "object" && name && name.startsWith("D1")) {
    return { $type: "instance", class: name };
  }
  if (!digest || value === null) return value;
  return Array.isArray(value) ? await digested(value) : { ...value, results: await digested(value.results) };
}

async function digested(rows) {
  const masked = rows.map((row) =>
    row?.meta ? { ...row, meta: { ...row.meta, duration: "<number>", size_after: "<number>" } } : row,
  );
  const bytes = new TextEncoder().encode(JSON.stringify(masked));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { count: rows.length, first: rows[0], last: rows.at(-1), sha256 };
}
