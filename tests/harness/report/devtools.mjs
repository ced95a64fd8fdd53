// What the trace engine of Chrome's DevTools finds in a trace, as JSON: devtools.mjs MODULE TRACE.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

globalThis.DOMRect = class {};
const [engine, trace] = process.argv.slice(2);
const { TraceModel } = await import(pathToFileURL(engine));
const model = TraceModel.Model.createWithAllHandlers();
await model.parse(JSON.parse(readFileSync(trace)).traceEvents);
const { Meta, Renderer, Flows } = model.parsedTrace().data;
const names = (found) => [...found.values()].map((event) => event.args.name);
console.log(JSON.stringify({
  processes: names(Meta.processNames),
  threads: [...Meta.threadsInProcess.values()].flatMap(names),
  requests: [...Renderer.entryToNode.keys()].map((entry) => entry.name),
  flows: Flows.flows.map((flow) => flow.length),
}));
