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
  const [signs, ...counts] = text.split(".");
  forget();
  asking().forEach(([name], i) => {
    if (!"01".includes(signs[i] ?? "-")) return;
    answers.set(name, signs[i] === "1");
    done.add(name);
  });
  for (const [topic, count] of counts.map((each) => each.split("x").map(Number))) {
    if (data.practise.topics[topic] && count > 0) slips.set(data.practise.topics[topic][0], count);
  }
}

/** What to practise, once nothing is open: topics of slips, and operations that were missed. */
function sumUp() {
  const all = asking(), finished = data.quiz && guessing() && all.length > 0 && all.every(([name]) => done.has(name));
  const appears = finished && byId("summary").hidden;
  byId("summary").hidden = !finished;
  if (!finished) return;
  const right = all.filter(([name]) => answers.get(name)).length;
  byId("summed").textContent = placed(words.score, { right, all: all.length });
  const told = [...bySlips(), ...byOperation(all)].map(([sentence, command]) => item(sentence, command));
  byId("practise").replaceChildren(...(told.length ? told : [item(words["nothing missed"])]));
  if (appears) byId("summary").scrollIntoView({ block: "nearest" });
}

const placed = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (_, place) => facts[place]);

function bySlips() {
  const most = [...slips].sort(([, a], [, b]) => b - a), known = new Map(data.practise.topics.map(([topic, ...told]) => [topic, told]));
  return most.map(([topic, n]) => [placed(known.get(topic)[0], { n }), known.get(topic)[1]]);
}

function byOperation(all) {
  const commands = new Map(data.practise.operations);
  return [...new Set(all.map(([, { operation }]) => operation))].flatMap((name) => {
    const asked = all.filter(([, { operation }]) => operation === name), right = asked.filter(([each]) => answers.get(each)).length;
    return right < asked.length ? [[placed(words["practise operation"], { name, right, all: asked.length }), commands.get(name)]] : [];
  });
}

function item(sentence, command) {
  const made = document.createElement("li"), code = document.createElement("code");
  made.textContent = sentence;
  code.textContent = command ?? "";
  if (command) made.append(" ", code);
  return made;
}
