// The compiled program of the network: the loss of lines, its gradient, every number on the way; and steps of Adam.

const BETAS = [0.85, 0.99];

/** Every number that the program tells of a line has a number itself: 0 is the loss; then come the parameters. */
const places = [], nodes = [{ part: "total", place: 0, index: 0 }];
for (const parts of data.parts) {
  const starts = {};
  for (const [part, count] of parts) {
    starts[part] = nodes.length;
    for (let index = 0; index < count; index++) nodes.push({ part, place: places.length, index });
  }
  places.push(starts);
}
const NODES = nodes.length, matrices = {};
let counted = 0;
for (const [name, rows, columns] of data.matrices) {
  matrices[name] = { name, start: counted, rows, columns };
  counted += rows * columns;
}
const PARAMETERS = counted, nodeOf = (place, part, index) => places[place][part] + index;
const parameterOf = (name, r, c) => NODES + matrices[name].start + r * matrices[name].columns + c;
const sizeOf = (place, part) => data.parts[place].find(([name]) => name === part)[1];

/** The one program there is: a browser compiles it once. Networks take turns with it, each with its own numbers. */
const shared = program(), OWN = ["parameters", "gradients", "mean", "square"];
let turn = null;

class GPT {
  constructor() {
    this.kept = Object.fromEntries(OWN.map((name) => [name, new Float64Array(PARAMETERS)]));
    this.kept.steps = 0;
    this.values = new Float64Array(NODES);
    this.slopes = new Float64Array(NODES - 1);
  }

  /** The program, with the numbers of this network in it. */
  get program() {
    if (turn === this) return shared;
    if (turn) copyNumbers(shared, turn.kept);
    copyNumbers(this.kept, shared);
    turn = this;
    return shared;
  }

  get parameters() { return this.program.parameters; }
  get gradients() { return this.program.gradients; }

  /** Lines side by side: the tokens of each, then (token, weight) of each that follows, filled up with ends. */
  inputs(lines, weightOf) {
    const found = new Float64Array(lines.length * 3 * LENGTH).fill(END);
    lines.forEach((line, s) => {
      const row = tokensOf(line), first = 3 * LENGTH * s, weight = weightOf(line);
      for (let i = 0; i < LENGTH; i++) {
        found[first + i] = row[i] ?? END;
        found[first + LENGTH + 2 * i] = row[i + 1] ?? END;
        found[first + LENGTH + 2 * i + 1] = i + 1 < row.length ? weight : 0;
      }
    });
    return found;
  }

  /** The mean loss of lines; leaves its gradient. */
  differentiate(lines, weightOf) { return this.program.gradient(this.inputs(lines, weightOf), { samples: lines.length }); }

  /** The sum of the losses of lines, forward alone. */
  losses(lines, weightOf) {
    const found = new Float64Array(lines.length * NODES);
    this.program.forward(this.inputs(lines, weightOf), found, { samples: lines.length });
    return lines.reduce((total, _, s) => total + found[s * NODES], 0);
  }

  /** The loss of one line, a mean over its tokens; leaves every number on the way, and the slope of the loss by it. */
  watch(line) {
    return this.program.gradient(this.inputs([line], ofToken), { samples: 1, outputs: this.values, slopes: this.slopes });
  }

  forward(line) {
    this.program.forward(this.inputs([line], ofToken), this.values, { samples: 1 });
    return this.values;
  }

  update(rate) { this.program.adam(rate, { betas: BETAS }); }

  /** Take over the numbers of another one: parameters, and what Adam knows. */
  follow(other) { copyNumbers(other.program, this.kept); } // it is the other's turn now

  /** Draw the parameters as nn.GPT does; Adam knows nothing yet. */
  begin(rng) {
    const { program } = this;
    for (let p = 0; p < PARAMETERS; p++) program.parameters[p] = rng.gauss(0, 0.08);
    for (const name of ["mean", "square"]) program[name].fill(0);
    program.steps = 0;
  }

  /** How likely each token is to come next at a place, from the values. */
  chances(place, temperature = 1) {
    const start = nodeOf(place, "logits", 0), logits = [...this.values.subarray(start, start + END + 1)].map((z) => z / temperature);
    const top = Math.max(...logits), powers = logits.map((z) => Math.exp(z - top)), sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }

  /** Write a line: each token is drawn by what the network expects after those before it. */
  write(rng, temperature, line = "") {
    while ([...line].length < LENGTH - 1) {
      this.forward(line);
      const chances = this.chances([...line].length, temperature);
      let left = rng.random(), token = 0;
      while (token < END && (left -= chances[token]) >= 0) token++;
      if (token === END) break;
      line += data.characters[token];
    }
    return line;
  }
}

function copyNumbers(from, to) {
  for (const name of OWN) to[name].set(from[name]);
  to.steps = from.steps;
}

const ofToken = (line) => 1 / ([...line].length + 1);
