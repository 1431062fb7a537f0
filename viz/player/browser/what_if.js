// What if: other numbers, and all that is written with them.

const boxes = [...document.querySelectorAll("[data-node]")];
const sliders = boxes.map((box) => document.querySelector(`[data-slides="${box.dataset.node}"]`));
let sliding = null, measuring = null;

function reset() {
  boxes.forEach((box) => { box.value = box.defaultValue; });
  change();
}

function change() {
  // a number nobody touched is the recorded one, not its rounded text; where no number stands it stays as it was
  const typed = boxes.map((box) => (box.value === box.defaultValue ? recorded.value[box.dataset.node] : readNumber(box.value)));
  const before = { ...inputs };
  boxes.forEach((box, k) => {
    box.setAttribute("aria-invalid", typed[k] === null);
    byId(`typed-${box.dataset.node}`).textContent = typed[k] === null ? wrong(box) : "";
    if (typed[k] === null) return;
    inputs[box.dataset.node] = typed[k];
    slideTo(sliders[k], typed[k]);
  });
  if (Object.entries(inputs).every(([i, x]) => Object.is(x, before[i] ?? recorded.value[i]))) return;
  restart(compute(inputs));
  show(at);
  clearTimeout(measuring);
  measuring = setTimeout(makeRoom, 200); // once somebody has typed or slid
}

const wrong = (box) => words["what if wrong"].replace(/\{(\w+)\}/g, (_, place) =>
  (place === "x" ? nodes[box.dataset.node].name : box.value));

/** Put a slider where its number is; it reaches as far as that takes. */
function slideTo(slider, x) {
  if (Math.abs(x) > slider.max) [slider.min, slider.max] = [-Math.abs(x), Math.abs(x)];
  slider.value = x;
  slider.setAttribute("aria-valuetext", number(x));
}

/** Everything is computed again as a slider moves, once for each picture on the screen. */
function slid(k) {
  boxes[k].value = sliders[k].value;
  sliding ??= requestAnimationFrame(() => { sliding = null; change(); });
}

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** From the first step again; it plays by itself unless somebody asked for nothing to move. */
function replay() {
  go(0);
  if (!still.matches) play();
}

/** Take other numbers; with `where`, other steps may take place. What was answered stays once a quiz is over. */
function restart(computed) {
  stop();
  if (isOver()) [start, kept] = [Infinity, asking()]; else forget();
  numbers = computed;
  if (!data.quiz) start = at;
  steps = data.steps.filter((step) => step.shown === null || holds(step.shown));
  buildTimeline();
  listed = false;
}

let listed = false; // the list of all steps and the final table, with these numbers

/** Write the numbers into the list of all steps and the final table, for paper. */
function writeAll() {
  listed = true;
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
function hideAll() {
  const hidden = byId("all").hidden = data.quiz ? !isOver() : guessing() && furthest() < steps.length - 1;
  if (hidden) unwrite();
  else if (!listed) writeAll();
}

function unwrite() {
  const list = document.querySelector("#all ol");
  list.replaceChildren(list.firstElementChild);
  document.querySelectorAll("[data-row] .value, [data-row] .gradient").forEach((cell) => { cell.textContent = ""; });
  listed = false;
}
