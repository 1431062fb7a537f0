// What if: other numbers, and all that is written with them.

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
