// What was done, in its order: a lane for each who did something, what a request took of its budget, what moved.
function course() {
  const told = report.course;
  if (!told || !told.steps.length) return;
  const chosen = make("p", { class: "chosen soft" }, "Choose a step.");
  let linear = false;
  const place = make("div", { class: "picture" }), counted = told.steps.filter(s => s.operations !== null);
  const when = at => told.unit === "ms" ? clock(at) : `command ${at.toLocaleString("en")}`;
  const choose = step => { chosen.textContent = `${when(step.begin)} ${step.who}: ${step.what}`; };
  const button = make("button", { type: "button", "aria-pressed": false, onclick: () => { linear = !linear; button.setAttribute("aria-pressed", linear); lanes(); } }, "True lengths of time");
  function lanes() {
    const width = Math.max(560, (place.clientWidth || 1180) - LEFT - 100), names = [...new Set(told.steps.map(s => s.who))];
    const scale = scaleOf(told.steps.flatMap(s => [s.begin, s.end]), width, linear), height = TOP + names.length * (LANE + 6);
    const svg = draw("svg", { width: LEFT + width + 90, height, role: "img", "aria-label": "What was done, in its order" });
    let last = -1e9;
    for (const moment of scale.sorted) {
      const x = scale.at(moment);
      if (x - last < 96) continue;
      last = x;
      svg.append(draw("line", { class: "gridline", x1: x, x2: x, y1: 18, y2: height }), draw("text", { class: "axis", x: x + 2, y: 12 }, when(moment)));
    }
    names.forEach((name, i) => {
      const y = 24 + i * (LANE + 6);
      svg.append(draw("rect", { class: "lane", x: 8, y, width: LEFT + width + 24, height: LANE, rx: 4 }), draw("text", { class: "lane-name", x: 18, y: y + 21 }, short(name, 24), draw("title", {}, name)));
      for (const step of told.steps.filter(s => s.who === name)) {
        const from = scale.at(step.begin), to = Math.max(from + 4, scale.at(step.end)), room = Math.floor((to - from - 6) / 5.8);
        const kind = { done: "step", failed: "step failed", lost: "step lost" }[step.outcome];
        svg.append(draw("rect", { class: kind, x: from, y: y + 5, width: to - from, height: LANE - 10, rx: 3, tabindex: 0, onclick: () => choose(step), onfocus: () => choose(step) }, draw("title", {}, step.what)),
          room > 6 ? draw("text", { class: "step-name", x: from + 4, y: y + 21 }, short(step.what, room)) : "");
      }
    });
    place.replaceChildren(svg);
  }
  const left = told.count - told.steps.length;
  put("course", make("h2", {}, "What happened, in its order"),
    make("div", { class: "card" }, make("div", { class: "tools" }, told.unit === "ms" ? button : null, left ? `the first ${told.steps.length} of ${told.count.toLocaleString("en")} steps` : null), place, make("div", { class: "tools" }, chosen)),
    counted.length ? budget(counted, told.budget) : null, told.moved.length ? shapes(told.moved) : null);
  lanes();
  addEventListener("resize", lanes);
}
function budget(steps, limit) {
  const width = 1150, height = 150, base = height - 22, most = Math.max(limit || 0, ...steps.map(s => s.operations), 1);
  const y = count => base - (base - 18) * count / most, each = Math.min(40, (width - 70) / steps.length);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width: "100%", role: "img", "aria-label": "KV operations of each request" });
  steps.forEach((step, i) => svg.append(draw("rect", { class: limit && step.operations >= limit ? "spent over" : "spent", x: 60 + i * each, y: Math.min(base - 2, y(step.operations)), width: Math.max(1, each - 2), height: Math.max(2, base - y(step.operations)) }, draw("title", {}, `${step.what}: ${count(step.operations, "KV operation")}`))));
  svg.append(draw("line", { class: "gridline", x1: 56, x2: width - 8, y1: base, y2: base }), draw("text", { class: "axis", x: 60, y: height - 6 }, `${count(steps.length, "request")}, in order; at most ${Math.max(...steps.map(s => s.operations)).toLocaleString("en")} of one`));
  if (limit) svg.append(draw("line", { class: "budget", x1: 56, x2: width - 8, y1: y(limit), y2: y(limit) }), draw("text", { class: "axis", x: 60, y: y(limit) - 5 }, `budget: ${limit.toLocaleString("en")} operations a request`));
  return make("div", {}, make("h3", {}, limit ? "KV operations against the budget" : "KV operations of each request"), make("div", { class: "card plot" }, svg));
}
function shapes(moved) {
  const rows = moved.map(one => make("tr", {}, make("td", {}, make("code", { class: "key" }, one.shape === "*" ? "any other key" : one.shape)), make("td", { class: "number" }, one.before.toLocaleString("en")), make("td", { class: "number" }, one.after.toLocaleString("en")),
    make("td", {}, one.before === one.after ? "as before" : one.after > one.before ? `${(one.after - one.before).toLocaleString("en")} more` : one.after ? `${one.after.toLocaleString("en")} left` : "gone")));
  return make("div", {}, make("h3", {}, "What moved, and what did not"), make("div", { class: "card" }, make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, "Keys"), make("th", { class: "number" }, "Before"), make("th", { class: "number" }, "After"), make("th", {}, ""))), make("tbody", {}, rows))));
}
