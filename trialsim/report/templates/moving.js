"use strict";
for (const root of document.querySelectorAll("figure.moving")) {
  const data = JSON.parse(root.querySelector("script").textContent);
  const find = (name) => root.querySelector(name), DAY = 86400, HOUR = 3600, SVG = "http://www.w3.org/2000/svg";
  const MISSED = -1, CAME = -2, ALSO = -3, BACK = -4, DONE = -5, LEFT = -6, LONG = 3600, JUST = 3600;
  const WORDS = {free: "free", other: "other work", off: "off duty", duty: "on duty"};
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const pad = (n) => String(n).padStart(2, "0");
  const pairs = (flat) => { let at = 0; const found = []; for (let i = 0; i < flat.length; i += 2) { const a = at + flat[i]; at = a + flat[i + 1]; found.push([a, at]); } return found; };
  const within = (spans, t) => { let low = 0, high = spans.length; while (low < high) { const mid = (low + high) >> 1; if (spans[mid][1] <= t) low = mid + 1; else high = mid; } return low < spans.length && spans[low][0] <= t; };

  // ------------------------------------------------------------ a trial, from its codes
  const opened = new Map();
  function course(number) {
    if (opened.has(number)) return opened.get(number);
    const trial = data.trials[number], made = {end: trial.end, strip: trial.strip, ways: [], missed: [], ends: [], busy: data.units.map(() => [])};
    const stays = [], marks = new Set(), active = [];
    trial.ways.forEach(([who, arm, entry, codes], place) => {
      const way = {who, arm, entry, place, stays: [], seen: new Map(), missed: [], end: Infinity, done: false, order: -1};
      let t = entry, begun = entry; const held = [];
      marks.add(entry);
      for (let i = 0; i < codes.length; i += 2) {
        const code = codes[i], value = codes[i + 1];
        if (code >= 0 && data.columns[code].kind === "visit") { way.seen.set(value, t); marks.add(t); }
        else if (code >= 0) {
          const kind = data.columns[code].kind, stay = {way, column: code, begin: t, end: t + value, row: 0};
          if (kind !== "wait" && value > 0) active.push([t, t + value]);
          if (kind !== "wait") marks.add(t);
          way.stays.push(stay); stays.push(stay); t += value;
        }
        else if (code === CAME) held.push([[value, t]]);
        else if (code === ALSO) held[held.length - 1].push([value, t]);
        else if (code === MISSED) { made.missed.push(t); way.missed.push(t); marks.add(t); }
        if (code === BACK) for (const [unit, since] of held.pop()) made.busy[unit].push([since, t, way]);
        if (code === DONE || code === LEFT) { way.end = t; way.done = code === DONE; made.ends.push(way); marks.add(t); }
      }
      for (const group of held) for (const [unit, since] of group) made.busy[unit].push([since, t, way]);
      made.ways.push(way);
    });
    const rows = new Map();
    stays.sort((a, b) => a.begin - b.begin || a.way.who - b.way.who);
    for (const stay of stays) {
      const key = stay.way.arm + " " + stay.column, until = rows.get(key) || [];
      let row = until.findIndex((end) => end <= stay.begin);
      if (row < 0) row = until.length;
      until[row] = stay.end; rows.set(key, until); stay.row = row;
    }
    made.ends.sort((a, b) => a.end - b.end || a.who - b.who);
    const orders = data.arms.map(() => 0);
    for (const way of made.ends) way.order = orders[way.arm]++;
    made.missed.sort((a, b) => a - b);
    for (const spans of made.busy) spans.sort((a, b) => a[0] - b[0]);
    made.spells = trial.spells.map(pairs); made.windows = trial.windows.map(pairs); made.values = trial.values;
    made.marks = [...marks].sort((a, b) => a - b);
    made.knots = knots(active, made.end);
    opened.set(number, made);
    return made;
  }

  // Times at which something happens take most of the film; the rest passes quickly.
  function knots(active, end) {
    active.sort((a, b) => a[0] - b[0]);
    const joined = [];
    for (const [a, b] of active) {
      const last = joined[joined.length - 1];
      if (last && a <= last[1] + 600) last[1] = Math.max(last[1], b); else joined.push([a, b]);
    }
    const found = [[0, 0]]; let at = 0, film = 0;
    const add = (t, length) => { if (t > at) { film += length; at = t; found.push([t, film]); } };
    for (const [a, b] of joined) { add(a, 0.15 + Math.min((a - at) / (2 * DAY), 1) * 0.45); add(b, 0.5 + (b - at) / 1800); }
    add(end, 0.15 + Math.min((end - at) / DAY, 1));
    const scale = Math.min(Math.max(150 / film, 0.5), 2.5);
    return found.map(([t, length]) => [t, length * scale]);
  }
  function through(knots, x, from, to) {
    let i = 1;
    while (i < knots.length - 1 && knots[i][from] < x) i++;
    const a = knots[i - 1], b = knots[i] || a, whole = b[from] - a[from];
    return whole > 0 ? a[to] + Math.min(Math.max((x - a[from]) / whole, 0), 1) * (b[to] - a[to]) : b[to];
  }

  // ------------------------------------------------------------ a moment
  const onDuty = (unit, t) => {
    const [, resource, shift] = data.units[unit], open = data.resources[resource].open[shift], s = (t + data.weekday * DAY) % data.week;
    return !open.length || open.some(([a, b]) => (a <= s && s < b) || (a <= s + data.week && s + data.week < b));
  };
  function doing(made, unit, t) {
    const resource = data.units[unit][1], session = made.busy[unit].find(([a, b]) => a <= t && t < b);
    if (session) return ["study", session[2]];
    if (!onDuty(unit, t)) return ["off"];
    if (within(made.spells[unit], t)) return ["other"];
    return [within(made.windows[resource], t) ? "free" : "duty"];
  }
  function counts(made, t) {
    let enrolled = 0, waiting = 0, done = 0, left = 0;
    for (const way of made.ways) {
      if (way.entry > t) continue;
      enrolled++;
      if (way.end <= t) { if (way.done) done++; else left++; }
      else if (way.stays.some((one) => one.begin <= t && t < one.end && data.columns[one.column].kind === "queue")) waiting++;
    }
    return {enrolled, waiting, done, left, missed: made.missed.filter((at) => at <= t).length};
  }
  function sentence(made, t, n) {
    const parts = data.resources.map((resource, number) => {
      const all = data.units.flatMap(([, of], unit) => of === number ? [doing(made, unit, t)[0]] : []);
      const states = resource.open.length > 1 ? all.filter((one) => one !== "off") : all;
      const busy = states.filter((one) => one === "study" || one === "other").length;
      if (states.every((one) => one === "off")) return resource.many + " off duty";
      if (states.includes("duty")) return `${states.length} ${resource.many} on duty` + (busy ? `, ${busy} with the study` : "");
      return `${busy} of ${states.length} ${resource.many} busy`;
    });
    const clock = `Day ${Math.floor(t / DAY) + 1}, ${pad(Math.floor(t % DAY / HOUR))}:${pad(Math.floor(t % HOUR / 60))}`;
    return `${clock}: ${[...parts, n.waiting ? `${n.waiting} wait${n.waiting === 1 ? "s" : ""}` : "nobody waits", `${n.enrolled} enrolled`, `${n.missed} missed`].join(", ")}`;
  }

  // ------------------------------------------------------------ drawing
  const views = data.layouts.map((layout) => ({layout, svg: find("svg.ward." + layout.name), trial: -1, outcome: -1}));
  const make = (name, kind, group) => { const made = document.createElementNS(SVG, name); made.setAttribute("class", kind); group.append(made); return made; };
  const put = (element, values) => { for (const key in values) if (element["_" + key] !== values[key]) { element["_" + key] = values[key]; element.setAttribute(key, values[key]); } };
  const jitter = (who, step) => (who * step % 29) / 28 - 0.5;
  function open(view, made) {
    const svg = view.svg, group = svg.querySelector(".dots");
    group.replaceChildren();
    view.dots = made.ways.map((way) => { const dot = make("circle", "dot", group); dot.setAttribute("r", view.layout.radius); make("title", "", dot).textContent = `Participant ${way.who + 1}, ${data.arms[way.arm]}`; return {dot, x: NaN, y: NaN}; });
    svg.querySelector(".links").replaceChildren();
    svg.querySelector(".notes").replaceChildren();
    view.links = []; view.notes = [];
    view.trial = state.trial; view.outcome = -1;
  }
  function chart(view, made) {
    const outcome = data.outcomes[state.outcome], [, top, , bottom] = view.layout.chart, group = view.svg.querySelector(".points");
    group.replaceChildren();
    for (const axes of view.svg.querySelectorAll(".axes")) axes.style.display = +axes.dataset.outcome === state.outcome ? "" : "none";
    view.outcome = state.outcome; view.points = []; view.means = [];
    if (!outcome) return;
    data.arms.forEach((_, arm) => view.points.push({path: make("path", "point arm" + data.hues[arm], group), all: [], shown: -1}));
    const arms = data.arms.length, apart = Math.min(9, 30 / arms), xs = view.layout.visits[state.outcome];
    for (const way of made.ways) outcome.visits.forEach((visit, k) => {
      const value = made.values[state.outcome][way.place][k], at = way.seen.get(visit);
      if (value === null || at === undefined || (outcome.log && value <= 0)) return;
      const height = ((outcome.log ? Math.log(value) : value) - outcome.low) / (outcome.high - outcome.low);
      const x = xs[k] + (way.arm - (arms - 1) / 2) * apart + jitter(way.who, 7) * apart * 0.7;
      const y = bottom - height * (bottom - top) + jitter(way.who, 11) * outcome.jitter * (bottom - top);
      view.points[way.arm].all.push({at, k, height, d: `M${x.toFixed(1)} ${y.toFixed(1)}h0`});
    });
    for (const one of view.points) one.all.sort((a, b) => a.at - b.at);
    const left = view.layout.names[state.outcome];
    data.arms.forEach((_, arm) => view.means.push({last: -1, line: make("path", "mean arm" + data.hues[arm], group), marks: outcome.visits.map(() => make("circle", "mean arm" + data.hues[arm], group)), x: outcome.visits.map((_, k) => xs[k] + (arm - (arms - 1) / 2) * apart)}));
    if (left !== null) data.arms.forEach((name, arm) => {
      const text = view.means[arm].name = make("text", "line arm" + data.hues[arm], group);
      text.setAttribute("x", left); text.textContent = name.length > 24 ? name.slice(0, 23) + "\u2026" : name;
    });
  }
  function offset(row, room, radius) {
    const step = 2 * radius + 1, most = Math.max(Math.floor((room / 2 - radius) / step), 0), place = row % (2 * most + 1);
    return Math.floor((place + 1) / 2) * step * (place % 2 ? 1 : -1);
  }
  function where(layout, way, t) {
    const [near, far] = layout.lanes[way.arm], room = far - near - layout.name_room;
    let along, across, kind = "";
    if (way.end <= t) {
      const [count, step] = layout.dots;
      along = layout.columns[layout.columns.length - 1][0] + 10 + step / 2 + Math.floor(way.order / count) * step;
      across = (near + far) / 2 - (count - 1) / 2 * step + way.order % count * step;
      kind = way.done ? "" : " left";
    } else {
      const stay = way.stays.find((one) => one.begin <= t && t < one.end) || way.stays[way.stays.length - 1];
      if (!stay) return null;
      const column = data.columns[stay.column], [a, b] = layout.columns[stay.column], inner = Math.min(layout.radius, (b - a) / 2);
      const whole = column.kind === "queue" ? (column.patience > 0 ? column.patience : LONG) : stay.end - stay.begin;
      along = a + inner + Math.min((t - stay.begin) / Math.max(whole, 1), 1) * (b - a - 2 * inner);
      across = far - room / 2 + offset(stay.row, room, layout.radius);
      kind = column.kind === "queue" ? " waits" : "";
    }
    return {x: layout.upright ? across : along, y: layout.upright ? along : across, kind: kind + (way.missed[0] <= t ? " missed" : "")};
  }
  function draw(view, made, t, ease) {
    if (view.trial !== state.trial) open(view, made);
    if (view.outcome !== state.outcome) chart(view, made);
    let moving = false;
    made.ways.forEach((way, i) => {
      const one = view.dots[i], spot = way.entry <= t ? where(view.layout, way, t) : null;
      if (!spot) { put(one.dot, {class: "dot hidden"}); one.x = NaN; return; }
      const jump = Number.isNaN(one.x) || ease >= 1;
      one.x = jump ? spot.x : one.x + (spot.x - one.x) * ease;
      one.y = jump ? spot.y : one.y + (spot.y - one.y) * ease;
      if (Math.abs(spot.x - one.x) + Math.abs(spot.y - one.y) > 0.4) moving = true;
      put(one.dot, {class: `dot${spot.kind} arm${data.hues[way.arm]}`, cx: one.x.toFixed(1), cy: one.y.toFixed(1)});
    });
    let used = 0;
    view.svg.querySelectorAll(".chip").forEach((chip, place) => {
      const [now, way] = doing(made, +chip.dataset.unit, t);
      put(chip, {class: `chip ${now}` + (way ? ` arm${data.hues[way.arm]}` : "")});
      const words = way ? `with ${way.who + 1}` : WORDS[now], text = chip.querySelector(".does");
      if (text.textContent !== words) text.textContent = words;
      if (!way) return;
      const dot = view.dots[way.place], [cx, cy] = view.layout.chips[place], x = cx + view.layout.chip[0], y = cy + view.layout.chip[1], half = ((y + dot.y) / 2).toFixed(1);
      const link = view.links[used] || (view.links[used] = make("path", "", view.svg.querySelector(".links")));
      put(link, {class: `link arm${data.hues[way.arm]}`, d: `M${x.toFixed(1)} ${y.toFixed(1)}C${x.toFixed(1)} ${half} ${dot.x.toFixed(1)} ${half} ${dot.x.toFixed(1)} ${dot.y.toFixed(1)}`});
      used++;
    });
    for (; used < view.links.length; used++) put(view.links[used], {d: ""});
    let noted = 0;
    const note = (i, kind, words) => {
      const one = view.notes[noted] || (view.notes[noted] = make("text", "", view.svg.querySelector(".notes"))), dot = view.dots[i];
      const beyond = view.layout.radius + 4, up = view.layout.upright;
      put(one, {class: "note " + kind, x: (up ? dot.x + beyond : dot.x).toFixed(1), y: (up ? dot.y + 4 : dot.y - beyond).toFixed(1), "text-anchor": up ? "start" : "middle"});
      if (one.textContent !== words) one.textContent = words;
      noted++;
    };
    made.ways.forEach((way, i) => {
      if (way.entry > t) return;
      const stay = way.stays.find((one) => one.begin <= t && t < one.end);
      if (stay && data.columns[stay.column].kind === "queue") note(i, "waits", Math.floor((t - stay.begin) / 60) + " min");
      if (way.missed.some((at) => at <= t && t < at + JUST)) note(i, "missed", "missed");
    });
    for (; noted < view.notes.length; noted++) if (view.notes[noted].textContent) view.notes[noted].textContent = "";
    view.points.forEach((one, arm) => {
      const there = one.all.filter((point) => point.at <= t), means = view.means[arm], [, top, , bottom] = view.layout.chart;
      if (there.length === one.shown) return;
      one.shown = there.length;
      put(one.path, {d: there.map((point) => point.d).join("")});
      let path = "";
      means.marks.forEach((mark, k) => {
        const heights = there.filter((point) => point.k === k).map((point) => point.height), count = heights.length;
        const y = count ? bottom - heights.reduce((a, b) => a + b) / count * (bottom - top) : 0;
        put(mark, {cx: means.x[k].toFixed(1), cy: y.toFixed(1), r: count ? 4.2 : 0});
        if (count) path += (path ? "L" : "M") + means.x[k].toFixed(1) + " " + y.toFixed(1);
      });
      put(means.line, {d: path});
      means.last = Math.max(...means.marks.map((mark, k) => +mark.getAttribute("r") ? k : -1));
    });
    let free = -Infinity;
    view.means.filter((one) => one.last >= 0).map((one) => [+one.marks[one.last].getAttribute("cy"), one]).sort((a, b) => a[0] - b[0]).forEach(([y, one]) => {
      if (one.name) put(one.name, {y: (Math.max(y, free) + 4).toFixed(1)});
      free = Math.max(y, free) + 14;
    });
    for (const one of view.means) if (one.name) one.name.style.display = one.last >= 0 ? "" : "none";
    return moving;
  }

  // ------------------------------------------------------------ time
  const state = {trial: 0, outcome: 0, t: data.typical, running: false, speed: 1, film: 0, last: 0, begun: false, frame: 0};
  const slider = find("input"), button = find(".go"), status = find(".summary"), stage = find(".stage");
  const date = (t) => new Date(Date.parse(data.starts + "T00:00:00Z") + Math.floor(t / DAY) * DAY * 1000);
  const day = (t, year) => date(t).toLocaleDateString("en-GB", {timeZone: "UTC", weekday: year ? undefined : "short", day: "numeric", month: "short", year: year ? "numeric" : undefined});
  function show(ease) {
    const made = course(state.trial), t = Math.floor(state.t), n = counts(made, t);
    let moving = false;
    for (const view of views) if (view.svg.getClientRects().length) moving = draw(view, made, t, ease) || moving;
    find(".clock b").textContent = `Day ${Math.floor(t / DAY) + 1}`;
    find(".clock span").textContent = day(t);
    find(".clock time").textContent = `${pad(Math.floor(t % DAY / HOUR))}:${pad(Math.floor(t % HOUR / 60))}`;
    root.classList.toggle("night", t % DAY < 6 * HOUR || t % DAY >= 20 * HOUR);
    for (const key of ["enrolled", "done", "missed", "left"]) find(`.counts [data-n=${key}]`).textContent = n[key];
    find(".counts .bad").classList.toggle("some", n.missed > 0);
    slider.value = state.t;
    find(".cursor").style.left = Math.min(state.t / made.end, 1) * 100 + "%";
    const words = sentence(made, t, n);
    slider.setAttribute("aria-valuetext", words);
    if (status.textContent !== words) status.textContent = words;
    if (!state.running) stage.setAttribute("aria-label", words);
    return moving;
  }
  function frame(now) {
    state.frame = 0;
    const passed = Math.min((now - state.last) / 1000, 0.1), made = course(state.trial);
    state.last = now;
    if (state.running && !still.matches) {
      state.film += passed * state.speed;
      state.t = Math.min(through(made.knots, state.film, 1, 0), made.end);
    } else if (state.running && now - (state.stepped || 0) > 900 / state.speed) {
      state.stepped = now;
      const next = made.marks.find((at) => at > state.t);
      state.t = next === undefined ? made.end : Math.min(Math.ceil((next + 1) / HOUR) * HOUR, made.end);
    }
    const moving = show(still.matches ? 1 : 1 - Math.exp(-passed * 9));
    if (state.running && state.t >= made.end) run(false);
    if (state.running || moving) state.frame = requestAnimationFrame(frame);
  }
  function wake() { if (!state.frame) { state.last = performance.now(); state.frame = requestAnimationFrame(frame); } }
  function run(on) {
    const made = course(state.trial);
    if (on && state.t >= made.end) state.t = 0;
    state.running = on;
    state.film = through(made.knots, state.t, 0, 1);
    root.classList.toggle("running", on);
    status.setAttribute("aria-live", on ? "off" : "polite");
    button.querySelector("span").textContent = on ? "Pause" : "Play";
    wake();
  }
  function go(t) {
    const made = course(state.trial);
    state.begun = true;
    state.t = Math.min(Math.max(t, 0), made.end);
    state.film = through(made.knots, state.t, 0, 1);
    show(still.matches ? 1 : 0.05);
    wake();
  }
  function load(number) {
    state.trial = number;
    const made = course(number);
    slider.max = Math.ceil(made.end / HOUR) * HOUR;
    root.querySelectorAll(".strip path").forEach((path, place) => path.setAttribute("d", made.strip[place]));
    find(".ends .from").textContent = day(0, true);
    find(".ends .to").textContent = day(made.end, true);
    const which = find(".which");
    if (which) which.textContent = `${number + 1} of ${data.trials.length}`;
    find(".skip-missed").hidden = !made.missed.length;
  }
  const next = (ticks) => { const at = ticks.find((one) => one > state.t); if (at !== undefined) go(at); };
  button.addEventListener("click", () => { state.begun = true; run(!state.running); });
  slider.addEventListener("input", () => { run(false); go(+slider.value); });
  slider.addEventListener("keydown", (event) => { const by = {PageUp: DAY, PageDown: -DAY}[event.key]; if (by) { event.preventDefault(); run(false); go(state.t + by); } });
  find(".back").addEventListener("click", () => { run(false); go((Math.ceil(state.t / HOUR) - 1) * HOUR); });
  find(".on").addEventListener("click", () => { run(false); go((Math.floor(state.t / HOUR) + 1) * HOUR); });
  find(".skip-event").addEventListener("click", () => { run(false); next(course(state.trial).marks); });
  find(".skip-missed").addEventListener("click", () => { run(false); const all = course(state.trial).missed; if (all.length && state.t >= all[all.length - 1]) go(0); next(all); });
  const other = find(".another");
  if (other) other.addEventListener("click", () => { load((state.trial + 1) % data.trials.length); go(0); });
  find(".speed").addEventListener("change", (event) => { state.speed = +event.target.value; });
  const chosen = find(".outcome");
  if (chosen) chosen.addEventListener("change", () => { state.outcome = chosen.selectedIndex; show(1); });
  addEventListener("resize", () => show(1));
  addEventListener("beforeprint", () => { run(false); load(0); state.t = data.typical; const made = course(0); for (const view of views) draw(view, made, state.t, 1); show(1); });
  slider.hidden = false;
  root.classList.add("live");
  load(0);
  show(1);
  if (!still.matches && "IntersectionObserver" in window) new IntersectionObserver(([seen]) => {
    if (seen.intersectionRatio > 0.6 && !state.begun) { state.begun = true; state.t = Math.max(state.t - DAY, 0); run(true); }
    else if (!seen.isIntersecting && state.running) run(false);
  }, {threshold: [0, 0.6, 0.7]}).observe(stage);
}
