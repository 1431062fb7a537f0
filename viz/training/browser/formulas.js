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

/** ∂L of the sample by a parameter: over all its uses, the slope of the sum it is in, times what it is multiplied with. */
function parameterRows(network, parameter, seen) {
  const uses = network.neurons.flatMap(({ units, weights, bias }, i) => [
    ...weights.flatMap((p, k) => (p === parameter ? [{ unit: network.inputs + i, u: units[k] }] : [])),
    ...(bias === parameter ? [{ unit: network.inputs + i, u: null }] : []),
  ]);
  const symbols = uses.map(({ unit, u }) => row(sampleTo(beforeSign(network, unit)), ...(u === null ? [] : [op("·"), unitSign(network, u)])));
  const numbers = uses.map(({ unit, u }) => row(num(seen.gradients[unit], "gradient"), ...(u === null ? [] : [op("·"), num(seen.units[u], "local")])));
  const total = uses.reduce((sum, { unit, u }) => sum + seen.gradients[unit] * (u === null ? 1 : seen.units[u]), 0);
  const left = sampleTo(parameterSign(network, parameter)), result = plainNum(total, "gradient");
  if (uses.length > 1) return [...sumRows(left, symbols), ...summed(numbers, result)];
  return [[left, symbols[0], op("="), numbers[0], ...(uses[0].u === null ? [] : [op("="), result])]];
}

/** The first neuron that a parameter belongs to, and its place among the weights; the bias has none. */
function whereIs(network, parameter) {
  const i = network.neurons.findIndex(({ weights, bias }) => bias === parameter || weights.includes(parameter));
  const { weights } = network.neurons[i];
  return { unit: network.inputs + i, place: weights.includes(parameter) ? weights.indexOf(parameter) : null };
}

const SAMPLE_LOSS = "<msub><mi>L</mi><mi>s</mi></msub>";

/** σ(u) of the loss on classes is the probability of class 1. */
const LOSSES = {
  binary_cross_entropy: {
    rows: (output, z, y, loss) => [
      [SAMPLE_LOSS, op("−"), "<mi>y</mi>", op("·"), "<mi>log</mi>", `<mi>σ</mi><mo>(</mo>${output}<mo>)</mo>`],
      [row(), op("−"), "<mo>(</mo><mn>1</mn><mo>−</mo><mi>y</mi><mo>)</mo>", op("·"), `<mi>log</mi><mo>(</mo><mn>1</mn><mo>−</mo><mi>σ</mi><mo>(</mo>${output}<mo>)</mo><mo>)</mo>`],
      [`<mi>σ</mi><mo>(</mo>${num(z, "value")}<mo>)</mo>`, plainNum(sigma(z), "value")],
      ...crossEntropyNumbers(sigma(z), y, plainNum(loss, "value result")),
    ],
    slope: (output, z, y, found) => [
      [sampleTo(output), `<mi>σ</mi><mo>(</mo>${output}<mo>)</mo>`, op("−"), "<mi>y</mi>", op("="), plainNum(sigma(z), "value"), op("−"), plainNum(y), op("="), plainNum(found, "gradient result")],
    ],
    code: "loss = nn.binary_cross_entropy({output}, y)",
    slopeCode: "sigmoid({output}) - y",
  },
  squared_error: {
    rows: (output, z, y, loss) => [
      [SAMPLE_LOSS, `<msup><mrow><mo>(</mo>${output}<mo>−</mo><mi>y</mi><mo>)</mo></mrow><mn>2</mn></msup>`, op("="), `<msup><mrow><mo>(</mo>${plainNum(z, "value")}<mo>−</mo>${num(y)}<mo>)</mo></mrow><mn>2</mn></msup>`, op("="), plainNum(loss, "value result")],
    ],
    slope: (output, z, y, found) => [
      [sampleTo(output), "<mn>2</mn>", op("·"), `<mo>(</mo>${output}<mo>−</mo><mi>y</mi><mo>)</mo>`, op("="), "<mn>2</mn>", op("·"), `<mo>(</mo>${plainNum(z, "value")}<mo>−</mo>${num(y)}<mo>)</mo>`, op("="), plainNum(found, "gradient result")],
    ],
    code: "loss = nn.squared_error({output}, y)",
    slopeCode: "2 * ({output} - y)",
  },
};
/** −y·log p − (1−y)·log(1−p) with its numbers: of a class, 1 or 0, one term is there. */
function crossEntropyNumbers(p, y, loss) {
  const ofOne = ["<mi>log</mi>", num(p, "value")], ofZero = ["<mi>log</mi>", row("<mo>(</mo><mn>1</mn>", op("−"), plainNum(p, "value"), "<mo>)</mo>")];
  if (y === 1 || y === 0) return [[SAMPLE_LOSS, op("−"), ...(y ? ofOne : ofZero), op("="), loss]];
  return [[SAMPLE_LOSS, op("−"), num(y), op("·"), ...ofOne], [row(), op("−"), "<mo>(</mo><mn>1</mn><mo>−</mo>", num(y), "<mo>)</mo>", op("·"), ...ofZero], [row(), loss]];
}

const ANY_LOSS = {
  rows: (output, z, y, loss) => [[SAMPLE_LOSS, `<mi>loss</mi><mo>(</mo>${output}<mo>,</mo><mi>y</mi><mo>)</mo>`, op("="), plainNum(loss, "value result")]],
  slope: (output, z, y, found) => [[sampleTo(output), plainNum(found, "gradient result")]],
  code: "loss = {name}({output}, y)",
  slopeCode: "dloss({output}, y)",
};
const sigma = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const lossForms = () => LOSSES[data.form] ?? ANY_LOSS;

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
    const corrected = (x, beta) => x / (1 - beta ** after.taken), [m, v] = [corrected(mean, BETAS[0]), corrected(square, BETAS[1])];
    const running = (letter, beta, x, number, old, found) => [`<mi>${letter}</mi>`, plainNum(beta), `<mi>${letter}</mi>`, op("+"), plainNum(1 - beta), x, op("="), plainNum(beta), op("·"), num(old), op("+"), plainNum(1 - beta), op("·"), number, op("="), plainNum(found)];
    const hat = (letter) => `<mover><mi>${letter}</mi><mo>^</mo></mover>`, squared = (x) => `<msup><mrow>${x}</mrow><mn>2</mn></msup>`;
    const filled = (letter, beta, x, found) => [hat(letter), frac(`<mi>${letter}</mi>`, `<mn>1</mn><mo>−</mo><msup>${plainNum(beta)}<mn>${after.taken}</mn></msup>`), op("="), plainNum(found)];
    return [
      ...rows, running("m", BETAS[0], gradient, num(decayed, "gradient"), before.mean, mean),
      running("v", BETAS[1], squared(`<mo>(</mo>${gradient}<mo>)</mo>`), squared(decayed < 0 ? num(decayed, "gradient") : plainNum(decayed, "gradient")), before.square, square),
      filled("m", BETAS[0], mean, m), filled("v", BETAS[1], square, v),
      [s, s, op("−"), "<mi>η</mi>", frac(hat("m"), `<msqrt><mrow>${hat("v")}</mrow></msqrt><mo>+</mo><mi>ε</mi>`), op("="), num(w, "value"), op("−"), eta, op("·"), frac(plainNum(m), plainNum(Math.sqrt(v))), op("="), plainNum(after.w, "value result")],
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
  adam: "t = {t}\nm = b1 * m + (1 - b1) * g\nv = b2 * v + (1 - b2) * g * g\nw -= lr * (m / (1 - b1**t)) / ((v / (1 - b2**t))**0.5 + eps)",
};
