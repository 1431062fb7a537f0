// Guess first, and the quiz.

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
