// Moving about: the timeline, the buttons, the keys.

function drawControls() {
  byId("timeline").querySelectorAll("button").forEach((button, i) => {
    button.classList.toggle("past", i < at);
    button.disabled = i > furthest();
    if (i === at) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
  });
  const slider = byId("timeline").querySelector("input");
  if (slider) {
    slider.value = at + 1;
    slider.setAttribute("aria-valuetext", stepTold(at));
  }
  const score = answers.size ? ` · ${[...answers.values()].filter(Boolean).length}/${answers.size} ${words["first try"]}` : "";
  byId("count").textContent = `${at + 1} / ${steps.length}${score}`;
  byId("first").disabled = byId("back").disabled = at === 0;
  byId("last").disabled = byId("next").disabled = at === furthest();
  byId("play").disabled = guessing() && at === furthest();
  byId("play").textContent = timer ? words.pause : words.play;
  writeLink();
}

const MOST_TICKS = 40, NARROWEST_TICK = 16; // more or narrower ones nobody presses: there a slider is

/** The steps as ticks under the names of their passes, or as a slider. */
function buildTimeline() {
  const timeline = byId("timeline"), passes = passesOf(steps);
  const slides = steps.length > MOST_TICKS || timeline.clientWidth < steps.length * NARROWEST_TICK;
  timeline.classList.toggle("sliding", slides);
  timeline.replaceChildren(...(slides ? sliderWith(passes) : passes.map(ticksOf)));
}

/** The passes in their order, each with the numbers of its steps; the seed is the first of the way back. */
function passesOf(steps) {
  const passes = [];
  steps.forEach((step, i) => {
    const phase = step.phase === "seed" ? "backward" : step.phase;
    if (passes.at(-1)?.phase !== phase) passes.push({ phase, steps: [] });
    passes.at(-1).steps.push(i);
  });
  return passes;
}

function ticksOf(pass) {
  const group = document.createElement("div"), name = document.createElement("span"), ticks = document.createElement("div");
  group.className = `pass ${pass.phase}`;
  group.style.flex = `${pass.steps.length} 1 0`;
  name.textContent = words[`phase ${pass.phase}`];
  ticks.append(...pass.steps.map(tick));
  group.append(name, ticks);
  return group;
}

function tick(i) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `${i + 1}: ${stepTitle(i)}`);
  button.title = fill(steps[i].title);
  button.onclick = () => go(i);
  return button;
}

const stepTitle = (i) => `${words[`phase ${steps[i].phase}`]} ${fill(steps[i].title)}`;
const stepTold = (i) => words["steps told"].replace(/\{(\w+)\}/g, (_, place) => ({ n: i + 1, of: steps.length, title: stepTitle(i) })[place]);

/** A slider over the passes, each in its colour, with the names of those that have room for them. */
function sliderWith(passes) {
  const slider = document.createElement("input"), percent = (i) => `${100 * i / steps.length}%`;
  Object.assign(slider, { type: "range", min: 1, max: steps.length, value: at + 1, ariaLabel: words.timeline });
  slider.oninput = () => go(slider.value - 1);
  const stripes = passes.map(({ phase, steps: [first, ...others] }) => `var(--${phase}) ${percent(first)} ${percent(first + 1 + others.length)}`);
  slider.style.setProperty("--passes", `linear-gradient(to right, ${stripes.join(", ")})`);
  return [...passes.filter((pass) => pass.steps.length > 2).map((pass) => {
    const name = document.createElement("span");
    name.textContent = words[`phase ${pass.phase}`];
    name.style.cssText = `left:${percent(pass.steps[0])};max-width:${percent(pass.steps.length)}`;
    return name;
  }), slider];
}

function go(k) { stop(); show(k); }
function stop() { clearTimeout(timer); timer = null; }

function play() {
  if (timer) { stop(); drawControls(); return; }
  if (at === steps.length - 1) at = -1;
  advance();
}

/** Show the next step, and the one after it in a while. */
function advance() {
  timer = at + 1 < furthest() ? setTimeout(advance, Number(byId("speed").value)) : null;
  show(at + 1);
}

const firstOf = (...phases) => steps.findIndex((step) => phases.includes(step.phase));

/** The step that completes a node's gradient; before the backward pass, the one that computes it. */
function stepOf(i) {
  const completes = steps.findLastIndex((step) => step.phase === "backward" && step.target === i);
  return completes >= 0 ? completes : steps.findIndex((step) => step.phase === (i === output ? "seed" : "forward") && step.nodes.includes(i));
}

function pressed(event) {
  const tag = event.target.tagName, typing = event.target.closest("input[type=text], [data-slides], select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(steps.length - 1),
    f: () => go(Math.max(0, firstOf("forward"))), b: () => go(firstOf("seed")),
  };
  if (event.key === " " && !["BUTTON", "INPUT", "SUMMARY"].includes(tag) && !event.target.closest("[role=button]")) keys[" "] = play;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
}
