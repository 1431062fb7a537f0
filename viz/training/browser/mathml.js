// Formulas as MathML: signs, numbers, rows of equations one under the other.

const op = (sign) => `<mo>${sign}</mo>`;
const row = (...parts) => `<mrow>${parts.join("")}</mrow>`;
const frac = (above, below) => `<mfrac><mrow>${above}</mrow><mrow>${below}</mrow></mfrac>`;
const num = (x, kind = "") => `<mn${kind && ` class="${kind}"`}>${bracketed(number(x))}</mn>`;
const plainNum = (x, kind = "") => `<mn${kind && ` class="${kind}"`}>${number(x)}</mn>`;
const sign = (letter, index = "") => (index === "" ? `<mi>${letter}</mi>` : `<msub><mi>${letter}</mi><mn>${index}</mn></msub>`);

const slope = (of, by) => frac(row("<mo>∂</mo>", of), row("<mo>∂</mo>", by));
const lossTo = (by) => slope("<mi>L</mi>", by);
/** The slope of the loss of one sample, which is not that of the mean. */
const sampleTo = (by) => slope("<msub><mi>L</mi><mi>s</mi></msub>", by);

const SIGNS = [op("+"), op("−")];
const LONG = 30; // characters beside each other, at most
const lengthOf = (markup) => markup.replace(/<[^>]*>/g, "").length;

/**
 * Rows of equations, one under the other: [left, right …] each. One without a left side goes on if it begins with a sign;
 * a long one is broken at its signs of equality.
 */
function aligned(...rows) {
  const cells = rows.flatMap(broken).map(([left, ...rest]) =>
    `<mtr><mtd class="left">${row(left)}</mtd><mtd class="right">${row(left === row() && SIGNS.includes(rest[0]) ? "" : op("="), rest.join(""))}</mtd></mtr>`);
  return `<math display="block"><mtable displaystyle="true">${cells.join("")}</mtable></math>`;
}

function broken([left, ...rest]) {
  if (lengthOf(rest.join("")) <= LONG) return [[left, ...rest]];
  const rows = [[left]];
  for (const part of rest) if (part === op("=")) rows.push([row()]); else rows.at(-1).push(part);
  return rows;
}

const MOST_TERMS = 5;
/** The rows of a sum, as many terms in each as fit; of many terms the first ones, dots, and the last. */
function sumRows(left, terms) {
  const shown = terms.length > MOST_TERMS ? [...terms.slice(0, MOST_TERMS - 1), "<mo>…</mo>", terms.at(-1)] : terms, rows = [];
  for (const term of shown) {
    const last = rows.at(-1);
    if (last && lengthOf(last.slice(1).join("") + term) < LONG) last.push(op("+"), term);
    else rows.push(last ? [row(), op("+"), term] : [left, term]);
  }
  return rows;
}

/** The rows of a sum of numbers, and its result. */
const summed = (terms, result) => [...sumRows(row(), terms), [row(), result]];

/** Show formulas in a box, a little smaller where they are wider than it. */
function showFormula(box, markup) {
  if (box.innerHTML === markup) return;
  box.style.fontSize = "";
  box.innerHTML = markup;
  if (box.scrollWidth > box.clientWidth) box.style.fontSize = `${Math.max(70, Math.floor((98 * box.clientWidth) / box.scrollWidth))}%`;
}
