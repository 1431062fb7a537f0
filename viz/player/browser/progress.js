// How far a quiz is: in the link of the page, so that it can be gone on with, and at its end as what to practise.

const topicOf = new Map(data.practise.topic_of), slips = new Map(); // topic -> how often

/** Each wrong answer counts once for every topic that its slips may come from. */
function countSlips(names) {
  new Set(names.map((name) => topicOf.get(name))).forEach((topic) => slips.set(topic, (slips.get(topic) ?? 0) + 1));
}

function forget() {
  for (const each of [answers, done, tries, tried, slips]) each.clear();
  [start, kept] = [0, null];
}

let kept = null; // the questions of a quiz that is over, whatever becomes of its numbers

/** All questions of the quiz in their order: [name, question]. */
const asking = () => kept ?? steps.flatMap((step, k) => questionsOf(k).map((question) => [key(k, question), question]));
const questionsOf = (k) => steps[k].questions.filter((question) => wanted(question, steps[k]));

/** Nothing of the quiz is open; from then on other numbers can be tried. */
function isOver() {
  const all = asking();
  return Boolean(data.quiz) && all.length > 0 && all.every(([name]) => done.has(name));
}

/** Who looks instead of guessing has seen the answers of the steps up to this one: they count as shown. */
function countAsShown() {
  steps.slice(0, at + 1).forEach((_, k) => questionsOf(k).map((question) => key(k, question)).forEach((name) => {
    if (!answers.has(name)) answers.set(name, false);
    done.add(name);
  }));
}

const MISSES = "-ab"; // an open question, by the number of its wrong answers

/** The progress as a text: 1 for right at the first try, 0 for not, one of MISSES if open; then topics with their counts. */
function progressText() {
  const signs = asking().map(([name]) => (done.has(name) ? Number(answers.get(name)) : MISSES[tries.get(name) ?? 0])).join("").replace(/-+$/, "");
  return [signs, ...[...slips].map(([topic, count]) => `${data.practise.topics.findIndex(([name]) => name === topic)}x${count}`)].join(".");
}

function takeProgress(text) {
  const progress = progressOf(text, data.practise);
  forget();
  asking().forEach(([name], i) => {
    const misses = MISSES.indexOf(text[i]), result = progress.results[i] ?? null;
    if (result === null && misses <= 0) return;
    answers.set(name, result ?? false);
    if (result === null) tries.set(name, misses); else done.add(name);
  });
  progress.slips.forEach((count, topic) => slips.set(topic, count));
}

/** What to practise, once nothing is open. */
function sumUp() {
  const all = asking(), finished = isOver(), appears = finished && byId("summary").hidden;
  document.querySelector(".what-if").hidden = Boolean(data.quiz) && !finished;
  byId("summary").hidden = !finished;
  if (!finished) return;
  tellScore(all.map(([name, { operation }]) => [operation, answers.get(name)]), slips, data.practise);
  if (appears) byId("summary").scrollIntoView({ block: "nearest" });
}
