// The lines of the page and their tokens, cut into those to learn and those to test on; and what is to be beaten.

const LINES = data.lines.split("\n"), END = data.characters.length, LENGTH = data.length;
const numberOf = new Map(data.characters.map((character, i) => [character, i]));
const known = (text) => [...text].filter((character) => numberOf.has(character)).slice(0, LENGTH - 1).join("");
const letterOf = (token) => (token === END ? "·" : data.characters[token]);

/** The numbers of a line, between two ends. */
const tokensOf = (line) => [END, ...[...line].map((character) => numberOf.get(character)), END];

/** The mean of −log p over held-out tokens, p being the share in what came after the same `context` tokens. */
function entropy(train, heldOut, context) {
  const came = new Map(), followed = new Map(), count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  eachPlace(train, context, (before, both) => { count(followed, before); count(came, both); });
  let total = 0, n = 0;
  eachPlace(heldOut, context, (before, both) => {
    total += Math.log(((followed.get(before) ?? 0) + END + 1) / ((came.get(both) ?? 0) + 1));
    n++;
  });
  return total / n;
}

/** Tell of each token behind the first what stands before it, and that with the token: rows of digits, as numbers. */
function eachPlace(lines, context, act) {
  for (const line of lines) {
    const row = tokensOf(line);
    for (let i = 1; i < row.length; i++) {
      let before = 0;
      for (let k = Math.max(0, i - context); k < i; k++) before = before * (END + 2) + row[k] + 1;
      act(before, before * (END + 2) + row[i] + 1);
    }
  }
}
