// One step on the page.

const svg = document.querySelector("#graph svg");
const figure = svg.id;
const part = (key) => byId(`${figure}-${key}`);
const cards = nodes.map((_, i) => part(`n${i}`));
let numbers = recorded, inputs = {}, steps = [], at = 0, timer = null;

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g; // marks that would turn the direction of all the text after them

/** Write into an SVG text; one longer than what the picture was drawn for is squeezed into its place. */
function write(element, text, room) {
  if (element.written === text) return; // to ask how long a text is takes time
  element.written = text;
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
  const card = cards[i], room = widthOf(card) / 2 - 12;
  const arrived = data.uses[i].filter((e) => seen.edges.has(e) && numbers.arrives[e] && !open.has("contribution " + e));
  const value = valueText(i, seen, open), gradient = gradientText(i, seen, open, arrived);
  write(card.querySelector("text.value"), value, room);
  write(part(`d${i}`).querySelector("text.grad"), gradient, room);
  drawLedger(card, data.uses[i], arrived);
  return card.ariaLabel = tell(card, `${data.labels[i]}; ${words.value} ${value || "…"}; ${words.gradient} ${gradient || "…"}`);
}

function valueText(i, seen, open) {
  if (open.has("value " + i)) return "?";
  return seen.values.has(i) ? number(numbers.value[i]) : "";
}

/** The gradient of a node, or the sum of what has arrived so far and an ellipsis. */
function gradientText(i, seen, open, arrived) {
  if (open.has("gradient " + i)) return "?";
  if (i === output) return seen.seeded ? number(numbers.gradient[i]) : "";
  const expected = data.uses[i].filter((e) => numbers.arrives[e]).length;
  const sum = number(numbers.total[arrived.at(-1)] ?? 0);
  if (arrived.length === expected && (expected > 0 || seen.finished)) return sum;
  return arrived.length ? `${sum} …` : "";
}

/** Show what each use adds in a slot of its own, or the whole sum in one. */
function drawLedger(card, uses, arrived) {
  const slots = [...card.querySelectorAll("rect.slot")], oneEach = slots.length === uses.length;
  slots.forEach((slot, n) => {
    const complete = oneEach ? arrived.includes(uses[n]) : arrived.length === uses.length;
    const sum = n === 0 ? sumText(uses, arrived) : "";
    write(slot.nextElementSibling, oneEach ? useText(uses[n], arrived) : sum, Number(slot.getAttribute("width")) - 6);
    slot.style.cssText = complete ? "" : "fill:none;stroke-dasharray:3 3";
  });
}

function useText(e, arrived) {
  const open = numbers.arrives[e] ? "?" : "–";
  return `${words.via} ${data.short_names[edges[e].child]} ${arrived.includes(e) ? number(numbers.contribution[e]) : open}`;
}

function sumText(uses, arrived) {
  const [first, ...others] = arrived.map((e) => number(numbers.contribution[e]));
  const terms = first === undefined ? [] : [first, ...others.map(bracketed)];
  if (arrived.length < uses.length) return [...terms, "…"].join(" + ");
  return `${terms.join(" + ")} = ${number(numbers.total[arrived.at(-1)])}`;
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
    if (step.phase === "forward") { step.nodes.forEach((i) => seen.values.add(i)); if (!guessing() && !data.quiz) step.edges.forEach((e) => seen.locals.add(e)); }
    if (step.phase === "seed") seen.seeded = true;
    if (step.phase === "backward") step.edges.forEach((e) => { seen.edges.add(e); seen.locals.add(e); });
  }
  seen.finished = !steps.slice(k + 1).some((step) => step.phase === "backward");
  return seen;
}

function show(k) {
  at = Math.max(0, Math.min(k, furthest()));
  if (data.quiz && !guessing() && !isOver()) countAsShown();
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
  fitFormula(byId("formula"));
  byId("sentence").textContent = question ? "" : fill(step.sentence);
  byId("code").innerHTML = codeMarkup(fill(step.code, open));
  if (byId("outcome")) byId("outcome").textContent = guessing() ? "" : `${nodes[output].name} = ${number(numbers.value[output])}`;
  ask(question);
  sumUp();
  hideAll();
  drawControls();
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Lines of code; what stands behind one is kept together. */
const codeMarkup = (code) => escaped(code).replace(/   # .*$/gm, (comment) => `<span class="comment">${comment}</span>`);

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
  byId("frame").classList.toggle("scrolls", box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1);
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

/** Where a card lies that is not wholly in the picture. */
function beyond(card, frame) {
  if (card.left < frame.left - 1) return "◀";
  if (card.right > frame.right + 1) return "▶";
  if (card.top < frame.top - 1) return "▲";
  return card.bottom > frame.bottom + 1 ? "▼" : "";
}

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
