// Numbers, rounded for people; as in numbers.py.

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
