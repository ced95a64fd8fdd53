const report = JSON.parse(document.getElementById("document").textContent);
const CONDITIONS = ["local", "production", "free", "hostile"];
let picture = null, chosen = 0;

// One run is shown as a rehearsal of one run.
const isRun = report.kind === "run";
const findings = !isRun ? report.findings
  : report.verdicts.flatMap(v => v.findings.map(f => ({ ...f, invariant: v.invariant, title: v.title, runs: 1, scenario: report.scenario, replay: report.replay, run: report })));
if (isRun && !findings.length)
  findings.push({ what: "Nothing was violated in this run", keys: [], moments: [], invariant: "", runs: 1, scenario: report.scenario, replay: report.replay, run: report, isHeld: true });

function count(number, one, many) { return `${number.toLocaleString("en")} ${number === 1 ? one : many || one + "s"}`; }
function copyButton(text, label) {
  const button = make("button", { type: "button" }, label || "Copy");
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(text); } catch (_) {
      const area = make("textarea", {}); area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
    }
    button.textContent = "Copied"; setTimeout(() => { button.textContent = label || "Copy"; }, 1200);
  });
  return button;
}
function command(text) { return make("div", { class: "command" }, make("code", {}, text), copyButton(text)); }
function shell(words) { return words.map(w => /^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replace(/'/g, `'"'"'`)}'`).join(" "); }

function head() {
  const verdict = !isRun ? report.verdict : report.held ? "held" : "no-go";
  const kind = verdict === "go" || verdict === "held" ? "good" : verdict === "no-go" ? "bad" : "none";
  let sentence;
  if (isRun) sentence = report.held ? `this run of ${report.migration} violates nothing` : `this run of ${report.migration} does damage`;
  else {
    const runs = report.parts.reduce((sum, part) => sum + part.looked.runs, 0), operations = report.parts.reduce((sum, part) => sum + part.looked.operations, 0);
    const after = report.parts.length ? `${count(runs, "run")}, ${count(operations, "KV operation")}` : `${count(report.verdicts.length, "check")}`;
    sentence = verdict === "no-go" ? `${report.migration} does damage in ${count(findings.length, "way")} (${after})`
      : verdict === "go" ? `${report.migration}: nothing was violated, and everything was met that should be (${after})` : `${report.migration}: ${report.reasons.join("; ")} (${after})`;
  }
  const theme = make("button", { type: "button", title: "Light or dark (d)", onclick: turn }, "◐");
  put("head", make("div", { class: "bar" }, make("h1", { style: "flex:1" }, make("span", { class: `badge ${kind}` }, verdict.toUpperCase()), sentence), theme));
  if (report.kind === "rehearsal") {
    const entries = report.entries;
    put("head", make("p", { class: "soft" }, `${count(entries.moving, "entry that moves", "entries that move")} and ${count(entries.other, "other")}, from ${report.sources.join(", ")}, begun ${report.began}; it took ${report.seconds.toFixed(1)} s.`),
      command(shell(["rehearse", ...report.command])));
  } else if (isRun) put("head", command(report.replay));
  else put("head", report.about.slice(0, 2).map(text => make("p", { class: "soft" }, text)), command(shell(["rehearse", ...report.command])));
}
function checked() {
  const more = (report.about || []).slice(2), all = !isRun && report.verdicts || [];
  put("checked", all.length ? [make("h2", {}, "What was checked"), verdicts(all)] : null,
    more.length ? [make("h2", {}, "What was done"), make("ul", { class: "soft" }, more.map(text => make("li", {}, text)))] : null);
}
function verdicts(all) {
  const rows = all.map(v => make("tr", {}, make("td", {}, v.invariant), make("td", {}, v.title),
    make("td", { class: "number" }, `${v.looked.toLocaleString("en")} ${v.lookedAt}`),
    make("td", { class: "cell" }, make("span", { class: v.held ? "holds" : "shows" }, !v.held ? "violated" : v.looked ? "held" : "nothing to look at"))));
  return make("div", { class: "card" }, make("table", { class: "parts heat still" }, make("thead", {}, make("tr", {}, make("th", {}, "Check"), make("th", {}, "What must hold"),
    make("th", { class: "number" }, "Looked at"), make("th", { class: "cell" }, "Verdict"))), make("tbody", {}, rows)));
}
function overview() {
  if (isRun) return;
  const rows = report.parts.map(part => make("tr", {}, make("td", {}, part.part), make("td", {}, part.what),
    make("td", { class: "number" }, part.looked.runs.toLocaleString("en")), make("td", { class: "number" }, part.looked.operations.toLocaleString("en"))));
  const missing = [];
  if (report.verdict !== "no-go") missing.push(...report.reasons);
  if (report.lookedAtNothing.length) missing.push(`nothing to look at: ${report.lookedAtNothing.join(", ")}`);
  const forecast = report.forecast;
  const sums = {};
  for (const part of report.parts) for (const [name, runs] of Object.entries(part.met)) sums[name] = (sums[name] || 0) + runs;
  const met = Object.keys(sums).sort().map(name => `${name} ${sums[name].toLocaleString("en")}`);
  put("overview", make("h2", {}, "What was looked at"), !rows.length ? make("p", { class: "soft" }, `${count(report.verdicts.length, "check")}, ${report.verdicts.filter(v => v.held).length} held: all of them below.`) : make("div", { class: "card" }, make("table", { class: "parts" },
    make("thead", {}, make("tr", {}, make("th", {}, "Search"), make("th", {}, "What it tried"), make("th", { class: "number" }, "Runs"), make("th", { class: "number" }, "KV operations"))), make("tbody", {}, rows))),
    met.length ? make("p", { class: "soft" }, `Met, in so many runs: ${met.join(", ")}.`) : null,
    report.sample ? make("p", { class: "soft" }, `Judged: ${report.sample.judged.toLocaleString("en")} of ${count(report.sample.of, "key")}, of ${report.sample.covered.toLocaleString("en")} of ${count(report.sample.shapes, "shape")}. What only the others have was not rehearsed.`) : null,
    missing.length ? make("p", { class: "soft" }, `Never met: ${missing.join("; ")}.`) : null,
    forecast ? make("p", { class: "soft" }, `The whole namespace takes ${count(forecast.requests, "request")} of the operator, ${count(forecast.reads, "read")}, ${count(forecast.writes, "write")}, ${count(forecast.deletes, "delete")} and ${count(forecast.lists, "list")}${forecast.queries ? `, of D1 ${forecast.queries === 1 ? "1 query" : `${forecast.queries.toLocaleString("en")} queries`} with ${count(forecast.rowsRead, "row")} read and ${forecast.rowsWritten.toLocaleString("en")} written` : ""}: ${count(forecast.days.free, "day")} on the free plan, ${count(forecast.days.paid, "day")} on the paid one.`) : null);
}
function heat() {
  if (findings.length < (isRun ? 2 : 1)) return;
  const single = findings.every(f => f.runs === 1), most = Math.max(...findings.map(f => f.runs)), known = findings.some(f => f.conditions);
  const rows = findings.map((finding, i) => {
    const row = make("tr", { "aria-selected": false, tabindex: 0, role: "row", onclick: () => choose(i), onkeydown: e => { if (e.key === "Enter") choose(i); } },
      make("td", {}, make("div", {}, finding.what), make("span", { class: "invariant" }, `${finding.invariant}${finding.hazards && finding.hazards.length ? " · " + finding.hazards.join(", ") : ""}${finding.keys.length ? " · " + short(finding.keys.slice(0, 3).join(", "), 70) : ""}`)),
      single ? null : make("td", { class: "number" }, finding.runs.toLocaleString("en")),
      single ? null : make("td", { style: "width:110px" }, make("span", { class: "amount", style: `width:${Math.max(3, 90 * finding.runs / most)}px` })));
    if (known) for (const name of CONDITIONS) {
      const shows = finding.conditions && finding.conditions[name];
      row.append(make("td", { class: "cell" }, make("span", { class: shows ? "shows" : "holds" }, shows ? "damage" : "held")));
    }
    return row;
  });
  put("findings", make("h2", {}, known ? "What it does, the smallest run first" : "What it does"),
    known ? make("p", { class: "soft" }, "Each column: the smallest run that shows it, under these conditions.") : null,
    make("div", { class: "card" }, make("table", { class: "heat" }, make("thead", {}, make("tr", {}, make("th", {}, "Finding"), single ? null : make("th", { class: "number" }, "Runs"), single ? null : make("th", {}, ""),
      known ? CONDITIONS.map(name => make("th", { class: "cell" }, name)) : null)), make("tbody", {}, rows))));
}
function choose(index) {
  chosen = Math.max(0, Math.min(findings.length - 1, index));
  document.querySelectorAll("#findings tbody tr").forEach((row, i) => row.setAttribute("aria-selected", i === chosen));
  show(findings[chosen]);
}
function show(finding) {
  const place = document.getElementById("finding");
  const run = finding.run;
  picture = null;
  place.replaceChildren(make("h2", {}, finding.what), make("p", { class: "soft" }, `${finding.title || ""}${finding.keys.length ? ` · ${finding.keys.slice(0, 5).join(", ")}${finding.keys.length > 5 ? ` and ${finding.keys.length - 5} more` : ""}` : ""}`));
  for (const cause of finding.causes || []) place.append(make("p", {}, make("strong", {}, `Likely cause ${cause.hazard}: `), cause.what));
  if (run && run.operations) {
    const state = make("div", {}), output = make("output", {}), range = make("input", { type: "range", min: 0, step: 1, "aria-label": "Moment" });
    const tools = make("div", { class: "tools" }), events = make("ol", { class: "events" });
    const card = make("div", { class: "card" });
    place.append(card);
    const zoomed = by => { picture.zoom = Math.max(1, Math.min(40, picture.zoom * by)); picture.draw(); picture.reveal(); };
    const from = make("select", { "aria-label": "As seen from" }, [...new Set(run.requests.map(r => r.colo))].map(name => make("option", {}, name)));
    const moved = shown => {
      output.textContent = clock(shown.moment - run.began);
      range.value = String(shown.steps.filter(m => m <= shown.moment).length);
      state.replaceChildren(stateOf(shown, from.value));
      events.querySelectorAll("button").forEach(b => b.classList.toggle("now", Number(b.dataset.at) === shown.moment));
    };
    picture = new Timeline(run, finding, moved);
    const pressed = (button, on) => { button.setAttribute("aria-pressed", on); };
    const linear = make("button", { type: "button", "aria-pressed": false, title: "t", onclick: () => { picture.linear = !picture.linear; pressed(linear, picture.linear); picture.draw(); } }, "True lengths of time");
    const arrows = make("button", { type: "button", "aria-pressed": true, title: "a", onclick: () => { picture.arrows = !picture.arrows; pressed(arrows, picture.arrows); picture.draw(); } }, "Arrows");
    tools.append(make("strong", {}, "What each location believed"), make("span", { class: "space" }), linear, arrows,
      make("button", { type: "button", title: "+", "aria-label": "Zoom in", onclick: () => zoomed(1.6) }, "+"), make("button", { type: "button", title: "-", "aria-label": "Zoom out", onclick: () => zoomed(1 / 1.6) }, "−"));
    tools.querySelectorAll("button").forEach((b, i) => { b.id = ["linear", "arrows", "zoom-in", "zoom-out"][i]; });
    range.max = String(picture.steps.length);
    range.addEventListener("input", () => { const at = picture.steps[Math.max(0, Number(range.value) - 1)]; if (at !== undefined) { picture.go(at); picture.reveal(); } });
    from.addEventListener("change", () => moved(picture));
    card.append(tools, picture.node, make("div", { class: "scrub" }, make("span", { class: "soft" }, "Moment"), range, output, make("label", { class: "soft" }, "as seen from ", from)), legend());
    for (const moment of finding.moments) events.append(make("li", {}, make("button", { type: "button", "data-at": moment.at, onclick: () => { picture.go(moment.at); picture.reveal(); } },
      make("span", { class: "at" }, clock(moment.at - run.began)), make("span", { class: "who" }, moment.who), make("span", {}, moment.what))));
    const right = make("div", {}, finding.moments.length ? make("h3", {}, "The events that show it") : null, events, nearest(finding));
    place.append(make("div", { class: "columns" }, make("div", {}, make("h3", {}, "What is stored, and what is seen"), state), right));
    picture.draw();
    moved(picture);
  } else if (run === null) place.append(make("p", {}, "Nobody can go on in this run, so there is nothing to draw."));
  place.append(make("h3", {}, "The same run again"), command(finding.replay));
  if (!finding.isHeld && report.command[0] === "run") place.append(make("p", {}, copyButton(testOf(finding), "Copy as a pytest test")));
}
function stateOf(shown, location) {
  const run = shown.run, moment = shown.moment, entryOf = v => v && v.entry ? short(v.entry.value, 90) + (v.entry.expiration ? ` (until ${new Date(v.entry.expiration * 1000).toISOString().slice(0, 19)}Z)` : "") : null;
  const cell = (text, kind) => make("td", { class: kind, title: text || "" }, text === null ? make("span", { class: "gone" }, "nothing") : text);
  const rows = shown.keys.map(key => {
    const before = shown.versionAt(key, moment - 1), after = shown.versionAt(key, moment), copy = shown.copyAt(location, key, moment);
    const seen = copy ? shown.version(key, copy.version) : after, stale = copy && copy.version < (after ? after.version : 0);
    const changed = (before ? before.version : -1) !== (after ? after.version : -1);
    return make("tr", {}, make("td", {}, key), cell(entryOf(before), ""), cell(entryOf(after), changed ? "changed" : ""), cell(entryOf(seen), stale ? "false" : ""));
  });
  return make("div", { class: "card" }, make("table", { class: "state" }, make("thead", {}, make("tr", {}, make("th", {}, "Key"), make("th", {}, "Right before"), make("th", {}, `At ${clock(moment - run.began)}`), make("th", {}, `${location} reads`))), make("tbody", {}, rows)));
}
function nearest(finding) {
  if (finding.held === undefined || finding.isHeld) return null;
  if (!finding.held) return make("div", {}, make("h3", {}, "The nearest run that held"), make("p", { class: "soft" }, "None of those that differ in one respect holds."));
  const held = finding.held, difference = held.difference;
  return make("div", {}, make("h3", {}, "The nearest run that held"), make("p", { class: "soft" }, `It differs in ${held.changed}. ${difference ? `Operation ${difference.operation} is the first that is not the same:` : "Every operation is the same; what differs is what was there."}`),
    difference ? make("div", { class: "two" }, make("span", { class: "soft" }, "here"), make("span", {}, difference.here), make("span", { class: "soft" }, "held"), make("span", {}, difference.there)) : null, command(held.replay));
}
function legend() {
  const item = (text, ...shapes) => make("span", {}, draw("svg", { width: 26, height: 14 }, ...shapes), text);
  const box = kind => draw("rect", { class: kind, x: 1, y: 2, width: 24, height: 10, rx: 3 });
  return make("div", { class: "legend" }, item("read", box("op get")), item("write", box("op put")), item("delete", box("op delete")), item("listing", box("op scan")), item("call of D1 or an object", box("op call")), item("stale read", box("op stale")),
    item("copy in a location", box("copy")), item("the copy is stale", box("stale-band")), item("what a read saw", draw("path", { class: "saw strong", d: "M1 11C8 2 16 2 24 6", "marker-end": "url(#tip)" })),
    item("what it missed", draw("path", { class: "missed", d: "M1 11C8 2 16 2 24 6", "marker-end": "url(#tip)" })), item("fault or refusal", draw("path", { class: "fault", d: "M8 2L18 12M18 2L8 12" })), item("no answer came", box("request lost")));
}
function testOf(finding) {
  const given = report.command ? report.command : [];
  const from = given.flatMap((word, i) => word === "--from" ? [given[i + 1]] : []), text = JSON.stringify;
  return `def test_${(finding.invariant + "_" + (finding.code || "found")).replace(/\W+/g, "_").toLowerCase()}(rehearse):\n    rehearse(${text(given[1] || "migration.py")}, source=${text(from)}, at=${text(given[given.indexOf("--at") + 1])}, scenario=${text(finding.scenario)})\n`;
}
function turn() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
}
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.theme = "dark";
const asked = location.hash.slice(1).split(",");
for (const theme of ["dark", "light"]) if (asked.includes(theme)) document.documentElement.dataset.theme = theme;
document.addEventListener("keydown", event => {
  if (event.metaKey || event.ctrlKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
  const press = id => { const button = document.getElementById(id); if (button) button.click(); };
  const deeds = { ArrowRight: () => picture && picture.step(1), ArrowLeft: () => picture && picture.step(-1), j: () => choose(chosen + 1), k: () => choose(chosen - 1), t: () => press("linear"), a: () => press("arrows"), "+": () => press("zoom-in"), "-": () => press("zoom-out"), d: turn };
  if (deeds[event.key]) { deeds[event.key](); event.preventDefault(); }
});
addEventListener("resize", () => { if (picture) picture.draw(); });
head(); overview(); course(); heat(); checked();
// `#4,dark` opens the page at the fourth finding.
if (findings.length) choose((asked.map(Number).find(Number.isFinite) || 1) - 1);
put("foot", ...["j", "k", " another finding · ", "←", "→", " another moment · ", "+", "-", " zoom · ", "t", " true lengths of time · ", "a", " arrows · ", "d", " light or dark"].map(part => /^[a-z+\-←→]$/.test(part) ? make("kbd", {}, part) : part));
