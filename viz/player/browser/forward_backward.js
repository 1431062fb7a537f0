// The two passes, for other inputs; as in forward_backward.py.

const computes = (node) => node.operation !== undefined;

/** The value of every node when some are changed: inputs, or an inner node against its operation. */
function forward(changed) {
  const values = [];
  nodes.forEach((node, i) => {
    if (i in changed) values.push(changed[i]);
    else if (node.kind === "decided") values.push(program.decisions[i](...node.operands.map((j) => changed[j] ?? recorded.value[j])));
    else if (computes(node)) values.push(program.operations[node.operation].value(...node.operands.map((j) => values[j])));
    else values.push(recorded.value[i]);
  });
  return values;
}

function compute(inputs) {
  const zeros = (names, count) => Object.fromEntries(names.map((name) => [name, Array(count).fill(0)]));
  const value = forward(inputs), byNode = zeros(["gradient", "reached"], nodes.length);
  const byEdge = zeros(["local", "contribution", "total", "part", "arrives", "stopped"], edges.length);
  const parts = backward(value, byNode, byEdge);
  byEdge.parts = edges.map(({ parent }, e) => byEdge.arrives[e] * parts[parent]);
  byEdge.to_come = edges.map((_, e) => byEdge.parts[e] - byEdge.part[e]);
  byEdge.all_paths = edges.map((_, e) => overAllPaths(e, byEdge.local));
  const moved = move(inputs, value, byNode.gradient);
  return { value, ...byNode, ...byEdge, ...moved, ...measure(inputs, value, byNode.gradient, moved.kink) };
}

/** Fill the tables by the chain rule, from the output back; return how many parts arrived at each node. */
function backward(value, { gradient, reached }, { local, contribution, total, part, arrives, stopped }) {
  const parts = nodes.map(() => 0);
  gradient[output] = data.seed;
  reached[output] = 1;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (!computes(node)) continue;
    const locals = program.operations[node.operation].partials(value[i], ...node.operands.map((j) => value[j]));
    node.operands.forEach((parent, position) => {
      const e = node.edges[position];
      if (e === null) return;
      local[e] = locals[position];
      if (!reached[i]) return;
      if (node.routes && local[e] === 0) { stopped[e] = 1; return; } // the branch not taken
      contribution[e] = gradient[i] * local[e];
      gradient[parent] = reached[parent] ? gradient[parent] + contribution[e] : contribution[e];
      reached[parent] = 1;
      total[e] = gradient[parent];
      part[e] = ++parts[parent];
      arrives[e] = 1;
    });
  }
  return parts;
}

/** The derivative of an edge's child by its parent, over every path and not by this use alone. */
function overAllPaths(asked, local) {
  const arrived = { [edges[asked].child]: 1 };
  edges.forEach(({ child, parent }, e) => {
    if (child in arrived && !(nodes[child].routes && local[e] === 0)) arrived[parent] = (arrived[parent] ?? 0) + arrived[child] * local[e];
  });
  return arrived[edges[asked].parent] ?? 0;
}

const powerOfTen = (n) => Number(`1e${n}`);
const size = (x) => (x !== 0 && x - x === 0 ? Math.floor(Math.log10(Math.abs(x))) : null);

/** Move each node that gets a gradient: over which step the output is straight, and the kinks; as in forward_backward.py. */
function move(inputs, value, gradient) {
  const [straight_step, change, kink, slope_below, slope_above] = Array.from({ length: 5 }, () => nodes.map(() => 0));
  new Set(edges.map(({ parent }) => parent)).forEach((i) => {
    if (nodes[i].kind === "decided") return;
    const first = size(value[i]) === null ? -1 : size(value[i]) - 1;
    const slopes = [0, 1, 2, 3, 4, 5, 6].map((k) => oneSided(inputs, value, i, powerOfTen(first - k)));
    straight_step[i] = slopes.find(([, left, right]) => isStraight(left, right, gradient[i]))?.[0] ?? 0;
    change[i] = straight_step[i] ? Math.abs(gradient[i] * straight_step[i]) : 0;
    if (!straight_step[i] && isKink(slopes)) [kink[i], slope_below[i], slope_above[i]] = [1, ...slopes.at(-1).slice(1)];
  });
  return { straight_step, change, kink, slope_below, slope_above };
}

function oneSided(inputs, value, i, h) {
  const x = value[i], y = value[output], [low, high] = [-h, h].map((side) => forward({ ...inputs, [i]: x + side })[output]);
  const left = x - (x - h), right = x + h - x;
  return [h, left ? (y - low) / left * data.seed : NaN, right ? (high - y) / right * data.seed : NaN];
}

const isStraight = (left, right, gradient) => [left, right].every((slope) => Math.abs(slope - gradient) <= 0.04 * (Math.abs(gradient) || 1));

function isKink(slopes) {
  const [[, a, b], [, left, right]] = slopes.slice(-2), size = Math.max(Math.abs(left), Math.abs(right));
  return size < Infinity && Math.abs(left - right) > 1e-2 * size && Math.max(Math.abs(a - left), Math.abs(b - right)) <= 1e-3 * size;
}

function measure(inputs, value, gradient, kinks) {
  const [measured, wiggle, above, below, digits, differs] = Array.from({ length: 6 }, () => nodes.map(() => 0));
  nodes.forEach((node, i) => {
    if (computes(node)) digits[i] = digitsOfOperands(node, value, i);
    if (node.kind !== "input") return;
    const first = size(value[i]) === null ? 0.001 : powerOfTen(size(value[i]) - 3);
    const tried = [1, 10, 100, 1000].map((less) => central(inputs, value[i], i, first / less));
    const best = tried.find(([slope]) => agree(slope, gradient[i])) ?? tried[0];
    [measured[i], wiggle[i], above[i], below[i], digits[i]] = best;
    differs[i] = agree(measured[i], gradient[i]) && !kinks[i] ? 0 : 1;
  });
  return { measured, wiggle, above, below, digits, differs, differing: [differs.reduce((total, x) => total + x, 0)] };
}

const agree = (slope, gradient) => Number.isFinite(gradient) && Math.abs(slope - gradient) <= 1e-3 * Math.abs(gradient) + 1e-6;

function central(inputs, x, i, h) {
  const [high, low] = [x + h, x - h].map((moved) => forward({ ...inputs, [i]: moved })[output] * data.seed), across = x + h - (x - h);
  const slope = across ? (high - low) / across : NaN;
  return [slope, h, high, low, needed([high, low], 7, (a, b) => h && number((a - b) / (2 * h)) === number(slope))];
}

/** As many as give the value to a thousandth, be all operands rounded to them, or the constants alone; as in forward_backward.py. */
function digitsOfOperands(node, values, i) {
  const exact = node.operands.map((j) => values[j]), { value } = program.operations[node.operation];
  return needed(exact, 4, (...rounded) => {
    const constants = rounded.map((x, k) => (nodes[node.operands[k]].kind === "constant" ? x : exact[k]));
    return [rounded, constants].every((xs) => isClose(value(...xs), values[i]));
  });
}

const isClose = (a, b) => Object.is(a, b) || a === b || (Math.abs(a - b) <= 1e-3 * Math.abs(b) && Math.abs(b) < Infinity);

/** To how many digits numbers may be rounded so that what is said of them still holds. */
function needed(xs, least, holds) {
  for (let n = least; n < 17; n++) if (holds(...xs.map((x) => Number(rounded(x, n)) + 0))) return n; // + 0 takes the sign of -0
  return 17;
}
