// The page: what is pressed and typed; and what is drawn then.

let learning, glass, hand, flow, rng, chain = null, typed = "", place = 0, chosen = 0, watchDue = 0;
let running = false, scheduled = false, invited = false, speed = 3, due = 0, target = null, writeDue = 0, made = [], second = { since: 0, names: 0, rate: 0 };
const SPEEDS = [1, 5, 25, Infinity], KEPT = 14; // steps a second; invented names on show
const SLICE = 12, KNOWN = new Set(LINES); // milliseconds of work in a frame

function start(settings) {
  learning = new Learning({ ...settings });
  learning.levels = [["gpt letters alone", 0], ["gpt pairs", 1]].map(([key, context]) => ({ text: words[key], loss: entropy(learning.train, learning.heldOut, context) }));
  restart();
}

function restart() {
  rng = new Random(learning.settings.seed);
  made = [];
  hand.leave();
  watch();
  draw();
  schedule();
}

// ---------------------------------------------------------------- time

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame((now) => frame(now, now));
}

/** One frame: steps while it lasts, then the losses of now, a name, and what is seen of all this. */
function frame(now, before) {
  const until = performance.now() + SLICE, wanted = running || target !== null;
  const hurries = target !== null || SPEEDS[speed] === Infinity;
  due = hurries ? Infinity : Math.min(1, due) + Math.min(0.1, (now - before) / 1000) * SPEEDS[speed];
  let names = 0;
  for (; wanted && due >= 1 && performance.now() < until - 3 && learning.steps !== target; due--) names += learning.step();
  if (learning.steps === target) { target = null; watch(); remember(); }
  if (Number.isNaN(learning.losses.at(-1) ?? 0)) { pause(); target = null; refuse(words["train diverged"]); }
  const latest = learning.history.at(-1)?.step ?? 0;
  if ((!hurries || !wanted) && learning.measured === null && learning.steps > latest) learning.measure(); // there is time to measure each step
  const more = learning.goOn(Math.max(until, performance.now() + 3));
  if (running || invited) invent(now);
  countNames(now, names);
  if (running && now > watchDue) { watch(); watchDue = now + 400; }
  draw();
  scheduled = running || target !== null || more;
  if (scheduled) requestAnimationFrame((next) => frame(next, now));
}

function countNames(now, names) {
  second.names += names;
  if (now - second.since < 1000) return;
  second = { since: now, names: 0, rate: now - second.since < 3000 ? Math.round((1000 * second.names) / (now - second.since)) : 0 };
}

function invent(now) {
  if (now < writeDue && !invited) return;
  invited = false;
  writeDue = now + 350;
  glass.follow(learning.machine);
  made = [glass.write(rng, learning.settings.temperature), ...made].slice(0, KEPT);
}

/** Let what is typed flow through the network as it is now. */
function watch() {
  glass.follow(learning.machine);
  glass.watch(typed);
  chain = new Chain(typed, glass);
  place = Math.min(place, chain.length - 1);
  if (!chain.has(chosen)) chosen = 0;
  if (hand.on) hand.go(hand.at, learning.machine, typed, learning.settings.rate);
  drawFlow();
}

// ---------------------------------------------------------------- drawing

function draw() {
  const last = learning.history.at(-1), { steps, train } = learning;
  byId("count").textContent = target === null ? say("gpt count", { n: steps, names: learning.read }) : say("gpt replay", { n: steps, of: target });
  byId("losses").textContent = last ? say(Number.isFinite(last.train) ? "train losses" : "gpt held", { train: number(last.train), held: number(last.held) }) : "";
  byId("play").textContent = running ? `⏸ ${words.pause}` : `▶ ${words.play}`;
  byId("fast").textContent = SPEEDS[speed] === Infinity ? words["gpt fast"] : say("train per second", { n: SPEEDS[speed] });
  byId("speedometer").textContent = say("gpt speed", { n: second.rate, all: train.length, held: learning.heldOut.length });
  byId("warm").textContent = number(learning.settings.temperature);
  byId("invented").innerHTML = made.length ? made.map((name) => `<li${KNOWN.has(name) ? ' class="known"' : ""}>${escaped(name) || "·"}${KNOWN.has(name) ? " ✓" : ""}</li>`).join("") : `<li class="none">${words["gpt none yet"]}</li>`;
  if (learning.history.length) drawCurves(byId("curves"), learning.history, null, learning.levels);
}

function drawFlow() {
  flow.draw(chain, chosen);
  byId("lost").textContent = say("gpt lost", { name: `·${typed}·`, loss: number(chain.value(0)) });
  byId("letters").replaceChildren(...count(chain.length).map((i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(i === place));
    button.innerHTML = `${escaped(letterOf(chain.tokens[i]))} → ${escaped(letterOf(chain.tokens[i + 1]))}<small>${digits(chain.of(i, "loss", 0), 3)}</small>`;
    button.onclick = () => { place = i; drawFlow(); byId("letters").children[i].focus(); remember(); };
    return button;
  }));
  drawPlace();
  tell(byId("told"), chain, chosen, choose, hand.change(chosen - NODES));
  drawHand();
}

/** Of the place that is picked: whom each head looks at, and what may come next. */
function drawPlace() {
  const letters = count(place + 1).map((t) => escaped(letterOf(chain.tokens[t]))), cell = (node, label) => `<td><button type="button" data-node="${node}" aria-label="${escaped(label)}"><span class="value">${digits(chain.value(node), 2)}</span><br><span class="gradient">${digits(chain.gradient(node), 2)}</span></button></td>`;
  const heads = count(HEADS).map((head) => `<tr><th scope="row">${say("gpt head", { n: head + 1 })}</th>${letters.map((_, t) => { const node = nodeOf(place, "shares", head * (place + 1) + t); return cell(node, nameOf(chain, node)); }).join("")}</tr>`);
  const chances = chain.chances(place), next = chain.tokens[place + 1], order = count(END + 1).sort((a, b) => chances[b] - chances[a]);
  const rows = order.map((token) => {
    const node = nodeOf(place, "logits", token);
    return `<li><button type="button" data-node="${node}"${token === next ? ' aria-pressed="true"' : ""} aria-label="${escaped(nameOf(chain, node))}">${escaped(letterOf(token))}</button><i class="meter" style="width:${((100 * chances[token]) / chances[order[0]]).toFixed(2)}%"></i><span class="value">${digits(chances[token], 3)}</span><span class="gradient">${digits(chain.gradient(node), 2)}</span></li>`;
  });
  const places = { letter: letterOf(chain.tokens[place]), n: place + 1, next: letterOf(next) };
  byId("place").innerHTML = `<h3>${escaped(say("gpt who looks", places))}</h3><div class="looks">${drawAttention(chain, place)}</div><div class="scroll" tabindex="0" role="group" aria-label="${escaped(say("gpt who looks", places))}"><table><thead><tr><td></td>${letters.map((letter) => `<th scope="col">${letter}</th>`).join("")}</tr></thead><tbody>${heads.join("")}</tbody></table></div>` +
    `<h3>${escaped(say("gpt what next", places))}</h3><ol id="chances">${rows.join("")}</ol>`;
}

function drawHand() {
  document.querySelectorAll(".parts button").forEach((button, i) => button.setAttribute("aria-pressed", String(i === hand.at)));
  const loss = hand.on ? number(hand.loss) : "", places = { name: `·${typed}·`, loss, after: hand.on ? number(hand.lossAfter) : "", rate: number(learning.settings.rate), n: PARAMETERS };
  byId("sentence").textContent = say(hand.on ? `gpt step ${STAGES[hand.at]}` : "gpt step hint", places);
  byId("step").innerHTML = !hand.on ? "" : hand.at === 0 ? lossTable() : groupTable(hand.at);
}

function lossTable() {
  const losses = count(chain.length).map((i) => chain.of(i, "loss", 0)), top = Math.max(...losses);
  const rows = losses.map((loss, i) => `<tr><th scope="row">${escaped(letterOf(chain.tokens[i]))} → ${escaped(letterOf(chain.tokens[i + 1]))}</th><td style="width:60%"><i class="meter" style="width:${(100 * loss) / top}%"></i></td><td class="value">${digits(loss, 3)}</td></tr>`);
  return `<table><thead><tr><th scope="col">${words["gpt place"]}</th><td></td><th scope="col">${words["train loss"]}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function groupTable(stage) {
  const rows = hand.rows(), key = stage === 1 ? "gradient" : "change", top = Math.max(...rows.map((group) => group[key])) || 1;
  const lines = rows.map((group) => `<tr><th scope="row"><button type="button" data-node="${NODES + group.largest}">${words[`gpt matrix ${group.name}`]}</button></th><td>${group.count}</td><td style="width:40%"><i class="meter ${stage === 1 ? "back" : ""}" style="width:${(100 * group[key]) / top}%"></i></td><td class="${stage === 1 ? "gradient" : "value"}">${digits(group[key], 3)}</td></tr>`);
  return `<table><thead><tr><th scope="col">${words["gpt group"]}</th><th scope="col">${words["gpt numbers"]}</th><td></td><th scope="col">${words[stage === 1 ? "gpt gradient size" : "gpt change size"]}</th></tr></thead><tbody>${lines.join("")}</tbody></table>`;
}

// ---------------------------------------------------------------- what is pressed

function choose(node) {
  chosen = node;
  if (node > 0 && node < NODES) ({ place } = nodes[node]);
  drawFlow();
  remember();
}

const pause = () => { running = false; };
/** Go on from here, whatever a link had in mind. */
const stopReplay = () => { target = null; learning.planned = []; };
const refuse = (text) => { byId("refused").textContent = text; };

function play() {
  running = !running;
  stopReplay();
  if (running) schedule(); else { watch(); schedule(); remember(); }
}

function once() { pause(); stopReplay(); learning.step(); invited = true; watch(); schedule(); remember(); }
function rewind() { pause(); stopReplay(); refuse(""); learning.rewind(); restart(); remember(); }

/** The line of what is typed: letters the network does not know are left out. */
function type(text) {
  const letters = [...text].map((letter) => (numberOf.has(letter) ? letter : letter.toLowerCase()));
  typed = known(letters.join(""));
  const lost = letters.filter((letter) => !numberOf.has(letter)).join("");
  refuse(lost ? say("gpt left out", { letters: lost }) : "");
  place = [...typed].length;
  chosen = 0;
  watch();
  remember();
}

function changed(event) {
  const { name, valueAsNumber: value } = event.target, [low, high] = data.ranges[name];
  const wrong = !(value >= low && value <= high) || (name !== "rate" && name !== "temperature" && !Number.isInteger(value));
  event.target.setAttribute("aria-invalid", String(wrong));
  refuse(wrong ? say("train out of range", { name: event.target.labels[0].firstChild.textContent.trim(), low, high }) : "");
  if (wrong) return;
  if (name === "rate") { stopReplay(); learning.setRate(value); }
  else if (name === "temperature") learning.settings.temperature = value;
  else { pause(); target = null; start({ ...learning.settings, rate: learning.settings.rate, [name]: value }); }
  draw();
  remember();
}

function pressed(event) {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.matches("button")) return;
  const act = { " ": play, s: once, r: rewind, f: () => walk(0), b: () => walk(1), u: () => walk(2), l: () => choose(0) }[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
}

function walk(stage) {
  pause();
  hand.go(hand.at === stage ? -1 : stage, learning.machine, typed, learning.settings.rate);
  watch();
  draw();
}

// ---------------------------------------------------------------- the link

/** The state as a link: 4 192 numbers are too many, so it says how to come to them again, by so many steps. */
function written() {
  const link = new URLSearchParams(), { settings, steps, rates } = learning;
  for (const [name, value] of Object.entries(settings)) if (value !== data.settings[name] && name !== "rate") link.set(name, value);
  if (rates.length > 1 || rates[0][1] !== data.settings.rate) link.set("rates", rates.flat().join("_"));
  if (typed !== FIRST) link.set("name", typed);
  if (place !== [...typed].length) link.set("place", place);
  if (chosen) link.set("value", chosen);
  if (steps) link.set("steps", steps);
  return link.toString();
}

function remember() {
  if (location.protocol !== "about:") history.replaceState(null, "", `#${written()}`);
}

/** Read a link, or tell which of its words does not fit. */
function read(hash) {
  const link = new URLSearchParams(hash), settings = { ...data.settings }, whole = (name) => Number(link.get(name) ?? 0);
  for (const name of ["seed", "batch", "temperature"]) {
    if (link.has(name)) settings[name] = Number(link.get(name));
    const [low, high] = data.ranges[name];
    if (!(settings[name] >= low && settings[name] <= high) || (name !== "temperature" && !Number.isInteger(settings[name]))) throw new Error(name);
  }
  if (link.get("rates")?.split("_").length % 2) throw new Error("rates");
  const flat = link.has("rates") ? link.get("rates").split("_").map(Number) : [0, settings.rate], rates = count(flat.length / 2).map((i) => [flat[2 * i], flat[2 * i + 1]]);
  if (!rates.length || rates[0][0] !== 0 || rates.some(([step, rate], i) => !(step > (rates[i - 1]?.[0] ?? -1) && rate >= 0 && rate <= data.ranges.rate[1]))) throw new Error("rates");
  const most = { steps: Infinity, value: NODES + PARAMETERS - 1, place: LENGTH - 1 };
  for (const name of Object.keys(most)) if (!(Number.isInteger(whole(name)) && whole(name) >= 0 && whole(name) <= most[name])) throw new Error(name);
  return { settings: { ...settings, rate: rates[0][1] }, rates, steps: whole("steps"), typed: known(link.get("name") ?? FIRST), value: whole("value"), place: link.has("place") ? whole("place") : Infinity };
}

const FIRST = known(data.typed);

/** Take the state of the link, or begin at the beginning; steps are taken again from the seed. */
function open() {
  let found = { settings: data.settings, rates: [[0, data.settings.rate]], steps: 0, typed: FIRST, value: 0, place: Infinity };
  refuse("");
  try { found = read(location.hash.slice(1)); } catch (problem) { refuse(say("train bad link", { why: problem.message })); }
  pause();
  typed = found.typed;
  byId("typed").value = typed;
  place = Math.min(found.place, [...typed].length);
  chosen = found.value;
  start(found.settings);
  learning.planned = found.rates.slice(1);
  target = found.steps || null;
  for (const name of ["seed", "batch", "temperature"]) byId("settings").elements[name].value = found.settings[name];
  byId("settings").elements.rate.value = found.rates.at(-1)[1];
  schedule();
}

async function copyLink() {
  remember();
  try { await navigator.clipboard.writeText(location.href); byId("copied").textContent = words["train copied"]; }
  catch (problem) { byId("copied").textContent = words["train in address"]; }
}

function prepare() {
  glass = new GPT();
  hand = new Step(new GPT());
  flow = new Flow(byId("flow"), choose);
  document.querySelector(".parts").replaceChildren(...STAGES.map((stage, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${i + 1} ${words[`train part ${stage}`]}`;
    button.onclick = () => walk(i);
    return button;
  }));
  byId("rewind").onclick = rewind;
  byId("play").onclick = play;
  byId("once").onclick = once;
  byId("link").onclick = copyLink;
  byId("to-loss").onclick = () => choose(0);
  byId("go-on").onclick = () => {
    glass.follow(learning.machine);
    const before = typed;
    byId("typed").value = glass.write(rng, learning.settings.temperature, typed);
    type(byId("typed").value);
    if (typed === before) refuse(say("gpt ends", { name: typed }));
  };
  byId("typed").maxLength = LENGTH - 1;
  byId("typed").oninput = (event) => type(event.target.value);
  byId("place").onclick = (event) => { const to = event.target.closest("[data-node]"); if (to) { choose(Number(to.dataset.node)); byId("place").querySelector(`[data-node="${chosen}"]`)?.focus(); } };
  byId("step").onclick = (event) => { const to = event.target.closest("[data-node]"); if (to) choose(Number(to.dataset.node)); };
  byId("speed").value = speed;
  byId("speed").oninput = (event) => { speed = Number(event.target.value); draw(); };
  byId("settings").oninput = changed;
  byId("settings").onsubmit = (event) => event.preventDefault();
  addEventListener("keydown", pressed);
  addEventListener("hashchange", open);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawFlow);
  open();
}

prepare();
