// Where each number of a line comes from, and where it goes: an edge from a number to one that it is computed from is
// [number, local gradient]. Everything that is told of a number is told by these edges.

const HEADS = data.heads, WIDTH = matrices.query.rows / HEADS, count = (n) => [...Array(n).keys()];

const linear = (matrix, from) => (chain, i, j) => count(matrices[matrix].columns).flatMap((k) => [
  [parameterOf(matrix, j, k), chain.of(i, from, k)], [nodeOf(i, from, k), chain.value(parameterOf(matrix, j, k))],
]);
const added = (a, b) => (chain, i, j) => [[nodeOf(i, a, j), 1], [nodeOf(i, b, j), 1]];
const scaled = (from) => (chain, i, j) => [[nodeOf(i, from, j), chain.of(i, `${from} size`, 0)], [nodeOf(i, `${from} size`, 0), chain.of(i, from, j)]];
const size = (from) => (chain, i) => {
  const n = sizeOf(i, from), s = chain.of(i, `${from} size`, 0);
  return count(n).map((k) => [nodeOf(i, from, k), (-(s ** 3) * chain.of(i, from, k)) / n]);
};

/** By its part, the edges of a number from its place and its index. */
const EDGES = {
  total: (chain) => count(chain.length).map((i) => [nodeOf(i, "loss", 0), 1 / chain.length]),
  token: (chain, i, j) => [[parameterOf("token", chain.tokens[i], j), 1]],
  place: (chain, i, j) => [[parameterOf("place", i, j), 1]],
  both: added("token", "place"),
  "both size": size("both"),
  x: scaled("both"),
  "x size": size("x"),
  seen: scaled("x"),
  query: linear("query", "seen"),
  key: linear("key", "seen"),
  value: linear("value", "seen"),
  scores: (chain, i, j) => {
    const [head, t] = headOf(i, j);
    return count(WIDTH).map((d) => head * WIDTH + d).flatMap((d) => [
      [nodeOf(i, "query", d), chain.of(t, "key", d) / Math.sqrt(WIDTH)], [nodeOf(t, "key", d), chain.of(i, "query", d) / Math.sqrt(WIDTH)],
    ]);
  },
  shares: (chain, i, j) => {
    const [head, t] = headOf(i, j), share = chain.of(i, "shares", j), first = head * (i + 1);
    return count(i + 1).map((u) => [nodeOf(i, "scores", first + u), share * ((u === t) - chain.of(i, "shares", first + u))]);
  },
  found: (chain, i, j) => {
    const first = Math.floor(j / WIDTH) * (i + 1);
    return count(i + 1).flatMap((t) => [
      [nodeOf(i, "shares", first + t), chain.of(t, "value", j)], [nodeOf(t, "value", j), chain.of(i, "shares", first + t)],
    ]);
  },
  output: linear("output", "found"),
  "after looking": added("x", "output"),
  "after looking size": size("after looking"),
  "thought of": scaled("after looking"),
  up: linear("up", "thought of"),
  active: (chain, i, j) => [[nodeOf(i, "up", j), chain.of(i, "up", j) > 0 ? 1 : 0]],
  down: linear("down", "active"),
  "after thinking": added("after looking", "down"),
  logits: linear("head", "after thinking"),
  loss: (chain, i) => chain.chances(i).map((p, token) => [nodeOf(i, "logits", token), p - (token === chain.tokens[i + 1])]),
};

/** The head of a score or share, and the place that is looked at. */
const headOf = (place, index) => [Math.floor(index / (place + 1)), index % (place + 1)];

/** A line with all its numbers as the machine has just watched it. */
class Chain {
  constructor(line, machine) {
    this.line = line;
    this.tokens = tokensOf(line);
    this.length = this.tokens.length - 1;
    this.values = Float64Array.from([...machine.values, ...machine.parameters]);
    this.slopes = Float64Array.from([1, ...machine.slopes, ...machine.gradients]);
    this.expected = count(this.length).map((i) => machine.chances(i));
    this.back = null;
  }

  chances(place) { return this.expected[place]; }
  value(node) { return this.values[node]; }
  gradient(node) { return this.slopes[node]; }
  of(place, part, index) { return this.values[nodeOf(place, part, index)]; }

  /** Whether the number belongs to this line. */
  has(node) { return node >= NODES || nodes[node].place < this.length; }

  /** What a number is computed from. */
  from(node) {
    if (node >= NODES) return [];
    const { part, place, index } = nodes[node];
    return EDGES[part](this, place, index);
  }

  /** What a number is used for: all edges turned round, once. */
  uses(node) {
    if (!this.back) {
      this.back = new Map();
      for (let user = 0; user < NODES; user++) {
        if (this.has(user)) for (const [used, local] of this.from(user)) (this.back.get(used) ?? this.back.set(used, []).get(used)).push([user, local]);
      }
    }
    return this.back.get(node) ?? [];
  }
}
