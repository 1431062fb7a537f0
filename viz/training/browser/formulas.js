// The formulas of a network of neurons, in symbols and then with the numbers plugged in.

const unitSign = (network, unit) => sign(...unitName(network, unit));
/** z of a unit: what its activation is applied to. */
const beforeSign = (network, unit) => {
  const [letter, index] = unitName(network, unit);
  return sign("z", letter === "h" ? index : "");
};
const outputOf = (network) => unitSign(network, lastUnit(network));

/** A parameter by its neuron: w₂₁,₃ is the third weight of h₂₁. */
function parameterSign(network, parameter) {
  const [letter, index] = parameterName(network, parameter);
  return sign(letter, index);
}

function parameterName(network, parameter) {
  const { unit, place } = whereIs(network, parameter), [, index] = unitName(network, unit);
  if (place === null) return ["b", index];
  return ["w", index ? `${index},${place + 1}` : String(place + 1)];
}

/** The first neuron that a parameter belongs to, and its place among the weights; the bias has none. */
function whereIs(network, parameter) {
  const i = network.neurons.findIndex(({ weights, bias }) => bias === parameter || weights.includes(parameter));
  const { weights } = network.neurons[i];
  return { unit: network.inputs + i, place: weights.includes(parameter) ? weights.indexOf(parameter) : null };
}

/** σ(u) of the loss on classes is the probability of class 1. */
const LOSSES = {
  binary_cross_entropy: {
    rows: (output, z, y, loss) => [
      ["<mi>L</mi>", op("−"), "<mi>y</mi>", op("·"), "<mi>log</mi>", `<mi>σ</mi><mo>(</mo>${output}<mo>)</mo>`, op("−"), "<mo>(</mo><mn>1</mn><mo>−</mo><mi>y</mi><mo>)</mo>", op("·"), `<mi>log</mi><mo>(</mo><mn>1</mn><mo>−</mo><mi>σ</mi><mo>(</mo>${output}<mo>)</mo><mo>)</mo>`],
      [`<mi>σ</mi><mo>(</mo>${num(z, "value")}<mo>)</mo>`, plainNum(sigma(z), "value")],
      ["<mi>L</mi>", op("−"), "<mi>log</mi>", y === 1 ? num(sigma(z), "value") : row("<mo>(</mo><mn>1</mn>", op("−"), plainNum(sigma(z), "value"), "<mo>)</mo>"), op("="), plainNum(loss, "value result")],
    ],
    slope: (output, z, y, found) => [
      [lossTo(output), `<mi>σ</mi><mo>(</mo>${output}<mo>)</mo>`, op("−"), "<mi>y</mi>", op("="), plainNum(sigma(z), "value"), op("−"), plainNum(y), op("="), plainNum(found, "gradient result")],
    ],
    code: "loss = nn.binary_cross_entropy({output}, y)",
  },
  squared_error: {
    rows: (output, z, y, loss) => [
      ["<mi>L</mi>", `<msup><mrow><mo>(</mo>${output}<mo>−</mo><mi>y</mi><mo>)</mo></mrow><mn>2</mn></msup>`, op("="), `<msup><mrow><mo>(</mo>${plainNum(z, "value")}<mo>−</mo>${num(y)}<mo>)</mo></mrow><mn>2</mn></msup>`, op("="), plainNum(loss, "value result")],
    ],
    slope: (output, z, y, found) => [
      [lossTo(output), "<mn>2</mn>", op("·"), `<mo>(</mo>${output}<mo>−</mo><mi>y</mi><mo>)</mo>`, op("="), "<mn>2</mn>", op("·"), `<mo>(</mo>${plainNum(z, "value")}<mo>−</mo>${num(y)}<mo>)</mo>`, op("="), plainNum(found, "gradient result")],
    ],
    code: "loss = nn.squared_error({output}, y)",
  },
};
const ANY_LOSS = {
  rows: (output, z, y, loss) => [["<mi>L</mi>", `<mi>loss</mi><mo>(</mo>${output}<mo>,</mo><mi>y</mi><mo>)</mo>`, op("="), plainNum(loss, "value result")]],
  slope: (output, z, y, found) => [[lossTo(output), plainNum(found, "gradient result")]],
  code: "loss = {name}({output}, y)",
};
const sigma = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const lossForms = () => LOSSES[data.loss] ?? ANY_LOSS;

/** The update of one parameter: its rule in symbols, and with numbers. */
function updateRows(network, parameter, { w, g, before, after, settings }) {
  const s = parameterSign(network, parameter), eta = plainNum(settings.rate), wide = lossTo(s);
  const decayed = settings.l2 ? g + settings.l2 * w : g;
  const rows = settings.l2 ? [["<mi>g</mi>", wide, op("+"), "<mi>λ</mi>", s, op("="), num(g, "gradient"), op("+"), plainNum(settings.l2), op("·"), num(w, "value"), op("="), plainNum(decayed, "gradient")]] : [];
  const gradient = settings.l2 ? "<mi>g</mi>" : wide;
  const moved = (symbol, x) => [[s, s, op("−"), "<mi>η</mi>", symbol, op("="), num(w, "value"), op("−"), eta, op("·"), num(x, "gradient"), op("="), plainNum(after.w, "value result")]];
  const { velocity, mean, square } = after;
  if (settings.optimiser === "sgd") return [...rows, ...moved(gradient, decayed)];
  if (settings.optimiser === "adam") {
    const corrected = (x, beta) => x / (1 - beta ** after.steps), [m, v] = [corrected(mean, BETAS[0]), corrected(square, BETAS[1])];
    const running = (letter, beta, x, old, found) => [`<mi>${letter}</mi>`, plainNum(beta), `<mi>${letter}</mi>`, op("+"), plainNum(1 - beta), x, op("="), plainNum(beta), op("·"), num(old), op("+"), "<mo>…</mo>", op("="), plainNum(found)];
    return [
      ...rows, running("m", BETAS[0], gradient, before.mean, mean),
      running("v", BETAS[1], `<msup><mrow><mo>(</mo>${gradient}<mo>)</mo></mrow><mn>2</mn></msup>`, before.square, square),
      [s, s, op("−"), "<mi>η</mi>", frac("<mover><mi>m</mi><mo>^</mo></mover>", "<msqrt><mover><mi>v</mi><mo>^</mo></mover></msqrt><mo>+</mo><mi>ε</mi>"), op("="), num(w, "value"), op("−"), eta, op("·"), frac(plainNum(m), plainNum(Math.sqrt(v))), op("="), plainNum(after.w, "value result")],
    ];
  }
  const mu = plainNum(MOMENTUM);
  rows.push(["<mi>v</mi>", "<mi>μ</mi><mi>v</mi>", op("+"), gradient, op("="), mu, op("·"), num(before.velocity), op("+"), num(decayed, "gradient"), op("="), plainNum(velocity, "gradient")]);
  if (settings.optimiser === "momentum") return [...rows, ...moved("<mi>v</mi>", velocity)];
  return [...rows, ...moved(row("<mo>(</mo>", gradient, op("+"), "<mi>μ</mi><mi>v</mi>", "<mo>)</mo>"), decayed + MOMENTUM * velocity)];
}

const UPDATE_CODE = {
  sgd: "w -= lr * g",
  momentum: "v = mu * v + g\nw -= lr * v",
  nesterov: "v = mu * v + g\nw -= lr * (g + mu * v)",
  adam: "m = b1 * m + (1 - b1) * g\nv = b2 * v + (1 - b2) * g * g\nw -= lr * (m / (1 - b1**t)) / ((v / (1 - b2**t))**0.5 + eps)",
};
