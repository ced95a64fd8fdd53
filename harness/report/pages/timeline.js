"use strict";
// What each location believed while it was false: lanes by location, a band while a copy is stale.
const SVG = "http://www.w3.org/2000/svg";
const LEFT = 172, TOP = 42, LANE = 34, ROW = 20, GAP = 12;

function make(name, attributes, ...children) {
  const node = document.createElement(name);
  return filled(node, attributes, children);
}
function draw(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  return filled(node, attributes, children);
}
function put(id, ...children) { filled(document.getElementById(id), {}, children); }
function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}
function clock(milliseconds) {
  const all = Math.max(0, Math.round(milliseconds)), pad = (n, size) => String(n).padStart(size, "0");
  return `${pad(Math.floor(all / 60000), 2)}:${pad(Math.floor(all / 1000) % 60, 2)}.${pad(all % 1000, 3)}`;
}
function short(text, most) { return text.length > most ? text.slice(0, most - 1) + "…" : text; }

// The keys that a finding is about: its own, and those that the requests wrote that touched them.
function keysOf(run, finding) {
  const every = new Set([...run.versions.map(v => v.key), ...run.operations.flatMap(o => o.verb === "scan" ? [] : [o.key])]);
  // A finding may name what a key is about: the id of a task, say.
  const texts = (finding.moments || []).map(m => m.what).join("\n");
  const about = key => [...every].filter(one => one.split(":").includes(key)).sort((a, b) => texts.includes(b) - texts.includes(a));
  const own = new Set((finding.keys || []).slice(0, 2).flatMap(key => every.has(key) ? [key] : about(key).slice(0, 3)));
  const touched = new Set(run.operations.filter(o => own.has(o.key)).map(o => o.request));
  const keys = new Set(run.versions.filter(v => own.has(v.key)).map(v => v.key));
  const add = key => { if (keys.size < 4) keys.add(key); };
  run.versions.filter(v => v.request && touched.has(v.request)).forEach(v => add(v.key));
  run.operations.filter(o => o.error && o.verb !== "scan" && keys.size).forEach(o => add(o.key));
  // A finding about a request: what that one asked last.
  const told = new Set([...(finding.keys || []), ...(finding.moments || []).map(m => m.who)]);
  if (!keys.size) run.operations.filter(o => told.has(o.request) && o.verb !== "scan").reverse().forEach(o => add(o.key));
  if (!keys.size) run.operations.filter(o => o.verb !== "scan").forEach(o => add(o.key));
  return [...keys];
}

// Virtual time on paper: by its length, or so that whatever happens has room.
function scaleOf(moments, width, linear) {
  const sorted = [...new Set(moments)].sort((a, b) => a - b);
  const places = [0];
  for (let i = 1; i < sorted.length; i++) {
    const gap = sorted[i] - sorted[i - 1];
    places.push(places[i - 1] + (linear ? gap : 1 + 1.1 * Math.log2(1 + gap / 4)));
  }
  const whole = places[places.length - 1] || 1;
  const at = moment => {
    let low = 0, high = sorted.length - 1;
    if (moment <= sorted[0]) return LEFT + 14;
    if (moment >= sorted[high]) return LEFT + 14 + width;
    while (high - low > 1) { const middle = (low + high) >> 1; if (sorted[middle] <= moment) low = middle; else high = middle; }
    const part = (moment - sorted[low]) / (sorted[high] - sorted[low] || 1);
    return LEFT + 14 + width * (places[low] + part * (places[high] - places[low])) / whole;
  };
  const back = x => {
    const want = (x - LEFT - 14) / width * whole;
    let i = 0;
    while (i < places.length - 2 && places[i + 1] < want) i++;
    const part = (want - places[i]) / ((places[i + 1] - places[i]) || 1);
    return sorted[i] + Math.max(0, Math.min(1, part)) * ((sorted[i + 1] ?? sorted[i]) - sorted[i]);
  };
  return { at, back, sorted };
}

// Calls of D1 and of Durable Objects, in the form of KV's operations.
function callsOf(run) {
  const as = (one, verb, key, answer) => ({ ...one, verb, key, answer, reads: [], found: [], wrote: null });
  return [
    ...(run.queries || []).map(q => as(q, "query", `${q.database} ${q.sql.join("; ")}`, `${q.rowsRead} rows read, ${q.rowsWritten} written`)),
    ...(run.objectCalls || []).map(c => as(c, "call", `${c.class}(${c.object}) ${c.called}`, c.answer)),
  ];
}

class Timeline {
  constructor(run, finding, onMoment) {
    this.run = run; this.finding = finding; this.onMoment = onMoment;
    this.keys = keysOf(run, finding);
    // The faults that happened, by the operation that they struck: slow@operator.1:2.
    this.faults = new Map(run.faults.map(fault => [fault.slice(fault.indexOf("@") + 1), fault.slice(0, fault.indexOf("@"))]));
    this.zoom = 1; this.linear = false; this.arrows = true;
    this.node = make("div", { class: "picture", tabindex: 0, role: "group", "aria-label": "Timeline" });
    const about = new Set(this.keys), first = run.began;
    const every = [...callsOf(run), ...run.operations]; // what is asked within a call lies over it
    const related = every.filter(o => about.has(o.key) || o.error || o.found.some(k => about.has(k)));
    const names = new Set(related.map(o => o.request));
    // What has nothing to do with the keys takes no room.
    this.requests = run.requests.filter(r => names.has(r.name) || r.status === null || r.status >= 500 || r.role === "operator");
    const shown = new Set(this.requests.map(r => r.name));
    this.operations = every.filter(o => shown.has(o.request));
    const last = Math.max(first + 1, ...this.requests.map(r => r.answered), ...this.operations.map(o => o.end), ...(finding.moments || []).map(m => m.at));
    this.last = last;
    this.moments = [first, last,
      ...this.requests.flatMap(r => [r.sent, Math.max(r.sent, r.answered)]), ...this.operations.flatMap(o => [o.begin, o.end]),
      ...run.deployments.map(d => d.at), ...run.versions.filter(v => about.has(v.key)).map(v => v.at),
      ...run.copies.filter(c => about.has(c.key)).flatMap(c => [c.from, Math.min(c.until, last)]),
      ...(finding.moments || []).map(m => m.at)].filter(m => m <= last && m >= first);
    this.steps = [...new Set([...this.operations.map(o => o.end), ...run.versions.filter(v => about.has(v.key)).map(v => v.at),
      ...this.requests.map(r => r.answered), ...(finding.moments || []).map(m => m.at)])].filter(m => m >= first && m <= last).sort((a, b) => a - b);
    this.moment = (finding.moments || []).length ? finding.moments[finding.moments.length - 1].at : last;
    this.few = this.operations.reduce((sum, o) => sum + o.reads.filter(r => about.has(r.key)).length, 0) <= 12;
    this.told = new Set((finding.moments || []).map(m => m.who));
    this.draw();
  }
  versionAt(key, moment) {
    let found = null;
    for (const v of this.run.versions) if (v.key === key && v.at <= moment && (!found || v.version >= found.version)) found = v;
    return found;
  }
  version(key, number) { return this.run.versions.find(v => v.key === key && v.version === number) || null; }
  copyAt(location, key, moment) {
    return this.run.copies.find(c => c.location === location && c.key === key && c.from <= moment && moment < c.until) || null;
  }
  lanes() {
    const places = [...new Set(this.requests.map(r => r.colo))], lanes = [];
    let y = TOP;
    for (const place of places) {
      lanes.push({ kind: "place", name: place, y });
      y += 18;
      const here = this.requests.filter(r => r.colo === place);
      for (const actor of [...new Set(here.map(r => r.actor))]) { lanes.push({ kind: "actor", place, name: actor, y }); y += LANE + 4; }
      const kept = this.keys.filter(k => this.run.copies.some(c => c.location === place && c.key === k && c.from <= this.last));
      for (const key of kept) { lanes.push({ kind: "cache", place, name: key, y }); y += ROW + 3; }
      y += GAP;
    }
    lanes.push({ kind: "place", name: "KV, AT ITS ORIGIN", y });
    y += 18;
    for (const key of this.keys) { lanes.push({ kind: "key", name: key, y }); y += ROW + 9; }
    this.height = y + 8;
    return lanes;
  }
  draw() {
    const room = Math.max(560, (this.node.clientWidth || 1180) - LEFT - 70);
    const width = room * this.zoom, scale = this.scale = scaleOf(this.moments, width, this.linear);
    const lanes = this.lanes(), whole = LEFT + width + 64;
    const svg = this.svg = draw("svg", { width: whole, height: this.height, role: "img", "aria-label": this.finding.what || "the run" });
    svg.append(draw("defs", {},
      draw("pattern", { id: "stale-pattern", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        draw("rect", { width: 7, height: 7, style: "fill:var(--stale-fill);opacity:.35" }), draw("rect", { width: 3, height: 7, style: "fill:var(--stale-fill)" })),
      draw("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
        draw("path", { d: "M0 0L8 4L0 8z", style: "fill:context-stroke" }))));
    const layer = name => { const g = draw("g", { class: name }); svg.append(g); return g; };
    const back = layer("back"), bands = layer("bands"), arrows = layer("arrows"), front = layer("front");
    this.axis(back, whole, scale);
    let taken = -1;
    for (const at of new Set(this.run.deployments.map(d => d.at).filter(at => at <= this.last))) {
      const x = scale.at(at), text = `deploys ${this.run.deployments.filter(d => d.at === at).map(d => d.stage).join(", then ")}`;
      back.append(draw("line", { class: "deployed", x1: x, x2: x, y1: TOP - 14, y2: this.height }),
        x > taken ? draw("text", { class: "deployed-name", x: x + 3, y: TOP - 10 }, text) : null);
      taken = x + 6 * text.length;
    }
    this.laneOf = {};
    for (const lane of lanes) {
      if (lane.kind === "place") { back.append(draw("text", { class: "place-name", x: 12, y: lane.y + 12, "font-size": 11 }, lane.name)); continue; }
      const height = lane.kind === "actor" ? LANE : ROW;
      back.append(draw("rect", { class: "lane", x: 8, y: lane.y, width: whole - 16, height, rx: 4 }),
        draw("text", { class: "lane-name", x: 18, y: lane.y + height / 2 + 4 },
          short(lane.kind === "cache" ? `copy of ${lane.name}` : lane.name, 24), draw("title", {}, lane.name)));
      this.laneOf[`${lane.kind}/${lane.place || ""}/${lane.name}`] = lane;
      if (lane.kind === "cache") this.copies(bands, lane);
      if (lane.kind === "key") this.origin(bands, lane);
    }
    for (const request of this.requests) this.request(front, request);
    const about = new Set(this.keys);
    for (const operation of this.operations) this.operation(front, arrows, operation, about);
    this.now = layer("now");
    svg.addEventListener("pointerdown", event => { this.drag = true; this.pointed(event); });
    svg.addEventListener("pointermove", event => { if (this.drag) this.pointed(event); });
    svg.addEventListener("pointerup", () => { this.drag = false; });
    svg.addEventListener("pointerleave", () => { this.drag = false; });
    this.node.replaceChildren(svg);
    this.place();
  }
  pointed(event) {
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    if (x > LEFT) this.go(Math.round(this.scale.back(x)));
  }
  axis(layer, whole, scale) {
    let last = -1e9;
    for (const moment of scale.sorted) {
      const x = scale.at(moment);
      if (x - last < 88) continue;
      last = x;
      layer.append(draw("line", { class: "gridline", x1: x, x2: x, y1: TOP - 4, y2: this.height - 4, "stroke-opacity": .5 }),
        draw("text", { class: "axis", x: x + 2, y: 11 }, clock(moment - this.run.began)));
    }
  }
  copies(layer, lane) {
    for (const copy of this.run.copies) {
      if (copy.location !== lane.place || copy.key !== lane.name || copy.from > this.last) continue;
      const until = Math.min(copy.until, this.last), from = this.scale.at(copy.from), to = Math.max(from + 2, this.scale.at(until));
      layer.append(draw("rect", { class: "copy", x: from, y: lane.y + 2, width: to - from, height: ROW - 4, rx: 3 }));
      const newer = this.run.versions.find(v => v.key === copy.key && v.version > copy.version && v.at <= until);
      const held = this.version(copy.key, copy.version), what = held && held.entry ? `version ${copy.version}` : copy.version ? "“deleted”" : "“not there”";
      if (newer && newer.at < until) {
        const start = this.scale.at(Math.max(newer.at, copy.from));
        layer.append(draw("rect", { class: "stale-band", x: start, y: lane.y + 1, width: Math.max(3, to - start), height: ROW - 2, rx: 3 },
          draw("title", {}, `${lane.place} still has ${what} of ${copy.key} from ${clock(copy.from - this.run.began)}, until ${clock(copy.until - this.run.began)}; stored is version ${newer.version}`)));
      }
      if (to - from > 60) layer.append(draw("text", { class: "band-name", x: from + 5, y: lane.y + 14 }, short(what, Math.floor((to - from) / 7))));
    }
  }
  origin(layer, lane) {
    const versions = this.run.versions.filter(v => v.key === lane.name).sort((a, b) => a.version - b.version);
    layer.append(draw("line", { class: "held-line", x1: LEFT + 14, x2: this.scale.at(this.last), y1: lane.y + ROW / 2, y2: lane.y + ROW / 2 }));
    versions.forEach((version, i) => {
      const from = this.scale.at(version.at), to = i + 1 < versions.length ? this.scale.at(versions[i + 1].at) : this.scale.at(this.last);
      if (version.entry) {
        layer.append(draw("rect", { class: "held-key", x: from, y: lane.y + 3, width: Math.max(2, to - from), height: ROW - 6, rx: 2 },
          draw("title", {}, `${lane.name}, version ${version.version}: ${short(version.entry.value, 120)}`)));
      }
      const label = version.entry ? (version.version ? `v${version.version}` : "at first") : "deleted";
      layer.append(draw("line", { class: "version", x1: from, x2: from, y1: lane.y - 1, y2: lane.y + ROW + 1 }),
        draw("text", { class: "version-name", x: from + 4, y: lane.y + 14 }, label));
    });
  }
  request(layer, request) {
    const lane = this.laneOf[`actor/${request.colo}/${request.actor}`];
    const from = this.scale.at(request.sent), to = Math.max(from + 5, this.scale.at(Math.max(request.answered, request.sent)));
    const kind = request.status === null ? "request lost" : request.status >= 500 ? "request failed" : "request";
    const answer = request.status === null ? "no answer" : request.status;
    layer.append(draw("rect", { class: kind, x: from, y: lane.y + 13, width: to - from, height: 18, rx: 4 },
      draw("title", {}, `${request.name}: ${request.method} ${request.path} → ${answer}`)));
    const text = `${request.name.slice(request.actor.length)} ${request.method} ${request.path} → ${answer}`.trim();
    const most = Math.floor((to - from + 8) / 5.8);
    if (most > 7) layer.append(draw("text", { class: "request-name", x: from, y: lane.y + 10 }, short(text, most)));
  }
  operation(layer, arrows, one, about) {
    const request = this.requests.find(r => r.name === one.request);
    const lane = this.laneOf[`actor/${request.colo}/${request.actor}`];
    const from = this.scale.at(one.begin), to = Math.max(from + 3, this.scale.at(one.end)), y = lane.y + 22;
    const stale = one.reads.filter(r => r.version < r.newest);
    const kind = `op ${one.verb}${stale.length ? " stale" : ""}${about.has(one.key) || one.error || one.answer !== undefined || one.verb === "scan" ? "" : " faint"}`;
    layer.append(draw("rect", { class: kind, x: from, y: y - 4, width: to - from, height: 9, rx: 3, "data-operation": `${one.request}:${one.ordinal}`,
      onclick: () => this.go(one.end) }, draw("title", {}, this.said(one))));
    if (one.error || this.faults.has(`${one.request}:${one.ordinal}`)) {
      const x = (from + to) / 2;
      layer.append(draw("path", { class: "fault", d: `M${x - 6} ${y - 6}L${x + 6} ${y + 6}M${x + 6} ${y - 6}L${x - 6} ${y + 6}` }, draw("title", {}, this.said(one))));
    }
    if (!this.arrows) return;
    // Of many reads only those are followed that saw what was false, or that the events tell of.
    const followed = this.few || this.told.has(one.request);
    for (const read of one.reads) {
      const key = this.laneOf[`key//${read.key}`];
      if (!key) continue;
      const arrow = (version, kind) => {
        const x = this.scale.at(version.at), below = key.y;
        arrows.append(draw("path", { class: kind, d: `M${x} ${below}C${x} ${(below + y) / 2} ${to} ${(below + y) / 2} ${to - 1} ${y + 6}`, "marker-end": "url(#tip)" }));
      };
      const seen = this.version(read.key, read.version), newest = this.version(read.key, read.newest);
      if (seen && (followed || read.version < read.newest)) arrow(seen, read.version < read.newest ? "saw strong" : "saw");
      if (newest && read.version < read.newest) arrow(newest, "missed");
    }
  }
  said(one) {
    const reads = one.reads.map(r => !r.found && r.version === 0 && r.newest === 0 ? "nothing" : `version ${r.version} of ${r.newest}${r.age ? `, a copy ${(r.age / 1000).toFixed(1)} s old` : ""}${r.found ? "" : ": nothing"}`).join("; ");
    const came = one.answer !== undefined ? one.error || one.answer : one.error ? `${one.wrote !== null ? "carried out, and not confirmed: " : ""}${one.error}` : one.verb === "scan" ? `${one.found.length} keys${one.lag ? `, as of ${one.lag / 1000} s ago` : ""}` : one.wrote !== null ? `makes version ${one.wrote}` : reads;
    const fault = this.faults.get(`${one.request}:${one.ordinal}`);
    return `${fault ? `FAULT ${fault}: ` : ""}${clock(one.begin - this.run.began)} ${one.request}, operation ${one.ordinal} in ${one.location}: ${one.verb} ${one.key}: ${came}`;
  }
  go(moment) {
    this.moment = Math.max(this.run.began, Math.min(this.last, moment));
    this.place();
    this.onMoment(this);
  }
  step(by) {
    const next = by > 0 ? this.steps.find(m => m > this.moment) : [...this.steps].reverse().find(m => m < this.moment);
    if (next !== undefined) { this.go(next); this.reveal(); }
  }
  reveal() {
    const x = this.scale.at(this.moment), node = this.node;
    if (x < node.scrollLeft + LEFT || x > node.scrollLeft + node.clientWidth - 40) node.scrollLeft = x - node.clientWidth / 2;
  }
  place() {
    const x = this.scale.at(this.moment);
    this.now.replaceChildren(draw("line", { class: "now-line", x1: x, x2: x, y1: 16, y2: this.height - 2 }), draw("path", { class: "now-flag", d: `M${x - 5} 14h10l-5 8z` }));
  }
}
