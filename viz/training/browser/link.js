// The whole state as a link: settings, points that were moved, and, once training has begun, every number it goes on
// from. A link that does not fit is told and left aside.

const toBase64 = (numbers) => btoa(String.fromCharCode(...new Uint8Array(Float64Array.from(numbers).buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function fromBase64(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new Float64Array(bytes.buffer);
}

function written(training, { sample, edited }) {
  const { settings } = training, link = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) if (value !== data.settings[name]) link.set(name, value);
  if (sample) link.set("sample", sample);
  if (edited) link.set("points", toBase64(training.points.flatMap(({ x, y }) => [...x, y])));
  if (training.steps || training.moved) {
    const { parameters } = training.machine;
    link.set("steps", training.steps);
    link.set("state", toBase64([...parameters, ...Object.values(training.machine.state(settings.optimiser)).flatMap((column) => [...column])]));
  }
  return link.toString();
}

/** Read a link: {settings, sample, points, steps, parameters, state}; null and a word where it does not fit. */
function read(hash) {
  const link = new URLSearchParams(hash), settings = { ...data.settings };
  for (const name of Object.keys(settings)) {
    if (link.has(name)) settings[name] = typeof settings[name] === "number" ? Number(link.get(name)) : link.get(name);
  }
  const wrong = firstWrong(settings);
  if (wrong) throw new Error(wrong);
  const found = { settings, sample: Math.max(0, Math.trunc(Number(link.get("sample")) || 0)), steps: Math.trunc(Number(link.get("steps")) || 0) };
  if (link.has("points")) found.points = cut(fromBase64(link.get("points")), data.inputs + 1).map((p) => ({ x: p.slice(0, -1), y: p.at(-1) }));
  if (link.has("state")) {
    const { parameters } = networkOf(settings), columns = cut(fromBase64(link.get("state")), parameters), slots = SLOTS[settings.optimiser];
    if (columns.length !== slots.length + 1) throw new Error("state");
    [found.parameters] = columns;
    found.state = Object.fromEntries(slots.map((name, i) => [name, columns[i + 1]]));
  }
  return found;
}

function cut(numbers, size) {
  if (!numbers.length || numbers.length % size) throw new Error("length");
  return Array.from({ length: numbers.length / size }, (_, i) => [...numbers.slice(i * size, (i + 1) * size)]);
}

/** The name of the first setting that cannot be. */
function firstWrong(settings) {
  return Object.entries(settings).find(([name, value]) => {
    if (data.choices[name]) return !data.choices[name].map(String).includes(String(value));
    const [low, high] = data.ranges[name];
    return !(value >= low && value <= high);
  })?.[0];
}
