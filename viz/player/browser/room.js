// Room for the step that needs most of it, so that nothing moves from step to step; the picture gets what is left.

const LEAST_FORMULA = 0.65; // of its size: a smaller formula scrolls

const reserve = (name, height) => document.documentElement.style.setProperty(`--${name}`, `${Math.ceil(height)}px`);

/** Reserve the room; for other numbers, on another screen, or when questions are asked, it is another. */
function makeRoom() {
  byId("frame").classList.remove("scrolls");
  document.documentElement.classList.toggle("guesses", guessing());
  reserve("formula", roomForFormulas());
  const sentences = steps.map((step) => `<p class="sentence">${escaped(fill(step.sentence))}</p>`);
  reserve("words", Math.max(tallest(byId("words"), sentences), guessing() ? tallest(byId("words"), longestTalk()) : 0));
  const code = byId("code").parentElement, frame = code.offsetHeight - code.clientHeight + 16;
  reserve("code", tallest(code, steps.map((step) => `<code>${codeMarkup(fill(step.code))}</code>`)) + frame);
  reserve("others", heightOfOthers());
  bringIntoView(steps[at]);
  fitFormula(byId("formula"));
}

/** Lists of all inputs come once: they may be written smaller than what is walked through, and long ones scroll. */
function roomForFormulas() {
  const area = byId("formula"), isList = (step) => step.phase === "inputs" || step.phase === "check";
  const walked = tallest(area, steps.filter((step) => !isList(step)).map((step) => fill(step.formula)));
  const small = steps.filter(isList).map((step) => `<div style="font-size:${100 * LEAST_FORMULA}%">${fill(step.formula)}</div>`);
  return Math.max(walked, Math.min(1.5 * walked, tallest(area, small)));
}

/** How high an area has to be for any of its contents; all are laid out at once, where nobody sees them. */
function tallest(area, contents) {
  const gauge = document.createElement("div"), { paddingLeft, paddingRight } = getComputedStyle(area);
  gauge.className = "gauge";
  gauge.style.width = `${area.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)}px`;
  gauge.innerHTML = contents.map((content) => `<div>${content}</div>`).join("");
  area.append(gauge);
  for (const each of [...gauge.children].filter((each) => each.scrollWidth > gauge.clientWidth)) fitFormula(each);
  const height = Math.max(...[...gauge.children].map((each) => each.getBoundingClientRect().height));
  gauge.remove();
  return height;
}

/** Write a formula smaller where it is larger than its place; its size does not quite follow that of its letters. */
function fitFormula(area) {
  const formula = area.querySelector("math");
  if (!formula) return;
  formula.style.fontSize = "";
  for (let size = 1, tries = 0; tries < 3; tries++) {
    const { width, height } = formula.getBoundingClientRect(), scale = Math.min(area.clientWidth / width, area.clientHeight / height);
    if (scale >= 1) return;
    size = Math.max(LEAST_FORMULA, size * scale);
    formula.style.fontSize = `${100 * size}%`;
  }
}

/** The longest question with the longest word on a slip, and the longest that is told after it. */
function longestTalk() {
  const questions = steps.flatMap((step) => step.questions), longest = (texts) => texts.reduce((a, b) => (b.length > a.length ? b : a), "");
  const form = byId("guess").cloneNode(true), slip = `${words.wrong} ${longest(questions.flatMap(({ slips }) => slips.map(({ said }) => said)))}`;
  form.hidden = false;
  form.querySelectorAll("[hidden]").forEach((element) => { element.hidden = false; });
  form.querySelector("#asked").textContent = longest(questions.map((question) => fill(question.asked)));
  form.querySelector("#feedback").textContent = slip;
  const told = `<p class="sentence">${escaped(longest(steps.map((step) => fill(step.sentence))))}</p>`;
  return [form.outerHTML, `${told}<b>${escaped(`${slip} ${longest(questions.map(workedOut))}`)}</b>`];
}

/** What must be seen with the picture: all above the words, the words, and on a phone the bar at the lower edge. */
function heightOfOthers() {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect(), bar = document.querySelector(".controls");
  const stuck = getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
  return box(".words").bottom - box("body").top - box("#frame").height + stuck + SPARE;
}

const SPARE = 8;

/** The picture's proportions, and the scale at which its smallest text can still be read. */
function measurePicture() {
  const { width, height } = svg.viewBox.baseVal, sizes = [...svg.querySelectorAll("text, tspan")].map((text) => parseFloat(getComputedStyle(text).fontSize));
  document.documentElement.style.setProperty("--ratio", width / height);
  document.documentElement.style.setProperty("--least", Math.min(1, data.readable / Math.min(...sizes)));
}
