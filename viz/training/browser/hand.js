// One step of training by hand: forward, loss, backward, update. Each small step is told four times: in the picture,
// as a formula with its numbers, in a sentence, as a line of code.

const PARTS = ["forward", "loss", "backward", "update"];

/** The small steps of one training step, in order: {part, kind, unit}. */
function smallSteps(network) {
  const neurons = network.neurons.map((_, i) => network.inputs + i), back = [...neurons].reverse();
  return [
    ...neurons.map((unit) => ({ part: "forward", kind: "forward", unit })),
    { part: "loss", kind: "loss" }, { part: "loss", kind: "mean" },
    ...back.map((unit) => ({ part: "backward", kind: "gradient", unit })),
    ...back.map((unit) => ({ part: "backward", kind: "weights", unit })),
    ...neurons.map((unit) => ({ part: "update", kind: "update", unit })),
    { part: "update", kind: "done" },
  ];
}

class Hand {
  constructor(training, inspected) {
    this.training = training;
    this.network = training.network;
    this.inspected = inspected; // () => the numbers of the sample that is picked
    this.steps = smallSteps(this.network);
    this.leave();
  }

  /** Forget the step that was on its way. */
  leave() {
    this.at = -1;
    this.before = null;
    this.found = null;
  }

  get on() { return this.at >= 0; }
  get step() { return this.steps[this.at]; }
  get isDone() { return this.on && this.step.kind === "done"; }

  /** Go to a small step; the parameters move with the last one, and go back before it. */
  go(at) {
    const last = this.steps.length - 1, to = Math.min(last, at);
    if (this.isDone && to !== last && to >= 0) this.training.restore(this.before);
    if (to < 0) { if (this.isDone) this.training.restore(this.before); this.leave(); return; }
    if (!this.on) this.begin();
    this.at = to;
    if (to === last) {
      this.training.step();
    }
  }

  begin() {
    this.before = this.training.snapshot();
    this.batch = this.training.batch();
    this.found = this.training.preview();
    this.lossBefore = this.training.machine.loss(this.batch);
  }

  next() {
    if (this.isDone) this.leave();
    this.go(this.at + 1);
  }

  /** Do a part whole: its last small step. */
  finish(part) {
    if (this.isDone) this.leave();
    this.go(this.steps.findLastIndex((step) => step.part === part));
  }

  /** What the step says: {title, formula, sentence, code, mark}. */
  told() {
    const { kind, unit } = this.step;
    return this[kind](unit, this.inspected());
  }

  terms(unit, look) {
    const { units, weights, bias } = neuronOf(this.network, unit), { parameters } = this.training.machine;
    return [...units.map((u, k) => look(parameters[weights[k]], weights[k], u)), ...(bias === null ? [] : [look(parameters[bias], bias, null)])];
  }

  forward(unit, seen) {
    const network = this.network, { units, weights, activation } = neuronOf(network, unit), name = unitSign(network, unit), z = beforeSign(network, unit);
    const symbols = this.terms(unit, (w, p, u) => (u === null ? parameterSign(network, p) : row(parameterSign(network, p), op("·"), unitSign(network, u))));
    const numbers = this.terms(unit, (w, p, u) => (u === null ? num(w, "value") : row(num(w, "value"), op("·"), num(seen.units[u], "value"))));
    const rows = [...sumRows(z, symbols), ...summed(numbers, plainNum(seen.before[unit], "value result"))];
    if (activation) rows.push([name, `<mi>${escaped(activation)}</mi><mo>(</mo>${z}<mo>)</mo>`, op("="), `<mi>${escaped(activation)}</mi><mo>(</mo>${plainNum(seen.before[unit], "value")}<mo>)</mo>`, op("="), plainNum(seen.units[unit], "value result")]);
    const places = { unit: textName(network, unit), z: number(seen.before[unit]), value: number(seen.units[unit]), f: activation };
    const call = `dot([${names("w", units.length)}], [${units.map((u) => codeName(network, u)).join(", ")}]${neuronOf(network, unit).bias === null ? "" : ", b"})`;
    return {
      formula: aligned(...rows), sentence: say(activation ? "train forward" : "train forward linear", places),
      code: `${codeName(network, unit)} = ${activation ? `${activation}(${call})` : call}`,
      mark: { now: units, target: [unit], wires: weights, way: "along" },
    };
  }

  loss(_, seen) {
    const out = lastUnit(this.network), output = outputOf(this.network), z = seen.units[out], { y } = seen.sample;
    const places = { loss: number(seen.loss), y: number(y), z: number(z), p: number(sigma(z)) };
    return {
      formula: aligned(...lossForms().rows(output, z, y, seen.loss)),
      sentence: say(data.classes ? "train loss classes" : "train loss numbers", places),
      code: lossForms().code.replace("{output}", codeName(this.network, out)).replace("{name}", data.loss),
      mark: { target: [out] },
    };
  }

  mean() {
    const n = this.batch.length, places = { n, loss: number(this.lossBefore) };
    return {
      formula: aligned(["<mi>L</mi>", frac("<mn>1</mn>", `<mn>${n}</mn>`), "<munder><mo>∑</mo><mi>s</mi></munder>", SAMPLE_LOSS, op("="), plainNum(this.lossBefore, "value result")]),
      sentence: say(n > 1 ? "train mean" : "train mean one", places), code: "L = sum(losses) / len(losses)", mark: { target: [lastUnit(this.network)] },
    };
  }

  /** ∂L/∂h sums what comes back along every wire; the activation then scales it to ∂L/∂z. */
  gradient(unit, seen) {
    const network = this.network, name = unitSign(network, unit), z = beforeSign(network, unit), { activation } = neuronOf(network, unit);
    const uses = readers(network, unit), rows = [], { parameters } = this.training.machine;
    if (!uses.length) {
      rows.push(...lossForms().slope(name, seen.units[unit], seen.sample.y, seen.after[unit]));
    } else {
      rows.push(...sumRows(sampleTo(name), uses.map((use) => row(sampleTo(beforeSign(network, use.unit)), op("·"), parameterSign(network, use.weight)))));
      rows.push(...summed(uses.map((use) => row(num(seen.gradients[use.unit], "gradient"), op("·"), num(parameters[use.weight], "local"))), plainNum(seen.after[unit], "gradient result")));
    }
    if (activation) {
      const local = data.slopes[activation].replaceAll("<mi>OUT</mi>", name).replaceAll("<mi>X</mi>", z);
      rows.push([sampleTo(z), sampleTo(name), op("·"), row("<mo>(</mo>", local, "<mo>)</mo>"), op("="), num(seen.after[unit], "gradient"), op("·"), num(seen.locals[unit], "local"), op("="), plainNum(seen.gradients[unit], "gradient result")]);
    }
    const places = { unit: textName(network, unit), n: uses.length, after: number(seen.after[unit]), local: number(seen.locals[unit]), gradient: number(seen.gradients[unit]) };
    const key = uses.length ? (uses.length > 1 ? "train backward" : "train backward one") : "train from loss";
    const code = codeName(network, unit);
    return {
      formula: aligned(...rows), sentence: say(key, places) + (activation ? say("train through", places) : ""),
      code: (uses.length ? `${code}.grad = ${uses.map((use) => `${codeName(network, use.unit, "z")}.grad * w${codeIndex(network, use.weight)}`).join(" + ")}` : `${code}.grad = ${lossForms().slopeCode.replace("{output}", code)}`) +
        (activation ? `\n${codeName(network, unit, "z")}.grad = ${code}.grad * ${activation}.local_gradient` : ""),
      mark: { now: uses.map((use) => use.unit), target: [unit], wires: uses.map((use) => use.weight), way: "against" },
    };
  }

  weights(unit, seen) {
    const network = this.network, { units, weights, bias } = neuronOf(network, unit), n = this.batch.length;
    const shown = weights.slice(0, weights.length > MOST_TERMS ? MOST_TERMS - 2 : MOST_TERMS);
    const rows = [...shown, ...(bias === null ? [] : [bias])].flatMap((p, k) => {
      const found = parameterRows(network, p, seen), [[left, , , ...numbers]] = found;
      return found.length > 1 || !k || p === bias ? found : [[left, ...numbers]]; // the first says it in symbols, too
    });
    if (n > 1) rows.push([lossTo(parameterSign(network, weights[0])), `<mtext>${say("train mean of", { n })}</mtext>`, plainNum(this.found.gradient[weights[0]], "gradient result")]);
    const places = { unit: textName(network, unit), n }, counts = this.batch.includes(seen.sample), part = n > 1 ? ` / ${n}` : "";
    return {
      formula: aligned(...rows),
      sentence: say(n > 1 ? "train weights" : "train weights one", places) + (counts ? "" : words["train not in batch"]),
      code: `w.grad += z.grad * u${part}   # ${words["train for each"]}\nb.grad += z.grad${part}`,
      mark: { now: units, target: [unit], wires: weights, way: "against", parameters: [...weights, bias] },
    };
  }

  update(unit) {
    const { weights, bias } = neuronOf(this.network, unit), first = weights[0];
    return {
      formula: aligned(...updateRows(this.network, first, this.moving(first))),
      sentence: say(`train update ${this.training.settings.optimiser}`, { unit: textName(this.network, unit), rate: number(this.training.settings.rate) }),
      code: (this.training.settings.l2 ? "g = w.grad + l2 * w\n" : "g = w.grad\n") + UPDATE_CODE[this.training.settings.optimiser].replace("{t}", this.before.taken + 1),
      mark: { target: [unit], wires: weights, way: "along", parameters: [...weights, bias] },
    };
  }

  /** The numbers of a parameter's update, from before it. */
  moving(p) {
    const { parameters, state, taken } = this.before, { gradient, next } = this.found, at = (slots) => Object.fromEntries(Object.entries(slots).map(([name, column]) => [name, column[p]]));
    return { w: parameters[p], g: gradient[p], before: at(state), after: { ...at(this.found.state), w: next[p], taken: taken + 1 }, settings: this.training.settings };
  }

  done() {
    const now = this.training.machine.loss(this.batch), places = { before: number(this.lossBefore), after: number(now), n: this.training.steps };
    return {
      formula: aligned(["<mi>L</mi>", plainNum(this.lossBefore, "value"), "<mo>→</mo>", plainNum(now, "value result")]),
      sentence: say(now < this.lossBefore ? "train done" : "train done worse", places), code: "optimiser.step()\nmodel.zero_grad()", mark: {},
    };
  }
}

const textName = (network, unit) => { const [letter, index] = unitName(network, unit); return letter + subscript(index); };
const subscript = (index) => index.replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
const codeName = (network, unit, letter) => {
  const [own, index] = unitName(network, unit);
  if (letter && own !== "h") return own === "ŷ" ? "y_hat" : own;
  return (letter ?? (own === "ŷ" ? "y_hat" : own)) + index;
};
const codeIndex = (network, weight) => parameterName(network, weight)[1].replace(",", "_");
const names = (letter, n) => (n > 3 ? `${letter}1, …, ${letter}${n}` : [...Array(n).keys()].map((i) => letter + (i + 1)).join(", "));
