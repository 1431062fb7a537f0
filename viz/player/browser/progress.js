// How far a quiz is: in the link of the page, so that it can be gone on with, and at its end as what to practise.

const topicOf = new Map(data.practise.topic_of), slips = new Map(); // topic -> how often

/** Each wrong answer counts once for every topic that its slips may come from. */
function countSlips(names) {
  new Set(names.map((name) => topicOf.get(name))).forEach((topic) => slips.set(topic, (slips.get(topic) ?? 0) + 1));
}

function forget() {
  for (const each of [answers, done, tries, slips]) each.clear();
}

/** All questions of the quiz in their order: [name, question]. */
const asking = () => steps.flatMap((step, k) => step.questions.filter((question) => wanted(question, step)).map((question) => [key(k, question), question]));

/** The progress as a text: 1 for right at the first try, 0 for not, - for still open; then topics with their counts. */
function progressText() {
  const signs = asking().map(([name]) => (done.has(name) ? Number(answers.get(name)) : "-")).join("").replace(/-+$/, "");
  return [signs, ...[...slips].map(([topic, count]) => `${data.practise.topics.findIndex(([name]) => name === topic)}x${count}`)].join(".");
}

function takeProgress(text) {
  const progress = progressOf(text, data.practise);
  forget();
  asking().forEach(([name], i) => {
    if ((progress.results[i] ?? null) === null) return;
    answers.set(name, progress.results[i]);
    done.add(name);
  });
  progress.slips.forEach((count, topic) => slips.set(topic, count));
}

/** What to practise, once nothing is open. */
function sumUp() {
  const all = asking(), finished = data.quiz && guessing() && all.length > 0 && all.every(([name]) => done.has(name));
  const appears = finished && byId("summary").hidden;
  byId("summary").hidden = !finished;
  if (!finished) return;
  tellScore(all.map(([name, { operation }]) => [operation, answers.get(name)]), slips, data.practise);
  if (appears) byId("summary").scrollIntoView({ block: "nearest" });
}
