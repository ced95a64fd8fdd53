// Records what the real wrangler makes of the projects in a config-1 file: reads the file from standard input,
// writes it with every case's "expect" made anew.
//
//     npm install --prefix .real wrangler@4.164.0
//     node tests/worker/config/record.mjs .real/node_modules/wrangler < measured.json > new.json
//
// A case is {name, files: {path: text or {base64}}, environment?, processEnv?}. "log" holds what was printed,
// without colours and without the notice of a newer version. "location" is left out for TOML.

import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { format } from "node:util";

const NAMES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];
const packageFolder = path.resolve(process.argv[2]);
const input = JSON.parse(fs.readFileSync(0, "utf8"));
const environment = {
  HOME: os.tmpdir(),
  PATH: process.env.PATH,
  WRANGLER_SEND_METRICS: "false",
  npm_config_registry: "http://127.0.0.1:9/", // nobody answers: no notice of a newer version
};

process.env = { ...environment };
const require = createRequire(import.meta.url);
const { unstable_getMiniflareWorkerOptions: read } = require(packageFolder);
const { version } = require(path.join(packageFolder, "package.json"));

let printed = [];
for (const level of ["debug", "error", "info", "log", "warn"]) {
  console[level] = (...words) => printed.push(withoutColours(format(...words)));
}

const cases = [];
for (const recorded of input.cases) {
  cases.push({ ...recorded, expect: await record(recorded) });
}
const head = { ...input, recorded_with: { ...input.recorded_with, wrangler: version }, cases: undefined };
const lines = cases.map((recorded) => `  ${JSON.stringify(recorded)}`).join(",\n");
process.stdout.write(`${JSON.stringify(head).slice(0, -1)}, "cases": [\n${lines}\n ]}\n`, () => process.exit(0));

async function record({ files, environment: name, processEnv = {} }) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "config-")));
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    const bytes = typeof content === "string" ? content : Buffer.from(content.base64, "base64");
    fs.writeFileSync(path.join(folder, file), bytes);
  }
  for (const variable of Object.keys(process.env)) delete process.env[variable];
  Object.assign(process.env, environment, processEnv);
  process.chdir(folder);
  printed = [];
  const expect = outcome(folder, name);
  await new Promise((resolve) => setImmediate(resolve)); // warnings are printed a moment later
  fs.rmSync(folder, { recursive: true });
  const log = printed.filter((text) => !text.startsWith("There is a newer version")).join("\n").trim();
  return log === "" ? expect : { ...expect, log };
}

function outcome(folder, name) {
  const file = NAMES.find((candidate) => fs.existsSync(path.join(folder, candidate)));
  try {
    return answer(folder, read(path.join(folder, file), name));
  } catch (error) {
    const message = withoutColours(String(error.text ?? error.message));
    if (error.location === undefined || message.startsWith("Invalid TOML")) return { error: message };
    const { line, column, length = 0 } = error.location;
    return { error: message, location: { line, column, length } };
  }
}

function answer(folder, { workerOptions: options, main }) {
  const vars = Object.entries(options.bindings ?? {}).filter(([name, value]) => environment[name] !== value);
  const namespaces = Object.entries(options.kvNamespaces ?? {});
  return {
    vars: Object.fromEntries(vars),
    kv: Object.fromEntries(namespaces.map(([binding, value]) => [binding, value.id ?? value])),
    main: main === undefined ? null : path.relative(folder, main),
    compatibility_date: options.compatibilityDate ?? null,
    compatibility_flags: options.compatibilityFlags,
  };
}

function withoutColours(text) {
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}
