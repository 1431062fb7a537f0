// Numbers as text, and texts with slots for them; as in slots.py.

const MINUS = "\u2212";

function digits(x, count) {
  if (x !== x) return "nan";
  if (Math.abs(x) === Infinity) return x > 0 ? "∞" : MINUS + "∞";
  if (x === 0) return Object.is(x, -0) && count >= 17 ? MINUS + "0" : "0";
  const [mantissa, power] = rounded(x, count).split("e").map((part, i) => (i ? Number(part) : part));
  const bare = (text) => (text.includes(".") ? text.replace(/\.?0*$/, "") : text);
  const text = power < -4 || power >= count ? `${bare(mantissa)}e${power}` : bare(plain(mantissa, power));
  return text.replaceAll("-", MINUS);
}

/** As toExponential, but a float in the middle of two numbers goes to the even digit, as in Python. */
function rounded(x, count) {
  const [exact, power] = x.toExponential(100).split("e"), kept = count + (x < 0) + (count > 1); // a sign, a point
  const middle = /^50*$/.test(exact.slice(kept).replace(".", "")), even = "02468".includes(exact[kept - 1]);
  return middle && even ? `${exact.slice(0, kept)}e${power}` : x.toExponential(count - 1);
}

/** What toFixed would write, which rounds once more: 0.0125 for 1.25 and −2. */
function plain(mantissa, power) {
  const figures = "0".repeat(Math.max(-power, 0)) + mantissa.replace(/[-.]/g, ""), whole = Math.max(power, 0) + 1;
  return `${mantissa.startsWith("-") ? "-" : ""}${figures.slice(0, whole)}.${figures.slice(whole)}`;
}

const number = (x) => digits(x, 4);
const bracketed = (text) => (text.startsWith(MINUS) ? `(${text})` : text);
const FORMATS = {
  plain: digits,
  factor: (x, count) => bracketed(digits(x, count)),
  comment: (x, count) => digits(x, count).replaceAll(MINUS, "-").replace("∞", "inf"),
  python: (x) => (x - x === 0 ? String(x) : `float('${FORMATS.comment(x, 4)}')`),
};
const CHECKS = {
  zero: (x) => x === 0,
  one: (x) => x === 1,
  two: (x) => x === 2,
  negative: (x) => x < 0,
  nan: (x) => x !== x,
  finite: (x) => x - x === 0,
  moderate: (x) => Math.abs(x) < 1e60,
  tame: (x) => Math.abs(x) > 1e-60 && Math.abs(x) < 1e60,
};

const holds = ({ check, table, at }) => CHECKS[check](numbers[table][at]);
const slotNumber = ({ table, at, scale = 1 }) => numbers[table][at] * scale;
const place = ({ table, at }) => `${table} ${at}`; // how a hidden number is known

function fill(text, hidden = new Set()) {
  return text.map((part) => {
    if (typeof part === "string") return part;
    if (part.choose) return fill(part.choose.find(({ test }) => test === null || holds(test))?.text ?? [], hidden);
    if (hidden.has(place(part))) return part.instead ?? "?";
    if (part.text) return fill(part.text, hidden);
    const count = part.precise === undefined ? 4 : numbers.digits[part.precise]; // as many as the formula needs
    return FORMATS[part.format ?? "plain"](slotNumber(part), count);
  }).join("");
}
