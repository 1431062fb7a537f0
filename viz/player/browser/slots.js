// Texts with slots for numbers; as in slots.py.

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

function fill(text, hidden = new Set(), counts = numbers.digits) {
  return text.map((part) => {
    if (typeof part === "string") return part;
    if (part.choose) return fill(part.choose.find(({ test }) => test === null || holds(test))?.text ?? [], hidden, counts);
    if (hidden.has(place(part))) return part.instead ?? "?";
    if (part.text) return fill(part.text, hidden, counts);
    const count = part.precise === undefined ? 4 : counts[part.precise]; // as many as the formula needs
    return FORMATS[part.format ?? "plain"](slotNumber(part), count);
  }).join("");
}
