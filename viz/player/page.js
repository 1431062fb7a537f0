// The player. `data` says what each step shows, in texts whose numbers are slots; `program` computes
// the numbers again for other inputs. `show(k)` draws step k whole, whatever was shown before, so
// that back, jump and deep links need nothing of their own.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const nodes = data.program.nodes, edges = data.program.edges, output = data.program.output, words = data.words;
const byId = (id) => document.getElementById(id);
const recorded = Object.fromEntries(Object.entries(data.numbers).map(([name, column]) => [name, column.map(Number)]));

// ---------------------------------------------------------------- numbers as text

const MINUS = "\u2212";

function digits(x, count) {
  if (x !== x) return "nan";
  if (Math.abs(x) === Infinity) return x > 0 ? "∞" : MINUS + "∞";
  if (x === 0) return Object.is(x, -0) && count >= 17 ? MINUS + "0" : "0";
  const [mantissa, power] = rounded(x, count).split("e").map((part, i) => (i ? Number(part) : part));
  const bare = (text) => (text.includes(".") ? text.replace(/\.?0*$/, "") : text);
  const text = power < -4 || power >= count ? `${bare(mantissa)}e${power}` : bare(plain(mantissa, power));
  return text.replaceAll("-", MINUS);
}

/** As toExponential, but a float in the middle of two numbers goes to the even digit, as in Python. */
function rounded(x, count) {
  const [exact, power] = x.toExponential(100).split("e"), kept = count + (x < 0) + (count > 1); // a sign, a point
  const middle = /^50*$/.test(exact.slice(kept).replace(".", "")), even = "02468".includes(exact[kept - 1]);
  return middle && even ? `${exact.slice(0, kept)}e${power}` : x.toExponential(count - 1);
}

/** What toFixed would write, which rounds once more: 0.0125 for 1.25 and −2. */
function plain(mantissa, power) {
  const figures = "0".repeat(Math.max(-power, 0)) + mantissa.replace(/[-.]/g, ""), whole = Math.max(power, 0) + 1;
  return `${mantissa.startsWith("-") ? "-" : ""}${figures.slice(0, whole)}.${figures.slice(whole)}`;
}

const number = (x) => digits(x, 4);
const bracketed = (text) => (text.startsWith(MINUS) ? `(${text})` : text);
const STYLES = {
  plain: digits,
  factor: (x, count) => bracketed(digits(x, count)),
  comment: (x, count) => digits(x, count).replaceAll(MINUS, "-").replace("∞", "inf"),
  python: (x) => (x - x === 0 ? String(x) : `float('${x !== x ? "nan" : x > 0 ? "inf" : "-inf"}')`),
};
const CHECKS = {
  zero: (x) => x === 0,
  one: (x) => x === 1,
  two: (x) => x === 2,
  negative: (x) => x < 0,
  nan: (x) => x !== x,
  finite: (x) => x - x === 0,
  moderate: (x) => Math.abs(x) < 1e60,
  tame: (x) => Math.abs(x) > 1e-60 && Math.abs(x) < 1e60,
};

const holds = ({ check, table, at }) => CHECKS[check](numbers[table][at]);
const slotNumber = ({ table, at, scale = 1 }) => numbers[table][at] * scale;
const place = ({ table, at }) => `${table} ${at}`; // how a hidden number is known

function fill(text, hidden = new Set()) {
  return text.map((part) => {
    if (typeof part === "string") return part;
    if (part.choose) return fill(part.choose.find(({ test }) => test === null || holds(test))?.text ?? [], hidden);
    if (hidden.has(place(part))) return part.instead ?? "?";
    if (part.text) return fill(part.text, hidden);
    const count = part.precise === undefined ? 4 : numbers.digits[part.precise]; // as many as the formula needs
    return STYLES[part.style ?? "plain"](slotNumber(part), count);
  }).join("");
}

// ---------------------------------------------------------------- the two passes

const computes = (node) => node.operation !== undefined;

/** The value of every node when some are changed: inputs, or an inner node against its operation. */
function forward(changed) {
  const values = [];
  nodes.forEach((node, i) => {
    if (i in changed) values.push(changed[i]);
    else if (node.kind === "decided") values.push(program.decisions[i](...node.operands.map((j) => changed[j] ?? recorded.value[j])));
    else if (computes(node)) values.push(program.operations[node.operation].value(...node.operands.map((j) => values[j])));
    else values.push(recorded.value[i]);
  });
  return values;
}

function compute(inputs) {
  const zeros = (names, count) => Object.fromEntries(names.map((name) => [name, Array(count).fill(0)]));
  const value = forward(inputs), byNode = zeros(["gradient", "reached"], nodes.length);
  const byEdge = zeros(["local", "contribution", "total", "part", "arrives", "stopped"], edges.length);
  const parts = backward(value, byNode, byEdge);
  byEdge.parts = edges.map(({ parent }, e) => byEdge.arrives[e] * parts[parent]);
  byEdge.to_come = edges.map((_, e) => byEdge.parts[e] - byEdge.part[e]);
  byEdge.all_paths = edges.map((_, e) => overAllPaths(e, byEdge.local));
  const moved = move(inputs, value, byNode.gradient);
  return { value, ...byNode, ...byEdge, ...moved, ...measure(inputs, value, byNode.gradient, moved.kink) };
}

/** Fill the tables by the chain rule, from the output back; return how many parts arrived at each node. */
function backward(value, { gradient, reached }, { local, contribution, total, part, arrives, stopped }) {
  const parts = nodes.map(() => 0);
  gradient[output] = data.seed;
  reached[output] = 1;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (!computes(node)) continue;
    const locals = program.operations[node.operation].partials(value[i], ...node.operands.map((j) => value[j]));
    node.operands.forEach((parent, position) => {
      const e = node.edges[position];
      if (e === null) return;
      local[e] = locals[position];
      if (!reached[i]) return;
      if (node.routes && local[e] === 0) { stopped[e] = 1; return; } // the branch not taken
      contribution[e] = gradient[i] * local[e];
      gradient[parent] = reached[parent] ? gradient[parent] + contribution[e] : contribution[e];
      reached[parent] = 1;
      total[e] = gradient[parent];
      part[e] = ++parts[parent];
      arrives[e] = 1;
    });
  }
  return parts;
}

/** The derivative of an edge's child by its parent, over every path and not by this use alone. */
function overAllPaths(asked, local) {
  const arrived = { [edges[asked].child]: 1 };
  edges.forEach(({ child, parent }, e) => {
    if (child in arrived && !(nodes[child].routes && local[e] === 0)) arrived[parent] = (arrived[parent] ?? 0) + arrived[child] * local[e];
  });
  return arrived[edges[asked].parent] ?? 0;
}

const powerOfTen = (n) => Number(`1e${n}`);
const size = (x) => (x !== 0 && x - x === 0 ? Math.floor(Math.log10(Math.abs(x))) : null);

/** Move each node that gets a gradient: over which step the output is straight, and the kinks; as in passes.py. */
function move(inputs, value, gradient) {
  const [straight_step, change, kink, slope_below, slope_above] = Array.from({ length: 5 }, () => nodes.map(() => 0));
  new Set(edges.map(({ parent }) => parent)).forEach((i) => {
    if (nodes[i].kind === "decided") return;
    const first = size(value[i]) === null ? -1 : size(value[i]) - 1;
    const slopes = [0, 1, 2, 3, 4, 5, 6].map((k) => oneSided(inputs, value, i, powerOfTen(first - k)));
    straight_step[i] = slopes.find(([, left, right]) => isStraight(left, right, gradient[i]))?.[0] ?? 0;
    change[i] = straight_step[i] ? Math.abs(gradient[i] * straight_step[i]) : 0;
    if (!straight_step[i] && isKink(slopes)) [kink[i], slope_below[i], slope_above[i]] = [1, ...slopes.at(-1).slice(1)];
  });
  return { straight_step, change, kink, slope_below, slope_above };
}

function oneSided(inputs, value, i, h) {
  const x = value[i], y = value[output], [low, high] = [-h, h].map((side) => forward({ ...inputs, [i]: x + side })[output]);
  const left = x - (x - h), right = x + h - x;
  return [h, left ? (y - low) / left * data.seed : NaN, right ? (high - y) / right * data.seed : NaN];
}

const isStraight = (left, right, gradient) => [left, right].every((slope) => Math.abs(slope - gradient) <= 0.04 * (Math.abs(gradient) || 1));

function isKink(slopes) {
  const [[, a, b], [, left, right]] = slopes.slice(-2), size = Math.max(Math.abs(left), Math.abs(right));
  return size < Infinity && Math.abs(left - right) > 1e-2 * size && Math.max(Math.abs(a - left), Math.abs(b - right)) <= 1e-3 * size;
}

function measure(inputs, value, gradient, kinks) {
  const [measured, wiggle, above, below, digits, differs] = Array.from({ length: 6 }, () => nodes.map(() => 0));
  nodes.forEach((node, i) => {
    if (computes(node)) digits[i] = digitsOfOperands(node, value, i);
    if (node.kind !== "input") return;
    const first = size(value[i]) === null ? 0.001 : powerOfTen(size(value[i]) - 3);
    const tried = [1, 10, 100, 1000].map((less) => central(inputs, value[i], i, first / less));
    const best = tried.find(([slope]) => agree(slope, gradient[i])) ?? tried[0];
    [measured[i], wiggle[i], above[i], below[i], digits[i]] = best;
    differs[i] = agree(measured[i], gradient[i]) && !kinks[i] ? 0 : 1;
  });
  return { measured, wiggle, above, below, digits, differs, differing: [differs.reduce((total, x) => total + x, 0)] };
}

const agree = (slope, gradient) => Number.isFinite(gradient) && Math.abs(slope - gradient) <= 1e-3 * Math.abs(gradient) + 1e-6;

function central(inputs, x, i, h) {
  const [high, low] = [x + h, x - h].map((moved) => forward({ ...inputs, [i]: moved })[output] * data.seed), across = x + h - (x - h);
  const slope = across ? (high - low) / across : NaN;
  return [slope, h, high, low, needed([high, low], 7, (a, b) => h && number((a - b) / (2 * h)) === number(slope))];
}

/** As many as give the value to a thousandth, be all operands rounded to them, or the constants alone; as in passes.py. */
function digitsOfOperands(node, values, i) {
  const exact = node.operands.map((j) => values[j]), { value } = program.operations[node.operation];
  return needed(exact, 4, (...rounded) => {
    const constants = rounded.map((x, k) => (nodes[node.operands[k]].kind === "constant" ? x : exact[k]));
    return [rounded, constants].every((xs) => isClose(value(...xs), values[i]));
  });
}

const isClose = (a, b) => Object.is(a, b) || a === b || (Math.abs(a - b) <= 1e-3 * Math.abs(b) && Math.abs(b) < Infinity);

/** To how many digits numbers may be rounded so that what is said of them still holds. */
function needed(xs, least, holds) {
  for (let n = least; n < 17; n++) if (holds(...xs.map((x) => Number(rounded(x, n)) + 0))) return n; // + 0 takes the sign of -0
  return 17;
}

function readNumber(typed) {
  const plain = typed.trim().replace(/[−–—]/g, "-").replace(/[０-９．／，。]/g, (c) =>
    ({ "．": ".", "。": ".", "，": ".", "／": "/" })[c] ?? String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(",", ".").replaceAll(" ", "");
  const [over, under, ...more] = plain.split("/");
  if (!over || under === "" || more.length) return null;
  const x = Number(over) / (under === undefined ? 1 : Number(under));
  return x - x === 0 ? x : null;
}

// ---------------------------------------------------------------- one step on the page

const svg = document.querySelector("#graph svg");
const figure = svg.id;
const part = (key) => byId(`${figure}-${key}`);
const cards = nodes.map((_, i) => part(`n${i}`));
let numbers = recorded, inputs = {}, steps = [], at = 0, timer = null;

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g; // marks that would turn the direction of all the text after them

/** Write into an SVG text; one longer than what the picture was drawn for is squeezed into its place. */
function write(element, text, room) {
  element.textContent = text.replace(TURNS, "\ufffd");
  element.removeAttribute("textLength");
  element.removeAttribute("lengthAdjust");
  if (text && element.getComputedTextLength() > room) {
    element.setAttribute("textLength", room);
    element.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

const widthOf = (group) => Number(group.querySelector("rect").getAttribute("width"));

/** What a text of the picture says to those who point at it or hear it: no more than is drawn. */
function tell(group, told) {
  group.querySelector("title").textContent = told.replace(TURNS, "\ufffd");
  return told;
}

function drawCard(i, seen, open) {
  const card = cards[i], room = widthOf(card);
  const value = open.has("value " + i) ? "?" : seen.values.has(i) ? number(numbers.value[i]) : "";
  write(card.querySelector("text.value"), value, room / 2 - 12);
  const arrived = data.uses[i].filter((e) => seen.edges.has(e) && numbers.arrives[e] && !open.has("contribution " + e));
  const expected = data.uses[i].filter((e) => numbers.arrives[e]).length;
  const sum = arrived.length ? numbers.total[arrived[arrived.length - 1]] : 0;
  const complete = i === output ? seen.seeded : arrived.length === expected && (expected > 0 || seen.finished);
  const known = complete ? number(i === output ? numbers.gradient[i] : sum) : arrived.length ? `${number(sum)} …` : "";
  const gradient = open.has("gradient " + i) ? "?" : known;
  write(part(`d${i}`).querySelector("text.grad"), gradient, room / 2 - 12);
  drawLedger(card, data.uses[i], arrived);
  return card.ariaLabel = tell(card, `${data.labels[i]}; ${words.value} ${value || "…"}; ${words.gradient} ${gradient || "…"}`);
}

function drawLedger(card, uses, arrived) {
  const slots = [...card.querySelectorAll("rect.slot")];
  slots.forEach((slot, n) => {
    const room = Number(slot.getAttribute("width")) - 6, e = uses[n], here = slots.length === uses.length;
    const via = (edge, shown) => `${words.via} ${data.short_names[edges[edge].child]} ${shown}`;
    const line = arrived.map((edge, k) => (k ? bracketed(number(numbers.contribution[edge])) : number(numbers.contribution[edge]))).join(" + ");
    const text = here ? via(e, arrived.includes(e) ? number(numbers.contribution[e]) : numbers.arrives[e] ? "?" : "–")
      : n ? "" : arrived.length < uses.length ? `${line}${line ? " + " : ""}…` : `${line} = ${number(numbers.total[arrived.at(-1)])}`;
    write(slot.nextElementSibling, text, room);
    const wrapper = here ? arrived.includes(e) : arrived.length === uses.length;
    slot.style.cssText = wrapper ? "" : "fill:none;stroke-dasharray:3 3";
  });
}

function drawChip(e, seen, open) {
  const chip = part(data.chips[e]), [local, passed] = chip.querySelectorAll("text"), room = widthOf(chip) - 18;
  const known = seen.locals.has(e);
  chip.classList.toggle("off", !known);
  const rule = known ? fill(data.locals[e], open) : "";
  write(local, rule, room);
  const arrived = seen.edges.has(e) && numbers.arrives[e];
  part(`w${data.chips[e].slice(1)}`).classList.toggle("done", Boolean(arrived));
  const product = open.has("contribution " + e) ? "?" : number(numbers.contribution[e]);
  const factor = open.has("local " + e) ? "?" : bracketed(number(numbers.local[e]));
  const flow = arrived ? `${number(numbers.gradient[edges[e].child])} × ${factor} = ${product}` : "";
  write(passed, flow, room);
  tell(chip, [rule, flow].filter(Boolean).join("; "));
}

/** What is known once step k is done; whoever guesses first sees a local gradient when the way back comes to it. */
function seenBy(k) {
  const seen = { values: new Set(), edges: new Set(), locals: new Set(), seeded: false, finished: false };
  nodes.forEach((node, i) => { if (!computes(node)) seen.values.add(i); });
  for (const step of steps.slice(0, k + 1)) {
    if (step.phase === "forward") { step.nodes.forEach((i) => seen.values.add(i)); if (!guessing()) step.edges.forEach((e) => seen.locals.add(e)); }
    if (step.phase === "seed") seen.seeded = true;
    if (step.phase === "backward") step.edges.forEach((e) => { seen.edges.add(e); seen.locals.add(e); });
  }
  seen.finished = !steps.slice(k + 1).some((step) => step.phase === "backward");
  return seen;
}

function show(k) {
  at = Math.max(0, Math.min(k, furthest()));
  const step = steps[at], question = asked(), open = hiddenBy(question, step);
  const seen = seenBy(at);
  const told = cards.map((card, i) => card && drawCard(i, seen, open)).filter(Boolean);
  svg.querySelector("desc").textContent = `${told.join(". ")}.`;
  edges.forEach((_, e) => drawChip(e, seen, open));
  mark(step);
  const heading = fill(step.title, open), phase = document.createElement("span");
  phase.className = `phase ${step.phase}`;
  phase.textContent = words[`phase ${step.phase}`];
  byId("where").replaceChildren(phase, heading ? ` · ${heading}` : "");
  byId("formula").innerHTML = fill(step.formula, open);
  byId("sentence").textContent = question ? "" : fill(step.sentence);
  byId("code").textContent = fill(step.code, open);
  ask(question);
  hideAll();
  drawControls();
}

function mark(step) {
  cards.forEach((card, i) => {
    card?.classList.toggle("now", step.nodes.includes(i) && step.phase !== "check");
    card?.classList.toggle("target", step.target === i);
  });
  edges.forEach((_, e) => {
    const wire = part(`w${data.chips[e].slice(1)}`), lit = step.edges.includes(e);
    wire.classList.toggle("along", lit && step.phase === "forward");
    wire.classList.toggle("against", lit && step.phase === "backward");
    part(data.chips[e]).classList.toggle("target", lit && step.phase === "backward");
  });
  bringIntoView(step);
}

/** The nodes a step is about, the most important first: what changes, where we are, what it is made of. */
function activeIn(step) {
  const operands = step.phase === "forward" ? step.edges.map((e) => edges[e].parent) : [];
  return [...new Set([step.target, ...step.nodes, ...operands])].filter((i) => cards[i]);
}

/** Scroll the picture to as much as it can hold of what a step is about; cards that are left out get a tag. */
function bringIntoView(step) {
  const box = byId("graph"), frame = box.getBoundingClientRect();
  byId("frame").classList.toggle("scrolls", box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
  const chips = step.edges.map((e) => part(data.chips[e]));
  const [first, ...others] = [...activeIn(step).map((i) => cards[i]), ...chips].map((each) => each.getBoundingClientRect());
  if (!first) return;
  const held = others.reduce((area, each) => {
    const both = around(area, each);
    return both.right - both.left <= box.clientWidth && both.bottom - both.top <= box.clientHeight ? both : area;
  }, first);
  box.scrollLeft += (held.left + held.right) / 2 - frame.x - box.clientLeft - box.clientWidth / 2;
  box.scrollTop += (held.top + held.bottom) / 2 - frame.y - box.clientTop - box.clientHeight / 2;
  tag();
}

const around = (a, b) => ({ left: Math.min(a.left, b.left), right: Math.max(a.right, b.right), top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom) });

/** A tag at the edge of the picture for each card of the step that is not wholly in it: where it is, its value and gradient. */
function tag() {
  const step = steps[at], frame = byId("graph").getBoundingClientRect();
  const tags = step.phase === "check" ? [] : activeIn(step).flatMap((i) => {
    const arrow = beyond(cards[i].getBoundingClientRect(), frame);
    return arrow ? [[arrow, i]] : [];
  });
  for (const [side, arrows] of [["before", "◀▲"], ["after", "▶▼"]]) {
    byId(side).replaceChildren(...tags.filter(([arrow]) => arrows.includes(arrow)).map(([arrow, i]) => tagOf(arrow, i)));
  }
}

const beyond = (card, frame) => card.left < frame.left - 1 ? "◀" : card.right > frame.right + 1 ? "▶"
  : card.top < frame.top - 1 ? "▲" : card.bottom > frame.bottom + 1 ? "▼" : "";

function tagOf(arrow, i) {
  const made = document.createElement("span"), [name, value, gradient] = ["i", "b", "b"].map((kind) => document.createElement(kind));
  made.className = ["tag", ...["now", "target"].filter((kind) => cards[i].classList.contains(kind))].join(" ");
  name.textContent = data.short_names[i].replace(TURNS, "\ufffd");
  [value.className, gradient.className] = ["value", "gradient"];
  value.textContent = cards[i].querySelector("text.value").textContent;
  gradient.textContent = part(`d${i}`).querySelector("text.grad").textContent;
  made.append(`${arrow} `, name, value, gradient);
  return made;
}

// ---------------------------------------------------------------- guess first, and the quiz

const answers = new Map(); // "step/question" -> was it right at the first try?
const done = new Set(); // the questions answered or given up
let start = 0; // guessing began here; what came before has been seen
const key = (k, question) => `${k}/${question.kind}`;
const guessing = () => byId("guessing").checked;

/** The question step k still waits for, if one does. */
function waiting(k) {
  if (!guessing() || k < start) return null;
  return steps[k].questions.find((question) => wanted(question, steps[k]) && !done.has(key(k, question))) ?? null;
}

const asked = () => waiting(at);

/** The last step that may be shown: nobody sees past an open question. */
function furthest() {
  const stops = steps.findIndex((_, k) => waiting(k));
  return stops < 0 ? steps.length - 1 : stops;
}

/** The numbers that would tell the answer. */
function hiddenBy(question, step) {
  if (!question) return new Set();
  const e = step.edges[0], sums = step.phase === "backward" ? [`contribution ${e}`, `total ${e}`, `gradient ${step.target}`] : [];
  return new Set([place(question.answer), ...sums]);
}

function wanted(question, step) {
  const e = step.edges[0];
  const summed = question.kind === "gradient", last = step.phase === "backward" && numbers.parts[e] > 1 && numbers.to_come[e] === 0;
  if (data.quiz) return !summed || last;
  return step.phase === "forward" || question.kind === (last ? "gradient" : "contribution");
}

function ask(question) {
  const form = byId("guess");
  form.hidden = !question && !form.dataset.told;
  form.querySelectorAll("label, button").forEach((element) => { element.hidden = !question; });
  byId("asked").textContent = question ? fill(question.asked, new Set([place(question.answer)])) : "";
  byId("feedback").textContent = form.dataset.told ?? "";
  byId("guessed").value = "";
}

function judge(event) {
  event.preventDefault();
  const question = asked();
  if (!question) return;
  const answer = readNumber(byId("guessed").value);
  if (answer === null) { byId("feedback").textContent = words["not a number"]; return; }
  const name = key(at, question), truth = slotNumber(question.answer), right = isRight(answer, truth);
  if (!answers.has(name)) answers.set(name, right);
  if (!right) {
    const slip = question.slips.find((each) => {
      const mistaken = each.slots.reduce((total, slot) => total + slotNumber(slot), 0);
      return isRight(answer, mistaken) && !isRight(mistaken, truth);
    });
    byId("feedback").textContent = `${words.wrong} ${slip?.said ?? ""}`;
    return;
  }
  reveal(question, words.right);
}

function reveal(question, told) {
  const name = key(at, question), form = byId("guess");
  if (!answers.has(name)) answers.set(name, false);
  done.add(name);
  form.dataset.told = told;
  show(at);
  delete form.dataset.told;
  if (asked()) byId("guessed").focus(); else byId("next").focus();
}

const isRight = (answer, truth) => Math.abs(answer - truth) <= 5e-4 * Math.abs(truth) + 1e-9;

// ---------------------------------------------------------------- moving about

function drawControls() {
  byId("timeline").querySelectorAll("button").forEach((button, i) => {
    button.classList.toggle("past", i < at);
    button.disabled = i > furthest();
    if (i === at) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
  });
  const score = answers.size ? ` · ${[...answers.values()].filter(Boolean).length}/${answers.size} ${words["first try"]}` : "";
  byId("count").textContent = `${at + 1} / ${steps.length}${score}`;
  byId("first").disabled = byId("back").disabled = at === 0;
  byId("last").disabled = byId("next").disabled = at === furthest();
  byId("play").disabled = guessing() && at === furthest();
  byId("play").textContent = timer ? words.pause : words.play;
  if (location.protocol !== "about:") history.replaceState(null, "", `#${at + 1}`);
}

function buildTimeline() {
  const groups = [];
  steps.forEach((step, i) => {
    const phase = step.phase === "seed" ? "backward" : step.phase;
    if (groups.at(-1)?.dataset.phase !== phase) {
      const group = document.createElement("div"), name = document.createElement("span");
      group.className = `pass ${phase}`;
      group.dataset.phase = phase;
      name.textContent = words[`phase ${phase}`];
      group.append(name, document.createElement("div"));
      groups.push(group);
    }
    const button = document.createElement("button"), title = fill(step.title);
    button.type = "button";
    button.setAttribute("aria-label", `${i + 1}: ${words[`phase ${step.phase}`]} ${title}`);
    button.title = title;
    button.onclick = () => go(i);
    groups.at(-1).lastChild.append(button);
  });
  groups.forEach((group) => { group.style.flex = `${group.lastChild.children.length} 1 0`; });
  byId("timeline").replaceChildren(...groups);
}

function go(k) { stop(); show(k); }
function stop() { clearInterval(timer); timer = null; }

function play() {
  if (timer) { stop(); drawControls(); return; }
  if (at === steps.length - 1) at = -1;
  timer = setInterval(() => { if (at + 1 >= furthest()) stop(); show(at + 1); }, 1400);
  show(at + 1);
}

const firstOf = (...phases) => steps.findIndex((step) => phases.includes(step.phase));

/** The step that completes a node's gradient; before the backward pass, the one that computes it. */
function stepOf(i) {
  const completes = steps.findLastIndex((step) => step.phase === "backward" && step.target === i);
  return completes >= 0 ? completes : steps.findIndex((step) => step.phase === (i === output ? "seed" : "forward") && step.nodes.includes(i));
}

function pressed(event) {
  const tag = event.target.tagName, typing = tag === "INPUT" && event.target.type === "text";
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(steps.length - 1),
    f: () => go(Math.max(0, firstOf("forward"))), b: () => go(firstOf("seed")),
  };
  if (event.key === " " && !["BUTTON", "INPUT", "SUMMARY"].includes(tag) && !event.target.closest("[role=button]")) keys[" "] = play;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
}

// ---------------------------------------------------------------- what if

function change() {
  const boxes = [...document.querySelectorAll("[data-node]")];
  // a number nobody touched is the recorded one, not its rounded text
  const typed = boxes.map((box) => (box.value === box.defaultValue ? recorded.value[box.dataset.node] : readNumber(box.value)));
  boxes.forEach((box, k) => box.setAttribute("aria-invalid", typed[k] === null));
  const wrong = boxes[typed.indexOf(null)];
  byId("typed").textContent = !wrong ? "" : words["what if wrong"].replace(/\{(\w+)\}/g, (_, place) =>
    (place === "x" ? nodes[wrong.dataset.node].name : wrong.value));
  if (wrong) return;
  boxes.forEach((box, k) => { inputs[box.dataset.node] = typed[k]; });
  restart(compute(inputs));
  show(at);
}

/** Take other numbers; with `where`, other steps may take place. */
function restart(computed) {
  stop();
  numbers = computed;
  answers.clear();
  done.clear();
  start = data.quiz ? 0 : at;
  steps = data.steps.filter((step) => step.shown === null || holds(step.shown));
  buildTimeline();
  writeAll();
}

/** Write the numbers into the list of all steps and the final table, for paper. */
function writeAll() {
  const list = document.querySelector("#all ol"), item = list.firstElementChild;
  list.replaceChildren(...steps.map((step) => {
    const copy = item.cloneNode(true), phase = copy.querySelector(".phase"), title = fill(step.title);
    phase.className = `phase ${step.phase}`;
    phase.textContent = words[`phase ${step.phase}`];
    copy.querySelector("h3").replaceChildren(phase, title ? ` · ${title}` : "");
    copy.querySelector(".formula").innerHTML = fill(step.formula);
    copy.querySelector("p").textContent = fill(step.sentence);
    copy.querySelector("code").textContent = fill(step.code);
    return copy;
  }));
  document.querySelectorAll("[data-row]").forEach((row) => {
    row.querySelector(".value").textContent = number(numbers.value[row.dataset.row]);
    row.querySelector(".gradient").textContent = number(numbers.gradient[row.dataset.row]);
  });
}

/** The list of all steps holds every answer: it is not there while somebody guesses. */
function hideAll() { byId("all").hidden = guessing() && furthest() < steps.length - 1; }

function prepare() {
  document.documentElement.classList.add("js");
  document.querySelector("noscript")?.remove();
  byId("graph").hidden = false; // of a quiz, what would tell its answers where no script hides them
  byId("all").open = false;
  restart(recorded);
  cards.forEach((card, i) => {
    if (!card) return;
    card.setAttribute("role", "button");
    card.setAttribute("tabindex", "0");
    card.onclick = () => go(stepOf(i));
    card.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); go(stepOf(i)); } };
  });
  byId("first").onclick = () => go(0);
  byId("back").onclick = () => go(at - 1);
  byId("next").onclick = () => go(at + 1);
  byId("last").onclick = () => go(steps.length - 1);
  byId("play").onclick = play;
  byId("guessing").onchange = () => { start = at; done.clear(); show(at); };
  byId("guess").onsubmit = judge;
  byId("show").onclick = () => reveal(asked(), "");
  document.querySelectorAll("[data-node]").forEach((box) => {
    box.oninput = change;
    box.onkeydown = (event) => { if (event.key === "Enter") { go(0); play(); } };
  });
  if (byId("replay")) byId("replay").onclick = () => { go(0); play(); };
  if (byId("reset")) byId("reset").onclick = () => {
    document.querySelectorAll("[data-node]").forEach((box) => { box.value = box.defaultValue; });
    change();
  };
  document.addEventListener("keydown", pressed);
  let before = 0;
  window.addEventListener("beforeprint", () => { before = at; byId("all").open = true; show(steps.length - 1); });
  window.addEventListener("afterprint", () => { byId("all").open = false; show(before); });
  byId("graph").onscroll = tag;
  window.addEventListener("resize", () => bringIntoView(steps[at]));
  window.addEventListener("hashchange", () => go(Number(location.hash.slice(1)) - 1 || 0));
  show(Number(location.hash.slice(1)) - 1 || 0);
}

prepare();
