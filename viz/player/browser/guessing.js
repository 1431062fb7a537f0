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

const TRIES = 3;
const tries = new Map(); // "step/question" -> how many wrong answers
const tried = new Map(); // "step/question" -> the last of them: typed once more it is no other try

function judge(event) {
  event.preventDefault();
  const question = asked();
  if (!question) return;
  const name = key(at, question), told = markOf(question, byId("guessed").value);
  if (told.verdict === "right") { reveal(question, told.said); return; }
  byId("feedback").textContent = told.said;
  const answer = readAnswer(byId("guessed").value);
  if (told.verdict !== "wrong" || tried.get(name) === answer) return;
  tried.set(name, answer);
  if (!answers.has(name)) answers.set(name, false);
  tries.set(name, (tries.get(name) ?? 0) + 1);
  countSlips(told.slips);
  writeLink();
  if (tries.get(name) >= TRIES) reveal(question, `${told.slips.length ? told.said : words.wrong} ${workedOut(question)}`);
}

/** What there is to say about an answer as it was typed; as in questions.py. */
function markOf(question, typed) {
  const answer = readAnswer(typed), truth = slotNumber(question.answer);
  if (answer === null || (Number.isFinite(truth) && !Number.isFinite(answer))) return { verdict: "not a number", said: words["not a number"] };
  if (isRight(answer, truth) || byHand(question, 4).some((x) => isRight(answer, x))) return { verdict: "right", said: words.right };
  const found = diagnose(question, typed, truth);
  if (!found.length && isRounded(typed, truth)) return { verdict: "rounded", said: words["slip rounded"] };
  const near = isNear(answer, truth), none = near ? words["slip rounding"] : words["slip none"];
  const said = found.length ? found.map((slip) => slip.said).join(words["slip or"]) : none;
  return { verdict: "wrong", said: `${words.wrong} ${said}`, slips: found.length ? found.map(({ name }) => name) : near ? ["rounding"] : [] };
}

/** The usual slips that give this wrong answer, to its own digits: no more than one of each name. */
function diagnose(question, typed, truth) {
  const answer = readAnswer(typed), numberOf = ({ rule, slots }) => slipRules[rule](...slots.map(slotNumber));
  const wrong = question.slips.map((slip) => [slip, numberOf(slip)]).filter(([, x]) => !isRight(x, truth));
  const first = (slips) => slips.map(([slip]) => slip).filter(({ name }, i, all) => all.findIndex((each) => each.name === name) === i);
  const exactly = wrong.filter(([, x]) => isRight(answer, x));
  return first(exactly.length || isRounded(typed, truth) ? exactly : wrong.filter(([, x]) => isRounded(typed, x, 2)));
}

/** What follows from numbers that are rounded to so many digits, as those that are shown are; as in by_hand.py. */
const byHand = ({ by_hand }, count) => by_hand.filter(({ rule }) => slipRules[rule])
  .map(({ rule, slots }) => slipRules[rule](...slots.map((slot) => Number(rounded(slotNumber(slot), count)))));

/** The step with its numbers, which have the digits it takes for the line to be true. */
function workedOut(question) {
  const truth = slotNumber(question.answer), suffice = (x) => number(x) === number(truth) && isRight(x, truth);
  let count = 4;
  while (count < 17 && !byHand(question, count).every(suffice)) count++;
  return words.worked.replace("{step}", () => fill(question.worked, new Set(), nodes.map(() => count)));
}

function reveal(question, told) {
  const name = key(at, question), form = byId("guess");
  if (!answers.has(name)) answers.set(name, told === words.right);
  done.add(name);
  form.dataset.told = told;
  show(at);
  delete form.dataset.told;
  byId(asked() ? "guessed" : "next").focus({ preventScroll: true });
}
