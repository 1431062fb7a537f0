// The data sets of nn.data, point by point as they are made there: {x: [...], y}.

/** Where a point of a class lies on its curve, `along` being 0 at the beginning and 1 at the end. */
const CURVES = {
  moons: (label, t) => {
    const x = Math.cos(Math.PI * t), y = Math.sin(Math.PI * t);
    return label ? [1 - x, 0.5 - y] : [x, y];
  },
  circles: (label, t) => {
    const r = label ? 0.5 : 1;
    return [r * Math.cos(2 * Math.PI * t), r * Math.sin(2 * Math.PI * t)];
  },
  spirals: (label, t) => {
    const angle = 2 * Math.PI * (t + label / 2);
    return [(0.1 + t) * Math.cos(angle), (0.1 + t) * Math.sin(angle)];
  },
};

function pointsOf({ data, count, noise }, rng) {
  const points = [];
  if (data === "sine") {
    for (let i = 0; i < count; i++) {
      const x = -Math.PI + (2 * Math.PI * i) / (count - 1);
      points.push({ x: [x], y: Math.sin(x) + (noise ? rng.gauss(0, noise) : 0) });
    }
    return points;
  }
  for (let i = 0; i < count; i++) {
    const [label, [x, y]] = data === "xor" ? corner(i) : onCurve(CURVES[data], i, count);
    points.push({ x: [x + rng.gauss(0, noise), y + rng.gauss(0, noise)], y: label });
  }
  return rng.shuffle(points);
}

function onCurve(curve, i, count) {
  const label = i % 2;
  return [label, curve(label, Math.floor(i / 2) / Math.max(1, Math.floor((count - 1) / 2)))];
}

function corner(i) {
  const a = (i >> 1) % 2, b = i % 2;
  return [a ^ b, [a, b]];
}

/** Cut a quarter off to test on, as nn.data.split does. */
function split(points, rng) {
  const order = rng.shuffle(points.map((_, i) => i));
  const cut = Math.max(1, order.length - Math.max(1, roundHalfToEven(order.length / 4)));
  return [order.slice(0, cut).map((i) => points[i]), order.slice(cut).map((i) => points[i])];
}

function roundHalfToEven(x) {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 ? below + 1 : below;
}

/** The weights a network starts with, drawn neuron by neuron as nn.Neuron draws them. */
function drawn(network, init, rng) {
  const parameters = new Float64Array(network.parameters);
  const widths = network.neurons.reduce((found, { column }) => ((found[column] = (found[column] ?? 0) + 1), found), []);
  for (const { weights, bias, column } of network.neurons) {
    const fanIn = weights.length, bound = Math.sqrt(6 / (fanIn + widths[column]));
    for (const w of weights) {
      parameters[w] = init === "he" ? rng.gauss(0, Math.sqrt(2 / fanIn)) : rng.uniform(-bound, bound);
    }
    if (bias !== null) parameters[bias] = 0;
  }
  return parameters;
}
