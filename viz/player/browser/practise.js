// What became of questions, and what to practise because of it; as in score.py.

/** Write the score of results, [operation, right], and of slips, a Map from topic to count. */
function tellScore(results, slips, { topics, operations, said }) {
  const right = results.filter(([, right]) => right).length, known = new Map(topics.map(([topic, ...told]) => [topic, told]));
  document.getElementById("summed").textContent = placed(said.score, { right, all: results.length });
  const mostFirst = [...slips].sort(([, a], [, b]) => b - a);
  const rows = mostFirst.map(([topic, n]) => [placed(known.get(topic)[0], { n }), known.get(topic)[1]]);
  rows.push(...missed(results).map(([name, right, all]) => [placed(said.operation, { name, right, all }), new Map(operations).get(name)]));
  document.getElementById("practise").replaceChildren(...(rows.length ? rows : [[said.nothing]]).map(item));
}

const placed = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (_, place) => facts[place]);

/** The operations with a miss, the most missed first. */
function missed(results) {
  const counts = new Map();
  for (const [name, right] of results) {
    const [rights, all] = counts.get(name) ?? [0, 0];
    counts.set(name, [rights + Number(right), all + 1]);
  }
  return [...counts].map(([name, [right, all]]) => [name, right, all]).filter(([, right, all]) => right < all)
    .sort(([, a, m], [, b, n]) => a - m - (b - n));
}

function item([sentence, command]) {
  const made = document.createElement("li"), code = document.createElement("code");
  made.textContent = sentence;
  code.textContent = command ?? "";
  if (command) made.append(" ", code);
  return made;
}

/** What the text of a progress says: whether each question was right at the first try, or null; and topics with counts. */
function progressOf(text, { topics }) {
  const [signs, ...counts] = text.split(".");
  const results = [...signs].map((sign) => (sign === "1" || sign === "0" ? sign === "1" : null));
  const pairs = counts.map((each) => each.split("x").map(Number)).filter(([topic, count]) => topics[topic] && count > 0);
  return { results, slips: new Map(pairs.map(([topic, count]) => [topics[topic][0], count])) };
}
