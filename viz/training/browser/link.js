// The whole state as a link: settings, points that were moved, and, once training has begun, every number it goes on
// from. A link that does not fit is told and left aside.

const toBase64 = (numbers) => btoa(Array.from(new Uint8Array(Float64Array.from(numbers).buffer), (byte) => String.fromCharCode(byte)).join(""))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function fromBase64(text, name) {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) throw new Error(name);
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  if (bytes.length % 8) throw new Error(name);
  return new Float64Array(bytes.buffer);
}

function written(training, { sample, edited, hand, chosen }) {
  const { settings } = training, link = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) if (value !== data.settings[name]) link.set(name, value);
  if (sample) link.set("sample", sample);
  if (hand.on && !hand.isDone) link.set("at", hand.at);
  if (chosen?.weight !== undefined) link.set("weight", chosen.weight);
  if (edited) link.set("points", toBase64(training.points.flatMap(({ x, y }) => [...x, y])));
  if (training.steps || training.moved) {
    const { parameters } = training.machine;
    link.set("steps", training.steps);
    if (training.machine.taken !== training.steps) link.set("taken", training.machine.taken);
    link.set("state", toBase64([...parameters, ...Object.values(training.machine.state(settings.optimiser)).flatMap((column) => [...column])]));
  }
  return link.toString();
}

/** Read a link: {settings, sample, at, weight, points, steps, parameters, state}; an error has the word that does not fit. */
function read(hash) {
  const link = new URLSearchParams(hash), settings = { ...data.settings };
  for (const name of Object.keys(settings)) {
    if (link.has(name)) settings[name] = typeof settings[name] === "number" ? Number(link.get(name) || NaN) : link.get(name);
  }
  const wrong = firstWrong(settings);
  if (wrong) throw new Error(wrong);
  const found = { settings, sample: whole(link, "sample", 0), steps: whole(link, "steps", 0, MOST_STEPS) };
  found.taken = whole(link, "taken", found.steps, MOST_STEPS);
  if (link.has("at")) found.at = whole(link, "at", 0);
  if (link.has("weight")) found.weight = whole(link, "weight", 0, networkOf(settings).parameters - 1);
  if (link.has("points")) found.points = pointsIn(link.get("points"));
  if (link.has("state")) {
    const { parameters } = networkOf(settings), columns = cut(fromBase64(link.get("state"), "state"), parameters), slots = SLOTS[settings.optimiser];
    if (columns.length !== slots.length + 1) throw new Error("state");
    [found.parameters] = columns;
    found.state = Object.fromEntries(slots.map((name, i) => [name, columns[i + 1]]));
  }
  return found;
}

/** Points of a link; of classes there are two. */
function pointsIn(text) {
  const points = cut(fromBase64(text, "points"), data.inputs + 1).map((p) => ({ x: p.slice(0, -1), y: p.at(-1) }));
  const fits = ({ x, y }) => [...x, y].every(Number.isFinite) && (!data.classes || (y >= 0 && y <= 1));
  if (!points.every(fits)) throw new Error("points");
  return points;
}

/** A whole number of the link, from 0 to the most it can be. */
function whole(link, name, otherwise, most = Number.MAX_SAFE_INTEGER) {
  const n = Number(link.get(name) ?? otherwise);
  if (!Number.isInteger(n) || n < 0 || n > most) throw new Error(name);
  return n;
}

function cut(numbers, size) {
  if (!numbers.length || numbers.length % size) throw new Error("length");
  return Array.from({ length: numbers.length / size }, (_, i) => [...numbers.slice(i * size, (i + 1) * size)]);
}

const MOST_STEPS = 1e5; // of a link: the order of its points is shuffled again for each epoch
const WHOLE = ["count", "seed"]; // settings without decimals

/** The name of the first setting that cannot be. */
function firstWrong(settings) {
  return Object.entries(settings).find(([name, value]) => {
    if (data.choices[name]) return !data.choices[name].map(String).includes(String(value));
    const [low, high] = data.ranges[name];
    return !(value >= low && value <= high) || (WHOLE.includes(name) && !Number.isInteger(value));
  })?.[0];
}
