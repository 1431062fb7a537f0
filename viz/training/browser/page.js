// The page: what is pressed, typed, dragged; and what is drawn then.

let training, picture, plane, hand, lens, kept = null, sample = 0, edited = false, chosen = null, tool = "pick";
let running = false, run = 0, speed = 2, due = 0, readDue = 0, samples, grid;
const SPEEDS = [1, 5, 20, 60, 300, 1500]; // steps a second

/** Begin anew with these settings, and with points where somebody moved them. */
function start(settings, points) {
  training = new Training(settings, points);
  lens = new Machine(training.network);
  grid = new Machine(training.network);
  picture = new NetworkPicture(training.network, choose);
  plane = new Plane([...training.points, ...training.heldOut]);
  samples = plane.samples();
  hand = new Hand(training, inspected);
  sample = Math.min(sample, training.points.length - 1);
  chosen = look.at = null;
  buildTable();
  draw();
}

/** Everything about the sample that is picked, by unit: z before the activation, its value, the gradients of both. */
function inspected() {
  const point = training.points[sample], source = hand.isDone ? training.machine.parameters : hand.before?.parameters ?? training.machine.parameters;
  lens.parameters.set(source);
  const loss = lens.differentiate([point]), { network } = training, count = network.inputs + network.neurons.length;
  const of = (read, otherwise) => [...Array(count).keys()].map((unit) => (unit < network.inputs ? otherwise(unit) : read(unit)));
  const units = of((unit) => lens.value(unit, 0), (unit) => point.x[unit]), before = of((unit) => lens.before(unit, 0), (unit) => point.x[unit]);
  const gradients = of((unit) => lens.slopeBefore(unit, 0), () => 0), after = of((unit) => lens.slope(unit, 0), () => 0);
  const locals = of((unit) => {
    const { activation } = neuronOf(network, unit);
    return activation ? slopes[activation].partials(units[unit], before[unit])[0] : 1;
  }, () => 1);
  return { sample: point, loss, units, before, gradients, after, locals, parameters: source };
}

// ---------------------------------------------------------------- drawing

/** What is looked at moves with every frame; what is read, while the network runs, as often as somebody can read it. */
function draw() {
  drawSeen();
  if (running && performance.now() < readDue) return;
  readDue = performance.now() + 200;
  drawRead();
}

function drawSeen() {
  if (data.inputs > 2) return;
  grid.parameters.set(training.machine.parameters);
  grid.forward(samples);
  const out = lastUnit(training.network), { points, heldOut } = training;
  const ringed = hand.on && hand.batch.length < points.length ? hand.batch : [];
  plane.draw({ points, heldOut, ringed, sample: points[sample], output: (s) => grid.value(out, s) });
  picture.drawFields(fieldOf);
}

function drawRead() {
  drawTable(); // first, for it asks where it is scrolled to: after a change, that would lay out the page once more
  const seen = inspected(), { points, heldOut } = training, shown = hand.on ? shownAt(seen) : { units: seen.units, gradients: seen.after };
  byId("plane").ariaLabel = say("train plane told", { n: points.length, m: heldOut.length });
  byId("sample").textContent = say("train point", { n: sample + 1, of: points.length, y: number(points[sample].y) });
  picture.draw({ ...shown, parameters: training.machine.parameters });
  picture.mark({ ...(hand.on ? hand.told().mark : {}), chosen: chosen?.weight ?? null });
  drawCurves(byId("curves"), training.history, kept);
  byId("warned").textContent = warning();
  drawBar(training.history.at(-1));
  drawHand();
  drawChosen();
}

/** What a unit says over the plane, from −1 to 1: one that is never below 0 is as bright as it can be at its top. */
function fieldOf(unit) {
  const { inputs } = training.network, field = new Float64Array(samples.length);
  let top = 1e-9;
  for (let s = 0; s < field.length; s++) {
    field[s] = unit < inputs ? samples[s].x[unit] : grid.value(unit, s);
    top = Math.max(top, Math.abs(field[s]));
  }
  for (let s = 0; s < field.length; s++) field[s] /= top;
  return field;
}

/** What goes wrong just now, in words: the loss grows, or units say nothing wherever one looks. */
function warning() {
  const { history, network } = training, losses = history.map(({ train }) => train);
  const dead = data.inputs > 2 ? [] : network.neurons.flatMap(({ activation }, i) => (activation === "relu" && !fieldOf(network.inputs + i).some(Boolean) ? [textName(network, network.inputs + i)] : []));
  const grows = losses.length > 5 && losses.at(-1) > 1.5 * losses[0];
  return [...(grows ? [words["train grows"]] : []), ...(dead.length ? [say("train dead", { units: dead.join(", ") })] : [])].join(" ");
}

/** While somebody walks through a step, a card shows what is known by then. */
function shownAt(seen) {
  const done = hand.steps.slice(0, hand.at + 1), known = (kind) => new Set(done.filter((step) => step.kind === kind).map(({ unit }) => unit));
  const forward = known("forward"), back = known("gradient"), { inputs } = training.network;
  return {
    units: seen.units.map((x, unit) => (unit < inputs || forward.has(unit) ? x : null)),
    gradients: seen.after.map((x, unit) => (back.has(unit) ? x : null)),
  };
}

function drawBar({ train, held }) {
  const { steps, batches } = training;
  byId("count").textContent = say("train count", { n: steps, epoch: Math.floor(steps / batches) });
  byId("losses").textContent = say(Number.isFinite(held) ? "train losses" : "train one loss", { train: number(train), held: number(held) });
  byId("play").textContent = running ? `⏸ ${words.pause}` : `▶ ${words.play}`;
  byId("fast").textContent = say("train per second", { n: SPEEDS[speed] });
}

function drawHand() {
  const part = hand.on ? hand.step.part : null, texts = hand.on ? hand.told() : { formula: "", sentence: words["train by hand hint"], code: "" };
  document.querySelectorAll(".parts button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.part === part)));
  byId("hand").classList.toggle("waiting", !hand.on);
  byId("back").disabled = !hand.on;
  byId("where").textContent = hand.on ? `${hand.at + 1} / ${hand.steps.length}` : "";
  showFormula(byId("formula"), texts.formula);
  byId("sentence").textContent = texts.sentence;
  byId("code").textContent = texts.code;
}

/** What is known of the unit or the weight that was pointed at; a weight can be moved there. */
function drawChosen() {
  const place = byId("unit"), { network } = training;
  if (chosen === null) { place.innerHTML = `<p class="hint">${words["train point at"]}</p>`; return; }
  if (chosen.unit !== undefined) {
    const { unit } = chosen, seen = inspected();
    if (unit < network.inputs) place.innerHTML = `<p>${say("train input", { unit: textName(network, unit), value: number(seen.units[unit]) })}</p>`;
    else place.innerHTML = `<div class="formula">${hand.forward(unit, seen).formula}</div><p>${hand.forward(unit, seen).sentence}</p>`;
    return;
  }
  drawWeight(place, chosen.weight);
}

function drawWeight(place, p) {
  const { network, machine } = training, w = machine.parameters[p], name = parameterSign(network, p), found = look();
  const formula = aligned(
    ...parameterRows(network, p, inspected()),
    [lossTo(name), `<mtext>${say("train mean of", { n: training.batch().length })}</mtext>`, plainNum(found.gradient[p], "gradient result")],
    [name, plainNum(w, "value"), "<mo>→</mo>", plainNum(found.next[p], "value result")],
  );
  const slider = place.querySelector("input");
  if (slider?.dataset.weight === String(p)) { // it may be held just now
    showFormula(place.querySelector(".formula"), formula);
    place.querySelector("output").textContent = number(w);
    if (document.activeElement !== slider) slider.value = w;
    return;
  }
  const label = textOfParameter(network, p);
  place.innerHTML = `<div class="formula">${formula}</div><label>${label} <input type="range" min="-5" max="5" step="0.01" data-weight="${p}"> <output>${number(w)}</output></label>`;
  place.querySelector("input").value = w;
  place.querySelector("input").oninput = (event) => move(p, Number(event.target.value));
  place.querySelector("input").onchange = remember;
}

const textOfParameter = (network, p) => { const [letter, index] = parameterName(network, p); return letter + subscript(index); };

/** The preview of the next update, computed once for what the parameters are now. */
function look() {
  if (hand.on && !hand.isDone) return hand.found;
  const now = `${training.steps}:${training.machine.parameters.join()}`;
  if (look.at !== now) {
    look.at = now;
    look.found = training.preview();
  }
  return look.found;
}

// ---------------------------------------------------------------- what is pressed

function choose(what, passing = false) {
  if (passing && (running || chosen?.pinned)) return;
  chosen = { ...what, pinned: !passing };
  draw();
}

/** Give a parameter another number: training goes on from there. */
function move(p, w) {
  hand.leave();
  training.machine.parameters[p] = w;
  training.moved = true;
  training.history.pop();
  training.note();
  draw();
}

/** A number that follows the pointer up and down. */
function drag(event, p) {
  const from = event.clientY, w = training.machine.parameters[p];
  event.preventDefault();
  const follow = (now) => move(p, Math.round((w + (from - now.clientY) / 50) * 100) / 100);
  const end = () => { removeEventListener("pointermove", follow); removeEventListener("pointerup", end); removeEventListener("pointercancel", end); remember(); };
  addEventListener("pointermove", follow);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

function pause() { running = false; }

function play() {
  running = !running;
  hand.leave();
  const own = ++run;
  if (running) { due = 0; requestAnimationFrame((now) => frame(now, now, own)); } else { draw(); remember(); }
}

/** One frame: as many steps as are due. */
function frame(now, before, own) {
  if (!running || own !== run) return; // paused, and perhaps begun again, since this frame was asked for
  due += Math.min(0.1, (now - before) / 1000) * SPEEDS[speed];
  const until = performance.now() + 12; // a slow machine takes fewer steps, not fewer frames
  for (; due >= 1 && performance.now() < until; due--) training.step();
  due = Math.min(due, 1);
  if (!Number.isFinite(training.history.at(-1).train)) { pause(); refuse(words["train diverged"]); }
  draw();
  requestAnimationFrame((next) => frame(next, now, own));
}

function once() { pause(); hand.leave(); training.step(); draw(); remember(); }
function rewind() { pause(); hand.leave(); training.moved = false; training.rewind(); refuse(""); draw(); remember(); }

const refuse = (text) => { byId("refused").textContent = text; };

/** The link of now, in the address line; frames without one (srcdoc) have none. */
function remember() {
  if (location.protocol === "about:") return;
  history.replaceState(null, "", `#${written(training, { sample, edited, hand, chosen })}`);
}

function changed(event) {
  const field = event.target, settings = { ...training.settings };
  settings[field.name] = typeof settings[field.name] === "number" ? field.valueAsNumber : field.value;
  if (firstWrong(settings)) { // the field shows what holds, and the words what was refused
    const [low, high] = data.ranges[field.name], was = training.settings[field.name];
    refuse(say(WHOLE.includes(field.name) ? "train whole out of range" : "train out of range", { name: field.labels[0].textContent.trim(), low, high, was }));
    field.value = was;
    return;
  }
  refuse("");
  hand.leave();
  if (["rate", "l2", "batch"].includes(field.name)) { training.settings = settings; if (field.name === "batch") training.shuffle(); }
  else if (field.name === "optimiser") { training.settings = settings; training.machine.forget(); buildTable(); }
  else {
    pause();
    const ofData = ["data", "count", "noise"].includes(field.name);
    if (ofData) { edited = false; sample = 0; }
    start(settings, edited ? training.points : undefined);
  }
  look.at = null;
  draw();
  remember();
}

/** Press a place of the plane with the tool that is chosen. */
function press(place) {
  const { points, heldOut } = training;
  if (tool === "pick") { pick(points.indexOf(plane.nearest(points, place))); return; }
  const near = tool === "remove" ? plane.nearest(points, place, 40) : null;
  if (tool === "remove" && (!near || points.length < 2)) return;
  const at = plane.toData(place), made = { x: at.slice(0, data.inputs), y: data.classes ? Number(tool) : at[1] };
  training.points = tool === "remove" ? points.filter((point) => point !== near) : [...points, made];
  sample = tool === "remove" ? Math.min(sample, training.points.length - 1) : training.points.length - 1;
  edited = true;
  hand.leave();
  training.shuffle();
  training.history.pop();
  training.note();
  look.at = null;
  draw();
  remember();
}

function pick(which) {
  const n = training.points.length;
  sample = (which + n) % n;
  draw();
  remember();
}

function pressed(event) {
  const tag = event.target.tagName;
  if (event.ctrlKey || event.metaKey || event.altKey || (tag === "INPUT" && event.target.type === "number") || tag === "SELECT") return;
  if (event.target === byId("plane") && moveCursor(event)) return;
  const keys = { s: once, r: rewind, n: () => byId("next").click(), b: () => byId("back").click() };
  if (event.key === " " && !["BUTTON", "SUMMARY"].includes(tag)) keys[" "] = play;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
}

function moveCursor(event) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way && event.key !== "Enter") return false;
  event.preventDefault();
  plane.cursor ??= [320, 320];
  if (way) plane.cursor = plane.cursor.map((x, i) => Math.max(0, Math.min(640, x + 16 * way[i]))); else press(plane.cursor);
  draw();
  return true;
}

// ---------------------------------------------------------------- when the page opens

function prepare() {
  for (const [name, options] of Object.entries(data.choices)) {
    const field = byId("settings").elements[name];
    field.replaceChildren(...options.map((value) => new Option(words[`train ${name} ${value}`] ?? value, value)));
  }
  if (data.own) document.querySelectorAll(".own").forEach((part) => { part.hidden = true; });
  byId("plane").hidden = document.querySelector(".tools").hidden = data.inputs > 2; // what cannot be seen is not drawn
  byId("plane").tabIndex = 0;
  makeButtons(document.querySelector(".parts"), PARTS.map((part, i) => [`${i + 1} ${words[`train part ${part}`]}`, { part }]), ({ part }) => walk(() => hand.finish(part)));
  const tools = data.classes ? ["pick", "1", "0", "remove"] : ["pick", "add", "remove"];
  makeButtons(document.querySelector(".tools"), tools.map((name) => [words[`train tool ${name}`], { tool: name }]), (made) => { tool = made.tool; markTool(); });
  markTool();
  byId("rewind").onclick = rewind;
  byId("play").onclick = play;
  byId("once").onclick = once;
  byId("next").onclick = () => walk(() => hand.next());
  byId("back").onclick = () => walk(() => hand.go(hand.at - 1));
  byId("before").onclick = () => pick(sample - 1);
  byId("after").onclick = () => pick(sample + 1);
  byId("speed").value = speed;
  byId("speed").oninput = (event) => { speed = Number(event.target.value); draw(); };
  byId("keep").onclick = () => { kept = kept ? null : [...training.history]; byId("keep").textContent = words[kept ? "train drop curve" : "train keep curve"]; draw(); };
  byId("link").onclick = copyLink;
  byId("numbers").onkeydown = walkTable;
  byId("numbers").onclick = (event) => { if (event.target.matches("button") && event.detail === 0) byId("unit").querySelector("input").focus(); }; // by key
  addEventListener("beforeprint", () => printing(true));
  addEventListener("afterprint", () => printing(false));
  byId("settings").onchange = changed;
  byId("settings").onsubmit = (event) => event.preventDefault();
  byId("plane").onclick = (event) => press([event.offsetX, event.offsetY].map((x) => (x * 640) / byId("plane").clientWidth));
  addEventListener("keydown", pressed);
  addEventListener("hashchange", open);
  addEventListener("resize", () => { picture = new NetworkPicture(training.network, choose); draw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { palette = null; draw(); });
  if (matchMedia("(max-width: 1000px)").matches) byId("more").open = false;
  open();
}

/** Paper is white, and shows the settings. */
function printing(begins) {
  document.documentElement.classList.toggle("paper", begins);
  if (begins) { pause(); byId("more").open = true; }
  palette = null;
  draw();
}

const markTool = () => document.querySelectorAll(".tools button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.tool === tool)));

function makeButtons(place, labels, act) {
  place.replaceChildren(...labels.map(([label, named]) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    Object.assign(made.dataset, named);
    made.onclick = () => act(named);
    return made;
  }));
}

/** Go on in the step by hand. It is about a point of its batch, so that what is told of the point is part of what moves. */
function walk(act) {
  pause();
  if (!hand.on || hand.isDone) sample = ofBatch(sample);
  act();
  look.at = null;
  draw();
  remember();
  if (hand.on && matchMedia("(max-width: 1000px)").matches) byId("pictured").scrollIntoView(); // formula and picture together
}

function ofBatch(which) {
  const batch = training.batch(), { points } = training;
  return batch.includes(points[which]) ? which : points.indexOf(batch[0]);
}

async function copyLink() {
  remember();
  try { await navigator.clipboard.writeText(location.href); byId("copied").textContent = words["train copied"]; }
  catch (problem) { byId("copied").textContent = words["train in address"]; }
}

/** Take the state of the link, or begin at the beginning. */
function open() {
  let found = { settings: data.settings, sample: 0, steps: 0 };
  refuse("");
  try { found = read(location.hash.slice(1)); } catch (problem) { refuse(say("train bad link", { why: problem.message })); }
  pause();
  kept = null;
  byId("keep").textContent = words["train keep curve"];
  edited = Boolean(found.points);
  sample = found.sample;
  start(found.settings, found.points);
  if (found.parameters) {
    training.restore({ steps: found.steps, taken: found.taken, history: [], parameters: found.parameters, state: found.state });
    training.note();
    training.moved = true;
  }
  if (found.at !== undefined) hand.go(Math.min(found.at, hand.steps.length - 2)); // a step that is done is in the parameters
  chosen = found.weight === undefined ? null : { weight: found.weight, pinned: true };
  for (const [name, value] of Object.entries(found.settings)) if (byId("settings").elements[name]) byId("settings").elements[name].value = value;
  draw();
}

prepare();
